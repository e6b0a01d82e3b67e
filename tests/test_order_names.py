"""/teams/<slug>/orders/names/: rename many at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from orders import batches, sync
from orders.models import ApiKey, Batch, BatchLine, Event, LineState, Order, OrderKey, Outcome, Pace, Write, now
from orders.plans import plan
from orders.rules import Rule
from orders.sandbox.store import Store
from orders.views import bulk
from tests.cast import ALICES_KEY, BOBS_KEY, CHARLIES_KEY, HTMX, AsUser, MakeKey, mirrored, place_upstream
from tests.hurry import break_down
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db

URL = "/teams/northlight/orders/names/"
NAMES = ["12 Rosewood Ave", "14 Rosewood Ave", "3 Oak Lane"]
AVENUE = {"find": "ave", "replace": "Avenue"}

Run = Callable[[], None]


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def three(key: ApiKey, store: Store, upstream: Upstream) -> list[Order]:
    """Three orders of alice's account, imported; as NAMES."""
    for name in NAMES:
        place_upstream(store, ALICES_KEY, name)
    sync.import_orders(key)
    upstream.clear()
    return [Order.objects.get(name=name) for name in NAMES]


def choose(client: Client, *orders: Order, **more: Any) -> Any:
    """Press Rename in the list with these orders ticked."""
    return client.post(URL, {"pick": [order.pk for order in orders], **more})


def drafted(client: Client, *orders: Order, **more: Any) -> str:
    """The address of the draft that this makes."""
    answer = choose(client, *orders, **more)
    assert answer.status_code == 302
    return str(answer["Location"])


def called(order: Order, store: Store) -> tuple[str, str | None]:
    """Its name here and at Autoenhance."""
    return Order.objects.get(pk=order.pk).name, store.order(order.order_id).name


def became(planned: Any) -> list[str]:
    return [change.after for change in planned]


class ChoosingTests:
    def test_the_ticked_ones_become_a_draft(self, client: Client, three: list[Order], upstream: Upstream) -> None:
        answer = client.get(drafted(client, *three[:2]))
        assert {change.line.before for change in answer.context["plan"].same} == set(NAMES[:2])
        assert upstream.calls() == []

    def test_all_that_a_search_finds_become_a_draft(self, client: Client, three: list[Order]) -> None:
        answer = client.get(drafted(client, three[2], all="1", q="rosewood"))
        assert {change.line.before for change in answer.context["plan"].same} == set(NAMES[:2])

    @pytest.mark.parametrize("post", [{}, {"pick": ""}, {"all": "1", "q": "nowhere"}])
    def test_choosing_none_is_said(self, client: Client, three: list[Order], post: dict[str, str]) -> None:
        answer = client.post(URL, post)
        assert answer.status_code == 422
        assert b"No orders were selected" in answer.content
        assert not Batch.objects.exists()

    @pytest.mark.parametrize("pick", ["x", "-1", "1.5", "9" * 30, "999999999", "1 or 1=1", "²"])
    def test_an_id_that_is_none_is_not_found(self, client: Client, three: list[Order], pick: str) -> None:
        assert client.post(URL, {"pick": [three[0].pk, pick]}).status_code == 404
        assert not Batch.objects.exists()

    def test_with_a_foreign_one_among_them_nothing_happens(
        self, client: Client, three: list[Order], charlie: User, make_key: MakeKey
    ) -> None:
        """T25: all or nothing."""
        theirs = mirrored(make_key(charlie, Team.objects.get(slug="faraway"), CHARLIES_KEY), "9 Elm Row")
        assert choose(client, *three, theirs).status_code == 404
        assert not Batch.objects.exists()

    def test_those_of_my_other_team_are_foreign_here(
        self, client: Client, three: list[Order], charlie: User, alice: User, make_key: MakeKey
    ) -> None:
        faraway = Team.objects.get(slug="faraway")
        Membership.objects.create(user=alice, team=faraway, role=Role.OWNER)
        theirs = mirrored(make_key(charlie, faraway, CHARLIES_KEY), "9 Elm Row")
        assert choose(client, *three, theirs).status_code == 404

    def test_too_many_are_refused_with_the_number(
        self, client: Client, three: list[Order], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk, "MOST_LINES", 2)
        for answer in (choose(client, *three), client.post(URL, {"all": "1", "q": ""})):
            assert answer.status_code == 422
            assert b"At most 2 orders" in answer.content
        assert not Batch.objects.exists()

    def test_ids_may_come_in_one_field(self, client: Client, three: list[Order]) -> None:
        answer = client.post(URL, {"pick": [f"{three[0].pk},{three[1].pk}", str(three[2].pk), str(three[2].pk)]})
        assert client.get(answer["Location"]).status_code == 200
        assert BatchLine.objects.count() == 3


