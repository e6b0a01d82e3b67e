"""Every route x method x role x own or other team's object x htmx or not, against the table (T24, T54, T55)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from dashboard.accounts.models import Invitation, Team, User
from dashboard.accounts.roles import MATRIX, Action, Role, roles_for
from orders import tokens
from orders.models import ApiKey, Batch, Order, ShareLink, View
from tests.access import OURS, OWN_ACCOUNT, PUBLIC_ACCOUNT, Access, routes
from tests.cast import CHARLIES_KEY, HTMX, AsUser, MakeKey, mirrored
from tests.confirmed import just_confirmed
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db

ROUTES = dict(routes())
ROLES = {"owner": 0, "member": 1, "viewer": 2}
METHODS = ("GET", "HEAD", "POST")
NEVER = ("PUT", "PATCH", "DELETE", "TRACE", "OPTIONS")
BOTH_WAYS = ({}, HTMX)
UNKNOWN = {"slug": "nowhere", "pk": 999_999_999, "n": 1, "user_id": 999_999_999, "token": "unknown"}
DECLARED = sorted(set(ROUTES) & set(OURS))
ALLAUTHS = sorted(set(ROUTES) & (PUBLIC_ACCOUNT | OWN_ACCOUNT))


@dataclass
class World:
    """A browser for everybody, and one object of each kind in alice's team and in charlie's."""

    browsers: dict[str, Client]
    ours: dict[str, Any]
    theirs: dict[str, Any]

    def ask(self, who: str, method: str, address: str, headers: dict[str, str] | None = None, **data: Any) -> Any:
        """The answer; whatever it changed is undone."""
        browser = Client(headers=headers)
        browser.cookies = deepcopy(self.browsers[who].cookies)
        with undone():
            return browser.generic(method, address, **data)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def world(as_user: AsUser, alice: User, bob: User, vera: User, charlie: User, key: ApiKey, make_key: MakeKey) -> World:
    theirs = make_key(charlie, Team.objects.get(slug="faraway"), CHARLIES_KEY)
    people = {"owner": alice, "member": bob, "viewer": vera, "stranger": charlie}
    browsers = {"anonymous": Client()} | {who: just_confirmed(as_user(user)) for who, user in people.items()}
    return World(browsers, *(things_of(each) for each in (key, theirs)))


def things_of(key: ApiKey) -> dict[str, Any]:
    """The key, and of its team an order, a view, and a batch of the key's owner."""
    view = View.objects.create(team=key.team, name="Errors", text="status:error")
    batch = Batch.objects.create(team=key.team, actor=key.user, rule={})
    order = mirrored(key, "1 Elm Row", images=[{}])
    token = tokens.issue()
    link = ShareLink.make(token, order, key.user, "", label="Client")
    invitation, _ = Invitation.objects.invite(key.team, key.user, "dora@example.com", Role.MEMBER)
    things = {"key": key, "order": order, "view": view, "batch": batch, "invitation": invitation, "link": link}
    return things | {"token": token}


def address(name: str, things: dict[str, Any]) -> str:
    """The address of a route for these things."""
    of = OURS[name].of
    pk = things[of if of in things else "order"].pk
    key, token = things["key"], things["token"]
    known = {"slug": key.team.slug, "pk": pk, "n": 1, "user_id": key.user_id, "token": token}
    return reverse(name, kwargs={argument: known[argument] for argument in ROUTES[name]})


def expected(access: Access, who: str, method: str, *, ours: bool, htmx: bool) -> int:
    """The status that the table promises."""
    statuses = access.post if method == "POST" else access.get
    if method == "POST" and htmx and access.htmx:
        statuses = access.htmx
    if who == "anonymous" and not access.public:
        return (401 if method == "POST" else 200) if htmx else 302
    inside = not access.of or (who == "stranger") != ours
    if inside:
        return statuses[ROLES.get(who, 0)]
    return 405 if statuses[0] == 405 else 404


def test_every_route_is_declared_under_a_name_of_its_own() -> None:
    assert len(list(routes())) == len(ROUTES)
    assert set(ROUTES) == set(OURS) | PUBLIC_ACCOUNT | OWN_ACCOUNT


