"""Every text of every page goes through gettext (features X7): in a language of brackets nothing is outside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import Settings

from dashboard import zones
from dashboard.accounts.models import Team, User
from orders.errors import RemoteError
from orders.models import ApiKey, Event, Order, Shown, Sync, now
from tests import test_errors
from tests.access import OWN_ACCOUNT, PUBLIC_ACCOUNT
from tests.cast import AsUser, mirrored
from tests.confirmed import just_confirmed
from tests.guests import PERSON, Share
from tests.pseudo import outside, speak, untranslated
from tests.test_access_matrix import DECLARED, account_address, address, things_of

pytestmark = pytest.mark.django_db

# Names, words of others and formats, which no language translates.
NAMES = {"Proofsheet", "Autoenhance", "Alice", "Bob", "Vera", "Northlight", "Studio", "Client", "Errors", "CSV", "JSON"}
NAMES |= {"alice@example.com", "bob@example.com", "vera@example.com", "dora@example.com", "UTC", "testserver"}
NAMES |= {"1 Elm Row", "12 Rosewood Ave", "7 Mill Lane", "rosewood", "http://testserver/teams/northlight/orders/?q="}
NAMES |= {"status%3Aerror", *zones.NAMES}


@pytest.fixture
def client(as_user: AsUser, alice: User, bob: User, vera: User) -> Client:
    """Alice's browser; she has just confirmed that it is her."""
    return just_confirmed(as_user(alice))