class DryRunTests:
    def test_shows_every_name_and_changes_nothing(self, client: Client, three: list[Order], upstream: Upstream) -> None:
        answer = client.get(drafted(client, *three), AVENUE)
        assert became(answer.context["plan"].changes) == ["14 Rosewood Avenue", "12 Rosewood Avenue"]
        assert became(answer.context["plan"].same) == ["3 Oak Lane"]
        assert "2 names would change" in answer.content.decode()
        assert upstream.calls() == []
        assert BatchLine.objects.exclude(after="").count() == 0

    def test_htmx_gets_the_plan_alone(self, client: Client, three: list[Order]) -> None:
        answer = client.get(drafted(client, *three), AVENUE, headers=HTMX)
        assert answer.content.decode().strip().startswith('<section class="stack plan" id="plan"')
        assert "HX-Request" in answer["Vary"]

    @pytest.mark.parametrize(
        ("rule", "why"),
        [
            ({"find": "12 Rosewood Ave"}, "A name is needed."),
            ({"start": "x" * 250}, "A name has at most 255 characters; this one has 265."),
            ({"find": "12", "replace": "\x07"}, "U+0007"),
        ],
    )
    def test_a_name_that_cannot_be_is_marked(
        self, client: Client, three: list[Order], rule: dict[str, str], why: str
    ) -> None:
        answer = client.get(drafted(client, three[0]), rule)
        (fault,) = answer.context["plan"].faults
        assert why in fault.fault
        assert why in answer.content.decode()
        assert not answer.context["plan"].changes

    def test_an_order_without_a_key_is_marked(self, as_user: AsUser, bob: User, three: list[Order]) -> None:
        bobs = as_user(bob)
        answer = bobs.get(drafted(bobs, *three), AVENUE)
        assert {fault.fault for fault in answer.context["plan"].faults} == {
            "This order came through Alice's key, which is not open to teammates. Ask Alice to switch it on."
        }

    def test_an_order_that_changed_meanwhile_is_marked(self, client: Client, three: list[Order]) -> None:
        url = drafted(client, three[0])
        Order.objects.update(name="Theirs")
        (fault,) = client.get(url, AVENUE).context["plan"].faults
        assert fault.fault == "Meanwhile it is called “Theirs”."

    def test_a_deleted_order_is_marked(self, client: Client, three: list[Order]) -> None:
        Order.objects.update(deleted=True)
        (fault,) = client.get(drafted(client, three[0]), AVENUE).context["plan"].faults
        assert "deleted" in fault.fault

    def test_a_rule_that_is_too_long_is_said(self, client: Client, three: list[Order]) -> None:
        answer = client.get(drafted(client, *three), {"find": "x" * 256})
        assert b"at most 255" in answer.content
        assert not answer.context["plan"].changes

    def test_asks_for_keys_once_for_orders_that_are_alike(self, alice: User, key: ApiKey, make_key: MakeKey) -> None:
        also = make_key(alice, key.team, BOBS_KEY, "Second")
        orders = [mirrored(key, f"{n} Elm Row") for n in range(30)]
        OrderKey.objects.bulk_create([OrderKey(order=order, key=also) for order in orders[:10]])
        lines = [BatchLine(order=order, before=order.name) for order in orders]
        batch = batches.draw_up(alice, key.team, lines, Rule())
        with CaptureQueriesContext(connection) as queries:
            assert plan(batch, Rule(start="A ")).count == 30
        assert len(queries) <= 8


