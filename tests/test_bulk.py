"""Many orders in and out of the database at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.accounts.models import Team, User
from orders.absorb import heard
from orders.answers import RemoteOrder
from orders.mirror import SEEN_EVERY, Tally, mirror, mirror_list
from orders.models import ApiKey, Order, OrderDetail, OrderKey, OrderWatch, Sync, SyncPage, Write, now
from tests.cast import BOBS_KEY, MakeKey
from tests.test_mirror import EARLY, picture, said

pytestmark = pytest.mark.django_db

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


def row(number: int, **facts: object) -> RemoteOrder:
    return said(f"o-{number:04}", **{"name": f"{number} Elm Row", "status": "processing", **facts})


def rows(count: int = 200) -> list[RemoteOrder]:
    return [row(number) for number in range(count)]


class StoringTests:
    def test_all_of_it_is_there_with_its_watch(self, team: Team, key: ApiKey) -> None:
        assert mirror_list(team, rows(), now(), key) == Tally(listed=200, changed=200)
        assert Order.objects.filter(key=key, version=1, find__endswith=" elm row ").count() == 200
        assert Order.objects.filter(heard__isnull=False).count() == 200

    def test_details_are_kept_where_there_are_any(self, team: Team, key: ApiKey) -> None:
        mirror_list(team, [row(1), row(2, is_merging=True), row(3, images=(picture("a"),))], now(), key)
        blank, *kept = Order.objects.order_by("order_id").select_related("detail")
        assert (blank.detail.images, blank.detail.image(1)) == ([], None)
        assert [order.detail for order in kept] == list(OrderDetail.objects.order_by("order"))
        assert (kept[0].detail.is_merging, kept[1].detail.images[0]["id"]) == (True, "a")

    def test_details_may_come_later(self, team: Team, key: ApiKey) -> None:
        mirror_list(team, rows(2), now(), key)
        mirror_list(team, [row(0), row(1, images=(picture("a"),), is_processing=True)], now(), key)
        mirror_list(team, [row(0), row(1, images=(picture("b"), picture("a")))], now(), key)
        detail = OrderDetail.objects.get()
        assert [image["n"] for image in detail.images] == [2, 1]
        assert (detail.next_n, detail.is_processing) == (3, True)

    @given(name=TEXT, status=TEXT.filter(bool), image=TEXT.filter(bool))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
    def test_any_text_comes_back_as_it_was(self, team: Team, key: ApiKey, name: str, status: str, image: str) -> None:
        r"""Tabs, line ends, backslashes, \N and \. mean something to COPY."""
        Order.objects.update(heard=None)
        answer = said("o-1", name=name, status=status, images=(picture(image),))
        for _ in ("new", "changed"):
            (order,) = mirror(team, [answer], now(), key=key)
            assert (order.name, order.status, order.detail.images[0]["id"]) == (name, status[:100], image)
            Order.objects.update(name="?", status="?")
            Order.objects.update(heard=None)
            OrderDetail.objects.update(images=[])

    @pytest.mark.parametrize("name", ["\\N", "\\.", "a\tb\nc\r\\", "\u2028", "👍"])
    def test_so_does_what_copy_writes_for_itself(self, team: Team, key: ApiKey, name: str) -> None:
        (order,) = mirror(team, [said(name=name)], now(), key=key)
        assert order.name == name

    def test_new_changed_and_unchanged_ones_in_one_list(self, team: Team, key: ApiKey) -> None:
        mirror_list(team, rows(20), now(), key)
        mixed = [row(number, status="processed" if number % 2 else "processing") for number in range(30)]
        assert mirror_list(team, mixed, now(), key) == Tally(listed=30, changed=20)
        assert set(Order.objects.filter(status="processed", version=2).values_list("order_id", flat=True)) == {
            f"o-{number:04}" for number in range(1, 20, 2)
        }

    def test_an_order_that_cannot_be_stored_costs_no_other(self, team: Team, key: ApiKey) -> None:
        bad = said("x" * 300, name="longer than any id")
        assert mirror_list(team, [*rows(20), bad], now(), key) == Tally(listed=20, changed=20, skipped=1)

    def test_a_fault_of_the_database_is_no_fault_of_an_order(self, team: Team, key: ApiKey) -> None:
        with connection.cursor() as cursor:
            cursor.execute("alter table orders_orderwatch rename to elsewhere")
        with pytest.raises(Exception, match="orders_orderwatch"):
            mirror_list(team, rows(2), now(), key)


class UnchangedTests:
    def test_a_pass_that_finds_nothing_new_writes_nothing(self, team: Team, key: ApiKey) -> None:
        mirror_list(team, rows(), now(), key)
        before = _physically()
        assert mirror_list(team, rows(), now(), key) == Tally(listed=200)
        assert _physically() == before

    def test_and_costs_few_queries(self, team: Team, key: ApiKey) -> None:
        mirror_list(team, rows(), now(), key)
        with CaptureQueriesContext(connection) as asked:
            mirror_list(team, rows(), now(), key)
        assert len(asked) <= 7

    def test_that_it_was_seen_is_noted_every_ten_minutes(self, team: Team, key: ApiKey) -> None:
        mirror_list(team, rows(2), now(), key)
        seen = OrderWatch.objects.first().seen_at  # type: ignore[union-attr]
        for age, noted in ((SEEN_EVERY / 2, False), (SEEN_EVERY * 2, True)):
            mirror_list(team, rows(2), seen + age, key)
            assert OrderWatch.objects.filter(seen_at__gt=seen).exists() is noted

    def test_a_complete_pass_notes_the_page_and_writes_to_no_order(self, team: Team, key: ApiKey) -> None:
        mirror_list(team, rows(20), now(), key)
        before = _physically()
        sync = Sync.take_up(key, Sync.Kind.DAILY)
        tally = mirror_list(team, [*rows(20), row(99)], now() + timedelta(days=1), key, sync)
        assert tally == Tally(listed=21, changed=1)
        assert set(before) < set(_physically())
        known = Order.objects.exclude(order_id="o-0099").values_list("pk", flat=True)
        assert sorted(SyncPage.objects.get().orders) == sorted(known)

    def test_a_look_at_one_order_is_noted_always(self, team: Team, key: ApiKey) -> None:
        mirror_list(team, rows(1), now(), key)
        began = now()
        mirror(team, rows(1), began)
        assert OrderWatch.objects.get().seen_at == began

    def test_what_sounds_the_same_counts_again_when_it_was_not_taken_in(
        self, team: Team, key: ApiKey, alice: User
    ) -> None:
        """An answer that was outdated, or came while a rename was pending, is not what we know."""
        (order,) = mirror(team, [row(1, last_updated_at=EARLY)], now(), key=key)
        write = Write.intend_rename(order, key, alice, "2 Elm Row", order.name)
        renamed = row(1, name="2 Elm Row", last_updated_at=EARLY + timedelta(hours=1))
        assert mirror_list(team, [renamed], now(), key).changed == 0
        write.refuse("")
        assert mirror_list(team, [renamed], now(), key).changed == 1

    def test_every_part_of_an_answer_sounds(self) -> None:
        answer = row(1, images=(picture("a"),))
        others = [
            row(1, images=(picture("a", "error"),)),
            row(1, images=()),
            row(1, name="1 Elm Row "),
            row(1, is_deleted=False),
            row(1, last_updated_at=EARLY),
        ]
        assert len({heard(one) for one in [answer, *others]}) == 6

    def test_a_further_key_is_noted_though_nothing_else_is_new(
        self, team: Team, key: ApiKey, bob: User, make_key: MakeKey
    ) -> None:
        mirror_list(team, rows(3), now(), key)
        other = make_key(bob, team, BOBS_KEY)
        for _ in range(2):
            assert mirror_list(team, rows(3), now(), other).changed == 0
        assert OrderKey.objects.filter(key=other).count() == 3

    def test_orders_of_a_refused_key_are_taken_over(
        self, team: Team, key: ApiKey, bob: User, make_key: MakeKey
    ) -> None:
        mirror_list(team, rows(3), now(), key)
        key.refuse()
        other = make_key(bob, team, BOBS_KEY)
        mirror_list(team, rows(3), now(), other)
        assert Order.objects.filter(key=other).count() == 3


def test_a_list_is_looked_up_and_the_team_is_not_read(team: Team, key: ApiKey) -> None:
    """Else each page of an import would cost more than the one before, without statistics of the tables."""
    mirror_list(team, rows(2000), now(), key)
    with connection.cursor() as cursor:
        before = _read_rows(cursor)
        mirror_list(team, rows(15), now(), key)
        assert _read_rows(cursor) - before < 100


def _read_rows(cursor) -> int:  # type: ignore[no-untyped-def]
    cursor.execute(
        "select pg_stat_get_xact_tuples_returned('orders_order'::regclass)"
        " + pg_stat_get_xact_tuples_returned('order_once'::regclass)"
    )
    (count,) = cursor.fetchone()
    return int(count)


def _physically() -> list[tuple[str, str]]:
    """Where each row is stored: a place changes when a row is written again, even with the same values."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select o.ctid::text, w.ctid::text from orders_order o join orders_orderwatch w on w.order_id = o.id"
        )
        return sorted(cursor.fetchall())
