"""Many orders in and out of the database at once: COPY for new ones, one statement over arrays for all else.

That is 40 times as fast as a loop of saves (performance section 9). The rules are not here but in `absorb`, and what
follows from them in `mirror`, whose transaction holds the lock of the team around all of this.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from django.db import connection

from dashboard.accounts.models import Team
from orders.absorb import Known
from orders.due import next_look
from orders.models import ApiKey, Order, OrderWatch, Sync

# What an answer may change, in Order and in OrderDetail: fields of Known and columns alike, with their types.
FACTS = {
    "name": "text",
    "find": "text",
    "fold_version": "smallint",
    "status": "text",
    "shown": "smallint",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "pictures": "integer",
    "ready": "integer",
    "failed": "integer",
    "strip": "text",
    "deleted": "bool",
    "version": "bigint",
    "run": "integer",
    "run_at": "timestamptz",
    "heard": "bigint",
}
DETAILS = {"next_n": "integer", "is_processing": "bool", "is_merging": "bool", "images": "jsonb"}

# What was heard of an order covers its id, so no order can have what was heard of another.
CLOSER_LOOK = """
    with said as materialized (
        select json_array_elements_text(%(ids)s) as order_id
    ), looked as materialized (
        select id, order_id, key_id, heard = any(%(heard)s::bigint[]) is not true as told,
            key_id is null or key_id in (select id from orders_apikey where refused_at is not null) as orphan
        from orders_order where team_id = %(team)s and order_id = any(array(select order_id from said))
    ), page as (
        insert into orders_syncpage (sync_id, orders)
        select %(sync)s, array_agg(id) from looked where %(sync)s is not null having count(*) > 0
    )
    select order_id, nextval('orders_order_id_seq'), true, true, false, false, false
    from (select order_id from said except select order_id from looked)
    where (select count(*) from looked) < (select count(*) from said)
    union all
    select order_id, id, false, told, (select misses >= %(lost)s from orders_orderwatch where order_id = looked.id),
        orphan, key_id <> %(key)s
    from looked
    where told
        or exists (select from orders_orderwatch where order_id = looked.id and missed_at is not null)
        or %(sync)s is null
            and exists (select from orders_orderwatch where order_id = looked.id and seen_at < %(stale)s)
        or %(key)s is not null and key_id is distinct from %(key)s and (
            orphan
            or not exists (select from orders_orderkey also where also.order_id = looked.id and also.key_id = %(key)s)
        )
"""
COPY_NEW = f"copy orders_order (id, order_id, {', '.join(FACTS)}, team_id, key_id) from stdin (format binary)"
COPY_TYPES = ["bigint", "text", *FACTS.values(), "bigint", "bigint"]
UPDATE = f"""
    update orders_order set {", ".join(f"{name} = new.{name}" for name in FACTS)}
    from unnest(%s::bigint[], {", ".join(f"%s::{type_}[]" for type_ in FACTS.values())}) as new (pk, {", ".join(FACTS)})
    where id = new.pk
"""  # noqa: S608
KEEP_DETAILS = f"""
    insert into orders_orderdetail (order_id, {", ".join(DETAILS)})
    select * from unnest(%s::bigint[], {", ".join(f"%s::{type_}[]" for type_ in DETAILS.values())})
    on conflict (order_id) do update set {", ".join(f"{name} = excluded.{name}" for name in DETAILS)}
"""  # noqa: S608
WATCH_NEW = """
    insert into orders_orderwatch (order_id, seen_at, misses) select unnest(%s::bigint[]), %s, 0
"""
WATCH_SEEN = """
    update orders_orderwatch
    set seen_at = greatest(seen_at, %(began)s), missed_at = null,
        misses = case when misses < %(lost)s or order_id = any(%(taken)s::bigint[]) then 0 else misses end
    where order_id = any(%(seen)s::bigint[])
"""
# Without a lock: where nothing differs, a look is all there is to note.
WATCH_SAME = """
    update orders_orderwatch as watch set seen_at = greatest(seen_at, %(began)s)
    from orders_order as known
    where watch.order_id = known.id and missed_at is null
        and known.id = %(pk)s and known.order_id = %(order_id)s and version = %(version)s and heard = %(heard)s
    returning watch.*
"""
WATCH_NEXT = """
    update orders_orderwatch set next_at = plan.next_at
    from unnest(%s::bigint[], %s::timestamptz[]) as plan (pk, next_at) where order_id = plan.pk
