"""Two teams, and requests without end by people of one of them (and by nobody) for what is of the other (S1).

Everything of the other team carries words that are nowhere else, and is fingerprinted after every request that wrote.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import product
from random import Random
from typing import Any, Self
from urllib.parse import urlencode

from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client
from django.urls import reverse

from dashboard.accounts.models import Invitation, Team, User
from dashboard.accounts.roles import Role
from orders import tokens
from orders.issued import issue
from orders.models import ApiKey, Batch, Event, OrderKey, ShareLink, View
from orders.offers import offer
from tests.access import OURS, routes
from tests.cast import HTMX, mirrored

ROUTES = dict(routes())
NOWHERE = {"slug": "nowhere", "pk": 999_999_999, "n": 7, "user_id": 999_999_999, "token": tokens.issue()[:-1] + "x"}
PEOPLE = ("anonymous", "owner", "member", "viewer", "removed", "in both")
METHODS = ("GET", "HEAD", "POST", "other")
OTHERS = ("PUT", "PATCH", "DELETE", "OPTIONS")
WHOSE = ("own", "theirs", "none")
FORM = "application/x-www-form-urlencoded"
# In the other team alone. Only pieces of them and slips of them are ever sent.
WORDS = {
    "order": "zebraquartz",
    "second": "ospreymarble",
    "order_id": "canary-upstream-order",
    "image_id": "canary-upstream-image",
    "former": "wolframlantern",
    "label": "kaleidoscopium",
    "key": "obsidianharp",
    "view": "viridianplume",
    "rule": "saffronanvil",
    "person": "Wilhelmquist",
    "email": "wilhelmquist@example.com",
    "invited": "quetzalfern@example.com",
    "team": "northumbrastudio",
}
PLAIN = dict.fromkeys(WORDS, "plain") | {"invited": "plain@example.com"}
CANARIES = [word.lower() for word in WORDS.values()]
# How each table says which team its rows are of; the first that it has.
PATHS = ("team", "team_id", "order__team", "key__team", "link__team", "batch__team", "sync__key__team")
NOBODYS = {"Team", "User", "Pace", "Allowance"}
WRITES = re.compile(r"\b(insert|update|delete|merge|truncate)\b", re.IGNORECASE)
# Tokens of forms, and what tells the time.
NOISE = re.compile(r'[\w:.-]{40,}|\d+ (s|min) ago|data-age="\d+"|every \d+ms|T\d\d:\d\d:\d\d')
# Where looking at a session and counting tries leave a trace.
OUTSIDE = re.compile(r'(update|into|from) "?(accounts_session|cache)\b', re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """A route, who asks for it and how, and whose each of the ids in its address is."""

    route: str
    who: str
    method: str
    htmx: bool
    whose: tuple[str, ...]


@dataclass
class Scene:
    """`people` by what they are; `own` has the things of each of them, `theirs` those of the other team."""

    people: dict[str, User]
    browsers: dict[str, Client]
    own: dict[str, dict[str, Any]]
    theirs: dict[str, Any]
    answers: Counter[int] = field(default_factory=Counter)
    wrote: int = 0

    def __post_init__(self) -> None:
        self.sums = {who: self.fingerprint(who) for who in PEOPLE}

    def ask(self, case: Case, random: Random) -> None:
        """Send it, with a form or a query made up by `random`, and see that it neither learnt nor changed anything."""
        own = self.own[case.who]
        method = random.choice(OTHERS) if case.method == "other" else case.method
        url, given = address(case, own, self.theirs), fields(random, own, self.theirs)
        told = f"{case} {method} {url} {given}"
        with undone(), Statements() as statements:
            answer = self.send(case.who, method, url, urlencode(given, doseq=True), htmx=case.htmx)
            text = f"{answer.headers}{answer.getvalue().decode(errors='replace')}".lower()
            assert not statements.wrote or self.fingerprint(case.who) == self.sums[case.who], told
        assert answer.status_code < 500, told
        assert case.who == "in both" or self.learnt(case, url, given, text) == [], told
        self.answers[answer.status_code] += 1
        self.wrote += statements.wrote

    def send(self, who: str, method: str, url: str, given: str, *, htmx: bool = False) -> Any:
        """The answer to this person's browser, which it leaves as it is."""
        browser = Client(headers=HTMX if htmx else None)
        browser.cookies = deepcopy(self.browsers[who].cookies)
        if method == "POST":
            return browser.post(url, given, content_type=FORM)
        return browser.generic(method, f"{url}?{given}", headers={"X-Request-Id": "the-same-id"})

    def read(self, who: str, url: str) -> str:
        """A page in small letters, without what is new in it each time; looking leaves no trace."""
        with undone():
            answer = self.send(who, "GET", *url.partition("?")[::2])
            return NOISE.sub("…", answer.getvalue().decode(errors="replace")).lower()

    def learnt(self, case: Case, url: str, given: dict[str, Any], text: str) -> list[str]:
        """What an answer says of the other team, but for what was said in the request or is in the token's power."""
        paths = [f"/{of}s/{self.theirs[of].pk}/" for of in ("order", "view", "link")]
        found = [word for word in (*CANARIES, *paths) if word in text and word not in f"{url} {given}".lower()]
        shown: set[str] = set()
        if "theirs" in case.whose and case.route.startswith("orders:guest"):
            shown = {WORDS["order"]}
        if "theirs" in case.whose and case.route == "people:invitation":
            shown = {WORDS["team"], WORDS["person"].lower()}
        return [word for word in found if word not in shown]

    def fingerprint(self, who: str) -> str:
        """A sum of all rows of the other team, but for those about somebody who is in both."""
        me = self.people["in both"] if who == "in both" else None
        parts = [rows.query.sql_with_params() for rows in rows_of(self.theirs["team"], me)]
        rows = " union all ".join(f"select t::text as row from ({sql}) t" for sql, _ in parts)  # noqa: S608
        with connection.cursor() as cursor:
            params = [value for _, values in parts for value in values]
            cursor.execute(f"select md5(string_agg(row, '|' order by row)) from ({rows}) r", params)  # noqa: S608
            return str(cursor.fetchone()[0])


