"""Text that would like to be markup stays text, whoever wrote it and wherever it is shown (T59, T60, S12)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from dashboard.accounts.models import Team, User
from orders import tokens
from orders.models import ApiKey, Event, Order, ShareLink, View
from tests.browser.conftest import LogIn, Watch
from tests.cast import mirrored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DO = "fetch('/evil')"
TEXTS = [
    f"<script>{DO}</script>",
    f'"><img src=x onerror="{DO}">',
    f"'><svg onload={DO}>",
    '" hx-get="/evil" hx-trigger="load" x="',
    "' data-hx-get='/evil' data-hx-trigger='load' x='",
    "<a href=/evil hx-boost=true hx-trigger=load>x</a>",
    "<div hx-get=/evil hx-trigger=load></div>",
    f"<iframe srcdoc='<script>{DO}</script>'></iframe>",
    f'" autofocus onfocus="{DO}" x="',
    f"javascript:{DO}",
    "</title></textarea></style><base href=//evil.example/>",
    "<link rel=stylesheet href=/evil><meta http-equiv=refresh content='0;url=/evil'>",
    "{{ request }}{% include '/etc/passwd' %}",
    f"&lt;script&gt;{DO}&lt;/script&gt;",
    f"<form action=/evil><button formaction=javascript:{DO}>",
    f"\u2028]]><!--><script>{DO}</script>",
]
# Whatever a text has made of itself that is not text.
MADE = """() => [...document.querySelectorAll(
  "script:not([src]), iframe, base, [srcdoc], [onerror], [onload], [onfocus], [x], meta[http-equiv=refresh], " +
  "[href^='/evil'], [action^='/evil'], [formaction^='javascript:'], [hx-get^='/evil'], [data-hx-get], " +
  "[href^='javascript:']"
)].map((element) => element.outerHTML)"""


@pytest.fixture
def paths(key: ApiKey, alice: User, team: Team) -> list[str]:
    """Pages on which each text stands wherever a text can stand."""
    orders = [everywhere(key, text) for text in TEXTS]
    User.objects.filter(pk=alice.pk).update(name=TEXTS[3])
    Team.objects.filter(pk=team.pk).update(name=TEXTS[1])
    ApiKey.objects.update(label=TEXTS[4])
    token = tokens.issue()
    ShareLink.make(token, orders[1], alice, "", label=TEXTS[2], names_team=True)
    below = ["orders/", "orders/?q=evil", "orders/?q=%22%3E%3Csvg%20onload%3D1%3E", "views/", "people/", "links/"]
    teams = [f"/teams/{team.slug}/{path}" for path in [*below, "activity/"]]
    first, second, third = (f"/orders/{order.pk}/" for order in orders[1:4])
    return [*teams, first, second, f"{third}pictures/4/", f"{first}name/", f"{second}links/", "/keys/", f"/s/{token}/"]


def everywhere(key: ApiKey, text: str) -> Order:
    """An order of this name, with pictures of all names, a line of the timeline and a saved view."""
    images = [{"name": each, "scene": each, "status": "error", "reason": each} for each in TEXTS]
    order = mirrored(key, text, images=images, status=text, shown=1, pictures=len(images), failed=len(images))
    Event.add(Event.Kind.RENAMED, order=order, actor=key.user, data={"old": text, "new": text})
    View.objects.create(team=key.team, name=text[:60], text=text[:200])
    return order


def test_t59_t60_whatever_is_written_stays_text(paths: list[str], alice: User, log_in: LogIn, watch: Watch) -> None:
    page: Page = log_in(alice)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in paths:
        page.goto(path, wait_until="load")
        assert page.evaluate(MADE) == [], path
    assert dialogs == []
    assert [request.url for request in watch.requests if request.url.rpartition("/")[2].startswith("evil")] == []
