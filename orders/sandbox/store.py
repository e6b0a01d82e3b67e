"""What the sandbox remembers, in one SQLite file, so that a restart changes nothing. Any thread may call it."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from orders.sandbox import drawing, tables
from orders.sandbox.paging import Cut, Page
from orders.sandbox.records import GROUPING, QUEUED, Bracket, Image, Order, Settings, seconds_of_work

UNREADABLE = "The file could not be read"


class Taken(Exception):
    """Another order has this order_id, maybe another account's, maybe a deleted one."""


class Store:
    """Accounts, orders, images, brackets and uploads.

    `clock` gives seconds since 1970; `speed` divides how long work takes, for tests that watch it end.
    """

    def __init__(
        self, path: str | Path = ":memory:", *, clock: Callable[[], float] = time.time, speed: float = 1.0
    ) -> None:
        self.now = clock
        self.speed = speed
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(tables.TABLES)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._db:
            yield self._db

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # Accounts

    def open_account(self, key: str) -> int:
        """The account behind this key, made now if it is new. Only a hash of the key is kept."""
        with self._writing() as db:
            db.execute("insert into account (key_hash) values (?) on conflict do nothing", (_hash(key),))
            row = db.execute("select id from account where key_hash = ?", (_hash(key),)).fetchone()
        return int(row["id"])

    def account(self, key: str) -> int | None:
        """The account behind this key, if there is one."""
        rows = self._rows("select id from account where key_hash = ?", _hash(key))
        return rows[0]["id"] if rows else None

    def plant(self, account: int, orders: Iterable[Order]) -> None:
        """Put ready-made orders into an account, once: a second call does nothing."""
        with self._writing() as db:
            if db.execute("update account set planted = 1 where id = ? and not planted", (account,)).rowcount:
                for order in orders:
                    tables.insert_order(db, order)
                    tables.insert_images(db, order.images)

    # Orders

    def create_order(
        self, account: int, *, order_id: str | None = None, name: str | None = None, sort_order: str = "date_added"
    ) -> Order:
        """A new, empty order; raises Taken."""
        now = self.now()
        order = Order(order_id or str(uuid.uuid4()), account, name, None, now, now, 0, sort_order, False)
        try:
            with self._writing() as db:
                tables.insert_order(db, order)
        except sqlite3.IntegrityError:
            raise Taken from None
        return order

    def order(self, order_id: str) -> Order | None:
        """Any account's order, deleted or not."""
        rows = self._rows("select * from orders where order_id = ?", order_id)
        return self._with_images(rows[0]) if rows else None

    def owned(self, account: int, order_id: str) -> Order | None:
        """This account's order, unless deleted."""
        order = self.order(order_id)
        return order if order and order.account == account and not order.deleted else None

    def page(self, account: int, cut: Cut) -> Page:
        """One page of an account's list."""
        rows = self._rows(cut.sql, *cut.values(account))
        return cut.page([(self._with_images(row), row["seq"]) for row in rows])

    def edit_order(self, order: Order, name: str | None, sort_order: str) -> Order:
        """The order after the change."""
        changed = replace(order, name=name, sort_order=sort_order, updated_at=self.now())
        with self._writing() as db:
            db.execute(
                "update orders set name = ?, folded = ?, sort_order = ?, updated_at = ? where order_id = ?",
                (changed.name, tables.fold(changed.name), changed.sort_order, changed.updated_at, order.order_id),
            )
        return changed

    def delete_order(self, order: Order) -> None:
        """Mark it deleted; it and its images stay readable by id (guess, contract 8)."""
        with self._writing() as db:
            db.execute("update orders set deleted = 1, updated_at = ? where order_id = ?", (self.now(), order.order_id))

    def _with_images(self, row: sqlite3.Row) -> Order:
        images = self._rows("select * from images where order_id = ? order by seq", row["order_id"])
        return tables.read_order(row, images)

    # Images, brackets, uploads

    def image(self, image_id: str) -> Image | None:
        """Any account's image."""
        rows = self._rows("select * from images where image_id = ?", image_id)
        return tables.read_image(rows[0]) if rows else None

    def brackets(self, order: Order) -> list[Bracket]:
        """The brackets of an order, oldest first."""
        sql = "select * from brackets join uploads using (token) where order_id = ? order by seq"
        return [tables.read_bracket(row) for row in self._rows(sql, order.order_id)]

    def add_image(self, order: Order, name: str, settings: Settings) -> Image:
        """A new image that waits for its upload."""
        with self._writing() as db:
            image = _image(order, name, self.now(), _announce(db), settings)
            tables.insert_images(db, [image])
            self._touch(db, order)
        return image

    def add_bracket(self, order: Order, name: str, metadata: Settings) -> Bracket:
        """A new bracket that waits for its upload."""
        with self._writing() as db:
            text = json.dumps(metadata)
            bracket = Bracket(str(uuid.uuid4()), order.order_id, name, None, text, _announce(db), False)
            tables.insert_bracket(db, bracket)
            self._touch(db, order)
        return bracket

    def receive(self, token: str, data: bytes) -> bool:
        """Take an upload; work on its image starts soon. False when no such upload was announced."""
        picture = drawing.readable(data)
        with self._writing() as db:
            sql = "update uploads set received = 1, picture = ? where token = ?"
            known = db.execute(sql, (picture, token)).rowcount > 0
            for row in db.execute("select * from images where token = ?", (token,)).fetchall():
                image = replace(tables.read_image(row), failure=None if picture else UNREADABLE)
                self._start(db, image, QUEUED)
        return known

    def picture(self, token: str) -> bytes | None:
        """The uploaded picture, made small; None when it is not there or could not be read."""
        rows = self._rows("select picture from uploads where token = ?", token)
        return rows[0]["picture"] if rows else None

    def process(self, order: Order, groups: Sequence[Sequence[Bracket]], settings: Settings) -> None:
        """Make an image of each group of brackets and, after a while of grouping, work on every uploaded image."""
        with self._writing() as db:
            made = [self._merge(db, order, group) for group in groups]
            images = [image for image in order.images if image.starts_at is not None] + made
            for image in images:
                text = json.dumps(json.loads(image.settings) | settings)
                self._start(db, replace(image, settings=text), GROUPING)
            if images:
                until = self.now() + GROUPING / self.speed
                db.execute("update orders set merges_until = ? where order_id = ?", (until, order.order_id))
            self._touch(db, order)

    def _merge(self, db: sqlite3.Connection, order: Order, group: Sequence[Bracket]) -> Image:
        shown = group[len(group) // 2]  # the middle exposure stands for the merged picture
        image = _image(order, shown.name, self.now(), shown.token, {})
        tables.insert_images(db, [image])
        ids = [(image.image_id, bracket.bracket_id) for bracket in group]
        db.executemany("update brackets set image_id = ? where bracket_id = ?", ids)
        return image if self.picture(shown.token) else replace(image, failure=UNREADABLE)

    def _start(self, db: sqlite3.Connection, image: Image, wait: float) -> None:
        starts = self.now() + wait / self.speed
        ends = starts + seconds_of_work(image.image_id) / self.speed
        db.execute(
            "update images set starts_at = ?, ends_at = ?, failure = ?, settings = ? where image_id = ?",
            (starts, ends, image.failure, image.settings, image.image_id),
        )
        db.execute("update orders set updated_at = ? where order_id = ?", (self.now(), image.order_id))

    def _touch(self, db: sqlite3.Connection, order: Order) -> None:
        db.execute("update orders set updated_at = ? where order_id = ?", (self.now(), order.order_id))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _announce(db: sqlite3.Connection) -> str:
    token = secrets.token_urlsafe(24)
    db.execute("insert into uploads (token) values (?)", (token,))
    return token


def _image(order: Order, name: str, now: float, token: str, settings: Settings) -> Image:
    text = json.dumps(settings)
    return Image(str(uuid.uuid4()), order.order_id, name, None, now, None, None, None, text, token)