@pytest.mark.parametrize("name", DECLARED)
def test_answers_as_declared(world: World, name: str) -> None:
    found, promised = {}, {}
    for who in world.browsers:
        for things in (world.ours, world.theirs):
            for method in METHODS:
                for headers in BOTH_WAYS:
                    case = (who, things["key"].team.slug, method, bool(headers))
                    promised[case] = expected(OURS[name], who, method, ours=things is world.ours, htmx=bool(headers))
                    answer = world.ask(who, method, address(name, things), headers)
                    found[case] = answer.status_code
                    walled = answer.get("HX-Redirect", answer.get("Location", "")).startswith("/accounts/login/")
                    assert walled == (promised[case] in (200, 302) and who == "anonymous" and not OURS[name].public)
    assert {case: (found[case], promised[case]) for case in found if found[case] != promised[case]} == {}


@pytest.mark.parametrize("name", DECLARED)
def test_refuses_methods_that_no_page_has(world: World, name: str) -> None:
    assert {world.ask("owner", method, address(name, world.ours)).status_code for method in NEVER} == {405}


@pytest.mark.parametrize("name", [name for name in DECLARED if OURS[name].of])
def test_an_object_of_another_team_is_answered_like_one_that_is_not(world: World, name: str) -> None:
    nowhere = reverse(name, kwargs={argument: UNKNOWN[argument] for argument in ROUTES[name]})
    for method in METHODS:
        headers = {"X-Request-Id": "the-same-id"}
        theirs, unknown = (world.ask("owner", method, url, headers) for url in (address(name, world.theirs), nowhere))
        assert (theirs.status_code, theirs.content) == (unknown.status_code, unknown.content)
        assert theirs.headers.items() >= {"X-Request-Id": "the-same-id"}.items()


@pytest.mark.parametrize("name", [name for name in DECLARED if OURS[name].post[0] != 405 and OURS[name].csrf])
def test_a_change_needs_the_token_and_our_own_origin(world: World, name: str, upstream: Upstream) -> None:
    browser = world.browsers["owner"]
    browser.handler.enforce_csrf_checks = True
    token = browser.get("/keys/").context["csrf_token"]
    url = address(name, world.ours)
    refused = [
        browser.post(url),
        browser.post(url, headers={"X-CSRFToken": str(token), "Origin": "https://evil.example"}),
    ]
    assert [answer.status_code for answer in refused] == [403, 403]
    assert browser.post(url, headers={"X-CSRFToken": str(token)}).status_code == OURS[name].post[0]


@pytest.mark.parametrize("name", [*DECLARED, *ALLAUTHS])
def test_looking_changes_nothing(world: World, name: str) -> None:
    url = address(name, world.ours) if name in OURS else account_address(name)
    browser = world.browsers["owner"]
    browser.get("/teams/northlight/orders/")  # the team used last is remembered by the first look
    before = checksums()
    for headers in BOTH_WAYS:
        browser.get(url, headers=headers).getvalue()
        browser.head(url, headers=headers)
    changed = {table for table, now in checksums().items() if now != before[table]}
    assert changed == ({"orders_event"} if name in OURS and OURS[name].told else set())


@pytest.mark.parametrize("name", ALLAUTHS)
def test_pages_about_oneself_are_behind_the_wall(world: World, name: str) -> None:
    url = account_address(name)
    for method in METHODS:
        mine = world.ask("owner", method, url)
        assert mine.status_code in (200, 302, 404, 405)
        plain, htmx = (world.ask("anonymous", method, url, headers) for headers in BOTH_WAYS)
        assert plain.status_code in (200, 302, 404, 405)
        walled = plain.get("Location") == f"/accounts/login/?next={url}"
        assert walled == (name in OWN_ACCOUNT)
        assert not walled or htmx.status_code == 401 or htmx["HX-Redirect"] == "/accounts/login/?next=/"


def account_address(name: str) -> str:
    return reverse(name, kwargs=dict.fromkeys(ROUTES[name], "1"))


def checksums() -> dict[str, str]:
    """A sum of every table's rows, but for those in which looking may leave a trace: sessions, limits, jobs, pace."""
    sums = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if not table.startswith(("accounts_session", "cache", "procrastinate", "orders_pace", "orders_allowance")):
                cursor.execute(f"select md5(string_agg(t::text, '|' order by t::text)) from \"{table}\" t")  # noqa: S608
                sums[table] = cursor.fetchone()[0]
    return sums


@pytest.mark.parametrize("action", list(Action))
def test_the_matrix_of_roles_names_every_action(action: Action) -> None:
    assert Role.OWNER in roles_for(action)
    assert set(MATRIX) == set(Role)
    assert (Role.VIEWER in roles_for(action)) == (action == Action.SEE)


def test_everything_starts_from_what_is_visible(world: World, alice: User, charlie: User) -> None:
    assert list(Order.objects.visible_to(alice)) == [world.ours["order"]]
    assert list(Order.objects.visible_to(charlie)) == [world.theirs["order"]]
