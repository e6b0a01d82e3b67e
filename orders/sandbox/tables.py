"""The tables of the sandbox's SQLite file, and records to rows and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, fields
from sqlite3 import Connection, Row

from orders.sandbox.records import Bracket, Image, Order

TABLES = """
create table if not exists account (
    id integer primary key, key_hash text not null unique, planted integer not null default 0);
create table if not exists orders (
    seq integer primary key, order_id text not null unique, account integer not null, name text, word text,
    created_at real not null, updated_at real not null, merges_until real not null, sort_order text not null,
    deleted integer not null, folded text not null);
create index if not exists orders_date on orders (account, created_at, seq);
create index if not exists orders_name on orders (account, folded, seq);
create table if not exists images (
    seq integer primary key, image_id text not null unique, order_id text not null, name text not null, scene text,
    added_at real not null, starts_at real, ends_at real, failure text, settings text not null, token text);
create index if not exists images_order on images (order_id);
create table if not exists brackets (
    seq integer primary key, bracket_id text not null unique, order_id text not null, name text not null,
    image_id text, metadata text not null, token text not null);
create index if not exists brackets_order on brackets (order_id);
create table if not exists uploads (token text primary key, received integer not null default 0, picture blob);
"""
ORDER = [field.name for field in fields(Order) if field.name not in ("deleted", "images")]
IMAGE = [field.name for field in fields(Image)]
BRACKET = [field.name for field in fields(Bracket) if field.name != "is_uploaded"]


def fold(name: str | None) -> str:
    """A name as the list searches and sorts it."""
    return (name or "").casefold()


def insert_order(db: Connection, order: Order) -> None:
    """Without its images."""
    db.execute(
        "insert into orders (order_id, account, name, word, created_at, updated_at, merges_until, sort_order,"
        " deleted, folded) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [*(getattr(order, name) for name in ORDER), order.deleted, fold(order.name)],
    )


def insert_images(db: Connection, images: Iterable[Image]) -> None:
    """Their uploads are rows of their own."""
    db.executemany(
        "insert into images (image_id, order_id, name, scene, added_at, starts_at, ends_at, failure, settings, token)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        map(astuple, images),
    )


def insert_bracket(db: Connection, bracket: Bracket) -> None:
    """Its upload is a row of its own."""
    db.execute(
        "insert into brackets (bracket_id, order_id, name, image_id, metadata, token) values (?, ?, ?, ?, ?, ?)",
        [getattr(bracket, name) for name in BRACKET],
    )


def read_order(row: Row, images: Iterable[Row]) -> Order:
    """With its images, in the order given."""
    values = {name: row[name] for name in ORDER}
    return Order(**values, deleted=bool(row["deleted"]), images=tuple(map(read_image, images)))


def read_image(row: Row) -> Image:
    """A row of `images`."""
    return Image(**{name: row[name] for name in IMAGE})


def read_bracket(row: Row) -> Bracket:
    """A row of `brackets` joined with `uploads`."""
    return Bracket(**{name: row[name] for name in BRACKET}, is_uploaded=bool(row["received"]))
