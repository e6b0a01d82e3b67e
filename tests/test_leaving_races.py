"""Who goes while something else happens: a key, an owner, a team (two connections at once)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from orders import leaving, services, sync
from orders.models import ApiKey, Event, Order, OrderStrip, ShareLink, Sync
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, AsUser, place_upstream
from tests.confirmed import just_confirmed
from tests.upstream import Step, Upstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def meanwhile(call: Callable[..., Any], *args: Any) -> Iterator[list[Any]]:
    """Call it in a connection of its own while the block runs; afterwards the list holds what it returned or raised."""
    came: list[Any] = []
    thread = threading.Thread(target=_noted, args=(came, call, *args))
    thread.start()
    try:
        yield came
    finally:
        thread.join(20)


def _noted(came: list[Any], call: Callable[..., Any], *args: Any) -> None:
    try:
        came.append(call(*args))
    except Exception as error:
        came.append(error)
    finally:
        connection.close()


def somebody_waits() -> bool:
    """Whether another connection waits for this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


class KeyTests:
    def test_a_key_is_deleted_while_a_page_of_its_list_is_being_stored(
        self, alice: User, key: ApiKey, store: Store
    ) -> None:
        place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
        with ExitStack() as stack, transaction.atomic():
            sync.import_orders(key)
            came = stack.enter_context(meanwhile(key.remove, alice))
            wait_until(somebody_waits)
        assert came == [None]
        assert not ApiKey.objects.exists()
        assert Order.objects.get(name="12 Rosewood Ave").key is None

    def test_a_page_that_comes_after_the_key_is_gone_is_not_stored(
        self, alice: User, key: ApiKey, store: Store, upstream: Upstream
    ) -> None:
        place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
        go = threading.Event()
        upstream.script("GET", "*", Step(process=True, delay=go))
        with meanwhile(sync.read, Sync.take_up(key, Sync.Kind.IMPORT)) as came:
            upstream.wait(1, "GET")
            ApiKey.objects.get(pk=key.pk).remove(alice)  # as another process has it
            go.set()
        assert [type(each) for each in came] == [Sync]
        assert not Order.objects.exists()

    def test_an_order_that_was_on_its_way_is_the_teams_without_a_key(
        self, alice: User, key: ApiKey, upstream: Upstream
    ) -> None:
        go = threading.Event()
        upstream.script("POST", "*", Step(process=True, delay=go))
        with meanwhile(services.place, alice, key, "7c9e6679-7425-40de-944b-e07fc1f90ae7", "5 Elm Row") as came:
            upstream.wait(1, "POST")
            ApiKey.objects.get(pk=key.pk).remove(alice)  # as another process has it
            go.set()
        assert [write.state for write in came] == ["done"]
        assert Order.objects.get(name="5 Elm Row").key is None

    def test_two_who_delete_one_key_delete_it_once(self, alice: User, key: ApiKey) -> None:
        second = ApiKey.objects.get(pk=key.pk)
        with ExitStack() as stack, transaction.atomic():
            key.remove(alice)
            came = stack.enter_context(meanwhile(second.remove, alice))
            wait_until(somebody_waits)
        assert came == [None]
        assert Event.objects.filter(kind="key_deleted").count() == 1


class OwnerTests:
    def test_of_two_owners_who_go_at_once_one_stays(
        self, alice: User, bob: User, team: Team, as_user: AsUser, key: ApiKey
    ) -> None:
        Membership.objects.filter(user=bob).update(role=Role.OWNER)
        browser = just_confirmed(as_user(alice))
        with ExitStack() as stack, transaction.atomic():
            going = Membership.objects.select_related("user", "team").get(user=bob)
            leaving.leave(going, bob, revoke=ShareLink.objects.none(), give_views=False)
            came = stack.enter_context(meanwhile(browser.post, "/settings/delete/"))
            wait_until(somebody_waits)
        assert [answer.status_code for answer in came] == [422]
        assert "Alice is the last owner of Northlight" in came[0].content.decode()
        assert ApiKey.objects.exists()
        assert [member.user for member in team.membership_set.all()] == [alice]


class TeamTests:
    def test_a_page_for_a_team_that_is_gone_is_not_stored(
        self, alice: User, key: ApiKey, store: Store, upstream: Upstream
    ) -> None:
        place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
        go = threading.Event()
        upstream.script("GET", "*", Step(process=True, delay=go))
        with meanwhile(sync.read, Sync.take_up(key, Sync.Kind.IMPORT)) as came:
            upstream.wait(1, "GET")
            leaving.delete_team(key.team, alice)
            go.set()
        assert [type(each) for each in came] == [Sync]
        assert not Order.objects.exists()

    def test_what_is_hung_on_an_order_meanwhile_does_not_keep_the_team(self, alice: User, order: Order) -> None:
        with ExitStack() as stack, transaction.atomic():
            leaving.delete_team(order.team, alice)
            strip = OrderStrip(order_id=order.pk, made_of="x", image=b"x")
            came = stack.enter_context(meanwhile(strip.save))
            wait_until(somebody_waits)
        assert [type(each) for each in came] == [IntegrityError]
        assert not Team.objects.exists()
