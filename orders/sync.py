"""An account's list into the mirror: imports, catch-ups and daily passes, each going on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import structlog
from django.db import transaction

from dashboard.accounts.models import Team
from orders.account import autoenhance, through
from orders.answers import Page
from orders.mirror import mirror_list
from orders.missing import suspect
from orders.models import ApiKey, Event, Sync, now
from orders.remote import KeyRejected, RateLimited, Refused, RemoteError

log = structlog.get_logger(__name__)

PER_PAGE = 15


def pages(key: ApiKey) -> Iterator[Page]:
    """The key's list, newest first, page by page to its end (contract section 7).

    Ends at the last page, and also when a token comes again: a list that goes round has no end. An empty page may be
    followed by a full one. Raises RemoteError where a page cannot be had.
    """
    offset = ""
    seen: set[str] = set()
    while offset not in seen:
        seen.add(offset)
        page = _page(key, offset)
        yield page
        offset = page.next_offset or ""
        if not offset:
            return
    log.warning("the list repeats a page token", key=key.pk)


def import_orders(key: ApiKey) -> int:
    """Read the key's list to its end into its team's mirror; how many orders it listed. Safe to do again."""
    return read(Sync.take_up(key, Sync.Kind.IMPORT)).read


def catch_up(key: ApiKey) -> int:
    """Read the newest orders, until a whole page holds nothing new; how many orders were listed."""
    return read(Sync.take_up(key, Sync.Kind.CATCH_UP)).read


def read(sync: Sync, most_pages: int | None = None) -> Sync:
    """Read on from where the pass is, to its end or for so many pages; the pass as it is then.

    Each page is stored together with the token of the next one. RemoteError when a page cannot be had: the pass waits,
    and says why. Ends early without a word when another process has moved the pass on.
    """
    tries = 0
    while sync.state == Sync.State.RUNNING and tries != most_pages:
        tries += 1
        began = now()
        try:
            page = _page(sync.key, sync.offset)
        except RemoteError as error:
            if not _begin_again(sync, error):
                raise
        else:
            if not _keep(sync, page, began):
                log.info("somebody else reads this list", key=sync.key.pk)
                break
    return sync


def _page(key: ApiKey, offset: str) -> Page:
    return through(key, lambda secret: autoenhance().list(secret, offset=offset or None, per_page=PER_PAGE))


def _begin_again(sync: Sync, error: RemoteError) -> bool:
    """Whether a refused token sends the pass to the first page (F85); if not, it waits or is over."""
    if isinstance(error, KeyRejected):
        sync.stop(error.message)
    elif sync.offset and isinstance(error, Refused) and not isinstance(error, RateLimited) and sync.restart():
        log.warning("a page token was refused", key=sync.key.pk, status=error.status)
        return True
    else:
        sync.wait(error.message)
    return False


class _MovedError(Exception):
    """Another process has read this page."""


# Or there is nothing to read for any more: the key was deleted, and the pass with it, or the whole team.
OVERTAKEN = (_MovedError, Sync.DoesNotExist, Team.DoesNotExist)


def _keep(sync: Sync, page: Page, began: datetime) -> bool:
    """Store the page and turn it, both or neither; False when another process was faster, or the key is gone."""
    try:
        with transaction.atomic():
            tally = mirror_list(sync.key.team, page.orders, began, sync.key, sync)
            if not sync.turn(page.next_offset or "", read=tally.listed, skipped=tally.skipped):
                raise _MovedError
            if tally.listed and not tally.changed and not sync.thorough:
                sync.end()
            if not sync.unfinished:
                _finish(sync)
    except OVERTAKEN:
        return False
    return True


def _finish(sync: Sync) -> None:
    """The mirror is as new as the pass is; what a complete one did not list is looked at."""
    key = sync.key
    if sync.reason:
        log.warning("the list repeats a page token", key=key.pk)
    if sync.lists_all:
        first = ApiKey.objects.filter(pk=key.pk, imported_at__isnull=True)
        if first.update(imported_at=now()):
            Event.add(Event.Kind.IMPORTED, team=key.team, key=key, label=key.described, orders=sync.read)
        if not sync.reason:
            suspect(sync)
            ApiKey.objects.filter(pk=key.pk).update(listed_at=sync.began_at)
        sync.pages.all().delete()
    ApiKey.objects.filter(pk=key.pk, imported_at__isnull=False).update(imported_at=now())
