"""What every browser test starts from: a logged-in person, and a watch on what pages ask for and complain about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from dashboard.accounts.models import Team, User

# Patience for a busy machine; what is there at once is not slowed down by it.
expect.set_options(timeout=10_000)

LogIn = Callable[[User], Page]


class Watch:
    """What a browser context asked for, and what it complained about."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.origin = origin
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        context.on("request", self._follow)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _follow(self, request: Request) -> None:
        self.requests.append(request)

    def _hear(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)

    def sent(self, method: str) -> list[str]:
        """The paths of the requests with this method so far."""
        return [urlsplit(request.url).path for request in self.requests if request.method == method]

    def strangers(self) -> list[str]:
        """The requests that went anywhere else than to us."""
        return [request.url for request in self.requests if not request.url.startswith(f"{self.origin}/")]

    def forgive(self, pattern: str) -> None:
        """Drop the complaints that belong to the fault which the test made; there has to be one."""
        kept = [text for text in self.complaints if not re.search(pattern, text)]
        assert len(kept) < len(self.complaints), f"nothing like {pattern!r} in {self.complaints}"
        self.complaints = kept


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Where `page.goto("/")` goes."""
    return str(live_server.url)


@pytest.fixture(autouse=True)
def watch(context: BrowserContext, base_url: str) -> Iterator[Watch]:
    """No test may end with a word in the console (which is where a breach of the CSP shows) or a request to others."""
    watch = Watch(context, base_url)
    yield watch
    assert watch.complaints == []
    assert watch.strangers() == []


@pytest.fixture
def log_in(context: BrowserContext, page: Page, base_url: str, as_user: Callable[[User], Client]) -> LogIn:
    """The page of somebody who has just logged in, without the detour over the login form."""

    def enter(user: User) -> Page:
        session = as_user(user).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base_url}])
        return page

    return enter


@pytest.fixture
def orders_url(team: Team) -> str:
    """The list of Northlight."""
    return f"/teams/{team.slug}/orders/"
