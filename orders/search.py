"""Plain search: every word must occur in the folded name, a number as a whole token (DESIGN section 6)."""

from __future__ import annotations

from orders.fold import tokens
from orders.models.orders import OrderQuerySet

# More words than any address has; what comes after them would only make the query longer.
MOST_WORDS = 20


def matching(orders: OrderQuerySet, text: str) -> OrderQuerySet:
    """Those of `orders` whose name has every word of `text`; all of them for a text without words."""
    for word in tokens(text)[:MOST_WORDS]:
        orders = orders.filter(find__contains=f" {word} " if word.isdigit() else word)
    return orders
