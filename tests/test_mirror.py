"""Answers into the mirror: what is added, what is kept, what is outdated (DESIGN section 5)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from dashboard.accounts.models import Team, User
from orders.answers import RemoteImage, RemoteOrder
from orders.mirror import is_same, mirror
from orders.models import ApiKey, Event, Order, OrderKey, OrderWatch, Shown, Write, now

pytestmark = pytest.mark.django_db

EARLY = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
BLANK = dict.fromkeys(RemoteOrder.__slots__)


def said(order_id: str = "o-1", **facts: object) -> RemoteOrder:
    """An answer that says only this."""
    return RemoteOrder(**{**BLANK, "order_id": order_id, **facts})  # type: ignore[arg-type]


def picture(image_id: str, status: str | None = "processed") -> RemoteImage:
    return RemoteImage(image_id, f"{image_id}.jpg", status, None, None, None)


@pytest.fixture
def kept(team: Team, key: ApiKey) -> Order:
    """An order as the mirror has it: "12 Rosewood Ave", processing, of EARLY."""
    answer = said(name="12 Rosewood Ave", status="processing", created_at=EARLY, last_updated_at=EARLY)
    (order,) = mirror(team, [answer], now(), key=key)
    return order


class AddingTests:
    def test_a_listed_order_is_added_with_all_that_was_said(self, kept: Order, key: ApiKey) -> None:
        assert (kept.name, kept.find, kept.shown, kept.key) == (
            "12 Rosewood Ave",
            " 12 rosewood avenue ",
            Shown.PROCESSING,
            key,
        )
        assert kept.created_at == EARLY

    def test_first_sight_is_no_event(self, kept: Order) -> None:
        assert not Event.objects.exists()

    def test_without_a_key_nothing_is_added(self, team: Team) -> None:
        """T27: reading an order by its id proves nothing."""
        assert not mirror(team, [said(name="Foreign")], now())

    def test_another_key_that_lists_it_is_noted_and_takes_nothing_over(
        self, kept: Order, team: Team, bob: User, make_key, key: ApiKey
    ) -> None:
        other = make_key(bob, team, "ae_bob_0123456789")
        mirror(team, [said()], now(), key=other)
        assert Order.objects.get().key == key
        assert OrderKey.objects.get().key == other

    def test_the_same_order_in_two_teams_is_two_rows(self, kept: Order, charlie: User, make_key) -> None:
        """T28."""
        faraway = Team.objects.of(charlie).get()
        mirror(faraway, [said(name="Theirs")], now(), key=make_key(charlie, faraway, "ae_charlie_0123456789"))
        assert set(Order.objects.values_list("team__name", "name")) == {
            ("Northlight", "12 Rosewood Ave"),
            ("Faraway", "Theirs"),
        }

    def test_an_order_that_says_nothing_at_all_is_kept_and_shown_as_unknown(self, team: Team, key: ApiKey) -> None:
        (order,) = mirror(team, [said()], now(), key=key)
        assert (order.label, order.shown, order.pictures) == ("(no name)", Shown.UNKNOWN, 0)

    def test_an_id_outside_our_allow_list_is_kept_and_listed(self, team: Team, key: ApiKey) -> None:
        mirror(team, [said("../images/x", name="Odd")], now(), key=key)
        assert Order.objects.get().name == "Odd"


class UpdatingTests:
    def test_what_is_not_said_stays(self, kept: Order, team: Team) -> None:
        """F33."""
        mirror(team, [said()], now())
        order = Order.objects.get()
        assert (order.name, order.status, order.version) == ("12 Rosewood Ave", "processing", kept.version)

    def test_a_change_gets_a_version_and_an_event(self, kept: Order, team: Team) -> None:
        mirror(team, [said(status="processed", last_updated_at=EARLY + timedelta(hours=1))], now())
        order = Order.objects.get()
        assert (order.shown, order.version) == (Shown.READY, kept.version + 1)
        assert Event.objects.get().data == {"old": Shown.PROCESSING, "new": Shown.READY, "status": "processed"}

    def test_an_older_answer_changes_nothing(self, kept: Order, team: Team) -> None:
        mirror(team, [said(name="Old", last_updated_at=EARLY - timedelta(seconds=1))], now())
        assert Order.objects.get().name == "12 Rosewood Ave"

    def test_an_answer_asked_for_before_our_last_write_changes_nothing(
        self, kept: Order, team: Team, key: ApiKey, alice: User
    ) -> None:
        began = now()
        write = Write.intend_rename(kept, key, alice, "14 Rosewood Ave", kept.name)
        (order,) = mirror(team, [said(name="14 Rosewood Ave")], began, own=True)
        write.confirm(order)
        mirror(team, [said(name="12 Rosewood Ave")], began)
        assert Order.objects.get().name == "14 Rosewood Ave"

    def test_while_a_rename_is_pending_reads_leave_the_order_alone(
        self, kept: Order, team: Team, key: ApiKey, alice: User
    ) -> None:
        Write.intend_rename(kept, key, alice, "14 Rosewood Ave", kept.name)
        mirror(team, [said(name="14 Rosewood Ave")], now())
        assert Order.objects.get().name == "12 Rosewood Ave"
        assert not Event.objects.exists()

    def test_an_order_listed_while_its_create_is_pending_is_whole(self, team: Team, key: ApiKey, alice: User) -> None:
        Write.intend_create(key, alice, "o-9", "5 Elm Row")
        mirror(team, [said("o-9", name="5 Elm Row")], now(), key=key)
        assert Order.objects.get().name == "5 Elm Row"

    def test_deleted_at_autoenhance_is_a_tombstone(self, kept: Order, team: Team) -> None:
        """F34: kept, marked, hidden from the list."""
        mirror(team, [said(is_deleted=True)], now())
        assert Order.objects.get().shown == Shown.DELETED
        assert not Order.objects.of(team).exists()


class PicturesTests:
    def test_a_number_is_given_at_first_sight_and_never_again(self, kept: Order, team: Team) -> None:
        for images in (["a", "b"], ["b"], ["c", "b"]):
            mirror(team, [said(images=tuple(map(picture, images)))], now())
        detail = Order.objects.get().detail
        assert [(image["n"], image["id"]) for image in detail.images] == [(3, "c"), (2, "b")]

    def test_they_are_counted(self, kept: Order, team: Team) -> None:
        images = (picture("a"), picture("b", "error"), picture("c", None))
        mirror(team, [said(images=images, total_images=5)], now())
        order = Order.objects.get()
        assert (order.pictures, order.ready, order.failed) == (5, 1, 1)

    def test_an_empty_list_while_brackets_are_grouped_loses_none(self, kept: Order, team: Team) -> None:
        mirror(team, [said(images=(picture("a"),))], now())
        mirror(team, [said(images=(), is_merging=True)], now())
        assert len(Order.objects.get().detail.images) == 1

    def test_a_missing_status_is_read_off_them(self, team: Team, key: ApiKey) -> None:
        (order,) = mirror(team, [said(images=(picture("a"), picture("b", "error")))], now(), key=key)
        assert order.shown == Shown.READY


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"status": "waiting"}, Shown.WAITING),
        ({"status": "processing"}, Shown.PROCESSING),
        ({"status": "processed"}, Shown.READY),
        ({"status": "error"}, Shown.ERROR),
        ({"status": "brewing"}, Shown.UNKNOWN),
        ({"status": "processed", "is_processing": True}, Shown.PROCESSING),
        ({"status": "processing", "is_merging": True, "is_processing": True}, Shown.MERGING),
        ({"status": "processed", "is_deleted": True}, Shown.DELETED),
        ({}, Shown.UNKNOWN),
    ],
)
def test_status_words(team: Team, key: ApiKey, facts: dict[str, object], shown: Shown) -> None:
    """Features 4.3.3."""
    (order,) = mirror(team, [said(**facts)], now(), key=key)
    assert order.shown == shown


def test_a_page_costs_the_same_number_of_queries_whatever_its_size(
    team: Team, key: ApiKey, django_assert_max_num_queries
) -> None:
    page = [said(f"o-{number}", name=f"{number} Elm Row") for number in range(15)]
    with django_assert_max_num_queries(20):
        mirror(team, page, now(), key=key)


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_page_at_once_add_each_order_once(team: Team, key: ApiKey) -> None:
    page = [said(f"o-{number}", name=f"{number} Elm Row") for number in range(30)]
    began = now()

    def listed(answers: list[RemoteOrder]) -> None:
        try:
            mirror(team, answers, began, key=key)
        finally:
            connection.close()

    threads = [threading.Thread(target=listed, args=(answers,)) for answers in (page, page[::-1], page)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert Order.objects.filter(version__gt=0).count() == 30


class SameTests:
    @pytest.fixture
    def again(self) -> RemoteOrder:
        """What was said of the order that is `kept`."""
        return said(name="12 Rosewood Ave", status="processing", created_at=EARLY, last_updated_at=EARLY)

    def test_the_same_again_is_noted_by_one_statement(
        self, kept: Order, again: RemoteOrder, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        began = now()
        with django_assert_num_queries(1):
            assert is_same(kept, again, began)
        assert kept.watch.seen_at == OrderWatch.objects.get().seen_at == began

    def test_something_else_is_not_the_same(self, kept: Order) -> None:
        self.is_news(kept, said(name="14 Rosewood Ave"))

    def test_nor_is_it_where_the_order_at_hand_is_older_than_the_mirrors(self, kept: Order, again: RemoteOrder) -> None:
        Order.objects.update(version=kept.version + 1)
        self.is_news(kept, again)

    def test_nor_while_the_order_is_suspected_to_be_deleted(self, kept: Order, again: RemoteOrder) -> None:
        OrderWatch.objects.update(missed_at=now())
        self.is_news(kept, again)

    def is_news(self, order: Order, answer: RemoteOrder) -> None:
        before = OrderWatch.objects.get().seen_at
        assert not is_same(order, answer, now())
        assert OrderWatch.objects.get().seen_at == before
