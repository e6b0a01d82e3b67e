"""/teams/<slug>/orders/pending/: what became of new orders that were not confirmed (C3)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Event, Order, Shown, Write
from tests.cast import CHARLIES_KEY, HTMX, AsUser, MakeKey, mirrored
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db

LIST, URL = "/teams/northlight/orders/", "/teams/northlight/orders/pending/"


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


def create(key: ApiKey, name: str) -> Write:
    """A create that is not confirmed, for so long that it may be settled."""
    write, _ = Write.intend_create(key, key.user, str(uuid.uuid4()), name)
    write.release()
    Write.objects.filter(pk=write.pk).update(deadline="2026-01-01T00:00Z")
    return write


def made(write: Write) -> Order:
    """Autoenhance has it after all."""
    Write.objects.filter(pk=write.pk).update(state=Write.State.DONE)
    assert write.key
    return mirrored(write.key, write.text, order_id=write.order_id, shown=Shown.WAITING)


def asked(client: Client) -> str:
    """Where the list asks."""
    address: str = client.get(f"{LIST}?q=").context["pending"].url
    return address


def ask(client: Client, address: str) -> Any:
    return client.get(address, headers=HTMX)


@pytest.fixture
def _worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """One lives, so that nothing is settled on the way."""
    monkeypatch.setattr("orders.freshen.worker_lives", lambda: True)


@pytest.mark.usefixtures("_worker")
class NewsTests:
    def test_lines_ask_by_themselves_without_any_order(self, client: Client, key: ApiKey) -> None:
        create(key, "5 Elm Row")
        text = client.get(f"{LIST}?q=").content.decode()
        assert text.count(f'hx-get="{URL}?') == 1
        assert 'id="poll"' not in text

    def test_nothing_new_is_204(
        self, client: Client, key: ApiKey, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        create(key, "5 Elm Row")
        address = asked(client)
        with django_assert_num_queries(4):
            assert ask(client, address).status_code == 204

    def test_what_was_made_is_a_line_that_leads_to_it(self, client: Client, key: ApiKey) -> None:
        writes = [create(key, name) for name in ("5 Elm Row", "<b>7 Elm Row")]
        address = asked(client)
        order = made(writes[0])
        answer = ask(client, address)
        text = answer.content.decode()
        assert f'href="{order.get_absolute_url()}"' in text
        assert 'data-announce="5 Elm Row: Waiting"' in text
        assert "Being made" in text
        assert "<b>" not in text
        assert ask(client, answer.context["pending"].url).status_code == 204

    def test_the_last_one_ends_the_asking(self, client: Client, key: ApiKey) -> None:
        write = create(key, "5 Elm Row")
        address = asked(client)
        write.refuse("The account has no credits.")
        text = ask(client, address).content.decode()
        assert "The account has no credits." in text
        assert "Not made" in text
        assert "every " not in text

    def test_a_person_without_scripts_gets_the_list(self, client: Client, key: ApiKey) -> None:
        create(key, "5 Elm Row")
        answer = client.get(asked(client))
        assert (answer.status_code, answer.url) == (302, LIST)

    @pytest.mark.parametrize(
        ("lines", "status"), [("", 400), ("x", 400), ("\0", 400), ("9" * 5000, 200), ("1,,2", 200), ("1" * 18, 200)]
    )
    def test_whatever_is_asked_is_no_crash(self, client: Client, team: Team, lines: str, status: int) -> None:
        assert client.get(URL, {"lines": lines, "open": "1"}, headers=HTMX).status_code == status

    def test_tells_nothing_of_other_teams(self, client: Client, key: ApiKey, charlie: User, make_key: MakeKey) -> None:
        theirs = create(make_key(charlie, Team.objects.get(slug="faraway"), CHARLIES_KEY), "9 Elm Row")
        assert b"9 Elm Row" not in client.get(URL, {"lines": str(theirs.pk)}, headers=HTMX).content


def test_without_a_worker_looking_settles_it(client: Client, key: ApiKey, upstream: Upstream) -> None:
    """F69: the app is whole without a worker."""
    create(key, "5 Elm Row")
    upstream.script("POST", "*", Step(process=True))
    address = asked(client)
    assert ask(client, address).status_code == 204
    answer = ask(client, address)
    assert [line.order for line in answer.context["pending"].lines] == [Order.objects.get()]
    assert Event.objects.filter(kind=Event.Kind.CREATED).exists()
