"""Search: the query language, how it becomes SQL, and what was found (DESIGN section 6)."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from dashboard.accounts.models import Team, User
from orders.models import Order
from orders.search.found import Chip, Found
from orders.search.ids import is_certain, pasted_id
from orders.search.language import Query, parse
from orders.search.places import valid
from orders.search.qualifiers import QUALIFIERS

__all__ = ["QUALIFIERS", "Chip", "Found", "Query", "for_everybody", "parse", "search"]

# Longer than any name; the rest of a longer text is not looked at.
LONGEST_TEXT = 500


def search(team: Team, user: User, text: str, *, sort: str = "-created") -> Found:
    """What `text` finds among the team's orders, for a user who is in it. Refuses nothing that a person may type.

    Nothing is read before it is asked for, except that a text which looks like an order's id is looked up.
    """
    order, unknown_id = _named(team, text.strip())
    return Found(team, user, parse(text[:LONGEST_TEXT]), valid(sort), order, unknown_id)


def for_everybody(text: str, user: User) -> str:
    """A search of this user's as it finds the same orders for a colleague: "by:me" with their address (Q9)."""
    query = parse(text[:LONGEST_TEXT])
    spelled = query.spelled_out(user.email)
    return text if spelled == query else str(spelled)


def _named(team: Team, text: str) -> tuple[Order | None, str]:
    """The order of this team whose id the text is; else the id, if it can be nothing but an id."""
    order_id = pasted_id(text, urlsplit(settings.AUTOENHANCE_API_URL).hostname or "")
    if not order_id:
        return None, ""
    order = Order.objects.filter(team=team, order_id__in={order_id, order_id.lower()}).first()
    return order, order_id if order is None and is_certain(text, order_id) else ""
