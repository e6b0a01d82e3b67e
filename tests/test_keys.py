"""/keys/: my API keys, and adding one: tried before it is kept (K1, K2, K6, features 4.6)."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Event, Order
from orders.sandbox.store import Store
from orders.vault import new_key
from tests.cast import ALICES_KEY, BOBS_KEY, CHARLIES_KEY, place_upstream
from tests.upstream import Step, Upstream

AsUser = Callable[[User], Client]
MakeKey = Callable[..., ApiKey]
asks_autoenhance = pytest.mark.django_db(transaction=True)


def add(client: Client, team: Team, secret: str = ALICES_KEY, label: str = "Studio"):
    return client.post("/keys/", {"team": team.pk, "label": label, "key": secret})


@asks_autoenhance
class AddTests:
    def test_keeps_a_key_that_works(self, alice: User, as_user: AsUser, team: Team, upstream: Upstream) -> None:
        answer = add(as_user(alice), team, f"  {ALICES_KEY}\r\n")
        assert (answer.status_code, answer["Location"]) == (302, "/teams/northlight/orders/")
        key = ApiKey.objects.get()
        assert (key.secret(), key.last_four, key.user, key.team) == (ALICES_KEY, ALICES_KEY[-4:], alice, team)
        assert not key.shared

    def test_another_key_leads_back_to_my_keys(
        self, alice: User, as_user: AsUser, team: Team, key: ApiKey, upstream: Upstream
    ) -> None:
        assert add(as_user(alice), team, label="Second")["Location"] == "/keys/"

    def test_asks_once_for_one_order_with_the_bare_key(
        self, alice: User, as_user: AsUser, team: Team, upstream: Upstream
    ) -> None:
        add(as_user(alice), team)
        (call,) = upstream.calls()
        assert (call.method, call.path, call.query) == ("GET", "/v3/orders/", {"per_page": "1"})
        assert call.headers["x-api-key"] == ALICES_KEY

    def test_proves_it_by_the_newest_order(
        self, alice: User, as_user: AsUser, team: Team, upstream: Upstream, store: Store
    ) -> None:
        place_upstream(store, ALICES_KEY, "12 Maple Street")
        browser = as_user(alice)
        add(browser, team)
        assert "Studio works. Newest order: 12 Maple Street," in browser.get("/keys/").content.decode()

    def test_proves_it_for_an_account_without_orders_too(
        self, alice: User, as_user: AsUser, team: Team, upstream: Upstream
    ) -> None:
        browser = as_user(alice)
        add(browser, team)
        assert "This account has no orders yet" in browser.get("/keys/").content.decode()

    def test_queues_one_import_and_tells_the_team(
        self, alice: User, as_user: AsUser, team: Team, upstream: Upstream
    ) -> None:
        add(as_user(alice), team)
        key = ApiKey.objects.get()
        job = ProcrastinateJob.objects.get()
        assert (job.task_name, job.args) == ("orders.import", {"key_id": key.pk})
        event = Event.objects.get()
        assert (event.kind, event.team_id, event.actor, event.data) == (
            "key_added",
            team.pk,
            "Alice",
            {"label": "Alice: Studio"},
        )

    @pytest.mark.parametrize(
        ("step", "sentence"),
        [
            (Step(status=401), "did not accept this API key"),
            (Step(status=403), "did not accept this API key"),
            (Step(status=429), "too many requests"),
            (Step(status=500), "did not give a clear answer"),
            (Step(status=302, headers={"Location": "/login"}), "unexpected answer"),
            (Step(reset="before"), "did not give a clear answer"),
            (Step(raw=b"<html>"), "answer"),
        ],
        ids=["401", "403", "429", "500", "redirect", "reset", "not JSON"],
    )
    def test_says_what_is_wrong_and_keeps_nothing(
        self, step: Step, sentence: str, alice: User, as_user: AsUser, team: Team, upstream: Upstream
    ) -> None:
        upstream.script("GET", "*", step, step)
        answer = add(as_user(alice), team)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert ALICES_KEY not in answer.content.decode()
        assert not ApiKey.objects.exists()
        assert not Event.objects.exists()

    def test_says_so_when_nobody_is_there(self, alice: User, as_user: AsUser, team: Team, settings: Settings) -> None:
        with Upstream() as gone:
            settings.AUTOENHANCE_API_URL = gone.url
        answer = add(as_user(alice), team)
        assert answer.status_code == 422
        assert "could not be reached. Nothing was sent." in answer.content.decode()
        assert not ApiKey.objects.exists()

    def test_gives_up_within_ten_seconds(self, alice: User, as_user: AsUser, team: Team, upstream: Upstream) -> None:
        upstream.script("GET", "*", Step(hang=True, forever=True))
        answer = add(as_user(alice), team)
        assert answer.status_code == 422
        assert "did not give a clear answer" in answer.content.decode()
        assert not ApiKey.objects.exists()

    def test_makes_one_key_of_a_double_click(
        self, alice: User, as_user: AsUser, team: Team, upstream: Upstream
    ) -> None:
        together, statuses = Barrier(2), []
        upstream.script("GET", "*", *[Step(process=True, delay=0.3)] * 2)

        def click(browser: Client) -> None:
            together.wait()
            statuses.append(add(browser, team).status_code)
            connection.close()

        clicks = [Thread(target=click, args=[as_user(alice)]) for _ in range(2)]
        for thread in clicks:
            thread.start()
        for thread in clicks:
            thread.join()
        assert sorted(statuses) == [302, 422]
        assert ApiKey.objects.count() == 1

    def test_two_people_may_use_one_label_each_with_their_own_key(
        self, alice: User, bob: User, as_user: AsUser, team: Team, upstream: Upstream
    ) -> None:
        add(as_user(alice), team, ALICES_KEY)
        add(as_user(bob), team, BOBS_KEY)
        assert [(key.user, key.secret()) for key in ApiKey.objects.order_by("pk")] == [
            (alice, ALICES_KEY),
            (bob, BOBS_KEY),
        ]


@pytest.mark.django_db
class RefusedBeforeItIsTriedTests:
    @pytest.mark.parametrize(
        "secret",
        [
            "",
            "   ",
            "sh0rt",
            "x" * 257,
            "ae key with spaces",
            "ae_key\r\nX: 1",
            "ae_key_0123\u2028",
            "ae_kéy_0123",
            "ae_key\0_0123",
        ],
        ids=["empty", "blank", "sh0rt", "long", "spaces", "header", "line separator", "not ASCII", "NUL"],
    )
    def test_what_is_no_key(self, secret: str, alice: User, as_user: AsUser, team: Team, upstream: Upstream) -> None:
        answer = add(as_user(alice), team, secret)
        assert answer.status_code == 422
        assert not secret.strip() or secret not in answer.content.decode()
        assert upstream.calls() == []
        assert not ApiKey.objects.exists()

    def test_a_label_that_is_taken(
        self, alice: User, as_user: AsUser, team: Team, key: ApiKey, upstream: Upstream
    ) -> None:
        answer = add(as_user(alice), team, label=key.label)
        assert answer.status_code == 422
        assert "a key with this label in this team already" in answer.content.decode()
        assert upstream.calls() == []

    def test_a_team_that_is_not_mine(self, charlie: User, as_user: AsUser, team: Team, upstream: Upstream) -> None:
        assert add(as_user(charlie), team, CHARLIES_KEY).status_code == 422
        assert (upstream.calls(), ApiKey.objects.count()) == ([], 0)

    @pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "²"])
    def test_a_team_that_is_none(
        self, number: str, alice: User, team: Team, as_user: AsUser, upstream: Upstream
    ) -> None:
        answer = as_user(alice).post("/keys/", {"team": number, "label": "Studio", "key": ALICES_KEY})
        assert answer.status_code == 422

    def test_a_viewer_hears_why(self, vera: User, as_user: AsUser, team: Team, upstream: Upstream) -> None:
        answer = add(as_user(vera), team)
        assert answer.status_code == 403
        assert "you cannot keep API keys" in answer.content.decode()
        assert (upstream.calls(), ApiKey.objects.count()) == ([], 0)

    def test_a_key_in_an_address_is_ignored(self, alice: User, as_user: AsUser, team: Team, upstream: Upstream) -> None:
        answer = as_user(alice).get("/keys/", {"team": team.pk, "label": "Studio", "key": ALICES_KEY})
        assert ALICES_KEY not in answer.content.decode()
        assert (upstream.calls(), ApiKey.objects.count()) == ([], 0)


@pytest.mark.django_db
class PageTests:
    def test_shows_the_last_four_and_nothing_else_of_a_key(self, alice: User, as_user: AsUser, key: ApiKey) -> None:
        page = as_user(alice).get("/keys/").content.decode()
        assert key.label in page
        assert ALICES_KEY[-4:] in page
        assert ALICES_KEY[-5:] not in page

    def test_shows_no_key_of_anybody_else(self, bob: User, charlie: User, as_user: AsUser, key: ApiKey) -> None:
        for other in (bob, charlie):
            assert ALICES_KEY[-4:] not in as_user(other).get("/keys/").content.decode()

    def test_has_a_field_that_a_browser_does_not_keep(self, alice: User, as_user: AsUser, team: Team) -> None:
        page = as_user(alice).get("/keys/").content.decode()
        assert 'type="password" name="key" autocomplete="off"' in page
        assert 'method="get"' not in page.lower()

    def test_says_when_autoenhance_refused_a_key(self, alice: User, as_user: AsUser, key: ApiKey) -> None:
        key.refuse()
        page = as_user(alice).get("/keys/").content.decode()
        assert "Refused" in page
        assert "Autoenhance refused this key" in page

    def test_a_reader_is_offered_no_form(self, vera: User, as_user: AsUser) -> None:
        page = as_user(vera).get("/keys/").content.decode()
        assert 'name="key"' not in page
        assert "you need no key here" in page

    def test_asks_for_a_key_that_cannot_be_opened_again(
        self, alice: User, as_user: AsUser, order: Order, key: ApiKey, settings: Settings
    ) -> None:
        settings.KEY_ENCRYPTION_KEYS = [new_key()]
        browser = as_user(alice)
        assert "Enter your key again" in browser.get("/keys/").content.decode()
        for page in (f"/teams/{key.team.slug}/orders/", f"/orders/{order.pk}/"):
            assert "12 Rosewood Ave" in browser.get(page).content.decode()

    def test_needs_no_autoenhance(self, alice: User, as_user: AsUser, key: ApiKey, upstream: Upstream) -> None:
        assert as_user(alice).get("/keys/").status_code == 200
        assert upstream.calls() == []

    @pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/keys/1/", "/keys.json"])
    def test_there_is_no_other_way_to_see_keys(self, path: str, alice: User, as_user: AsUser, key: ApiKey) -> None:
        assert as_user(alice).get(path).status_code == 404
