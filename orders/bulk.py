"""Many orders in and out of the database at once: COPY into temporary tables, then one statement for all of them.

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
from django.db.backends.utils import CursorWrapper

from dashboard.accounts.models import Team
from orders.absorb import Known
from orders.models import ApiKey, Order, OrderWatch

# What an answer may change, in Order and in OrderDetail: fields of Known and columns alike.
FACTS = ["name", "find", "fold_version", "status", "shown", "created_at", "updated_at"]
FACTS += ["pictures", "ready", "failed", "strip", "deleted", "version"]
DETAILS = ["next_n", "is_processing", "is_merging", "images"]
OWNED = ["team_id", "key_id"]

# Made once in a session: tables for every page would swell the catalogue of Postgres.
TABLES = """
    create temporary table if not exists mirror_said
        (order_id varchar(200) collate "C" not null, heard bigint not null) on commit delete rows;
    create temporary table if not exists mirror_row
        (like orders_order, next_n int, is_processing bool, is_merging bool, images jsonb, heard bigint)
        on commit delete rows;
    delete from mirror_said;
    delete from mirror_row
"""
# Each order is looked up by itself: without statistics of the temporary table, a join would read the whole team for it.
CLOSER_LOOK = """
    select said.order_id, o.id, watch.heard is distinct from said.heard, watch.misses >= %(lost)s,
        o.key_id is null or o.key_id in (select id from orders_apikey where refused_at is not null), o.key_id <> %(key)s
    from mirror_said said
    left join lateral (
        select id, key_id from orders_order where team_id = %(team)s and order_id = said.order_id limit 1
    ) o on true
    left join lateral (
        select heard, misses, seen_at, missed_at from orders_orderwatch where order_id = o.id limit 1
    ) watch on true
    where watch.heard is distinct from said.heard or watch.seen_at < %(stale)s or watch.missed_at is not null
        or %(key)s is not null and o.key_id is distinct from %(key)s and (
            o.key_id is null or o.key_id in (select id from orders_apikey where refused_at is not null)
            or not exists (select from orders_orderkey also where also.order_id = o.id and also.key_id = %(key)s)
        )
"""
WATCH_NEW = """
    insert into orders_orderwatch (order_id, seen_at, heard, misses)
    select id, %(began)s, heard, 0 from mirror_row order by id
    on conflict (order_id) do nothing
"""
WATCH_SEEN = """
    update orders_orderwatch
    set seen_at = greatest(seen_at, %s), missed_at = null,
        heard = coalesce(taken.heard, orders_orderwatch.heard),
        misses = case when misses < %s or taken.heard is not null then 0 else misses end
    from unnest(%s::bigint[], %s::bigint[]) as taken (pk, heard)
    where order_id = taken.pk
"""


def _upsert(table: str, key: str, once: list[str], changing: list[str]) -> str:
    columns = ", ".join([*once, *changing])
    changes = ", ".join(f"{column} = excluded.{column}" for column in changing)
    return (
        f"insert into {table} ({key}, {columns}) select id, {columns} from mirror_row order by id"  # noqa: S608
        f" on conflict ({key}) do update set {changes}"
    )


_ROW = ["id", "order_id", *FACTS, *DETAILS, "heard", *OWNED]
COPY_ROWS = f"copy mirror_row ({', '.join(_ROW)}) from stdin"
UPSERT_ORDERS = _upsert("orders_order", "id", ["order_id", *OWNED], FACTS)
UPSERT_DETAILS = _upsert("orders_orderdetail", "order_id", [], DETAILS)
_KNOWN = ["pk", "order_id", *FACTS, *DETAILS]
_facts = attrgetter(*_KNOWN[:-1])


class News(NamedTuple):
    """An order that is not just as the last answer left it, or was not seen for a while.

    Without a `pk` it is new to the team. told: something else is said of it than the last time. lost: it counts as
    deleted because it could not be found. orphan: no working key has it. other: it belongs to another key than the one
    that lists it now.
    """

    order_id: str
    pk: int | None
    told: bool
    lost: bool
    orphan: bool
    other: bool


def closer_look(team: Team, heard: Mapping[str, int], key: ApiKey | None, stale: datetime) -> list[News]:
    """Which of the orders heard of (`absorb.heard` by id) need a closer look: also those not seen since `stale`."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        _copy(cursor, "copy mirror_said from stdin", heard.items())
        asked = {"team": team.pk, "key": key.pk if key else None, "stale": stale, "lost": OrderWatch.LOST}
        cursor.execute(CLOSER_LOOK, asked)
        return [News(*row) for row in cursor.fetchall()]


def known(pks: Collection[int]) -> dict[int, Known]:
    """These orders by pk as we know them, locked until the transaction ends."""
    if not pks:
        return {}
    columns = ["pk", "order_id", *FACTS, *(f"detail__{name}" for name in DETAILS)]
    rows = Order.objects.locked().filter(pk__in=pks).values_list(*columns)
    return {row[0]: Known(**dict(zip(_KNOWN, row, strict=True))) for row in rows}


def store(team: Team, key: ApiKey | None, orders: Collection[Known], heard: Mapping[str, int], began: datetime) -> None:
    """Save these orders; those without a `pk` are new, belong to `key`, and get one."""
    if not orders:
        return
    _number([order for order in orders if order.pk is None])
    owned = (team.pk, key.pk if key else None)
    rows = ((*_facts(order), _images(order), heard[order.order_id], *owned) for order in orders)
    with connection.cursor() as cursor:
        _copy(cursor, COPY_ROWS, rows)
        cursor.execute(UPSERT_ORDERS)
        cursor.execute(UPSERT_DETAILS)
        cursor.execute(WATCH_NEW, {"began": began})


def watch(heard: Mapping[int, int | None], began: datetime) -> None:
    """Note that these known orders were seen, by pk, and of those that were taken in what was heard."""
    if heard:
        with connection.cursor() as cursor:
            cursor.execute(WATCH_SEEN, [began, OrderWatch.LOST, list(heard), list(heard.values())])


def _number(orders: Collection[Known]) -> None:
    """Give new orders their primary keys beforehand, so that all their rows can be written at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('orders_order', 'id')) from generate_series(1, %s)", [len(orders)]
        )
        for order, (pk,) in zip(orders, cursor.fetchall(), strict=True):
            order.pk = pk


def _copy(cursor: CursorWrapper, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
    """COPY rows from here. Django knows no COPY, so its errors have to be made Django's by hand."""
    with connection.wrap_database_errors, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)


def _images(order: Known) -> str:
    return json.dumps(order.images) if order.images else "[]"
