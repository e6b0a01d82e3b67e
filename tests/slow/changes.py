"""A create and a rename as a person sends them from a browser, and what has to be true of them in the end."""

from __future__ import annotations

import contextlib
import threading
import uuid
from dataclasses import dataclass
from typing import ClassVar

import requests
from django.test import Client

from dashboard.accounts.models import Team, User
from orders.issued import issue
from orders.models import Event, Order, Pace, Write
from orders.sandbox.paging import Cut
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY
from tests.slow.procfile import Procfile
from tests.upstream import Step, Upstream

CSRF = uuid.uuid4().hex
PATIENCE = 30.0  # seconds


@dataclass(frozen=True)
class Stage:
    """Our processes, alice's browser, and Autoenhance with its memory."""

    procfile: Procfile
    browser: Client
    upstream: Upstream
    store: Store


class Change:
    """A form, filled in: `name` is what the order is to be called."""

    name: ClassVar[str]
    method: ClassVar[str]
    told: ClassVar[Event.Kind]

    def __init__(self, stage: Stage, path: str, **fields: str) -> None:
        self.stage = stage
        self._address = stage.procfile.address + path
        self._fields = {"name": self.name, "csrfmiddlewaretoken": CSRF, **fields}
        self._cookies = {"session": stage.browser.cookies["session"].value, "csrf": CSRF}
        self._pressing: list[threading.Thread] = []

    def send(self) -> int:
        """Press the button; the status of the answer."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                self._address, self._fields, cookies=self._cookies, allow_redirects=False, timeout=PATIENCE
            )
        return answer.status_code

    def press(self) -> None:
        """Press the button, and do not wait: the answer may never come."""
        thread = threading.Thread(target=self._send_and_forget)
        thread.start()
        self._pressing.append(thread)

    def press_in_vain(self) -> None:
        """Press it; it cannot be sent before the caller's transaction ends, because that holds the one pace."""
        Pace.reserve(1)
        self.press()

    def let_go(self) -> None:
        """Wait until nobody waits for an answer."""
        for thread in self._pressing:
            thread.join(PATIENCE)

    def calls(self) -> int:
        """How often it reached Autoenhance; each time with the same text and the same id."""
        said = [(seen.path, seen.body) for seen in self.stage.upstream.calls(self.method)]
        assert len(set(said)) <= 1
        return len(said)

    def is_done_there(self) -> bool:
        """Whether Autoenhance has this one order, called so."""
        account = self.stage.store.open_account(ALICES_KEY)
        return [order.name for order in self.stage.store.page(account, Cut("date", None, "", 15)).orders] == [self.name]

    def assert_done_once(self) -> None:
        """One order there, one here, called alike; the Write is settled, and the timeline tells it once."""
        order, write = Order.objects.get(), Write.objects.get()
        theirs = self.stage.store.order(write.order_id)
        assert theirs
        assert self.is_done_there()
        assert (order.order_id, order.name) == (theirs.order_id, theirs.name)
        assert (write.state, write.target) == (Write.State.DONE, order)
        assert Event.objects.filter(kind=self.told).count() == 1

    def _send_and_forget(self) -> None:
        with contextlib.suppress(requests.ConnectionError):
            self.send()


class Create(Change):
    """The form of a new order."""

    name, method, told = "5 Elm Row", "POST", Event.Kind.CREATED

    def __init__(self, stage: Stage, user: User, team: Team) -> None:
        super().__init__(stage, f"/teams/{team.slug}/orders/new/", order_id=issue(user, team))


class Rename(Change):
    """The form of an order's name."""

    name, method, told = "14 Rosewood Ave", "PATCH", Event.Kind.RENAMED

    def __init__(self, stage: Stage, order: Order) -> None:
        super().__init__(stage, f"/orders/{order.pk}/name/", seen=order.name)

    def press_in_vain(self) -> None:
        """As for others, but a rename looks at Autoenhance before it is committed, and must get through with that."""
        looked = threading.Event()
        self.stage.upstream.script("GET", "*", Step(process=True, hold=looked))
        self.press()
        self.stage.upstream.wait(1, "GET", timeout=PATIENCE)
        Pace.reserve(1)
        looked.set()