class Statements:
    """While entered: whether a statement may have written anything that belongs to somebody."""

    wrote = False

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._stack.enter_context(connection.execute_wrapper(self._look))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _look(self, execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        text = str(sql)
        self.wrote = self.wrote or bool(WRITES.search(text) and not OUTSIDE.search(text))
        return execute(sql, *rest)


def rows_of(team: Team, but: User | None) -> Iterator[models.QuerySet[Any]]:
    """All that is the team's, and its people; without what `but`, a viewer of it, may do there for themselves."""
    people = User.objects.filter(membership__team=team)
    for model in [*apps.get_app_config("accounts").get_models(), *apps.get_app_config("orders").get_models()]:
        names = {field.name for field in model._meta.concrete_fields}
        path = next((path for path in PATHS if path.split("__")[0] in names), "")
        assert path or model.__name__ in NOBODYS, f"whose is a {model.__name__}?"
        if path:
            rows = model._default_manager.filter(**{path: team.pk})
            mine = next((name for name in ("user", "owner", "actor_id") if name in names), "")
            yield rows.exclude(**{f"{mine}__isnull": False, mine: but.pk}) if but and mine else rows
    yield Team.objects.filter(pk=team.pk)
    yield people.exclude(pk=but.pk) if but else people


def cases() -> list[Case]:
    """Every one there is: a route, a person, a method, with htmx or without, each id own, theirs or nobody's."""
    made = []
    for route in sorted(set(ROUTES) & set(OURS)):
        ids = [name for name in ROUTES[route] if name != "n"]
        whose = [each for each in product(WHOSE, repeat=len(ids)) if not (route == "orders:hook" and "theirs" in each)]
        made += [Case(route, *each) for each in product(PEOPLE, METHODS, (False, True), whose)]
    return made


def things_of(user: User, key: ApiKey, words: dict[str, str]) -> dict[str, Any]:
    """One of each kind in the key's team, as this person's where it is somebody's."""
    team, token = key.team, tokens.issue()
    image = {"id": words["image_id"], "name": words["image_id"], "status": "processed"}
    order = mirrored(key, words["order"], images=[image], order_id=f"{words['order_id']}-{user.pk}", shown=4)
    second = mirrored(key, words["second"])
    OrderKey.objects.create(order=order, key=key)
    Event.add(Event.Kind.RENAMED, order=order, actor=user, key=key, old=words["former"], new=words["order"])
    batch = Batch.objects.create(team=team, actor=user, rule={"find": words["rule"]})
    link = ShareLink.make(token, order, user, "", label=words["label"])
    view = View.objects.create(team=team, name=f"{words['view']} {user.pk}", text=f"by:{words['person']}")
    email = f"{user.pk}.{words['invited']}"
    invitation, secret = Invitation.objects.invite(team, user, email, Role.MEMBER)
    event = Event.objects.of(team)[0]
    things = {"key": key, "order": order, "second": second, "view": view, "batch": batch, "link": link, "event": event}
    offers = {"offer": offer(user, order), "order_id": issue(user, team)}
    return things | offers | {"invitation": invitation, "team": team, "user": user, "token": token, "secret": secret}


def address(case: Case, own: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Where the case goes: ids of both teams may stand in it side by side."""
    of, known = OURS[case.route].of, {"n": 1}
    whose = iter(case.whose)
    for name in (name for name in ROUTES[case.route] if name != "n"):
        known[name] = _id(name, case.route, of, {"own": own, "theirs": theirs}.get(next(whose)))
    return reverse(case.route, kwargs={name: known[name] for name in ROUTES[case.route]})


def _id(name: str, route: str, of: str, things: dict[str, Any] | None) -> Any:
    if things is None:
        return f"{tokens.issue()[:-6]}ffffff" if name == "token" else NOWHERE[name]
    token = things["secret"] if route == "people:invitation" else things["token"]
    pk = things[of if of in things and of != "team" else "order"].pk
    return {"slug": things["team"].slug, "pk": pk, "user_id": things["user"].pk, "token": token}[name]


def fields(random: Random, own: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """A form or a query with ids of both teams in every field that any form of ours has."""

    def either(name: str) -> str:
        thing = random.choice([own, theirs])[name]
        return str(getattr(thing, "pk", thing))

    picks = [either(random.choice(["order", "second", "link"])) for _ in range(random.randint(1, 3))]
    given = {
        "q": _asked(random, theirs),
        "by": either("user"),
        "order": either("order"),
        "before": str(theirs["event"].pk + random.randint(0, 99)),
        "pick": random.choice([picks, [",".join(picks)]]),
        "key": random.choice([either("key"), "ae_charlie_0123456789"]),
        "team": either("team"),
        "view": either("view"),
        "link": either("link"),
        "revoke": [either("link")],
        "heir": either("user"),
        f"team-{own['team'].pk}-heir": random.choice([either("user"), "delete"]),
        f"team-{theirs['team'].pk}-heir": either("user"),
        f"team-{own['team'].pk}-name": own["team"].name,
        "offer": either("offer"),
        "order_id": either("order_id"),
        "name": random.choice(["5 Elm Row", own["team"].name, own["order"].name]),
        "seen": random.choice(["", own["order"].name]),
        "email": random.choice(["dora@example.com", "not an address"]),
        "role": random.choice(["owner", "member", "viewer", "admin"]),
        "state": random.choice(["", "active", "password"]),
        "sort": random.choice(["", "name", "-images", "opened"]),
        "links": random.choice(["keep", "revoke", "choose"]),
        "views": random.choice(["give", "delete"]),
        "guard": random.choice(["none", "made", "keep"]),
        "expiry": random.choice(["1", "30", "never"]),
        "deed": random.choice(["make", "remove"]),
        "reveals": "previews",
        "label": "Studio",
        "time_zone": "UTC",
        "find": "a",
        "replace": "b",
        "size": "50",
        "page_size": "50",
        "v": "1",
    }
    given |= dict.fromkeys(("all", "on", "sure", "shared", "bom", "perm"), "1")
    always = ("name", "label", "q", "role", "time_zone", "reveals", "expiry", "guard", "offer", "order_id")
    return {name: value for name, value in given.items() if name in always or random.random() < 0.7}


def pieces(theirs: dict[str, Any]) -> list[str]:
    """A search for each of their words: a piece, a slip of the pen, a qualifier with it; and for an id of theirs."""
    each = [(word[:-2], f"{word[:5]}x{word[6:]}", f"by:{word[:6]}", f"key:{word[:6]}") for word in CANARIES]
    return [*(text for texts in each for text in texts), theirs["order"].order_id]


def _asked(random: Random, theirs: dict[str, Any]) -> str:
    """A search for something of theirs: a piece of a word, a slip of the pen in it, or a qualifier with it."""
    word = random.choice(CANARIES)
    piece, slip = word[: random.randint(4, len(word) - 1)], f"{word[:5]}x{word[6:]}"
    plain = random.choice([piece, slip, f'"{piece}"', f"{piece} status:ready", ""])
    name = random.choice(["name", "by", "key", "id"])
    return random.choice([plain, f"{name}:{piece}", f"-{name}:{piece}", "is:shared", theirs["order"].order_id])


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
