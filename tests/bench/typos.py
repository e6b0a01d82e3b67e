"""S4: whoever mistypes an address still finds its order."""

from __future__ import annotations

import string
from collections import defaultdict
from random import Random

from orders.models import Order
from orders.search import search
from orders.search.places import NEWEST_FIRST
from tests.bench.data import World
from tests.bench.measure import Goal
from tests.bench.references import PAGE

EACH = 100
SHORTEST = 4


def found(world: World) -> list[Goal]:
    """S4: number and street with one edit in a word of four letters or more; at most a page of true matches."""
    random = Random(4)
    shares, missed = [], []
    for team in world.teams:
        addresses: dict[str, list[int]] = defaultdict(list)
        for pk, name in Order.objects.of(team).order_by("order_id").values_list("pk", "name"):
            addresses[name.partition(",")[0]].append(pk)
        few = [address for address, pks in addresses.items() if len(pks) <= PAGE]
        for address in random.sample(few, EACH):
            asked = mistyped(random, address)
            ids = search(team, world.user, asked).ids(NEWEST_FIRST, None, PAGE)
            shares.append(random.choice(addresses[address]) in ids)
            if not shares[-1]:
                missed.append(f"{asked} ({address})")
    figure = 100 * sum(shares) / len(shares)
    cell = f"not found: {'; '.join(missed[:2])}" if missed else ""
    return [Goal("S4", "one edit in a street's name: the order is found", figure, 98, "%", cell, at_least=True)]


def mistyped(random: Random, address: str) -> str:
    """The address in small letters, with one edit in one of its longer words."""
    words = address.lower().split()
    which = random.choice([i for i, word in enumerate(words) if len(word) >= SHORTEST])
    word, letter = words[which], random.choice(string.ascii_lowercase)
    at = random.randrange(len(word) - 1)
    words[which] = random.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
    )
    return " ".join(words)
