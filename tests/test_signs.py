"""Signs that turn the text around them: refused wherever a name is typed, left out where others' names are shown."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from dashboard import signs
from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Order
from tests.cast import AsUser, mirrored

TURNED = "Elm\u202ewoR"
REFUSED = "U+202E cannot be in a name"


@given(st.text())
def test_what_is_shown_has_none_and_lacks_nothing_else(text: str) -> None:
    shown = signs.straightened(text)
    assert not signs.TURNING.search(shown)
    assert shown == text or signs.TURNING.search(text)


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        ("/teams/northlight/settings/", {"name": TURNED, "time_zone": "UTC"}),
        ("/settings/", {"name": TURNED, "page_size": "50"}),
        ("/teams/northlight/views/", {"name": TURNED, "q": "rosewood"}),
        ("/teams/northlight/orders/new/", {"name": TURNED}),
        ("/keys/", {"label": TURNED, "key": "sandbox-key-1234"}),
    ],
)
@pytest.mark.django_db
def test_nobody_types_one_into_a_name(
    alice: User, key: ApiKey, as_user: AsUser, url: str, fields: dict[str, str]
) -> None:
    answer = as_user(alice).post(url, fields)
    assert answer.status_code == 422
    assert REFUSED in answer.content.decode()


@pytest.mark.django_db
def test_a_name_of_autoenhances_turns_nothing_around_it(alice: User, key: ApiKey, as_user: AsUser) -> None:
    order: Order = mirrored(key, TURNED)
    browser: Client = as_user(alice)
    team: Team = key.team
    for url in (order.get_absolute_url(), f"/teams/{team.slug}/orders/", f"/teams/{team.slug}/orders/?q=elm"):
        page = browser.get(url).content.decode()
        assert "Elm" in page
        assert not signs.TURNING.search(page)
