"""/s/<token>/: what anybody with a link sees, and what they do not (T30 to T38, D11)."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic
from typing import Any

import pytest
from django.db import connections, models
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.accounts.models import Session, Team, User
from orders import guests, tokens
from orders.guests import Limit
from orders.models import LinkDay, Order, ShareLink, Shown
from orders.views.guest_present import Guest
from tests.canary import everything_logged
from tests.cast import HTMX, AsUser
from tests.guests import FILE, IMAGE_ID, ORDER_ID, PERSON, Share, Shared, ask, no_pictures
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db


def values(page: Any) -> Iterator[Any]:
    """What a page was made of, down to single values."""
    if dataclasses.is_dataclass(page):
        for field in dataclasses.fields(page):
            yield from values(getattr(page, field.name))
    elif isinstance(page, tuple | list):
        for one in page:
            yield from values(one)
    else:
        yield page


class PageTests:
    def test_shows_the_order_to_whoever_has_the_link(self, shared: Shared) -> None:
        text = ask(shared.url).content.decode()
        assert "<h1>12 Rosewood Ave</h1>" in text
        assert "chip--processing" in text
        assert "1 of 3 pictures ready" in text
        assert f'src="{shared.url}images/1/"' in text
        assert f"{shared.url}images/2/" not in text
        assert "This link has no end." in text

    def test_says_when_it_ends_and_how_old_it_is_in_the_teams_zone(self, share: Share, team: Team) -> None:
        Team.objects.update(time_zone="Europe/Lisbon")
        shared = share(expires_at=datetime(2099, 7, 1, 11, 30, tzinfo=UTC))
        text = ask(shared.url).content.decode()
        assert "1 Jul 2099, 12:30 WEST" in text
        assert 'id="seen"' in text

    @pytest.mark.parametrize("names", [True, False])
    def test_names_the_team_only_where_the_link_does(self, share: Share, names: bool) -> None:
        assert ("Northlight" in ask(share(names_team=names).url).content.decode()) == names

    def test_shows_no_pictures_where_the_link_does_not(self, share: Share) -> None:
        text = ask(share(reveals=ShareLink.Reveals.STATUS).url).content.decode()
        assert "1 of 3 pictures ready" in text
        assert "gallery" not in text

    @pytest.mark.parametrize(
        ("shown", "sentence"),
        [
            (Shown.DELETED, "This order was deleted at Autoenhance."),
            (Shown.MERGING, "The photos are being merged."),
            (Shown.WAITING, "There are no pictures yet."),
        ],
    )
    def test_says_why_there_is_nothing_to_see(self, shared: Shared, shown: Shown, sentence: str) -> None:
        no_pictures()
        Order.objects.update(shown=shown, deleted=shown == Shown.DELETED)
        assert sentence in ask(shared.url).content.decode()

    def test_a_deleted_order_shows_no_picture_any_more(self, shared: Shared) -> None:
        Order.objects.update(shown=Shown.DELETED, deleted=True)
        assert "gallery" not in ask(shared.url).content.decode()

    def test_takes_one_query(self, shared: Shared, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(1):
            ask(shared.url)

    @pytest.mark.parametrize("shown", [Shown.READY, Shown.ERROR, Shown.DELETED])
    def test_a_finished_order_asks_no_more(self, shared: Shared, shown: Shown) -> None:
        assert ", every 15s" in ask(shared.url).content.decode()
        assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in ask(shared.url).content.decode()
        Order.objects.update(shown=shown)
        assert "every" not in ask(shared.url).content.decode()
        assert "refresh" not in ask(shared.url).content.decode()

    def test_a_member_sees_what_guests_see_and_is_not_counted(self, as_user: AsUser, bob: User, shared: Shared) -> None:
        answer = as_user(bob).get(f"/links/{shared.link.pk}/guest/")
        assert f'src="/links/{shared.link.pk}/images/1/"' in answer.content.decode()
        assert "/s/" not in answer.content.decode()
        assert "hx-get" not in answer.content.decode()
        assert "data-opened" not in answer.content.decode()


class NothingMoreTests:
    def test_t38_no_id_no_file_name_and_no_host_of_autoenhance(self, shared: Shared, upstream: Upstream) -> None:
        for url, method in shared.everything.items():
            answer = ask(url, method)
            text = f"{answer.headers}{answer.content.decode(errors='replace')}"
            for secret in (ORDER_ID, IMAGE_ID, FILE, upstream.url, str(upstream.port), "autoenhance.ai"):
                assert secret not in text
        assert f"/orders/{shared.link.order_id}/" not in ask(shared.url).content.decode()

    def test_d11_the_template_gets_an_allow_list_of_plain_values(self, shared: Shared) -> None:
        context = ask(shared.url).context
        names = {name for one in context for scope in one.dicts for name in scope}
        plain = {"True", "False", "None", "block", "LANGUAGE_CODE", "right_to_left"}
        assert names - plain <= {"guest", "order"}
        assert {type(scope["order"]) for one in context for scope in one.dicts if "order" in scope} == {Guest}
        assert isinstance(context["guest"], Guest)
        assert not [value for value in values(context["guest"]) if not isinstance(value, str | int | None)]
        assert not [value for value in values(context["guest"]) if isinstance(value, models.Model)]

    def test_leads_nowhere_but_to_itself(self, shared: Shared) -> None:
        text = ask(shared.url).content.decode()
        links = set(re.findall(r'(?:href|src|action|hx-get|data-opened)="([^"]*)"', text))
        assert all(link.startswith((shared.url, "/static/", "#")) for link in links)
        assert "og:" not in text

    def test_t37_is_kept_by_no_cache_and_no_index(self, share: Share) -> None:
        for shared in (share(), share("secret")):
            for url, method in shared.everything.items():
                answer = ask(url, method)
                assert "no-store" in answer["Cache-Control"]
                assert answer["X-Robots-Tag"] == "noindex, nofollow"
                assert answer["Referrer-Policy"] == "same-origin"
                assert "default-src 'none'" in answer["Content-Security-Policy"]
                assert {"Cookie", "HX-Request"} <= {name.strip() for name in answer["Vary"].split(",")}

    def test_t37_a_robot_that_draws_a_card_learns_nothing(self, shared: Shared) -> None:
        for agent in ("Slackbot-LinkExpanding 1.0", "WhatsApp/2.23.20.0", "facebookexternalhit/1.1"):
            answer = ask(shared.url, headers={"User-Agent": agent})
            assert "Open this link in a browser" in answer.content.decode()
            assert "Rosewood" not in answer.content.decode()
        assert "Rosewood" in ask(shared.url, headers=PERSON).content.decode()

    def test_t37_looking_leaves_no_cookie_no_session_and_no_open(self, shared: Shared) -> None:
        for method in ("GET", "HEAD"):
            for url in shared.everything:
                assert not ask(url, method).cookies
        assert not Session.objects.exists()
        assert not LinkDay.objects.exists()

    def test_t30_opens_nothing_else_and_changes_nothing(self, shared: Shared, team: Team, upstream: Upstream) -> None:
        browser, order = Client(headers=PERSON), shared.link.order_id
        assert ask(f"{shared.url}?perm=edit&reveals=all", client=browser).status_code == 200
        for url in (shared.url, f"{shared.url}status/", f"{shared.url}images/1/"):
            assert {ask(url, method, browser).status_code for method in ("POST", "PUT", "PATCH", "DELETE")} == {405}
        closed = [f"/orders/{order}/", f"/orders/{order}/links/", f"/teams/{team.slug}/orders/", "/keys/"]
        assert {ask(url, client=browser).status_code for url in closed} == {302}
        posts = [f"/orders/{order}/name/", f"/orders/{order}/links/", f"/links/{shared.link.pk}/revoke/"]
        assert {ask(url, "POST", browser)["Location"].split("?")[0] for url in posts} == {"/accounts/login/"}
        assert {ask(f"{shared.url}{below}", client=browser).status_code for below in ("name/", "links/", "../")} == {
            404
        }
        assert upstream.calls() == []

    def test_t36_the_token_is_in_no_log(self, shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
        def crash(*_: object) -> None:
            raise RuntimeError(shared.url)

        lines: list[str] = []
        (ours,) = (one for one in logging.getLogger().handlers if one.name == "stdout")
        with everything_logged() as log:
            monkeypatch.setattr(log, "emit", lambda record: lines.append(ours.format(record)))
            ask(shared.url)
            ask(shared.url[:-2] + "x/")
            ask(f"{shared.url}images/99/")
            ask(f"{shared.url}unlock/", "POST", Client(enforce_csrf_checks=True))
            monkeypatch.setattr(ShareLink, "has_password", property(crash))
            ask(shared.url, client=Client(raise_request_exception=False))
        assert "Internal Server Error" in "".join(lines)
        assert [line for line in lines if shared.token[:40] in line] == []


class ClosedTests:
    @pytest.fixture
    def dead(self, share: Share) -> list[str]:
        """Addresses that open nothing, each for another reason."""
        expired, revoked, unknown = share(expires_at=timezone.now() - timedelta(seconds=1)), share(), tokens.issue()
        ShareLink.objects.filter(pk=revoked.link.pk).update(revoked_at=timezone.now())
        wrong = unknown[:-1] + ("0" if unknown[-1] != "0" else "1")
        return [expired.url, revoked.url, f"/s/{unknown}/", f"/s/{wrong}/"]

    @pytest.fixture
    def short_patience(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        """Five addresses that open nothing are enough: no test needs sixty."""
        monkeypatch.setattr(guests, "MISSES", Limit("guest-miss", ((5, 600),)))

    @pytest.mark.parametrize("headers", [{}, HTMX])
    @pytest.mark.parametrize("below", ["", "status/", "images/1/", "unlock/"])
    def test_t31_expired_revoked_and_unknown_are_all_alike(
        self, dead: list[str], share: Share, below: str, headers: dict[str, str]
    ) -> None:
        off = share()
        answers = [ask(url + below, headers=headers) for url in dead]
        Team.objects.update(share_links=False)
        answers.append(ask(off.url + below, headers=headers))
        assert {(answer.status_code, answer.content, str(answer.headers)) for answer in answers} == {
            (404, answers[0].content, str(answers[0].headers))
        }
        assert "12 Rosewood" not in answers[0].content.decode()
        assert not any(answer.cookies for answer in answers)

    def test_t31_a_network_that_guesses_has_to_wait_and_nobody_else(self, shared: Shared, short_patience: None) -> None:
        elsewhere = Client(REMOTE_ADDR="192.0.2.7")
        answers = [ask(f"/s/{tokens.issue()}/") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [404] * 5 + [429]
        assert 0 < int(answers[-1]["Retry-After"]) <= 601
        assert ask(f"/s/{tokens.issue()}/", headers={"X-Forwarded-For": "198.51.100.9"}).status_code == 429
        assert ask(f"/s/{tokens.issue()}/", client=elsewhere).status_code == 404
        assert ask(shared.url).status_code == 200

    def test_t31_nobody_behind_a_proxy_makes_up_an_address(self, short_patience: None, settings: Settings) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for n in range(5):
            ask(f"/s/{tokens.issue()}/", headers={"X-Forwarded-For": f"10.0.0.{n}, 203.0.113.5"})
        assert ask(f"/s/{tokens.issue()}/", headers={"X-Forwarded-For": "10.9.9.9, 203.0.113.5"}).status_code == 429
        assert ask(f"/s/{tokens.issue()}/", headers={"X-Forwarded-For": "203.0.113.5, 203.0.113.6"}).status_code == 404

    @pytest.mark.parametrize("path", [":token/", "%3Atoken/", "null/", "", "%00/", "ps_/", "ps_%2e%2e/", "é/", "ps_a/"])
    def test_t32_what_has_not_the_shape_never_gets_to_the_database(
        self, db: None, path: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            assert ask(f"/s/{path}").status_code == 404

    def test_whoever_lost_a_sign_of_the_address_reads_that_it_opens_nothing(self, shared: Shared) -> None:
        for url in (shared.url[:-2] + "/", f"{shared.url}more/"):
            answer = ask(url)
            assert (answer.status_code, answer["X-Robots-Tag"]) == (404, "noindex, nofollow")
            assert b"its address is not complete" in answer.content
        assert ask(shared.url[:-1])["Location"] == shared.url

    def test_t33_ends_at_the_next_request_for_everybody(self, shared: Shared, alice: User) -> None:
        first, second = Client(), Client()
        assert {ask(shared.url, client=browser).status_code for browser in (first, second)} == {200}
        shared.link.revoke(alice)
        for url, method in shared.everything.items():
            assert {ask(url, method, browser).status_code for browser in (first, second)} == {404}

    def test_t33_expires_by_the_clock_of_the_database(self, shared: Shared) -> None:
        ShareLink.objects.update(expires_at=timezone.now() + timedelta(hours=1))
        assert ask(shared.url).status_code == 200
        ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert ask(shared.url).status_code == 404

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_p5_a_page_that_is_open_becomes_the_404(self, dead: list[str], headers: dict[str, str]) -> None:
        answer = ask(f"{dead[1]}status/?v=1", headers=headers)
        assert answer.get("HX-Refresh") == ("true" if headers else None)

    @pytest.mark.django_db(transaction=True)
    def test_t34_no_read_that_begins_after_the_revoking_opens(self, shared: Shared, alice: User) -> None:
        with ThreadPoolExecutor(1) as pool:
            for _ in range(100):
                ShareLink.objects.update(revoked_at=None)
                begun = Event()
                reading = pool.submit(read_until_closed, f"{shared.url}images/2/", begun)
                assert begun.wait(10)
                shared.link.revoke(alice)
                revoked = monotonic()
                reads = reading.result()
                assert reads[0][1] == 200
                assert [status for began, status in reads if began > revoked and status == 200] == []
            pool.submit(connections.close_all).result()


def read_until_closed(url: str, begun: Event) -> list[tuple[float, int]]:
    """When each read began, and what it answered; ends with the first that opens nothing."""
    reads: list[tuple[float, int]] = []
    while not reads or reads[-1][1] == 200:
        reads.append((monotonic(), ask(url).status_code))
        begun.set()
    return reads
