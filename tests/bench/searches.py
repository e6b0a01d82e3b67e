"""S1 to S3 and S5 to S7: the SQL of searching."""

from __future__ import annotations

import string
from collections.abc import Sequence
from itertools import product
from random import Random

from dashboard.accounts.models import Team
from orders.models import Order
from orders.search import search
from orders.search.places import NEWEST_FIRST, SORTS, Place, place_of
from tests.bench.addresses import STREETS
from tests.bench.data import World
from tests.bench.measure import Call, Goal, interleaved, p50, p99, sql_of, worst
from tests.bench.references import icontains, newest, one_search, tables_of

COMMON = ("ave", "drone", "street", "hdr", "twilight")
SHORT = ("a", "12", "st", "ro", "4", "e", "zz", "b", "40", "x")
NONE = ("zzyzx", "qqqqq wwww", '"no such place"', "99999 rosewood", "xylophonist")
FILTERS = ["status:error", "rose status:ready", "ave created:>=2026-01-01", "-status:ready", "by:me", "id:3f", "-drone"]
FILTERS += ["images:>20 drone", "key:studio -status:error", "updated:<7d", "is:open", "created:2025-06 hdr"]
FILTERS += ["status:deleted"]
ALL_SORTS = [way + name for name in SORTS for way in ("", "-")]

Asked = tuple[str, str]


def classes(team: Team) -> dict[str, list[Asked]]:
    """What is searched in this team, a text and a sort each, by class."""
    rare = _rare(team)
    plain: dict[str, Sequence[str]] = {"blank": [""], "rare": rare, "common": COMMON, "short": SHORT}
    plain |= {"filters": FILTERS, "stale": ["is:stale"], "none": NONE}
    asked = {name: [(text, NEWEST_FIRST) for text in texts] for name, texts in plain.items()}
    return asked | {"sorts": list(product(("", rare[0], "ave", "status:error"), ALL_SORTS))}


def latency(world: World) -> list[Goal]:
    """S1 and S6: each class against F of the same team."""
    medians: dict[str, float] = {}
    tails: dict[str, float] = {}
    counts: dict[str, float] = {}
    for team in world.ordinary:
        calls: dict[str, Call] = {name: _searching(world, team, asked) for name, asked in classes(team).items()}
        calls |= {"F": _floor(team), "counts": _counting(world, team)}
        seconds = interleaved(calls)
        floor = p50(seconds.pop("F"))
        counts[team.name] = p50(seconds.pop("counts")) / floor
        medians |= {f"{team.name}, {name}": p50(taken) / floor for name, taken in seconds.items()}
        tails |= {f"{team.name}, {name}": p99(taken) / floor for name, taken in seconds.items()}
    return [
        Goal("S1", "SQL of one search, every class, p50", *_figure(medians, 35), "F", worst(medians)[1]),
        Goal("S1", "SQL of one search, every class, p99", *_figure(tails, 60), "F", worst(tails)[1]),
        Goal("S6", "exact status counts without text, p50", *_figure(counts, 35), "F", worst(counts)[1]),
    ]


def whale(world: World) -> list[Goal]:
    """S2: the largest team against I."""
    team = world.whale
    texts: dict[str, Sequence[str]] = {"rare": _rare(team), "common": COMMON}
    calls: dict[str, Call] = {}
    for name, asked in texts.items():
        calls[name] = _searching(world, team, [(text, NEWEST_FIRST) for text in asked])
        calls[f"I {name}"] = _plainly(team, asked)
    seconds = {name: p50(taken) for name, taken in interleaved(calls, warm=2).items()}
    rare, common = (seconds[f"I {name}"] / seconds[name] for name in texts)
    return [
        Goal("S2", f"{team.name}, rare: times as fast as icontains", rare, 8, "", at_least=True),
        Goal("S2", f"{team.name}, common: times as fast as icontains", common, 200, "", at_least=True),
    ]


def growth(world: World) -> list[Goal]:
    """S3: the same team in a table of a tenth."""
    ratios: dict[str, float] = {}
    for team in world.ordinary:
        asked = {name: these for name, these in classes(team).items() if name in ("blank", "rare", "common", "sorts")}
        calls: dict[str, Call] = {name: _searching(world, team, these) for name, these in asked.items()}
        calls |= {f"small {name}": _in_small(call) for name, call in list(calls.items())}
        seconds = {name: p50(taken) for name, taken in interleaved(calls).items()}
        ratios |= {f"{team.name}, {name}": seconds[name] / seconds[f"small {name}"] for name in asked}
    return [Goal("S3", "same team, table 10 times as large, p50", *_figure(ratios, 1.3), "x", worst(ratios)[1])]


