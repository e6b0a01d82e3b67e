"""The verbs that touch the remote: place, rename, refresh, and trying a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Team, User
from orders import rounds, sync, writes
from orders.account import autoenhance, through
from orders.answers import Page
from orders.mirror import is_same, mirror
from orders.models import ApiKey, Conflict, Event, Order, Sync, Write, now
from orders.names import clean
from orders.remote import RemoteError

log = structlog.get_logger(__name__)

# A rename looks at the order first; that must not cost a person more than this, in seconds.
LOOK_DEADLINE = 2.0
# A small catch-up while a person waits (decision 4).
LOOK_PAGES, LOOK_EVERY = 3, timedelta(minutes=1)


class OtherAccount(Exception):
    """The key that should replace another belongs to another account; `str()` says what to do."""


@dataclass(frozen=True)
class Proof:
    """What shows a person that a key works: the newest order of its account, if there is one (features 4.6.2)."""

    name: str
    created_at: datetime | None


def place(user: User, key: ApiKey, order_id: str, name: str) -> Write:
    """Create an order through `key` with an id that we issued. The Write says how it went, also for a repeat."""
    return writes.create(key, user, order_id, name)


def rename(user: User, order: Order, name: str, seen: str) -> Write | None:
    """Rename the order where it lives, then mirror what Autoenhance says it is called now.

    `seen` is the name that the editor was opened with. None when there is nothing to do, as when the answer to the same
    rename was lost (F70); NoKey, Conflict and Busy when nothing may be sent; else the Write, which says how it went.
    """
    key = order.key_for(user)
    if clean(name) == clean(order.name) == clean(seen):
        return None
    _look(order)
    try:
        return writes.rename(order, key, user, name, seen)
    except Conflict as conflict:
        if clean(conflict.order.name) != clean(name):
            raise
    return None


def refresh(order: Order, *, began: datetime | None = None, deadline: float | None = None) -> Order:
    """Read the order at Autoenhance, without a key (decision 5), into the mirror. RemoteError when that fails.

    Returns it as it is then, with all that its page shows.

    began: a moment before this, by the database's clock, where one is known. deadline: seconds for the call, where
    somebody waits for less than a call may take.
    """
    began = began or now()
    answer = autoenhance().retrieve(order.order_id, deadline=deadline)
    return order if is_same(order, answer, began) else mirror(order.team, [answer], began).whole().get()


def _look(order: Order) -> None:
    """See a rename made at Autoenhance itself before ours would overwrite it (R5, F61).

    Best effort: Autoenhance has no version check, so a rename between this look and ours stays unseen, and a look that
    fails stops nobody; the call that follows says what is wrong.
    """
    began = now()
    try:
        answer = autoenhance().retrieve(order.order_id, deadline=LOOK_DEADLINE)
    except RemoteError as error:
        log.info("could not look before a rename", order=order.pk, error=type(error).__name__)
        return
    mirror(order.team, [answer], began)


def keep_key(user: User, team: Team, label: str, secret: str, *, shared: bool = False) -> tuple[ApiKey, Proof | None]:
    """Try a new key, keep it sealed, and queue its import; RemoteError when it does not work, and nothing is kept."""
    page = autoenhance().list(secret, per_page=1)
    key = ApiKey(user=user, team=team, label=label, shared=shared)
    key.keep(secret)
    with transaction.atomic():
        key.save()
        Event.add(Event.Kind.KEY_ADDED, team=team, actor=user, key=key, label=key.described)
        rounds.queue(key.pk, Sync.Kind.IMPORT)
    return key, _proof(page)


def replace_key(key: ApiKey, secret: str) -> Proof | None:
    """Try the new secret, then put it in the place of the old one; jobs that run end with the old (K5).

    RemoteError when it does not work. OtherAccount when its first page shares no order with what the old one listed.
    """
    page = autoenhance().list(secret)
    listed = Order.objects.listed_by(key)
    if listed.exists() and not listed.filter(order_id__in=[answer.order_id for answer in page.orders]).exists():
        raise OtherAccount(
            _("This is another account's key: its orders are not those of this one. Add it as a new key.")
        )
    key.keep(secret)
    with transaction.atomic():
        key.save(update_fields=["sealed", "last_four", "refused_at"])
        Event.add(Event.Kind.KEY_REPLACED, team=key.team, actor=key.user, label=key.described)
        rounds.queue(key.pk, Sync.Kind.IMPORT)
    return _proof(page)


def test_key(key: ApiKey) -> Proof | None:
    """Try a kept key again; one that works again counts as live. RemoteError says what is wrong."""
    page = through(key, lambda secret: autoenhance().list(secret, per_page=1))
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, refused_at__isnull=False).update(refused_at=None):
            Event.add(Event.Kind.KEY_WORKS, team=key.team, key=key, label=key.described)
    return _proof(page)


def catch_up_for(user: User, team: Team) -> None:
    """Look at Autoenhance for orders so new that we do not know them, with the person's own keys (decision 4).

    At most 3 pages of each list; what is further down is read in the background. A list whose newest orders were read
    within the last minute is left alone, so that pasting ids costs no more. Where it fails, nothing new is known.
    """
    for key in ApiKey.objects.live().filter(user=user, team=team):
        pass_ = Sync.begin(key, Sync.Kind.CATCH_UP, pause=LOOK_EVERY)
        if pass_ is None:
            continue
        try:
            sync.read(pass_, LOOK_PAGES)
        except RemoteError as error:
            log.info("could not look for new orders", key=key.pk, error=type(error).__name__)
        if pass_.unfinished:
            rounds.queue(key.pk, Sync.Kind.CATCH_UP)


def _proof(page: Page) -> Proof | None:
    newest = next(iter(page.orders), None)
    return Proof(newest.name or _("(no name)"), newest.created_at) if newest else None
