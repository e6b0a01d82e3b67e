"""orders/models/links.py: who gets in with a link, and what is told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.accounts.models import Team, User
from dashboard.tokens import hash_of
from orders import tokens
from orders.models import ApiKey, Event, LinkDay, Order, Outdated, ShareLink
from tests.cast import mirrored

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(key: ApiKey) -> Order:
    """One of alice's, in the mirror alone."""
    return mirrored(key, "12 Rosewood Ave")


@pytest.fixture
def token() -> str:
    """What the address of `link` ends with."""
    return tokens.issue()


@pytest.fixture
def link(order: Order, alice: User, token: str) -> ShareLink:
    """A link to the order, that opens for 30 days."""
    return made(order, alice, token)


def made(order: Order, by: User, token: str, password: str = "", **settings: Any) -> ShareLink:
    chosen = {"label": "Client", "expires_at": timezone.now() + timedelta(days=30), **settings}
    return ShareLink.make(token, order, by, password, **chosen)


def opens(token: str) -> bool:
    return ShareLink.objects.opened_with(token) is not None


def told(kind: Event.Kind) -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("data", flat=True))


class OpeningTests:
    def test_t34_permission_and_data_are_one_query(
        self, link: ShareLink, token: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            opened = ShareLink.objects.opened_with(token)
            assert opened is not None
            assert opened.order.detail.images == []
            assert (opened.team.name, opened.order.watch.misses) == ("Northlight", 0)

    def test_t31_a_wrong_checksum_asks_nobody(
        self, db: None, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            assert not opens("ps_" + "a" * 49)

    def test_another_token_opens_nothing(self, link: ShareLink) -> None:
        assert not opens(tokens.issue())

    def test_t33_a_revoked_one_is_over_at_once(self, link: ShareLink, alice: User, token: str) -> None:
        assert opens(token)
        link.revoke(alice)
        assert not opens(token)

    @pytest.mark.parametrize(("left", "open_"), [(timedelta(seconds=-1), False), (timedelta(minutes=1), True)])
    def test_t33_ends_at_its_moment(self, order: Order, alice: User, token: str, left: timedelta, open_: bool) -> None:
        made(order, alice, token, expires_at=timezone.now() + left)
        assert opens(token) == open_

    def test_without_an_end_it_opens_until_it_is_revoked(self, order: Order, alice: User, token: str) -> None:
        made(order, alice, token, expires_at=None)
        assert opens(token)

    def test_the_switch_of_the_team_stops_those_made_before_and_lets_them_open_again(
        self, link: ShareLink, team: Team, alice: User, token: str
    ) -> None:
        ShareLink.objects.allow(team, alice, False)
        assert not opens(token)
        ShareLink.objects.allow(team, alice, True)
        ShareLink.objects.allow(team, alice, True)
        assert opens(token)
        kinds = Event.objects.filter(team_id=team.pk, order_id=None).order_by("pk").values_list("kind", flat=True)
        assert list(kinds) == [Event.Kind.LINKS_OFF, Event.Kind.LINKS_ON]

    def test_an_order_that_is_deleted_at_autoenhance_still_opens(self, link: ShareLink, token: str) -> None:
        Order.objects.update(deleted=True)
        assert opens(token)

    def test_survives_whoever_made_it(self, order: Order, bob: User, token: str) -> None:
        link = made(order, bob, token)
        bob.delete()
        link.refresh_from_db()
        assert (opens(token), link.made_by) == (True, None)

    def test_its_state_says_what_becomes_of_a_guest(self, order: Order, alice: User) -> None:
        past = timezone.now() - timedelta(days=1)
        for label, fields in {"active": {}, "expired": {"expires_at": past}, "revoked": {"expires_at": past}}.items():
            made(order, alice, tokens.issue(), label=label, **fields)
        ShareLink.objects.get(label="revoked").revoke(alice)
        states = {link.label: link.state for link in ShareLink.objects.of(order.team)}  # type: ignore[attr-defined]
        assert states == {"active": "active", "expired": "expired", "revoked": "revoked"}
        Team.objects.update(share_links=False)
        states = {link.label: link.state for link in ShareLink.objects.of(order.team)}  # type: ignore[attr-defined]
        assert states == {"active": "off", "expired": "expired", "revoked": "revoked"}


class MakingTests:
    def test_made_twice_it_is_one_link_and_one_event(
        self, link: ShareLink, order: Order, alice: User, token: str
    ) -> None:
        again = made(order, alice, token, label="Other")
        assert (again.pk, again.label, ShareLink.objects.count()) == (link.pk, "Client", 1)
        assert told(Event.Kind.LINK_MADE) == [{"link": link.pk, "label": "Client"}]

    def test_a_form_sent_again_never_brings_back_an_address_that_is_dead(
        self, link: ShareLink, order: Order, alice: User, token: str
    ) -> None:
        fresh = tokens.issue()
        link.renew(alice, fresh, link.token_hash)
        assert made(order, alice, token).pk == link.pk
        assert (opens(token), opens(fresh)) == (False, True)

    def test_t31_no_live_token_is_in_the_database(self, order: Order, alice: User, token: str) -> None:
        link = made(order, alice, token, "open sesame")
        link.change(alice, label="Owner", password="another sesame")
        link.note_open()
        dump = contents()
        assert "Owner" in dump
        for secret in (token, token[3:-6], "sesame"):
            assert secret not in dump


class PasswordTests:
    def test_fits_and_nothing_else_does(self, order: Order, alice: User, token: str) -> None:
        link = made(order, alice, token, "Caf\u00e9 12")
        assert link.has_password
        assert link.password_fits("Cafe\u0301 12")
        assert not any(link.password_fits(text) for text in ("", "caf\u00e9 12", "Caf\u00e9 12 ", link.password))

    def test_without_one_there_is_none_that_fits(self, link: ShareLink) -> None:
        assert not link.has_password
        assert not link.password_fits("")

    def test_another_password_or_address_ends_the_visits_and_a_label_does_not(
        self, link: ShareLink, alice: User
    ) -> None:
        visits = [link.visit]
        link.change(alice, label="Owner")
        assert link.visit == visits[0]
        for text in ("one", "one", ""):
            link.change(alice, password=text)
            visits.append(link.visit)
        link.renew(alice, tokens.issue(), link.token_hash)
        visits.append(link.visit)
        assert visits[3] == visits[0]
        assert len(set(visits)) == 4


class ChangingTests:
    def test_tells_what_was_changed_and_never_to_what(self, link: ShareLink, alice: User) -> None:
        link.change(alice, label="Owner", reveals="status", names_team=True, expires_at=None, password="sesame")
        link.change(alice, label="Owner", password=None)
        link.change(alice, password="")
        link.renew(alice, tokens.issue(), link.token_hash)
        assert [data["changes"] for data in told(Event.Kind.LINK_CHANGED)] == [
            ["expiry", "label", "password", "shows"],
            ["password"],
            ["address"],
        ]

    @pytest.mark.parametrize(("left", "days"), [(-3, 30), (3, 30), (60, 60)])
    def test_is_extended_to_30_days_from_now_unless_it_ends_later(
        self, order: Order, alice: User, token: str, left: int, days: int
    ) -> None:
        link = made(order, alice, token, expires_at=timezone.now() + timedelta(days=left))
        for _ in range(2):
            link.extend(alice, 30)
        link.refresh_from_db()
        assert link.expires_at is not None
        assert abs(link.expires_at - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)
        assert opens(token)

    def test_what_is_revoked_stays_so(self, link: ShareLink, alice: User, token: str) -> None:
        link.revoke(alice)
        link.revoke(alice)
        for deed in (
            lambda: link.change(alice, label="x"),
            lambda: link.extend(alice, 30),
            lambda: link.renew(alice, tokens.issue(), link.token_hash),
        ):
            with pytest.raises(Outdated, match="revoked for good"):
                deed()
        assert not opens(token)
        assert told(Event.Kind.LINK_REVOKED) == [{"link": link.pk, "label": "Client"}]

    def test_a_new_address_ends_the_old_one_and_an_old_form_changes_nothing(
        self, link: ShareLink, alice: User, token: str
    ) -> None:
        first, second = tokens.issue(), tokens.issue()
        seen = link.token_hash
        for _ in range(2):
            link.renew(alice, first, seen)
        assert (opens(token), opens(first)) == (False, True)
        link.renew(alice, second, hash_of(first))
        with pytest.raises(Outdated, match="another address"):
            link.renew(alice, first, seen)
        assert (opens(first), opens(second)) == (False, True)


class CountingTests:
    def test_counts_all_and_by_the_day_of_the_teams_zone(self, link: ShareLink) -> None:
        Team.objects.update(time_zone="Pacific/Kiritimati")
        link.team.refresh_from_db()
        for _ in range(3):
            link.note_open()
        link.refresh_from_db()
        assert (link.opens, link.opened_at is not None) == (3, True)
        day = LinkDay.objects.get()
        assert (day.opens, day.day) == (3, (datetime.now(UTC) + timedelta(hours=14)).date())

    def test_the_first_of_a_day_is_told(self, link: ShareLink) -> None:
        link.note_open()
        link.note_open()
        (event,) = told(Event.Kind.LINK_OPENED)
        assert event == {"link": link.pk, "label": "Client", "day": LinkDay.objects.get().day.isoformat()}
        LinkDay.objects.update(day="2026-01-01")
        link.note_open()
        assert len(told(Event.Kind.LINK_OPENED)) == 2


def contents() -> str:
    """Every row of every table as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"select string_agg(t::text, '|') from \"{table}\" t")  # noqa: S608
            found.append(cursor.fetchone()[0] or "")
    return "\n".join(found)
