"""A share link of alice's order, and the browsers of those who have its address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from dashboard.accounts.models import User
from orders import tokens
from orders.models import ApiKey, Order, OrderDetail, ShareLink
from tests.cast import mirrored

# What must never reach a guest (T38).
ORDER_ID, IMAGE_ID, FILE = "0rder-canary-7f3k", "1mage-canary-9q2x", "f1le-canary-4w8z.jpg"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
OURS = {"Sec-Fetch-Site": "same-origin", **PERSON}


@dataclass
class Shared:
    """A link, and where it leads."""

    link: ShareLink
    token: str

    @property
    def url(self) -> str:
        return f"/s/{self.token}/"

    @property
    def everything(self) -> dict[str, str]:
        """All that lies below it, by method."""
        return {
            self.url: "GET",
            f"{self.url}status/": "GET",
            f"{self.url}images/1/": "GET",
            f"{self.url}pictures/1/": "GET",
            f"{self.url}unlock/": "GET",
            f"{self.url}opened/": "POST",
        }


Share = Callable[..., Shared]


@pytest.fixture
def shared_order(key: ApiKey) -> Order:
    """12 Rosewood Ave at work: the first picture is ready, the second failed and the third is being worked on."""
    statuses = ("processed", "error", "processing")
    images = [{"status": status, "id": f"{IMAGE_ID}-{status}", "name": FILE} for status in statuses]
    fields = {"order_id": ORDER_ID, "status": "processing", "shown": 3, "pictures": 3, "ready": 1, "failed": 1}
    return mirrored(key, "12 Rosewood Ave", images=images, **fields)


@pytest.fixture
def share(shared_order: Order, alice: User) -> Share:
    """Makes a link of that order: share(password=..., expires_at=..., reveals=..., names_team=...)."""

    def make(password: str = "", **settings: Any) -> Shared:
        token = tokens.issue()
        return Shared(ShareLink.make(token, shared_order, alice, password, label="Client", **settings), token)

    return make


@pytest.fixture
def shared(share: Share) -> Shared:
    """A link with previews and without a password."""
    return share()


def no_pictures() -> None:
    """The orders have none any more."""
    OrderDetail.objects.update(images=[])
    Order.objects.update(pictures=0, ready=0, failed=0)


def ask(url: str, method: str = "GET", client: Client | None = None, headers: dict[str, str] | None = None) -> Any:
    """What somebody gets; a fresh browser unless one is given."""
    return (client or Client()).generic(method, url, headers={"X-Request-Id": "the-same-id"} | (headers or {}))