class LaunchingTests:
    def test_renames_at_autoenhance_then_mirrors(
        self, client: Client, three: list[Order], store: Store, run_jobs: Run
    ) -> None:
        url = drafted(client, *three)
        answer = client.post(url, AVENUE)
        assert (answer.status_code, answer["Location"]) == (302, url)
        run_jobs()
        assert [called(order, store)[0] for order in three] == [
            "12 Rosewood Avenue",
            "14 Rosewood Avenue",
            "3 Oak Lane",
        ]
        assert {here == there for here, there in (called(order, store) for order in three)} == {True}
        assert "2 orders renamed" in client.get(url).content.decode()

    def test_each_line_is_a_change_of_its_own(
        self, client: Client, three: list[Order], upstream: Upstream, run_jobs: Run
    ) -> None:
        client.post(drafted(client, *three), {**AVENUE, "owner": "9", "is_deleted": "1", "order_id": "z"})
        run_jobs()
        assert [patch.json for patch in upstream.calls("PATCH")] == [
            {"name": "14 Rosewood Avenue"},
            {"name": "12 Rosewood Avenue"},
        ]
        assert Write.objects.filter(state="done", actor__name="Alice").count() == 2
        assert Event.objects.filter(kind="renamed", actor="Alice").count() == 2

    def test_nothing_is_sent_before_the_worker_comes(
        self, client: Client, three: list[Order], upstream: Upstream
    ) -> None:
        client.post(drafted(client, *three), AVENUE)
        assert upstream.calls() == []

    def test_pressing_twice_renames_once(
        self, client: Client, three: list[Order], upstream: Upstream, run_jobs: Run
    ) -> None:
        url = drafted(client, *three)
        first, second = client.post(url, AVENUE), client.post(url, {"start": "Again "})
        assert first["Location"] == second["Location"] == url
        run_jobs()
        assert len(upstream.calls("PATCH")) == 2

    def test_two_presses_at_the_same_moment_start_it_once(self, client: Client, three: list[Order]) -> None:
        drafted(client, *three)
        first, second = Batch.objects.get(), Batch.objects.get()
        for batch, rule in ((first, Rule(start="A ")), (second, Rule(start="B "))):
            batches.launch(batch, rule, plan(batch, rule))
        assert {line.after[:2] for line in BatchLine.objects.all()} == {"A "}

    @pytest.mark.parametrize("rule", [{}, {"find": "nowhere", "replace": "x"}, {"find": "a" * 256}])
    def test_a_rule_that_changes_nothing_is_refused(
        self, client: Client, three: list[Order], rule: dict[str, str]
    ) -> None:
        assert client.post(drafted(client, *three), rule).status_code == 422
        assert Batch.objects.get().state == "draft"

    def test_many_need_a_tick_beside_their_number(self, client: Client, key: ApiKey) -> None:
        orders = [mirrored(key, f"{n} Elm Row") for n in range(21)]
        url = drafted(client, *orders)
        for sure in ({}, {"sure": "20"}, {"sure": "on"}):
            answer = client.post(url, {"start": "A ", **sure})
            assert answer.status_code == 422
            assert b"Yes, rename 21 orders" in answer.content
        assert client.post(url, {"start": "A ", "sure": "21"}).status_code == 302

    def test_few_do_not(self, client: Client, three: list[Order]) -> None:
        assert b'name="sure"' not in client.get(drafted(client, *three), AVENUE).content

    def test_somebody_elses_draft_is_not_found(
        self, client: Client, as_user: AsUser, bob: User, three: list[Order]
    ) -> None:
        url = drafted(client, *three)
        bobs = as_user(bob)
        assert {bobs.get(url).status_code, bobs.post(url, AVENUE).status_code} == {404}
        assert Batch.objects.get().state == "draft"


