"""What people and Autoenhance write is text: it is no address to ask, no line of a header (T15, T62, T65)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client

from dashboard.accounts.models import Team, User
from orders.models import ApiKey
from tests.access import OURS
from tests.cast import AsUser, mirrored
from tests.confirmed import just_confirmed
from tests.test_access_matrix import address, things_of
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db

FIELDS = ["q", "sort", "after", "next", "url", "name", "seen", "label", "key", "email", "order_id", "host", "callback"]
READS_MORE = ["orders:list", "orders:palette", "orders:name", "orders:links", "orders:activity", "orders:image"]
HEADERS = ["Referer", "X-Forwarded-Host", "X-Original-Url", "Forwarded"]
BROKEN = 'a\r\nSet-Cookie: x=1; "; filename=evil.exe 🏠'


@pytest.fixture
def inside(as_user: AsUser, alice: User) -> Client:
    return just_confirmed(as_user(alice))


def addresses(key: ApiKey) -> Iterator[tuple[str, str]]:
    """Each of our forms, and the pages that read more than their path: the method, and where one is."""
    things = things_of(key)
    yield from (("get", address(name, things)) for name in READS_MORE)
    yield from (("post", address(name, things)) for name, access in OURS.items() if access.post[0] != 405)


def test_t15_no_field_or_header_is_an_address_that_we_ask(inside: Client, key: ApiKey) -> None:
    """Wherever an address can be written, nobody is asked at it."""
    with Upstream() as sink:
        fields = dict.fromkeys(FIELDS, f"{sink.url}/latest/meta-data/")
        headers = dict.fromkeys(HEADERS, sink.url)
        for method, path in addresses(key):
            getattr(inside, method)(path, fields, headers=headers)
        assert sink.journal == []


@pytest.mark.parametrize("path", ["", "orders.csv", "activity.csv", "activity.json"])
def test_t62_no_name_gets_into_a_header(inside: Client, key: ApiKey, path: str) -> None:
    Team.objects.update(name=BROKEN)
    order = mirrored(key, BROKEN)
    below = f"/teams/{key.team.slug}/{path}" if path else f"/orders/{order.pk}/"
    answer = inside.get(below, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    told = str([(name, value) for name, value in answer.items()])
    assert [word for word in ("evil", "Set-Cookie", "🏠") if word in told] == []


def test_t62_no_name_gets_into_a_mails_head(inside: Client, key: ApiKey) -> None:
    """Names come from people and from Autoenhance; line ends in them are none in a mail."""
    Team.objects.update(name=BROKEN)
    User.objects.update(name="Eve\r\nBcc: everybody@example.com")
    answer = inside.post(f"/teams/{key.team.slug}/people/", {"email": "dora@example.com", "role": "member"})
    assert answer.status_code < 500
    (sent,) = mail.outbox
    head = sent.message().as_string().partition("\n\n")[0]
    assert "\nBcc:" not in head
    assert "\nSet-Cookie:" not in head
