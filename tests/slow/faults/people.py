"""People with browsers: real HTTP to the real server, each answer noted in the history."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import requests

from dashboard.accounts.models import Team, User
from orders.issued import issue, issued
from orders.models import ApiKey, Batch, Order, Outcome
from orders.offers import offer
from tests.slow.faults.history import History, Op, Told

CSRF = uuid.uuid4().hex
PATIENCE = 40.0  # seconds
# What an answer to a form says about it. 503: the database failed in the middle, so it may have been done.
SAYS: Mapping[int, Told] = {
    200: "ok",
    302: "ok",
    204: "ok",
    202: "unclear",
    503: "unclear",
    500: "unclear",
    0: "unclear",
}


@dataclass
class Answer:
    """Status (0: none came), text and headers."""

    status: int
    text: str
    headers: Mapping[str, str]


@dataclass
class Person:
    """Somebody logged in at `address`, with a key of their own; `seen` is handed whatever they were shown."""

    name: str
    user: User
    team: Team
    key: ApiKey
    history: History
    seen: Callable[[str, str], None]
    address: str
    cookies: dict[str, str]

    def there(self, address: str) -> Person:
        """The same person at another server."""
        return replace(self, address=address)

    def ask(
        self,
        method: str,
        path: str,
        *,
        at: str = "",
        patience: float = PATIENCE,
        headers: Mapping[str, str] | None = None,
        **fields: str,
    ) -> Answer:
        """One request, as a browser sends it; `at` is another address of the same server."""
        options: dict[str, Any] = {"cookies": {**self.cookies, "csrf": CSRF}, "headers": headers}
        if method == "POST":
            options["data"] = {"csrfmiddlewaretoken": CSRF, **fields}
        url = (at or self.address) + path
        try:
            answer = requests.request(method, url, allow_redirects=False, timeout=patience, **options)
        except requests.RequestException:
            return Answer(0, "", {})
        self.seen(f"the answer to {method} {path}", f"{answer.headers}{answer.text}")
        return Answer(answer.status_code, answer.text, answer.headers)

    def create(self, case: str, name: str, *, token: str = "", at: str = "", patience: float = PATIENCE) -> Op:
        """Fill in the form of a new order and send it; with `token`, a form that was sent before."""
        token = token or self.form()
        path = f"/teams/{self.team.slug}/orders/new/"
        with self.history.op(case, self.name, "create", order_of(token, self), name) as op:
            answer = self.ask("POST", path, at=at, patience=patience, name=name, order_id=token, key=str(self.key.pk))
            return _noted(op, answer)

    def form(self) -> str:
        """The order id of a fresh form, signed."""
        return issue(self.user, self.team)

    def rename(
        self, case: str, order: Order, name: str, *, at: str = "", seen: str | None = None, patience: float = PATIENCE
    ) -> Op:
        """Rename it, from the name that this object of it has."""
        seen = order.name if seen is None else seen
        with self.history.op(case, self.name, "rename", order.order_id, name) as op:
            return _noted(
                op, self.ask("POST", f"/orders/{order.pk}/name/", at=at, patience=patience, name=name, seen=seen)
            )

    def refresh(self, case: str, order: Order) -> Op:
        with self.history.op(case, self.name, "refresh", order.order_id) as op:
            return _noted(op, self.ask("POST", f"/orders/{order.pk}/refresh/"))

    def search(self, case: str, text: str = "", *, at: str = "") -> Op:
        with self.history.op(case, self.name, "search", value=text) as op:
            return _noted(op, self.ask("GET", f"/teams/{self.team.slug}/orders/?{urlencode({'q': text})}", at=at))

    def open(self, case: str, order: Order) -> Op:
        with self.history.op(case, self.name, "open", order.order_id) as op:
            return _noted(op, self.ask("GET", f"/orders/{order.pk}/"))

    def find(self, case: str, order_id: str) -> Op:
        """Paste the id of an order that nobody here has seen: a small import."""
        with self.history.op(case, self.name, "import", order_id) as op:
            return _noted(op, self.ask("POST", f"/teams/{self.team.slug}/orders/find/", q=order_id))

    def share(self, case: str, order: Order) -> Op:
        """Make a link, and open it as a guest would."""
        with self.history.op(case, self.name, "share", order.order_id) as op:
            fields = {"label": "A client", "expiry": "30", "reveals": "status", "guard": "none"}
            answer = self.ask("POST", f"/orders/{order.pk}/links/", **fields, offer=offer(self.user, order))
            return _noted(op, answer)

    def bulk(self, case: str, orders: list[Order], end: str) -> tuple[Op, Batch | None]:
        """Put `end` behind the names of many orders; they are renamed in the background."""
        with self.history.op(case, self.name, "bulk", value=end) as op:
            names = f"/teams/{self.team.slug}/orders/names/"
            drawn = self.ask("POST", names, pick=",".join(str(order.pk) for order in orders))
            _noted(op, drawn)
            if drawn.status != 302:
                return op, None
            path = drawn.headers["Location"]
            fields = {"find": "", "replace": "", "start": "", "end": end, "sure": str(len(orders))}
            _noted(op, self.ask("POST", path, **fields))
        return op, Batch.objects.get(pk=int(path.rstrip("/").rpartition("/")[2]))

    def tell_bulk(self, op: Op, batch: Batch) -> None:
        """Note each line of a batch that is over, as its page tells it."""
        says: dict[Outcome, Told] = {Outcome.DONE: "ok", Outcome.FAILED: "fail", Outcome.UNCLEAR: "unclear"}
        for outcome, told in says.items():
            for line in batch.lines.having(outcome):
                done = Op(op.case, self.name, "rename", line.order.order_id, line.after, op.began, told=told)
                done.ended = time.monotonic()
                self.history.add(done)


def order_of(token: str, person: Person) -> str:
    """The order id in the token of somebody's form."""
    return issued(token, person.user, person.team) or ""


def _noted(op: Op, answer: Answer) -> Op:
    op.status, op.request_id = answer.status, answer.headers.get("X-Request-Id", "")
    op.told = SAYS.get(answer.status, "fail")
    return op