class PartlyFailingTests:
    def test_what_failed_is_listed_with_its_reason(
        self, client: Client, three: list[Order], upstream: Upstream, store: Store, run_jobs: Run
    ) -> None:
        url = drafted(client, *three)
        upstream.script("PATCH", f"*{three[0].order_id}", Step(status=422))
        client.post(url, {"start": "A "})
        run_jobs()
        page = client.get(url)
        (failed,) = page.context["failed"]
        assert failed.order == three[0]
        assert failed.why == Write.objects.get(state="refused").reason
        assert "2 orders renamed, 1 not renamed" in page.content.decode()
        assert called(three[0], store) == (NAMES[0], NAMES[0])

    def test_one_that_was_renamed_elsewhere_is_not_overwritten(
        self, client: Client, three: list[Order], store: Store, run_jobs: Run
    ) -> None:
        url = drafted(client, *three)
        client.post(url, {"start": "A "})
        there = store.order(three[1].order_id)
        store.edit_order(there, "Theirs", there.sort_order)
        run_jobs()
        (failed,) = client.get(url).context["failed"]
        assert failed.why == "Meanwhile it is called “Theirs”. Nothing was overwritten."
        assert called(three[1], store) == ("Theirs", "Theirs")

    def test_what_is_not_confirmed_is_told_apart_and_settled(
        self, client: Client, three: list[Order], upstream: Upstream, run_jobs: Run
    ) -> None:
        url = drafted(client, three[0])
        upstream.script("PATCH", "*", Step(process=True, reset="before"))
        client.post(url, AVENUE)
        run_jobs()
        page = client.get(url)
        assert [line.order for line in page.context["unclear"]] == [three[0]]
        assert "0 orders renamed, 1 not confirmed yet" in page.content.decode()
        Write.objects.update(deadline=now() - timedelta(minutes=1))
        with connection.cursor() as cursor:
            cursor.execute("update procrastinate_jobs set scheduled_at = now()")
        run_jobs()
        assert "1 order renamed" in client.get(url).content.decode()

    def test_the_failed_ones_are_tried_again_after_another_look(
        self, client: Client, three: list[Order], upstream: Upstream, store: Store, run_jobs: Run
    ) -> None:
        url = drafted(client, *three)
        upstream.script("PATCH", f"*{three[0].order_id}", Step(status=422))
        client.post(url, {"start": "A "})
        run_jobs()
        again = client.post(f"{url}again/")["Location"]
        assert became(client.get(again).context["plan"].changes) == ["A 12 Rosewood Ave"]
        client.post(again, {"start": "A "})
        run_jobs()
        assert [called(order, store)[0] for order in three] == [f"A {name}" for name in NAMES]

    def test_after_some_in_a_row_the_rest_is_not_sent(
        self, client: Client, three: list[Order], upstream: Upstream, run_jobs: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "MOST_FAILURES", 2)
        url = drafted(client, *three)
        upstream.script("PATCH", "*", *[Step(status=400)] * 3)
        client.post(url, {"start": "A "})
        run_jobs()
        assert len(upstream.calls("PATCH")) == 2
        reasons = [line.why for line in client.get(url).context["failed"]]
        assert reasons[2] == "Not sent, because 2 in a row before it were not renamed."
        again = client.get(client.post(f"{url}again/")["Location"]).context["plan"]
        assert [change.line.before for change in again.changes] == [NAMES[0], NAMES[2], NAMES[1]]

    def test_who_left_meanwhile_renames_no_more(
        self, client: Client, alice: User, three: list[Order], upstream: Upstream, run_jobs: Run
    ) -> None:
        client.post(drafted(client, *three), AVENUE)
        alice.membership_set.update(role=Role.VIEWER)
        run_jobs()
        assert upstream.calls() == []
        assert {line.why for line in BatchLine.objects.all()} == {"Alice may no longer rename orders of this team."}
        assert Batch.objects.get().outcomes()[Outcome.FAILED] == 2

    def test_nothing_to_try_again_or_to_undo_is_said(self, client: Client, three: list[Order]) -> None:
        url = drafted(client, *three)
        for verb, sentence in (("again", "Nothing has failed."), ("undo", "Nothing was renamed.")):
            assert sentence in client.post(f"{url}{verb}/", follow=True).content.decode()
        assert Batch.objects.count() == 1


class UndoTests:
    @pytest.fixture
    def url(self, client: Client, three: list[Order], run_jobs: Run) -> str:
        """A batch that renamed two of the three."""
        url = drafted(client, *three)
        client.post(url, AVENUE)
        run_jobs()
        return url

    def test_gives_the_names_back(
        self, client: Client, three: list[Order], url: str, store: Store, run_jobs: Run
    ) -> None:
        undo = client.post(f"{url}undo/")["Location"]
        page = client.get(undo)
        assert set(became(page.context["plan"].changes)) == set(NAMES[:2])
        assert b'name="find"' not in page.content.partition(b"<section")[0]
        client.post(undo)
        run_jobs()
        assert [called(order, store) for order in three] == [(name, name) for name in NAMES]

    def test_leaves_alone_what_was_renamed_since(self, client: Client, three: list[Order], url: str) -> None:
        Order.objects.filter(pk=three[0].pk).update(name="Theirs")
        planned = client.get(client.post(f"{url}undo/")["Location"]).context["plan"]
        assert became(planned.changes) == [NAMES[1]]
        assert [fault.fault for fault in planned.faults] == ["Meanwhile it is called “Theirs”."]


