"""Some two hundred orders that a small studio might have made in half a year, the same ones for the same key."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from math import inf
from random import Random

from orders.sandbox.drawing import SCENES
from orders.sandbox.records import Image, Order
from orders.sandbox.store import UNREADABLE, Store

HOUR = 3_600.0
DAY = 24 * HOUR
HALF_A_YEAR = 180
STREETS = (
    "Rosewood Street", "Harbour Street", "Mill Lane", "Chapel Road", "Linden Avenue", "Orchard Close", "Quarry Road",
    "St Brannoc's Terrace", "Kestrel Drive", "Old Ferry Road", "High Street", "Willow Court", "Lantern Hill",
    "Foxglove Way", "Station Parade", "Marlowe Crescent",
)  # fmt: skip
TOWNS = ("Fernhaven", "Port Ellery", "Millbrook Vale", "Ashcombe", "Saltmere", "Upper Thornby")
SUFFIXES = ("", "", "", "", " – twilight", ", Apt 4", " (reshoot)", " – drone", ", Flat 2B", " – interiors", " #12")
FILES = ("DSC_{:04}.jpg", "IMG_{:04}.JPG", "_MG_{:04}.jpg")
FAILURES = (UNREADABLE, "The picture is too dark to enhance", "Enhancement capacity is used up, try again later")


@dataclass(frozen=True, slots=True)
class Shape:
    """What sort of order to make: `work` is seconds until the last image is done, `failed` how many fail."""

    images: int = 0
    work: float = 0.0
    merging: float = 0.0
    failed: int = 0
    word: str | None = None


TODAY = 6  # so many of the newest
NEWEST = (  # today, one every half hour or so, and yesterday
    Shape(images=6, work=90), Shape(), Shape(images=9, merging=180, work=240), Shape(images=12),
    Shape(images=24, work=900), Shape(images=8, failed=2), Shape(), Shape(images=5), Shape(images=18),
    Shape(images=14, work=inf), Shape(images=11), Shape(images=3, merging=inf, work=inf), Shape(images=7),
)  # fmt: skip
ODD_NAMES = (
    "14 Rue des Érables, Côte-Belle", "Sunset Cove 22 🌅", "רחוב הגפן 14, נוף ים", None, "شارع الزيتون ٩",
    "Łąkowa 3, Żabia Wola", "桜台 5-12",
    "The Old Rectory, with coach house, walled garden, paddock and outbuildings, Church Lane, Saltmere",
    "O'Brien & Sons <show flat>", None,
)  # fmt: skip
ODD_WORDS = ("archived", "on_hold", "", "quarantined", "")  # an empty word is told as null


def seed(store: Store, key: str, count: int = 200, now: datetime | None = None) -> None:
    """Open the account of this key and fill it with `count` orders up to `now`; a second call does nothing."""
    account = store.open_account(key)
    end = now.timestamp() if now else store.now()
    random = Random(f"proofsheet {key}")  # noqa: S311 - pretty, not secret
    store.plant(account, [_order(random, account, number, end, store.speed) for number in range(count)])


def _order(random: Random, account: int, number: int, end: float, speed: float) -> Order:
    shape = _shape(random, number)
    order_id = _uuid(random)
    created = _created(random, number, end)
    until = end + shape.merging / speed if shape.merging else 0.0
    images = tuple(_image(random, order_id, shape, index, created, end, speed) for index in range(shape.images))
    return Order(
        order_id, account, _name(random, number), shape.word, created, created, until, "date_added", False, images
    )


def _shape(random: Random, number: int) -> Shape:
    if number < len(NEWEST):
        return NEWEST[number]
    if number % 37 == 0:
        return Shape(images=random.randint(0, 9), word=ODD_WORDS[number // 37 % len(ODD_WORDS)])
    images = random.randint(1, 40) if random.random() < 0.68 else 0
    if number % 17 == 0:
        return Shape(images=images or 4, failed=images or 4)
    return Shape(images=images, failed=min(images, random.choice((0, 0, 0, 0, 0, 0, 0, 1, 3))))


def _created(random: Random, number: int, end: float) -> float:
    """Some today, some yesterday, the others spread over half a year; in daylight, as photographs are taken."""
    if number < TODAY:
        return end - 600 - number * random.uniform(1500, 2400)
    days = 1 if number < len(NEWEST) else random.randint(2, HALF_A_YEAR)
    return end - end % DAY - days * DAY + random.uniform(7 * HOUR, 19 * HOUR)


def _name(random: Random, number: int) -> str | None:
    plain = f"{random.randint(1, 180)} {random.choice(STREETS)}, {random.choice(TOWNS)}{random.choice(SUFFIXES)}"
    odd = number % 9 == 4 and number // 9 < len(ODD_NAMES)
    return ODD_NAMES[number // 9] if odd else plain


def _image(random: Random, order_id: str, shape: Shape, index: int, created: float, end: float, speed: float) -> Image:
    added = created + 60 + index
    name = FILES[shape.images % len(FILES)].format(1000 + random.randint(0, 10) + index * 11)
    ends = end + shape.work * (index + 1) / shape.images / speed if shape.work else added + 30
    starts = min(added + 2, end)
    failure = random.choice(FAILURES) if index < shape.failed else None
    scene = random.choice(sorted(SCENES))
    settings = json.dumps({"enhance_type": random.choice(("neutral", "warm", "property")), "sky_replacement": True})
    return Image(_uuid(random), order_id, name, scene, added, starts, ends, failure, settings, None)


def _uuid(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))
