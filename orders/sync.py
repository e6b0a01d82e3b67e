"""An account's list into the mirror."""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from django.utils import timezone

from orders.account import autoenhance, through
from orders.answers import Page
from orders.mirror import mirror
from orders.models import ApiKey, Event, now

log = structlog.get_logger(__name__)

PER_PAGE = 15


def pages(key: ApiKey) -> Iterator[Page]:
    """The key's list, newest first, page by page to its end (contract section 7).

    Ends at the last page, and also when a token comes again: a list that goes round has no end. An empty page may be
    followed by a full one. Raises RemoteError where a page cannot be had.
    """
    offset: str | None = None
    seen: set[str] = set()
    while True:
        page = _page(key, offset)
        yield page
        offset = page.next_offset
        if not offset:
            return
        if offset in seen:
            log.warning("the list repeats a page token", key=key.pk)
            return
        seen.add(offset)


def _page(key: ApiKey, offset: str | None) -> Page:
    return through(key, lambda secret: autoenhance().list(secret, offset=offset, per_page=PER_PAGE))


def import_orders(key: ApiKey) -> int:
    """Read the key's list to its end into its team's mirror; how many orders it listed. Safe to do again."""
    listed = 0
    began = now()
    for page in pages(key):
        listed += len(mirror(key.team, page.orders, began, key=key))
        began = now()
    first = ApiKey.objects.filter(pk=key.pk, imported_at__isnull=True)
    if first.update(imported_at=timezone.now()):
        Event.add(Event.Kind.IMPORTED, team=key.team, key=key, label=key.described, orders=listed)
    else:
        ApiKey.objects.filter(pk=key.pk).update(imported_at=timezone.now())
    return listed
