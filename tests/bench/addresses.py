"""Names as studios give them: addresses, the busy streets far more often than others; the same ones each time."""

from __future__ import annotations

from itertools import accumulate
from random import Random

FIRST = (
    "Rose", "Oak", "Elm", "Ash", "Birch", "Maple", "Cedar", "Willow", "Haw", "Black", "White", "Green", "Red",
    "Gold", "Silver", "Stone", "Brook", "River", "Lake", "Hill", "Glen", "Heath", "Moor", "Marsh", "Fern",
    "Fox", "Hart", "Swan", "Raven", "Eagle", "Kestrel", "Lark", "Wren", "King", "Queen", "Bishop", "Abbot",
    "Church", "Mill", "Bridge", "Castle", "Manor", "North", "South", "East", "West", "Old", "New", "Long",
    "Broad", "High", "Low", "Sun", "Moon", "Summer", "Winter", "Spring", "Harbour",
)  # fmt: skip
SECOND = (
    "wood", "field", "ford", "ton", "ham", "ley", "den", "dale", "mere", "worth", "wick", "bury", "stead",
    "shaw", "hurst", "gate", "well", "side", "brook", "bank", "more", "low", "combe", "thorpe", "by", "land",
    "croft", "grove", "view", "point", "cliff", "haven", "port", "minster", "moor", "bourne", "leigh", "church",
    "stone", "bridge",
)  # fmt: skip
# Zipf, but for its head: the busiest street has about 1 % of the orders.
STREETS = [first + second for second in SECOND for first in FIRST]
STREETS_SO_FAR = list(accumulate(1 / (rank + 20) for rank in range(len(STREETS))))
KINDS = ("Street", "St", "Road", "Rd", "Avenue", "Ave", "Lane", "Drive", "Close", "Court", "Crescent", "Terrace", "Way")
TOWNS = [f"{before} {name}".strip() for before in ("", "Upper", "Nether", "Port") for name in STREETS[:1500:50]]
SHOTS = ("", "", "", "", " – drone", " – twilight", " HDR", " (reshoot)", ", Apt 4", ", Flat 2B", " – interiors")


def names(random: Random, count: int) -> list[str]:
    """So many names; few are the same."""
    streets = random.choices(STREETS, cum_weights=STREETS_SO_FAR, k=count)
    kinds, towns, shots = (random.choices(these, k=count) for these in (KINDS, TOWNS, SHOTS))
    parts = zip(streets, kinds, towns, shots, strict=True)
    return [f"{random.randint(1, 400)} {street} {kind}, {town}{shot}" for street, kind, town, shot in parts]
