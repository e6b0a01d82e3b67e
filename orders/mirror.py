"""Answers of Autoenhance into the mirror: one order or a page of them, by the same rules (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Max

from dashboard.accounts.models import Team
from orders import bulk, mails
from orders.absorb import Known, absorb, heard
from orders.answers import RemoteOrder
from orders.finished import advance
from orders.models import ApiKey, Event, Follow, Order, OrderKey, Sync, Write
from orders.models.orders import OrderQuerySet
from orders.models.words import Word

log = structlog.get_logger(__name__)

# A catch-up notes what it saw no more often than this: else each that finds nothing new would rewrite a row per order.
SEEN_EVERY = timedelta(minutes=10)
# A time of the future was a slip of Autoenhance's: whatever it says later would look older for ever (F75).
FAR_AHEAD = timedelta(days=1)
# Classes of SQLSTATE that speak of the data: what it is, what it must be, how large it may be.
UNSTORABLE = ("22", "23", "54")

# An answer and its digest (`absorb.heard`).
Told = tuple[RemoteOrder, int]


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
) -> OrderQuerySet:
    """Store what Autoenhance said in answers to a request that began at `began` (the database's clock).

    With `key`, a key of the team that listed or made them: orders that are new to the team are added, and those that
    it knows by another key are noted. Without, only known orders are brought up to date. `own` marks the answer to our
    own Write, which counts even when its times look old. Returns the orders by id; they are read when wanted.
    """
    _take(team, answers, began, key, own=own)
    ids = [answer.order_id for answer in answers]
    return Order.objects.filter(team=team, order_id__in=ids).order_by("order_id")


def is_same(order: Order, answer: RemoteOrder, began: datetime) -> bool:
    """Whether an answer to a request that began at `began` leaves `order` just as it is at hand; then that is noted.

    So most looks lock nothing and read nothing again: what they hear is what was heard before.
    """
    watch = bulk.watch_same(order, heard(answer), began)
    if watch:
        order.watch = watch
    return watch is not None


def mirror_list(
    team: Team, answers: Sequence[RemoteOrder], began: datetime, key: ApiKey, sync: Sync | None = None
) -> Tally:
    """As `mirror` for a list of any length; an order that cannot be stored costs no other (DESIGN section 5).

    sync: the pass that reads the list. One that lists all notes the page, and nothing of orders as we know them.
    """
    try:
        with transaction.atomic():
            return Tally(listed=len(answers), changed=_take(team, answers, began, key, sync))
    except (DatabaseError, ValueError) as error:
        if not _unstorable(error):
            raise
        if len(answers) == 1:
            log.warning("an order cannot be stored", order_id=answers[0].order_id, error=type(error).__name__)
            return Tally(skipped=1)
    half = len(answers) // 2
    halves = (answers[:half], answers[half:])
    return sum((mirror_list(team, part, began, key, sync) for part in halves), Tally())


def _unstorable(error: Exception) -> bool:
    """Whether the data is at fault, and not the database or its connection."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state[:2] in UNSTORABLE if isinstance(error, DatabaseError) else True


def _take(
    team: Team,
    answers: Collection[RemoteOrder],
    began: datetime,
    key: ApiKey | None,
    sync: Sync | None = None,
    *,
    own: bool = False,
) -> int:
    """Take the answers in; how many orders were added or changed.

    Whoever does so holds the team's row: two lists at once can neither add an order twice nor lock each other out, and
    no key is deleted meanwhile. What one that is gone already has made or listed is the team's, without a key.
    """
    Team.objects.select_for_update(no_key=True).values("pk").get(pk=team.pk)
    said = {answer.order_id: (answer, heard(answer)) for answer in answers}
    sounds = {order_id: sound for order_id, (_, sound) in said.items()}
    news = bulk.closer_look(team, sounds, key, began - SEEN_EVERY if key else began, sync)
    if not news:
        return 0
    alive = key if key and ApiKey.objects.filter(pk=key.pk).exists() else None
    known = {one.pk: one for one in news if not one.new}
    taken, changed = _update(team, [one for one in known.values() if one.told], said, began, own=own)
    unknown = {one.order_id: one.pk for one in news if one.new} if key else {}
    new = [told for order_id, told in said.items() if order_id in unknown]
    added = bulk.add(team, alive, _made(new, sorted(unknown.values()), began), began) if new else []
    if alive:
        _note_key(known, alive)
    bulk.change(taken.values())
    bulk.watch(known, taken, began)
    bulk.plan(added, changed, began)
    Word.objects.learn(team, [order.find for order in (*added, *changed)])
    return len(added) + len(changed)


def _made(new: Collection[Told], pks: Collection[int], began: datetime) -> Iterator[Known]:
    """Orders that are new to us, with these primary keys."""
    for (answer, sound), pk in zip(new, pks, strict=True):
        order = Known(answer.order_id, created_at=began, updated_at=began, pk=pk, heard=sound)
        absorb(order, answer)
        advance(order, None, min(began, order.updated_at), looked=bool(answer.images))
        yield order


def _update(
    team: Team, news: Collection[bulk.News], said: Mapping[str, Told], began: datetime, *, own: bool
) -> tuple[dict[int, Known], list[Known]]:
    """Absorb what is said of known orders: those that took it in, by pk, and which of them change by it.

    An outdated answer is not taken in. What changed at Autoenhance by itself becomes an Event.
    """
    ids = [one.order_id for one in news]
    lost = {one.pk for one in news if one.lost}
    settled, pending = (_settled(team, ids), _pending(team, ids)) if ids else ({}, set())
    taken: dict[int, Known] = {}
    changed: list[Known] = []
    events: list[Event] = []
    for pk, order in bulk.known([one.pk for one in news]).items():
        (answer, sound), name, shown = said[order.order_id], order.name, order.shown
        outdated = order.order_id in pending or _outdated(order, answer, began, settled.get(order.order_id))
        if outdated and not own:
            continue
        taken[pk], order.heard = order, sound
        differs = absorb(order, answer, found=pk in lost)
        end = advance(order, shown, began, looked=bool(answer.images))
        if differs or end:
            changed.append(order)
            events += _events(team, order, name, shown, end, own=own)
    _tell(team, events)
    return taken, changed


def _tell(team: Team, events: Collection[Event]) -> None:
    """Write the lines; whoever follows an order that is finished by them gets a mail, by a job of its own."""
    Event.objects.bulk_create(events, ignore_conflicts=True)
    finished = [event for event in events if event.kind == Event.Kind.FINISHED]
    if finished and Follow.objects.filter(team=team).exists():
        mails.owe([(event.order_id, event.data["run"]) for event in finished if event.order_id])


def _note_key(known: Mapping[int, bulk.News], key: ApiKey) -> None:
    """Orders whose own key works no more are the listing key's now; that it lists others as well is noted."""
    if orphans := [pk for pk, one in known.items() if one.orphan]:
        Order.objects.filter(pk__in=orphans).update(key=key)
        Event.add(Event.Kind.KEY_TOOK_OVER, team=key.team, key=key, label=key.described, orders=len(orphans))
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
    updated_at = answer.last_updated_at
    return updated_at is not None and updated_at < order.updated_at <= began + FAR_AHEAD


def _events(team: Team, order: Known, name: str, shown: int, end: dict[str, Any] | None, *, own: bool) -> list[Event]:
    """What the timeline says of an order that had this name and status before, and which finished by `end`."""
    told: list[tuple[Event.Kind, dict[str, object]]] = []
    if not own and order.name != name:
        told.append((Event.Kind.NAME_CHANGED, {"old": name, "new": order.name}))
    if order.shown != shown:
        told.append((Event.Kind.STATUS, {"old": shown, "new": order.shown, "status": order.status}))
    if end:
        told.append((Event.Kind.FINISHED, end))
    return [Event(kind=kind, team_id=team.pk, order_id=order.pk, data=data) for kind, data in told]