class ProgressTests:
    def test_polls_while_it_runs_and_says_nothing_new_with_204(self, client: Client, three: list[Order]) -> None:
        url = drafted(client, *three)
        client.post(url, AVENUE)
        part = client.get(url, headers=HTMX).content.decode()
        poll = re.search(r'hx-get="([^"]+)" hx-trigger="every 2s, click"', part)
        assert "0 of 2" in part
        assert poll
        assert client.get(poll[1], headers=HTMX).status_code == 204
        assert client.get(poll[1]).status_code == 200
        Batch.objects.get().lines.update(state="failed", reason="No.")
        assert client.get(poll[1], headers=HTMX).status_code == 200

    def test_does_not_poll_when_all_is_said(self, client: Client, three: list[Order], run_jobs: Run) -> None:
        url = drafted(client, *three)
        client.post(url, AVENUE)
        run_jobs()
        assert b"hx-trigger" not in client.get(url, headers=HTMX).content

    def test_my_latest_are_listed(self, client: Client, three: list[Order], run_jobs: Run) -> None:
        url = drafted(client, *three)
        assert url not in client.get(URL).content.decode()
        client.post(url, AVENUE)
        run_jobs()
        page = client.get(URL).content.decode()
        assert url in page
        assert "2 orders renamed" in page


class WorkerTests:
    @pytest.fixture
    def batch(self, client: Client, three: list[Order]) -> Batch:
        """Launched, not yet run; of all three."""
        client.post(drafted(client, *three), {"start": "A "})
        return Batch.objects.get()

    def test_goes_on_in_turns(
        self, batch: Batch, upstream: Upstream, run_jobs: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "TURN", 0.0)
        run_jobs()
        assert Batch.objects.get().outcomes()[Outcome.DONE] == 3
        assert len(upstream.calls("PATCH")) == 3
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from procrastinate_jobs where task_name = 'orders.batch'")
            assert cursor.fetchone() == (4,)

    def test_a_killed_worker_sends_nothing_twice(
        self, batch: Batch, three: list[Order], alice: User, upstream: Upstream, store: Store
    ) -> None:
        line = batch.lines.get(order=three[0])
        line.move(LineState.SENDING)
        batches.services.rename(alice, line.order, line.after, line.before)
        upstream.clear()
        batches.run(batch.pk)
        assert len(upstream.calls("PATCH")) == 2
        assert batch.outcomes()[Outcome.DONE] == 3

    def test_a_line_that_was_interrupted_before_it_was_sent_can_be_tried_again(
        self, batch: Batch, three: list[Order]
    ) -> None:
        batch.lines.filter(order=three[0]).update(state="sending")
        batches.run(batch.pk)
        (failed,) = batch.lines.having(Outcome.FAILED)
        assert (failed.order, failed.why) == (three[0], "This was interrupted before anything was sent.")

    def test_a_lost_job_is_queued_again(self, batch: Batch, run_jobs: Run) -> None:
        with connection.cursor() as cursor:
            cursor.execute("delete from procrastinate_jobs")
        batches.sweep()
        run_jobs()
        assert Batch.objects.get().state == "done"

    def test_waits_while_autoenhance_does_not_answer(self, batch: Batch, upstream: Upstream) -> None:
        break_down()
        batches.run(batch.pk)
        assert (batch.outcomes()[Outcome.FAILED], upstream.calls()) == (0, [])
        Pace.objects.all().delete()
        batches.run(batch.pk)
        assert Batch.objects.get(pk=batch.pk).state == Batch.State.DONE

    def test_an_old_draft_is_forgotten(self, client: Client, three: list[Order], batch: Batch) -> None:
        drafted(client, *three)
        fresh = drafted(client, *three)
        Batch.objects.exclude(pk=int(fresh.split("/")[-2])).update(created_at=now() - timedelta(days=2))
        batches.sweep()
        assert {each.state for each in Batch.objects.all()} == {"running", "draft"}
        assert client.get(fresh).status_code == 200
        assert Batch.objects.count() == 2

    def test_a_batch_that_is_done_is_not_run_again(self, batch: Batch, upstream: Upstream) -> None:
        batches.run(batch.pk)
        upstream.clear()
        batches.run(batch.pk)
        assert upstream.calls() == []
