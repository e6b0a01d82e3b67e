"""/s/<token>/opened/: people are counted once per browser and hour, machines never (D12)."""

from __future__ import annotations

import pytest
from django.test import Client

from orders.models import Event, LinkDay, ShareLink
from tests.guests import OURS, PERSON, Share, Shared, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(shared: Shared) -> str:
    return f"{shared.url}opened/"


def opens() -> int:
    return sum(LinkDay.objects.values_list("opens", flat=True))


class CountTests:
    def test_counts_a_look_and_tells_it_once_a_day(self, shared: Shared, url: str) -> None:
        answers = [ask(url, "POST", headers=OURS) for _ in range(3)]
        assert {(answer.status_code, answer.content) for answer in answers} == {(204, b"")}
        shared.link.refresh_from_db()
        assert (shared.link.opens, opens()) == (3, 3)
        (event,) = Event.objects.filter(kind=Event.Kind.LINK_OPENED)
        assert (event.data["link"], event.data["label"], event.actor) == (shared.link.pk, "Client", "")

    def test_a_browser_counts_once_an_hour(self, shared: Shared, url: str) -> None:
        browser = Client()
        ask(url, "POST", browser, headers=OURS)
        ask(url, "POST", browser, headers=OURS)
        assert opens() == 1

    def test_the_cookie_holds_the_hour_and_goes_to_this_link_alone(self, shared: Shared, url: str) -> None:
        (cookie,) = ask(url, "POST", headers=OURS).cookies.values()
        assert cookie.value.isdigit()
        assert len(cookie.value) == len("2026112114")
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (shared.url, True, "Lax")

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
    def test_looking_at_the_address_counts_nothing(self, url: str, method: str) -> None:
        assert ask(url, method, headers=OURS).status_code == 405
        assert opens() == 0

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Purpose": "prefetch"},
            {"Sec-Purpose": "prefetch;prerender"},
            {"Purpose": "prefetch"},
            {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
            {"User-Agent": "facebookexternalhit/1.1"},
            {"User-Agent": "WhatsApp/2.23.20.0"},
            {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"},
            {"User-Agent": "TelegramBot (like TwitterBot)"},
        ],
    )
    def test_d12_robots_and_what_is_fetched_ahead_never_count(self, url: str, headers: dict[str, str]) -> None:
        answer = ask(url, "POST", headers=OURS | headers)
        assert (answer.status_code, len(answer.cookies), opens()) == (204, 0, 0)


class RefusedTests:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ],
    )
    def test_another_sites_page_counts_nothing(self, url: str, headers: dict[str, str]) -> None:
        answer = ask(url, "POST", Client(enforce_csrf_checks=True), headers=PERSON | headers)
        assert (answer.status_code, opens()) == (403, 0)

    @pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}])
    def test_our_own_page_needs_no_token(self, url: str, headers: dict[str, str]) -> None:
        answer = ask(url, "POST", Client(enforce_csrf_checks=True), headers=PERSON | headers)
        assert (answer.status_code, opens()) == (204, 1)

    def test_a_locked_link_counts_nothing(self, share: Share) -> None:
        assert ask(f"{share('secret').url}opened/", "POST", headers=OURS).status_code == 403
        assert ShareLink.objects.get().opens == 0
