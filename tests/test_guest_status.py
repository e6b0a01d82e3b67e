"""/s/<token>/status/: what a page that is open asks for; a guest's look never starts a call (decision 7, P5)."""

from __future__ import annotations

import json
import re

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.accounts.models import Team
from orders.models import Order, OrderWatch, ShareLink, Shown, now
from tests.cast import HTMX
from tests.guests import Share, Shared, ask
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db


def version(shared: Shared) -> str:
    """What the page that is open now asks with."""
    (found,) = re.findall(r'hx-get="[^"]*\?v=(\w+)"', ask(shared.url).content.decode())
    return str(found)


class StatusTests:
    def test_nothing_new_is_204_with_the_time_of_the_last_look(self, shared: Shared) -> None:
        url = f"{shared.url}status/?v={version(shared)}"
        OrderWatch.objects.update(seen_at=now().replace(year=2030, month=5, day=4, hour=3, minute=2, second=1))
        answer = ask(url, headers=HTMX)
        assert (answer.status_code, answer.content) == (204, b"")
        seen = {"iso": "2030-05-04T03:02:01+00:00", "exact": "4 May 2030, 03:02 UTC"}
        assert json.loads(answer["HX-Trigger"]) == {"seen": seen}

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "13 Rosewood Ave"},
            {"ready": 2},
            {"failed": 0},
            {"shown": Shown.READY},
            {"pictures": 4},
            {"status": "x"},
        ],
    )
    def test_what_changed_comes_with_its_own_interval(self, shared: Shared, change: dict[str, object]) -> None:
        before = version(shared)
        Order.objects.update(**change)
        answer = ask(f"{shared.url}status/?v={before}", headers=HTMX)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert text.lstrip().startswith('<div class="guest"')
        assert f"?v={version(shared)}" in text
        assert (", every 15s" in text) == ("shown" not in change)

    @pytest.mark.parametrize(
        "change", [{"names_team": True}, {"reveals": ShareLink.Reveals.STATUS}, {"expires_at": "2099-01-01 00:00Z"}]
    )
    def test_what_the_link_shows_now_is_news_as_well(self, shared: Shared, change: dict[str, object]) -> None:
        before = version(shared)
        ShareLink.objects.update(**change)
        assert ask(f"{shared.url}status/?v={before}", headers=HTMX).status_code == 200
        assert ask(f"{shared.url}status/?v={version(shared)}", headers=HTMX).status_code == 204

    def test_one_look_is_one_query_and_no_call(
        self, shared: Shared, upstream: Upstream, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for headers in ({}, HTMX):
            with django_assert_num_queries(1):
                ask(f"{shared.url}status/?v=1", headers=headers)
        assert upstream.calls() == []

    @pytest.mark.parametrize("query", ["", "?v=", "?v=1", "?v=%00", "?v=" + "9" * 3000])
    def test_any_version_is_answered_and_without_htmx_with_the_page(self, shared: Shared, query: str) -> None:
        assert ask(f"{shared.url}status/{query}", headers=HTMX).status_code == 200
        page = ask(f"{shared.url}status/{query}").content.decode()
        assert "<html" in page
        assert "12 Rosewood Ave" in page

    def test_the_version_says_nothing_of_the_order(self, share: Share, team: Team) -> None:
        one, other = share(), share()
        assert version(one) != version(other)
