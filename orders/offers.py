"""What a form about a share link brings along: the address and the password it would get, signed, so that it can be
sent twice and the second answer still shows them. Neither is of any use before the form is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils.crypto import get_random_string

from dashboard.accounts.models import User
from orders import tokens
from orders.models import Order

SALT = "orders.offers"
LIFETIME = timedelta(days=1)
# Without signs that look alike, for somebody who reads it out.
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Offer:
    """A token and a password that nobody else has; `seen` is the hash of the link's token then, "" for a new link."""

    token: str
    password: str
    seen: str


def offer(user: User, order: Order, seen: str = "") -> str:
    """A fresh offer for this person about this order, signed."""
    password = "-".join(get_random_string(4, SIGNS) for _ in range(3))
    return signing.dumps([user.pk, order.pk, tokens.issue(), password, seen], salt=SALT)


def offered(text: str, user: User, order: Order) -> Offer | None:
    """The offer in `text`, if we made it to this person about this order within LIFETIME; else None (T29)."""
    try:
        user_id, order_id, *rest = signing.loads(text, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    return Offer(*rest) if (user_id, order_id) == (user.pk, order.pk) else None
