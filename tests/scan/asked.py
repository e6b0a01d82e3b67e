"""What can be asked of the site: every route of the access table, and every form and query that its pages offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests
from django.urls import resolve, reverse

from tests.access import OURS, OWN_ACCOUNT, PUBLIC_ACCOUNT
from tests.scan.target import SITE, Target
from tests.test_access_matrix import account_address, address

TOKEN = "csrfmiddlewaretoken"
# A scanner that does this sees nothing from then on. Whoever else may do it is the access matrix' question.
NEVER = ("/accounts/logout/", "/settings/sessions/end/")
# What only scripts put into an address, and no page has as a link or form.
BY_SCRIPT = {
    "orders:list_status": {"rows": "1.1,2.1"},
    "orders:status": {"v": "1"},
    "orders:guest_status": {"v": "1"},
    "orders:strip": {"v": "1"},
    "orders:list": {"q": "rosewood", "sort": "name", "after": "1"},
    "orders:export": {"q": "rosewood", "sort": "name"},
    "orders:activity": {"after": "1"},
}


@dataclass(frozen=True, order=True)
class Asked:
    """One request: its fields are in the query of a GET, in the body of a POST. headers: besides those of everybody."""

    method: str
    path: str
    fields: tuple[tuple[str, str], ...] = ()
    headers: tuple[str, ...] = ()
    site: str = SITE

    @property
    def url(self) -> str:
        query = f"?{urlencode(self.fields)}" if self.fields and self.method == "GET" else ""
        return f"{self.site}{self.path}{query}"

    @property
    def body(self) -> str:
        return urlencode(self.fields) if self.method == "POST" else ""

    @property
    def shape(self) -> tuple[str, str, frozenset[str]]:
        """Two of one shape differ in values alone, also of the address."""
        return self.method, resolve(self.path).view_name, frozenset(name for name, _ in self.fields)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def addresses(target: Target, *, public: bool = False) -> list[str]:
    """The path of every route, as alice's things fill it; only of those that need no login when `public`."""
    ours = [address(name, target.things) for name, access in OURS.items() if access.public or not public]
    account = PUBLIC_ACCOUNT | (set() if public else OWN_ACCOUNT)
    locked = reverse("orders:guest", kwargs={"token": target.locked})
    found = {*ours, *map(account_address, account), locked, f"{locked}unlock/"}
    return sorted(found - set(NEVER))


def everything(target: Target, browser: requests.Session, paths: list[str]) -> list[Asked]:
    """Each different request with something to vary in it: forms, links, and what scripts ask for."""
    found = [
        Asked("GET", address(name, target.things), tuple(fields.items()))
        for name, fields in BY_SCRIPT.items()
        if address(name, target.things) in paths
    ]
    for path in paths:
        answer = browser.get(SITE + path, timeout=30)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            found += _offered(answer)
    unique = {each.shape: each for each in reversed(found) if each.fields and each.path not in NEVER}
    return sorted(unique.values())


def _offered(answer: requests.Response) -> Iterator[Asked]:
    page = _Page(answer.url)
    page.feed(answer.text)
    yield from page.forms
    for link in page.links:
        parts = urlsplit(link)
        if f"{parts.scheme}://{parts.netloc}" == SITE and parts.query:
            yield Asked("GET", parts.path, tuple(parse_qsl(parts.query, keep_blank_values=True)))


@dataclass
class _Form:
    method: str
    path: str
    fields: dict[str, str] = field(default_factory=dict)


class _Page(HTMLParser):
    """Collects where a page leads, and its forms as a browser would send them."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._forms: list[_Form] = []
        self.links: list[str] = []

    @property
    def forms(self) -> list[Asked]:
        return [Asked(form.method, form.path, tuple(form.fields.items())) for form in self._forms]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in said:
            self.links.append(urljoin(self._url, said["href"]))
        elif tag == "form":
            path = urlsplit(urljoin(self._url, said.get("action", ""))).path
            self._forms.append(_Form(said.get("method", "get").upper(), path))
        elif tag in ("input", "textarea", "select", "button") and said.get("name", TOKEN) != TOKEN and self._forms:
            self._forms[-1].fields.setdefault(said["name"], said.get("value") or "1")