@pytest.fixture(autouse=True)
def _brackets(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[None]:
    """A language of its own, because some parts of pages are made once for each."""
    settings.LANGUAGES, settings.LANGUAGE_CODE = [("eo", "Brackets")], "eo"
    speak(monkeypatch)
    with translation.override("eo"):
        yield


def left_out(answer: object, *data: str) -> list[str]:
    return untranslated(answer.content.decode(), {*NAMES, *data})  # type: ignore[attr-defined]


def is_page(answer: object) -> bool:
    return answer.get("Content-Type", "").startswith("text/html") and not answer.streaming  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", DECLARED)
def test_a_page_says_nothing_but_what_is_translated(client: Client, key: ApiKey, name: str) -> None:
    """Of every route: what it shows, and what it answers to an empty form."""
    things = things_of(key)
    url = address(name, things)
    answers = [answer for answer in (client.get(url), client.post(url)) if is_page(answer)]
    assert [text for answer in answers for text in left_out(answer, things["order"].order_id)] == []


@pytest.mark.parametrize("name", sorted(PUBLIC_ACCOUNT | OWN_ACCOUNT))
def test_a_page_about_oneself_neither(client: Client, name: str, settings: Settings) -> None:
    settings.REGISTRATION_OPEN = True
    browser = Client() if name in PUBLIC_ACCOUNT else client
    url = account_address(name)
    answers = [answer for answer in (browser.get(url), browser.post(url)) if is_page(answer)]
    assert [text for answer in answers for text in left_out(answer)] == []


class StateTests:
    """What pages say beside what they always say."""

    @pytest.fixture
    def busy(self, key: ApiKey, alice: User, bob: User) -> Order:
        """An order with pictures of every kind, a change that is not confirmed, and every sort of event."""
        kinds = ("processed", "error", "processing", "waiting", None)
        images = [{"status": kind, "name": "front.jpg", "reason": None, "id": f"i{n}"} for n, kind in enumerate(kinds)]
        order = mirrored(key, "12 Rosewood Ave", images=images, shown=3, pictures=5, ready=1, failed=1)
        for kind in Event.Kind.values:
            data: dict[str, Any] = {"old": "", "new": "7 Mill Lane", "role": "member", "email": "dora@example.com"}
            data |= {"old": 1, "new": 4} if kind == Event.Kind.STATUS else {}
            Event.add(Event.Kind(kind), order=order, actor=bob, key=key, **data, moved=2, links=1, day="2026-11-21")
        return order

    def test_the_list_with_every_status(self, client: Client, busy: Order, key: ApiKey) -> None:
        for shown in Shown:
            mirrored(key, "7 Mill Lane" if shown > 1 else "", shown=shown, deleted=shown == Shown.DELETED)
        base = reverse("orders:list", args=["northlight"])
        found = left_out(client.get(base))
        texts = ("rosewod", "12", "nothing", "status:error", "x:y created:z is:")
        for asked in (*(f"q={text}" for text in texts), "sort=name&q=", "after=x"):
            found += left_out(client.get(f"{base}?{asked}"), *texts, "Rosewood Ave")
        assert sorted(set(found)) == []

    def test_an_order_and_the_timelines(self, client: Client, busy: Order) -> None:
        found = left_out(client.get(busy.get_absolute_url()), busy.order_id, "front.jpg")
        found += left_out(client.get("/teams/northlight/activity/"))
        assert sorted(set(found)) == []

    @pytest.mark.parametrize("state", Sync.State.values)
    def test_the_reading_of_an_account(self, client: Client, key: ApiKey, state: str) -> None:
        Sync.objects.create(
            key=key, kind=Sync.Kind.IMPORT, state=state, read=2, skipped=1, began_at=now(), resumed_at=now()
        )
        assert left_out(client.get("/teams/northlight/sync/")) == []

    def test_nothing_yet_for_each_role(self, client: Client, as_user: AsUser, vera: User, key: ApiKey) -> None:
        base = reverse("orders:list", args=["northlight"])
        found = left_out(client.get(base))
        ApiKey.objects.update(imported_at=now())
        found += left_out(client.get(base))
        ApiKey.objects.all().delete()
        found += [*left_out(client.get(base)), *left_out(as_user(vera).get(base))]
        Team.objects.all().delete()
        found += left_out(client.get("/"))
        assert found == []

    def test_a_guest_page(self, share: Share) -> None:
        shared = share(password="garden gate", names_team=True)
        browser = Client(headers=PERSON)
        found = left_out(browser.get(f"{shared.url}unlock/"))
        found += left_out(browser.post(f"{shared.url}unlock/", {"password": "wrong"}))
        browser.post(f"{shared.url}unlock/", {"password": "garden gate"})
        found += left_out(browser.get(shared.url)) + left_out(browser.get("/s/unknown/"))
        assert sorted(set(found)) == []


@pytest.mark.parametrize("name", test_errors.FAULTS)
def test_a_page_of_an_error_neither(settings: Settings, name: str) -> None:
    settings.ROOT_URLCONF = "tests.test_errors"
    client = Client(raise_request_exception=False)
    for answer in (client.get(f"/{name}/"), client.post(f"/{name}/")):
        assert left_out(answer, answer["X-Request-Id"], "Ask <Ana>.") == []


def kinds_of(kind: type[RemoteError]) -> Iterator[type[RemoteError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from kinds_of(each)


@pytest.mark.parametrize("kind", list(kinds_of(RemoteError)))
def test_what_autoenhance_refuses_is_said_in_the_language_of_whoever_asks(kind: type[RemoteError]) -> None:
    assert outside(kind().message) == ""


def test_mails_are_translated(client: Client, team: Team) -> None:
    client.post("/teams/northlight/people/", {"email": "dora@example.com", "role": "member"})
    (letter,) = mail.outbox
    for text in (str(letter.subject), *str(letter.body).splitlines()):
        assert untranslated(text, NAMES | {word for word in text.split() if word.startswith("http")}) == []


def test_what_is_not_translated_would_be_found() -> None:
    page = '<p title="Loose">⟦Saved <b>today</b>⟧ Alice <i>loose</i></p><button aria-label="⟦Go⟧">⟦a ⟦b⟧ c⟧</button>'
    assert untranslated(page, ["Alice"]) == ["Loose", "loose"]
