"""/teams/<slug>/orders/sync/: how far the reading of accounts is, in words that are true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Sync, now
from orders.models.syncs import STANDS_AFTER
from orders.views.syncs import TOLD_FOR
from tests.cast import HTMX, AsUser

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(alice: User, as_user: AsUser) -> Client:
    return as_user(alice)


def part(browser: Client, team: Team, **query: str) -> str:
    response = browser.get(f"/teams/{team.slug}/orders/sync/", query, headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


def importing(key: ApiKey, **facts: Any) -> Sync:
    """An import that began ten seconds ago."""
    began = now() - timedelta(seconds=10)
    return Sync.objects.create(key=key, kind="import", began_at=began, resumed_at=began, **facts)


def test_says_what_was_read_and_how_fast(browser: Client, key: ApiKey) -> None:
    importing(key, read=1240, page_at=now())
    shown = part(browser, key.team)
    assert "1,240 orders read so far, 124 a second." in shown
    assert "Alice: Studio" in shown


def test_the_rate_leaves_out_what_was_read_before_a_pause(browser: Client, key: ApiKey) -> None:
    importing(key, read=1240, resumed_read=1000, page_at=now())
    assert "1,240 orders read so far, 24 a second." in part(browser, key.team)


def test_before_the_first_page_there_is_no_rate(browser: Client, key: ApiKey) -> None:
    importing(key)
    assert "0 orders read so far." in part(browser, key.team)


def test_a_key_whose_turn_has_not_come_says_so(browser: Client, key: ApiKey) -> None:
    assert "Its orders will be read in a moment." in part(browser, key.team)


def test_says_why_it_waits(browser: Client, key: ApiKey) -> None:
    importing(key, state="waiting", reason="Autoenhance did not give a clear answer.", read=15, page_at=now())
    text = "15 orders read so far. Autoenhance did not give a clear answer. Reading goes on by itself."
    assert text in part(browser, key.team)


def test_says_that_nothing_moves(browser: Client, key: ApiKey) -> None:
    importing(key, read=15, page_at=now() - STANDS_AFTER - timedelta(seconds=1))
    assert "Nothing came for a minute" in part(browser, key.team)


def test_says_what_could_not_be_stored(browser: Client, key: ApiKey) -> None:
    importing(key, state="done", read=15, skipped=2, finished_at=now())
    assert "15 orders read, 2 could not be stored, that is all." in part(browser, key.team)


def test_says_that_it_stopped(browser: Client, key: ApiKey) -> None:
    importing(key, state="stopped", read=1, reason="Autoenhance did not accept this API key.")
    assert "1 order read, then it stopped. Autoenhance did not accept this API key." in part(browser, key.team)


class PollTests:
    def test_comes_back_while_something_moves(self, browser: Client, key: ApiKey) -> None:
        importing(key)
        assert 'hx-trigger="every 2s"' in part(browser, key.team)

    @pytest.mark.parametrize("state", ["done", "stopped"])
    def test_ends_with_the_reading(self, browser: Client, key: ApiKey, state: str) -> None:
        importing(key, state=state, finished_at=now())
        assert "hx-" not in part(browser, key.team)

    def test_is_204_while_nothing_is_new(self, browser: Client, key: ApiKey) -> None:
        sync = importing(key)
        url = _address(part(browser, key.team))
        assert browser.get(url, headers=HTMX).status_code == 204
        sync.read = 15
        sync.save()
        assert browser.get(url, headers=HTMX).status_code == 200

    def test_the_end_is_told_to_those_who_watched_only(self, browser: Client, key: ApiKey) -> None:
        importing(key, state="done", read=15, finished_at=now())
        assert "15 orders read" in part(browser, key.team)
        assert "15 orders read" not in browser.get(f"/teams/{key.team.slug}/orders/").content.decode()

    def test_and_not_for_long(self, browser: Client, key: ApiKey) -> None:
        importing(key, state="done", read=15, finished_at=now() - TOLD_FOR)
        assert "15 orders read" not in part(browser, key.team)


class ListTests:
    def test_the_list_has_the_part(self, browser: Client, key: ApiKey) -> None:
        importing(key, read=15)
        page = browser.get(f"/teams/{key.team.slug}/orders/").content.decode()
        assert "15 orders read so far." in page
        assert 'hx-trigger="every 2s"' in page

    def test_without_htmx_it_is_a_page(self, browser: Client, key: ApiKey) -> None:
        importing(key, read=15)
        page = browser.get(_address(part(browser, key.team))).content.decode()
        assert "15 orders read so far." in page
        assert "</html>" in page


def test_says_nothing_of_another_teams_keys(charlie: User, as_user: AsUser, key: ApiKey) -> None:
    importing(key, read=15)
    faraway = Team.objects.of(charlie).get()
    assert "Studio" not in part(as_user(charlie), faraway)
    assert as_user(charlie).get(f"/teams/{key.team.slug}/orders/sync/", headers=HTMX).status_code == 404


def _address(part: str) -> str:
    return part.partition('hx-get="')[2].partition('"')[0]