def depth(world: World) -> list[Goal]:
    """S5: pages deep in the largest team against the first one in the same order."""
    team = world.whale
    ratios: dict[str, float] = {}
    orders = Order.objects.of(team).count()
    for sort in ("-created", "created", "-updated", "name", "-images"):
        column = SORTS[sort.lstrip("-")]
        way = "-" if sort.startswith("-") else ""
        by = (way + column, f"{way}pk")
        calls: dict[str, Call] = {"first": _searching(world, team, [("", sort)])}
        for share in (0.1, 0.5, 0.99):
            place = place_of(Order.objects.of(team).order_by(*by)[int(orders * share)], sort)
            calls[f"{share:.0%}"] = _paging(world, team, place)
        seconds = {name: p50(taken) for name, taken in interleaved(calls).items()}
        ratios |= {f"{sort} at {name}": taken / seconds["first"] for name, taken in seconds.items() if name != "first"}
    return [Goal("S5", "any depth of paging, against the first page, p50", *_figure(ratios, 3), "x", worst(ratios)[1])]


def fuzz(world: World) -> list[Goal]:
    """S7: what nobody would type, within the bounds of S1."""
    team = world.ordinary[0]
    texts = _nonsense(Random(3), team, 400)
    calls = {"F": _floor(team), "fuzz": _searching(world, team, [(text, NEWEST_FIRST) for text in texts])}
    seconds = interleaved(calls, times=len(texts))
    floor = p50(seconds["F"])
    slowest = texts[max(range(len(texts)), key=seconds["fuzz"].__getitem__)]
    return [
        Goal("S7", "fuzzed input, p50", p50(seconds["fuzz"]) / floor, 35, "F"),
        Goal("S7", "fuzzed input, p99", p99(seconds["fuzz"]) / floor, 60, "F", f"slowest: {slowest[:30]!r}"),
    ]


def _figure(ratios: dict[str, float], bound: float) -> tuple[float, float]:
    return worst(ratios)[0], bound


def _floor(team: Team) -> Call:
    return lambda _: sql_of(lambda: newest(team))


def _searching(world: World, team: Team, asked: Sequence[Asked]) -> Call:
    return lambda i: sql_of(lambda: one_search(team, world.user, *asked[i % len(asked)]))


def _paging(world: World, team: Team, place: Place) -> Call:
    return lambda _: sql_of(lambda: one_search(team, world.user, "", place.sort, place))


def _counting(world: World, team: Team) -> Call:
    return lambda _: sql_of(search(team, world.user, "").status_counts)


def _plainly(team: Team, texts: Sequence[str]) -> Call:
    return lambda i: sql_of(lambda: icontains(team, texts[i % len(texts)]))


def _in_small(call: Call) -> Call:
    def within(turn: int) -> float:
        with tables_of("small"):
            return call(turn)

    return within


def _rare(team: Team) -> list[str]:
    """Number and street of some orders, as people type them: "12 rosewood"."""
    names = Order.objects.of(team).order_by("order_id").values_list("name", flat=True)[:40]
    return [" ".join(name.split()[:2]).lower() for name in names]


def _nonsense(random: Random, team: Team, count: int) -> list[str]:
    known = list(Order.objects.of(team).order_by("order_id").values_list("order_id", flat=True)[:50])
    signs = string.punctuation + " %_\\\"'"
    kinds = (
        lambda: "".join(random.choices(signs, k=random.randint(1, 30))),
        lambda: "".join(random.choices(string.ascii_lowercase + signs, k=200)),
        lambda: "".join(random.choices("%_\\", k=random.randint(1, 50))),
        lambda: random.choice(known)[random.randint(0, 10) : random.randint(12, 36)],
        lambda: " ".join(random.choices(STREETS, k=20)),
        lambda: random.choice(string.ascii_lowercase) * 200,
        lambda: "".join(random.choices(string.ascii_lowercase, k=random.randint(1, 12))),
        lambda: "".join(chr(random.randint(0xA0, 0x3000)) for _ in range(random.randint(1, 40))),
    )
    return [random.choice(kinds)() for _ in range(count)]
