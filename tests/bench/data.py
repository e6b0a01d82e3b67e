"""A million orders in teams of very different sizes, written by COPY; and the same in two other tables to compare with.

small.orders_order holds the same named teams in a table of a tenth; plain.orders_order has the index that Django makes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from orders.fold import FOLD_VERSION, fold
from orders.models import ApiKey, Shown, Word
from tests.bench.addresses import names

ORDERS = int(os.environ.get("BENCH_ORDERS", "1000000"))
FULL = 1_000_000
# At full size; with fewer orders the teams shrink alike, but none below the last.
SIZES = (100_000, 24_000, 2_400, 240)
OTHER_TEAMS = 1000
YEARS = 3
BATCH = 20_000

WORDS = {Shown.WAITING: "waiting", Shown.MERGING: "processing", Shown.PROCESSING: "processing", Shown.ERROR: "error"}
WORDS |= {Shown.READY: "processed", Shown.DELETED: "processed", Shown.UNKNOWN: "archived"}
OFTEN = {Shown.WAITING: 30, Shown.MERGING: 3, Shown.PROCESSING: 12, Shown.READY: 905, Shown.ERROR: 25}
OFTEN |= {Shown.DELETED: 15, Shown.UNKNOWN: 10}

COPY = """
    copy orders_order (team_id, key_id, order_id, name, find, fold_version, status, shown, created_at, updated_at,
        pictures, ready, failed, strip, deleted, version) from stdin
"""
BESIDE = """
    set statement_timeout = 0;
    insert into orders_orderdetail (order_id, images, next_n, is_processing, is_merging)
        select id, '[]', 1, false, false from orders_order order by id;
    insert into orders_orderwatch (order_id, seen_at, misses)
        select id, now() - interval '1 hour' * (id %% 400), 0 from orders_order order by id;
    create schema small;
    create table small.orders_order (like orders_order including all) with (autovacuum_enabled = false);
    insert into small.orders_order select * from orders_order where team_id = any(%(small)s) order by id;
    create schema plain;
    create table plain.orders_order (like orders_order including defaults) with (autovacuum_enabled = false);
    insert into plain.orders_order select * from orders_order order by id;
    alter table plain.orders_order add primary key (id), add unique (team_id, order_id);
    create index on plain.orders_order (team_id);
    create index on plain.orders_order (key_id);
    prepare newest (bigint) as {newest};
"""
NEWEST = """
    select id, team_id, order_id, name, find, fold_version, status, shown, created_at, updated_at, pictures, ready,
        failed, strip, key_id, deleted, version
    from orders_order where team_id = $1 order by created_at desc, id desc limit 25
"""
# At its own time, autovacuum would slow what is measured, and an analysis of it would keep a vacuum from its end.
QUIET = "alter table {} set (autovacuum_enabled = false)"
OURS = ["orders_order", "orders_orderdetail", "orders_orderwatch", "orders_word"]
TABLES = [*OURS, "small.orders_order", "plain.orders_order"]


@dataclass(frozen=True, slots=True)
class World:
    """Who is measured: a person who is in the named teams, the largest first."""

    user: User
    teams: list[Team]

    @property
    def whale(self) -> Team:
        return self.teams[0]

    @property
    def ordinary(self) -> list[Team]:
        """Those of up to 25,000 orders."""
        return self.teams[1:]


class Owner(NamedTuple):
    """A team, its key if any, and how many orders it has."""

    team: int
    key: int | None
    orders: int


def build() -> World:
    """Fill the empty database."""
    user = User.objects.create_user("ana@example.com", name="Ana Duarte")
    teams = [Team.objects.create(name=f"Team {size:,}", slug=f"team-{size}") for size in SIZES]
    Membership.objects.bulk_create([Membership(user=user, team=team, role=Role.OWNER) for team in teams])
    owners = [Owner(team.pk, keep_key(user, team).pk, _size(size)) for team, size in zip(teams, SIZES, strict=True)]
    others = _others(ORDERS - sum(owner.orders for owner in owners))
    with connection.cursor() as cursor:
        for table in OURS:
            cursor.execute(QUIET.format(table))
        _fill([*owners, *others])
        cursor.execute(BESIDE.format(newest=NEWEST), {"small": _tenth(owners[1:], others)})
        Word.objects.relearn()
        for table in TABLES:
            cursor.execute(f"vacuum analyze {table}")
        cursor.execute("reset statement_timeout")
    return World(user, teams)


def keep_key(user: User, team: Team) -> ApiKey:
    """A key of the user in the team that opens nothing."""
    return ApiKey.objects.create(user=user, team=team, label="Studio", sealed=b"", imported_at=timezone.now())


def line(owner: Owner, order_id: str, name: str, shown: Shown, created: datetime, pictures: int) -> str:
    """An order as COPY reads it."""
    ready = pictures if shown == Shown.READY else 0
    changed = created + timedelta(minutes=3 * pictures + 1)
    key = r"\N" if owner.key is None else owner.key
    return (
        f"{owner.team}\t{key}\t{order_id}\t{name}\t{fold(name)}\t{FOLD_VERSION}\t{WORDS[shown]}\t{shown.value}\t"
        f"{created}\t{changed}\t{pictures}\t{ready}\t0\t\t{shown == Shown.DELETED}\t1\n"
    )


def copy(lines: Iterable[str]) -> None:
    """Add the orders to the table."""
    with connection.cursor() as cursor, cursor.copy(COPY) as into:
        into.write("".join(lines))


def order_id(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def _size(full: int) -> int:
    return max(SIZES[-1], full * ORDERS // FULL)


def _others(orders: int) -> list[Owner]:
    """Teams that nobody looks at, some with many orders and most with few."""
    weights = [(rank + 1) ** -0.5 for rank in range(OTHER_TEAMS)]
    teams = [Team(name=f"Other {rank}", slug=f"other-{rank}") for rank in range(OTHER_TEAMS)]
    sizes = [int(orders * weight / sum(weights)) for weight in weights]
    sizes[0] += orders - sum(sizes)
    return [Owner(team.pk, None, size) for team, size in zip(Team.objects.bulk_create(teams), sizes, strict=True)]


def _fill(owners: list[Owner]) -> None:
    """The orders of all teams among each other, the oldest first, as they come in when teams are at work."""
    random = Random(7)
    whose = [owner for owner in owners for _ in range(owner.orders)]
    random.shuffle(whose)
    end = datetime.now(UTC).replace(microsecond=0)
    apart = timedelta(days=365 * YEARS) / len(whose)
    for start in range(0, len(whose), BATCH):
        some = whose[start : start + BATCH]
        statuses = random.choices([*OFTEN], [*OFTEN.values()], k=len(some))
        facts = zip(some, names(random, len(some)), statuses, strict=True)
        copy(
            line(owner, order_id(random), name, shown, end - (len(whose) - start - i) * apart, random.randint(0, 40))
            for i, (owner, name, shown) in enumerate(facts)
        )


def _tenth(named: list[Owner], others: list[Owner]) -> list[int]:
    """Teams with a tenth of all orders: the named ones, and so many of the others."""
    chosen = list(named)
    for owner in others:
        if sum(one.orders for one in chosen) + owner.orders <= ORDERS // 10:
            chosen.append(owner)
    return [owner.team for owner in chosen]