"""

_KNOWN = ["pk", "order_id", *FACTS, *DETAILS]
_row = attrgetter("pk", "order_id", *FACTS)
_changed = attrgetter("pk", *FACTS)
_flags = attrgetter("pk", *list(DETAILS)[:-1])


class News(NamedTuple):
    """An order that is not just as the last answer left it, or was not seen for a while.

    new: the team has not got it; `pk` is a fresh number for it, so that all its rows can be written at once. told:
    something else is said of it than the last time. lost: it counts as deleted because it could not be found. orphan:
    no working key has it. other: it belongs to another key than the one that lists it now.
    """

    order_id: str
    pk: int
    new: bool
    told: bool
    lost: bool
    orphan: bool
    other: bool


def closer_look(
    team: Team, heard: Mapping[str, int], key: ApiKey | None, stale: datetime, sync: Sync | None
) -> list[News]:
    """Which of the orders heard of (`absorb.heard` by id) need a closer look: also those not seen since `stale`.

    But a pass that lists all notes here which it listed, and looks no closer at those that were not seen lately.
    """
    asked = {"team": team.pk, "key": key.pk if key else None, "stale": stale, "lost": OrderWatch.LOST}
    asked["sync"] = sync.pk if sync and sync.lists_all else None
    with connection.cursor() as cursor:
        cursor.execute(CLOSER_LOOK, {**asked, "ids": json.dumps(list(heard)), "heard": array(heard.values())})
        return [News(*row) for row in cursor.fetchall()]


def known(pks: Collection[int]) -> dict[int, Known]:
    """These orders by pk as we know them, locked until the transaction ends."""
    if not pks:
        return {}
    columns = ["pk", "order_id", *FACTS, *(f"detail__{name}" for name in DETAILS)]
    rows = Order.objects.locked().filter(pk__in=pks).values_list(*columns)
    # Nulls are of an order without a detail row: what is in none is as in a new order.
    facts = ({name: value for name, value in zip(_KNOWN, row, strict=True) if value is not None} for row in rows)
    return {order["pk"]: Known(**order) for order in facts}


def add(team: Team, key: ApiKey | None, orders: Iterable[Known], began: datetime) -> list[Known]:
    """Save orders that are new to the team, with fresh numbers as `pk`; they belong to `key`, and were seen at `began`.

    Each is written as it comes, so that Postgres takes some in while others are still made. Making one must not ask
    the database anything: its line is busy.
    """
    owned, added = (team.pk, key.pk if key else None), []
    with connection.cursor() as cursor:
        # Django knows no COPY, so its errors have to be made Django's by hand.
        with connection.wrap_database_errors, cursor.copy(COPY_NEW) as copy:
            copy.set_types(COPY_TYPES)
            for order in orders:
                copy.write_row(_row(order) + owned)
                added.append(order)
        cursor.execute(WATCH_NEW, [array(order.pk for order in added), began])
    _keep_details([order for order in added if order.has_details])
    return added


def change(orders: Collection[Known]) -> None:
    """Save known orders as they are now; they are locked."""
    if orders:
        with connection.cursor() as cursor:
            cursor.execute(UPDATE, _columns(map(_changed, orders)))
        _keep_details(orders)


def watch(seen: Collection[int], taken: Collection[int], began: datetime) -> None:
    """Note that these known orders, by pk, were seen. One that counts as lost does so until an answer is `taken` in."""
    if seen:
        pks = {"seen": array(seen), "taken": array(taken)}
        with connection.cursor() as cursor:
            cursor.execute(WATCH_SEEN, {**pks, "began": began, "lost": OrderWatch.LOST})


def watch_same(order: Order, heard: int, began: datetime) -> OrderWatch | None:
    """Note that an order was seen which is as we have it here and sounded so the last time; None when it is not."""
    told = {"pk": order.pk, "order_id": order.order_id, "version": order.version, "heard": heard, "began": began}
    return next(iter(OrderWatch.objects.raw(WATCH_SAME, told)), None)


def plan(added: Iterable[Known], changed: Iterable[Known], began: datetime) -> None:
    """Note when these orders are to be looked at next, because of what was seen at `began`."""
    changes = ((order.pk, next_look(order, began, changed=True)) for order in changed)
    firsts = ((order.pk, next_look(order, began, changed=True)) for order in added)
    if looks := [*changes, *(first for first in firsts if first[1])]:
        with connection.cursor() as cursor:
            cursor.execute(WATCH_NEXT, _columns(looks))


def _keep_details(orders: Collection[Known]) -> None:
    if orders:
        with connection.cursor() as cursor:
            rows = ((*_flags(order), json.dumps(order.images)) for order in orders)
            cursor.execute(KEEP_DETAILS, _columns(rows))


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def array(numbers: Iterable[object]) -> str:
    """The numbers as Postgres writes an array: the driver looks at each of them for much longer."""
    return f"{{{','.join(map(str, numbers))}}}"
