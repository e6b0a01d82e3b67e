"""Answers of Autoenhance into the mirror: one order or a page of them, by the same rules (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Max

from dashboard.accounts.models import Team
from orders import bulk
from orders.absorb import Known, absorb, heard
from orders.answers import RemoteOrder
from orders.models import ApiKey, Event, Order, OrderKey, Write
from orders.models.words import Word

log = structlog.get_logger(__name__)

# A list notes what it saw no more often than this: else a pass that finds nothing new would rewrite a row per order.
SEEN_EVERY = timedelta(minutes=10)
# Classes of SQLSTATE that speak of the data: what it is, what it must be, how large it may be.
UNSTORABLE = ("22", "23", "54")


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a list of orders: how many are in the mirror, added or changed by this, or could not be stored."""

    listed: int = 0
    changed: int = 0
    skipped: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.listed + other.listed, self.changed + other.changed, self.skipped + other.skipped)


@transaction.atomic
def mirror(
    team: Team, answers: Sequence[RemoteOrder], began: datetime, *, key: ApiKey | None = None, own: bool = False
) -> list[Order]:
    """Store what Autoenhance said in answers to a request that began at `began` (the database's clock).

    With `key`, a key of the team that listed or made them: orders that are new to the team are added, and those that
    it knows by another key are noted. Without, only known orders are brought up to date. `own` marks the answer to our
    own Write, which counts even when its times look old. Returns the orders by id, as they are now.
    """
    _take(team, answers, began, key, own=own)
    ids = [answer.order_id for answer in answers]
    return list(Order.objects.filter(team=team, order_id__in=ids).order_by("order_id"))


def mirror_list(team: Team, answers: Sequence[RemoteOrder], began: datetime, key: ApiKey) -> Tally:
    """As `mirror` for a list of any length; an order that cannot be stored costs no other (DESIGN section 5)."""
    try:
        with transaction.atomic():
            return Tally(listed=len(answers), changed=_take(team, answers, began, key))
    except (DatabaseError, ValueError) as error:
        if not _unstorable(error):
            raise
        if len(answers) == 1:
            log.warning("an order cannot be stored", order_id=answers[0].order_id, error=type(error).__name__)
            return Tally(skipped=1)
    half = len(answers) // 2
    return mirror_list(team, answers[:half], began, key) + mirror_list(team, answers[half:], began, key)


def _unstorable(error: Exception) -> bool:
    """Whether the data is at fault, and not the database or its connection."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state[:2] in UNSTORABLE if isinstance(error, DatabaseError) else True


def _take(
    team: Team, answers: Collection[RemoteOrder], began: datetime, key: ApiKey | None, *, own: bool = False
) -> int:
    """Take the answers in; how many orders were added or changed.

    Whoever does so holds the team's row: two lists at once can neither add an order twice nor lock each other out.
    """
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    said = {answer.order_id: answer for answer in answers}
    sounds = {order_id: heard(answer) for order_id, answer in said.items()}
    news = bulk.closer_look(team, sounds, key, began - SEEN_EVERY if key else began)
    known = {one.pk: one for one in news if one.pk}
    changed, taken = _update(team, [one for one in known.values() if one.told], said, began, own=own)
    added = [_new(said[one.order_id], began) for one in news if not one.pk] if key else []
    if key:
        _note_key(known, key)
    stored = [*added, *changed]
    bulk.store(team, key, stored, sounds, began)
    bulk.watch({pk: sounds[one.order_id] if pk in taken else None for pk, one in known.items()}, began)
    Word.objects.learn(team, [order.find for order in stored])
    return len(stored)


def _new(answer: RemoteOrder, began: datetime) -> Known:
    order = Known(answer.order_id, created_at=began, updated_at=began)
    absorb(order, answer)
    return order


def _update(
    team: Team, news: Collection[bulk.News], said: Mapping[str, RemoteOrder], began: datetime, *, own: bool
) -> tuple[list[Known], set[int]]:
    """Absorb what is said of known orders: those that change by it, and the primary keys of all that took it in.

    An outdated answer is not taken in. What changed at Autoenhance by itself becomes an Event.
    """
    ids = [one.order_id for one in news]
    lost = {one.pk for one in news if one.lost}
    settled, pending = (_settled(team, ids), _pending(team, ids)) if ids else ({}, set())
    changed: list[Known] = []
    taken: set[int] = set()
    events: list[Event] = []
    for pk, order in bulk.known([one.pk for one in news if one.pk]).items():
        answer, name, shown = said[order.order_id], order.name, order.shown
        outdated = order.order_id in pending or _outdated(order, answer, began, settled.get(order.order_id))
        if outdated and not own:
            continue
        taken.add(pk)
        if absorb(order, answer, found=pk in lost):
            changed.append(order)
            events += _events(team, order, name, shown, own=own)
    Event.objects.bulk_create(events)
    return changed, taken


def _note_key(known: Mapping[int, bulk.News], key: ApiKey) -> None:
    """Orders whose own key works no more are the listing key's now; that it lists others as well is noted."""
    if orphans := [pk for pk, one in known.items() if one.orphan]:
        Order.objects.filter(pk__in=orphans).update(key=key)
    further = [OrderKey(order_id=pk, key=key) for pk, one in known.items() if one.other and not one.orphan]
    OrderKey.objects.bulk_create(further, ignore_conflicts=True)


def _settled(team: Team, order_ids: Collection[str]) -> dict[str, datetime]:
    """When our last Write of each order was settled."""
    writes = Write.objects.filter(team=team, order_id__in=order_ids, settled_at__isnull=False)
    return dict(writes.values_list("order_id").annotate(Max("settled_at")))


def _pending(team: Team, order_ids: Collection[str]) -> set[str]:
    """Orders with a rename under way: what they are called is for its settling to find out."""
    renames = Write.objects.filter(team=team, kind=Write.Kind.RENAME, state__in=Write.PENDING)
    writes = renames.filter(order_id__in=order_ids)
    return set(writes.values_list("order_id", flat=True))


def _outdated(order: Known, answer: RemoteOrder, began: datetime, settled: datetime | None) -> bool:
    """Whether the answer may be older than what we have: asked before our last Write settled, or by its own time."""
    if settled is not None and began <= settled:
        return True
    return answer.last_updated_at is not None and answer.last_updated_at < order.updated_at


def _events(team: Team, order: Known, name: str, shown: int, *, own: bool) -> list[Event]:
    """What the timeline says of an order that had this name and status before."""
    told: list[tuple[Event.Kind, dict[str, object]]] = []
    if not own and order.name != name:
        told.append((Event.Kind.NAME_CHANGED, {"old": name, "new": order.name}))
    if order.shown != shown:
        told.append((Event.Kind.STATUS, {"old": shown, "new": order.shown, "status": order.status}))
    return [Event(kind=kind, team_id=team.pk, order_id=order.pk, data=data) for kind, data in told]
