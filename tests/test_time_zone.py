"""Whose clock a page goes by: mine, else my browser's, else my team's (features X6, DESIGN section 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from dashboard import zones
from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Event, Order
from orders.views.present import zone_name
from tests.cast import AsUser, mirrored
from tests.guests import PERSON, Share

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 30, 12, 0, 5, tzinfo=UTC)
TOKYO, OSLO, AUCKLAND = "30 Jun 2026, 21:00 JST", "30 Jun 2026, 14:00 CEST", "1 Jul 2026, 00:00 NZST"


@pytest.fixture
def order(key: ApiKey) -> Order:
    """Of a team in Auckland, made at noon in Greenwich."""
    Team.objects.update(time_zone="Pacific/Auckland")
    key.refresh_from_db()
    return mirrored(key, "12 Rosewood Ave", created_at=NOON)


@pytest.fixture
def client(as_user: AsUser, alice: User, order: Order) -> Client:
    """Alice's browser."""
    return as_user(alice)


def page_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


class WhoseClockTests:
    @pytest.mark.parametrize(
        ("own", "told", "shown"),
        [
            ("Asia/Tokyo", "Europe/Oslo", TOKYO),
            ("", "Europe/Oslo", OSLO),
            ("", "", AUCKLAND),
            ("", "Nowhere/Land", AUCKLAND),
            ("", "../../etc/passwd", AUCKLAND),
            ("Gone/Away", "Europe/Oslo", OSLO),
        ],
    )
    def test_mine_then_my_browsers_then_my_teams(
        self, client: Client, order: Order, own: str, told: str, shown: str
    ) -> None:
        User.objects.update(time_zone=own)
        client.cookies[zones.COOKIE] = told
        assert f">{shown}</time>" in page_of(client, order.get_absolute_url())
        assert f'title="{shown}"' in page_of(client, f"/teams/{order.team.slug}/orders/")

    def test_the_days_of_a_list_are_the_viewers_and_those_of_a_search_the_teams(
        self, client: Client, order: Order
    ) -> None:
        client.cookies[zones.COOKIE] = "Europe/Oslo"
        page = page_of(client, f"/teams/{order.team.slug}/orders/?q=created:2026-07-01")
        assert ">Tuesday 30 June</th>" in page
        assert "Nothing found" in page_of(client, f"/teams/{order.team.slug}/orders/?q=created:2026-06-30")

    def test_the_next_request_of_the_thread_begins_anew(self, client: Client, order: Order) -> None:
        client.cookies[zones.COOKIE] = "Europe/Oslo"
        page_of(client, order.get_absolute_url())
        del client.cookies[zones.COOKIE]
        assert AUCKLAND in page_of(client, order.get_absolute_url())
        assert str(zones.of_viewer("UTC")) == "UTC"

    def test_a_guest_sees_the_teams_clock_named_and_gets_no_cookie(self, order: Order, share: Share) -> None:
        guest = Client(headers=PERSON)
        guest.cookies[zones.COOKIE] = "Europe/Oslo"
        answer = guest.get(share(expires_at=NOON + timedelta(days=3650)).url)
        assert "NZST</time>" in answer.content.decode()
        assert "zone.js" not in answer.content.decode()
        assert not answer.cookies

    def test_the_end_of_a_link_is_a_day_of_the_team_for_everybody(
        self, client: Client, order: Order, share: Share
    ) -> None:
        share(expires_at=NOON + timedelta(days=3650))
        client.cookies[zones.COOKIE] = "Europe/Oslo"
        assert "NZST</time>" in page_of(client, f"/teams/{order.team.slug}/links/")

    def test_files_stay_in_greenwich(self, client: Client, order: Order) -> None:
        client.cookies[zones.COOKIE] = "Europe/Oslo"
        assert b"2026-06-30T12:00:05+00:00" in client.get(f"/teams/{order.team.slug}/orders.csv").getvalue()

    def test_costs_no_query(self, client: Client, order: Order) -> None:
        page_of(client, order.get_absolute_url())
        with CaptureQueriesContext(connection) as without:
            page_of(client, order.get_absolute_url())
        client.cookies[zones.COOKIE] = "Europe/Oslo"
        with CaptureQueriesContext(connection) as told:
            page_of(client, order.get_absolute_url())
        assert len(told) == len(without)


class TimeElementTests:
    def test_every_moment_says_itself_exactly_and_to_machines(self, client: Client, order: Order) -> None:
        client.cookies[zones.COOKIE] = "Europe/Oslo"
        Event.objects.create(team_id=order.team_id, order_id=order.pk, kind=Event.Kind.CREATED, at=NOON)
        page = page_of(client, f"/teams/{order.team.slug}/activity/")
        assert '<time datetime="2026-06-30T14:00:05+02:00" title="' in page
        assert f">{OSLO}</time>" in page


class SettingTests:
    def test_is_chosen_among_all_zones_or_left_to_the_browser(self, client: Client, alice: User) -> None:
        page = page_of(client, "/settings/")
        assert '<option value="" selected>As my browser says</option>' in page
        client.post("/settings/", {"name": "Alice", "page_size": "25", "time_zone": "Asia/Tokyo"})
        alice.refresh_from_db()
        assert alice.time_zone == "Asia/Tokyo"
        assert '<option value="Asia/Tokyo" selected>' in page_of(client, "/settings/")

    def test_what_is_no_zone_is_refused(self, client: Client, alice: User) -> None:
        answer = client.post("/settings/", {"name": "Alice", "page_size": "25", "time_zone": "Nowhere/Land"})
        assert answer.status_code == 422
        alice.refresh_from_db()
        assert alice.time_zone == ""

    @pytest.mark.parametrize(("told", "zone"), [("Europe/Oslo", "Europe/Oslo"), ("Nowhere/Land", "UTC"), ("", "UTC")])
    def test_the_team_of_a_person_who_signs_up_begins_in_the_zone_of_the_browser(
        self, client: Client, settings: Settings, told: str, zone: str
    ) -> None:
        settings.REGISTRATION_OPEN = True
        fresh = Client()
        fresh.cookies[zones.COOKIE] = told
        form = {"name": "Dora", "email": "dora@example.com", "password1": "correct horse battery staple"}
        assert fresh.post("/accounts/signup/", form).status_code == 302
        assert Team.objects.get(name="Dora").time_zone == zone


@given(st.text())
def test_whatever_a_cookie_says_names_a_zone_or_nothing(said: str) -> None:
    class Request:
        COOKIES = {zones.COOKIE: said}

    assert zones.of_browser(Request()) in zones.NAMES | {""}  # type: ignore[arg-type]


@pytest.mark.parametrize(("zone", "name"), [("Europe/Oslo", "CEST"), ("America/Sao_Paulo", "UTC-03"), ("UTC", "UTC")])
def test_a_zone_without_a_name_is_told_by_its_distance(zone: str, name: str) -> None:
    assert zone_name(NOON.astimezone(zones.of_viewer(zone))) == name
