"""What every answer carries, and whom we answer at all (T46, T54, T61, T69, T72, T73)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from whitenoise.middleware import WhiteNoiseMiddleware

from dashboard.accounts.models import Team, User
from orders.models import ApiKey
from tests.access import OURS, OWN_ACCOUNT, PUBLIC_ACCOUNT, READ, Access, routes
from tests.cast import HTMX, AsUser
from tests.test_access_matrix import things_of

pytestmark = pytest.mark.django_db

ROUTES = dict(routes())
WALLED = Access(get=READ)
CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
EVERYWHERE = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def lacks(answer: Any) -> dict[str, str]:
    """What of it is missing or wrong."""
    wrong = {name: answer.get(name, "") for name, value in EVERYWHERE.items() if answer.get(name) != value}
    policy = {part.strip() for part in answer.get("Content-Security-Policy", "").split(";")}
    if policy != CSP:
        wrong["Content-Security-Policy"] = answer.get("Content-Security-Policy", "")
    if "camera=()" not in answer.get("Permissions-Policy", ""):
        wrong["Permissions-Policy"] = answer.get("Permissions-Policy", "")
    return wrong


@pytest.fixture
def addresses(key: ApiKey) -> dict[str, str]:
    """Of every route, one that there is."""
    things = things_of(key)
    known = {"slug": key.team.slug, "n": 1, "user_id": key.user_id, "token": things["token"], "key": "1", "uidb36": "1"}
    pks = {name: things.get(OURS[name].of, key).pk if name in OURS else 1 for name in ROUTES}
    of = {name: {"order": things["order"].pk}.get(OURS[name].of) if name in OURS else None for name in ROUTES}
    return {
        name: reverse(name, kwargs={each: known.get(each, of[name] or pks[name]) for each in ROUTES[name]})
        for name in ROUTES
    }


class EveryRouteTests:
    def test_t69_t61_t72_t73_carries_them_all(self, as_user: AsUser, alice: User, addresses: dict[str, str]) -> None:
        """Signed in and not, page and part: kept by no cache, embedded nowhere, open to no other site."""
        inside, wrong = as_user(alice), {}
        for name, address in addresses.items():
            outside = name in PUBLIC_ACCOUNT or OURS.get(name, WALLED).public
            for browser, headers in ((Client(), {}),) if outside else ((inside, {}), (inside, HTMX)):
                answer = browser.get(address, headers={**headers, "Origin": "https://evil.example"})
                found = lacks(answer)
                if not {"no-store", "private"} <= set(answer["Cache-Control"].split(", ")):
                    found["Cache-Control"] = answer["Cache-Control"]
                found |= {header: value for header, value in answer.items() if header.startswith("Access-Control")}
                wrong |= {(name, bool(headers)): found} if found else {}
        assert wrong == {}

    def test_t69_what_differs_by_person_or_part_says_so(
        self, as_user: AsUser, alice: User, addresses: dict[str, str]
    ) -> None:
        own = [name for name, access in OURS.items() if not access.public and access.get[0] == 200] + [*OWN_ACCOUNT]
        browser = as_user(alice)
        missing = [name for name in own if "Cookie" not in browser.get(addresses[name]).get("Vary", "")]
        assert missing == []
        lists = (
            browser.get(addresses["orders:list"])["Vary"],
            browser.get(addresses["orders:list"], headers=HTMX)["Vary"],
        )
        assert all("HX-Request" in vary for vary in lists)

    def test_every_route_is_looked_at(self, addresses: dict[str, str]) -> None:
        assert set(addresses) == set(OURS) | PUBLIC_ACCOUNT | OWN_ACCOUNT


class OtherAnswerTests:
    @pytest.mark.parametrize("path", ["/nowhere/", "/teams/nowhere/orders/", "/metrics", "/static/nothing.css"])
    def test_t61_errors_carry_them(self, as_user: AsUser, alice: User, path: str) -> None:
        assert lacks(as_user(alice).get(path)) == {}

    def test_t61_a_wrong_host_and_a_wrong_form_carry_them(self, alice: User) -> None:
        browser = Client(enforce_csrf_checks=True)
        answers = [browser.get("/", headers={"Host": "evil.example"}), browser.post("/accounts/login/", {})]
        assert [answer.status_code for answer in answers] == [400, 403]
        assert [lacks(answer) for answer in answers] == [{}, {}]

    def test_t72_static_files_carry_them_and_may_be_kept(
        self, client: Client, settings: Settings, tmp_path: Path
    ) -> None:
        (tmp_path / "app.js").write_text("1")
        settings.STATIC_ROOT = str(tmp_path)
        answer = client.get("/static/app.js")
        assert answer.getvalue() == b"1"
        assert lacks(answer) == {}
        assert "max-age" in answer["Cache-Control"]

    def test_headers_stand_before_the_static_files(self) -> None:
        order = configured.MIDDLEWARE
        files = order.index(f"{WhiteNoiseMiddleware.__module__}.{WhiteNoiseMiddleware.__qualname__}")
        for name in ("csp.middleware.CSPMiddleware", "dashboard.middleware.Headers"):
            assert order.index(name) < files


class OtherSitesTests:
    """Browsers say where a request comes from."""

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_t54_no_form_of_theirs_is_taken(self, as_user: AsUser, alice: User, team: Team, site: str) -> None:
        fetch = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        answer = as_user(alice).post("/settings/", {"name": "Mallory", "page_size": 25}, headers=fetch)
        assert (answer.status_code, User.objects.get(pk=alice.pk).name) == (403, "Alice")
        assert lacks(answer) == {}

    @pytest.mark.parametrize(("mode", "dest"), [("cors", "empty"), ("no-cors", "image"), ("navigate", "iframe")])
    def test_t72_no_part_picture_or_frame_is_given(self, as_user: AsUser, alice: User, mode: str, dest: str) -> None:
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        assert as_user(alice).get("/keys/", headers=headers).status_code == 403

    def test_their_links_lead_to_a_page(self, as_user: AsUser, alice: User) -> None:
        fetch = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        assert as_user(alice).get("/keys/", headers=fetch).status_code == 200

    @pytest.mark.parametrize("site", ["same-origin", "none"])
    def test_our_own_requests_pass(self, as_user: AsUser, alice: User, site: str) -> None:
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        assert as_user(alice).get("/keys/", headers=headers).status_code == 200

    def test_whoever_is_no_browser_passes(self, client: Client) -> None:
        assert client.post("/hooks/autoenhance/unknown/").status_code == 404


class CookieTests:
    def test_t46_every_cookie_is_out_of_reach_of_scripts_and_other_sites(
        self, as_user: AsUser, alice: User, addresses: dict[str, str]
    ) -> None:
        browser = as_user(alice)
        looked_at = [addresses[name] for name in ("account_login", "people:settings", "orders:list", "orders:guest")]
        cookies = [morsel for address in looked_at for morsel in browser.get(address).cookies.values()]
        assert cookies
        loose = {each.key for each in cookies if not each["httponly"] or each["samesite"] != "Lax"}
        assert loose == set()
