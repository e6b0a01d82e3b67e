"""What searches are compared with, F and I of the issue's table; and one search as a page does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Q

from dashboard.accounts.models import Team, User
from orders.models import Order
from orders.search import search
from orders.search.places import NEWEST_FIRST, Place

PAGE = 25


def newest(team: Team) -> None:
    """F: the prepared query for the newest rows on a kept connection."""
    with connection.cursor() as cursor:
        cursor.execute("execute newest (%s)", [team.pk])
        cursor.fetchall()


def icontains(team: Team, text: str) -> None:
    """I: Django's own way, on a table with Django's own index of the foreign key."""
    found = Order.objects.of(team).filter(Q(name__icontains=text) | Q(order_id__icontains=text))
    with tables_of("plain"):
        list(found.newest_first()[:PAGE])


def one_search(team: Team, user: User, text: str, sort: str = NEWEST_FIRST, after: Place | None = None) -> list[int]:
    """The ids of a page, and its rows, as the list asks for them."""
    found = search(team, user, text, sort=sort)
    ids = found.ids(sort, after, PAGE + 1)[:PAGE]
    Order.objects.of_page(ids, [])  # the team's keys are read for the page in any case
    return ids


@contextmanager
def tables_of(schema: str) -> Iterator[None]:
    """Within, the orders are those of another table, for the same queries."""
    with connection.cursor() as cursor:
        cursor.execute(f"set search_path = {schema}, public")
        yield
        cursor.execute("reset search_path")
