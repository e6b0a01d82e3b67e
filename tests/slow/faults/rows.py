"""Faults that are one answer of Autoenhance, or one fault of a wire: what is broken, and what people are told then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

from orders.models import ApiKey, Pace, now
from orders.models.pace import Standing
from orders.transport import LONGEST_WAIT
from tests.canary import CORE
from tests.slow.faults.proxy import Fault
from tests.slow.faults.stage import Stage
from tests.upstream import Step, flood, gzip_bomb

Statuses = Mapping[str, set[int]]
# By kind of operation. 302: done. 202: not confirmed yet. 422: refused, with a sentence.
FINE: Statuses = {"create": {302}, "rename": {302}, "refresh": {302}, "search": {200}}
UNCLEAR: Statuses = {"create": {202}, "rename": {202}, "refresh": {422}, "search": {200}, "open": {200}}
REFUSED: Statuses = {"create": {422}, "rename": {422}, "refresh": {422}, "search": {200}, "open": {200}}
AWAY: Statuses = {"create": {503}, "rename": {503}, "search": {503}}
# Whatever is broken, nothing else than this is ever an answer to somebody in our own browser.
ANY = {200, 202, 302, 409, 422, 503}
# Autoenhance's own page of an error. Nobody must see it, and no table keep it: the canary finds it there.
PAGE = f"<!doctype html><script>alert('{CORE}')</script>".encode()


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is broken, and the statuses that may be told then by kind of operation; others than these are not tried.

    steps, twists: of Autoenhance, by method; where there are several, each is tried by itself. link: on the way to it.
    database: on the way to Postgres. slow: each takes seconds, so the short form has but one of each kind. also: what
    else has to be true while it is broken.
    """

    told: Statuses
    steps: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    twists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    link: Fault | None = None
    database: Fault | None = None
    slow: bool = False
    also: Callable[[Stage], bool] = lambda stage: True

    @property
    def variants(self) -> int:
        return max((len(each) for each in (*self.steps.values(), *self.twists.values())), default=1)


def run(fault: Case, stage: Stage, case: str, operations: int) -> None:
    """One of each kind first, which must be told just so; then as many as wished at once, which must be told anything
    but a crash: by then the circuit may be open, or the key refused."""
    kinds = list(fault.told)
    for variant in range(fault.variants):
        firsts = {kind: stage.op(case, kind, stage.alice) for kind in kinds}
        rest = stage.some(case, kinds, operations // fault.variants)
        stage.service.calm()
        with _broken(fault, stage, variant):
            for kind, first in firsts.items():
                stage.quiet()
                status = first().status
                assert status in fault.told[kind], f"{kind}, variant {variant}: {status}"
                assert fault.also(stage)
            assert {op.status for op in stage.many(rest)} <= ANY
        stage.service.calm()
        ApiKey.objects.update(refused_at=None)


def _broken(fault: Case, stage: Stage, variant: int) -> ExitStack:
    stack = ExitStack()
    for method, steps in fault.steps.items():
        stage.service.script(method, "*", replace(steps[variant % len(steps)], forever=True))
    for method, twists in fault.twists.items():
        stage.service.twist(method, twists[variant % len(twists)])
    if fault.link:
        stack.enter_context(stage.upstream.broken(fault.link, cut=True))
    if fault.database:
        stack.enter_context(stage.database.broken(fault.database, cut=True))
    return stack


def _for(told: Statuses, *kinds: str) -> Statuses:
    return {kind: told[kind] for kind in kinds}


def _writes(*steps: Step) -> dict[str, tuple[Step, ...]]:
    return {"POST": steps, "PATCH": steps}


def _all(*steps: Step) -> dict[str, tuple[Step, ...]]:
    return {"POST": steps, "PATCH": steps, "GET": steps}


def _pause_is_short(stage: Stage) -> bool:
    standing: Standing = Pace.standing()
    return standing.limited_until is None or (standing.limited_until - now()).total_seconds() <= LONGEST_WAIT


def _nothing_arrived(stage: Stage) -> bool:
    return stage.service.count("POST") == stage.service.count("PATCH") == 0


def _limited(value: str) -> Step:
    return Step(status=429, headers={"Retry-After": value})


WRITE = ("create", "rename")
READ = ("refresh", "open", "search")
MANY = b'{"order_id": "o1", "images": [' + b",".join(b'{"image_id":"%06d"}' % n for n in range(100_000)) + b"]}"
DEEP = "[" * 100_000 + "]" * 100_000
ODD = (
    '"x": NaN', f'"x": {"9" * 5000}', f'"x": {DEEP}', '"name": "a\\u0000b"', '"name": "\\ud83c lone"',
    '"order_id": "first", "order_id": "second"',
)  # fmt: skip
NULLS = (
    '"status": null',
    '"images": null',
    '"is_processing": "yes"',
    '"images": {"a": 1}',
    '"status": 7',
    '"name": null',
)
TIMES = (
    '"created_at": "2026-01-01T10:00:00", "last_updated_at": "2026-01-01T10:00:00"',
    '"last_updated_at": "2026-01-01T10:00:00.1234567Z"',
    '"created_at": null, "last_updated_at": null',
    '"created_at": "yesterday", "last_updated_at": 5',
    '"last_updated_at": "9999-12-31T23:59:59+00:00"',
    '"last_updated_at": "0001-01-01T00:00:00+14:00"',
)
INVALID = Step(
    status=422, json={"message": "Validation error", "detail": {"json": {"name": [f"<b>wrong</b> {'x' * 500}"]}}}
)

ROWS: dict[str, Case] = {
    "F04-404-on-patch": Case(steps={"PATCH": (Step(status=404),)}, told=_for(REFUSED, "rename")),
    "F06-422-in-any-shape": Case(
        steps=_writes(
            INVALID,
            *(
                Step(status=422, json=odd)
                for odd in ({"message": 7, "detail": "no"}, ["no"], "no", None, {"detail": [1]})
            ),
        ),
        told=_for(REFUSED, *WRITE),
    ),
    "F08-429-with-odd-headers": Case(
        steps=_writes(
            *map(_limited, ("Wed, 21 Oct 2026 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "-1", "999999", "soon"))
        ),
        told=_for(REFUSED, *WRITE),
        also=_pause_is_short,
    ),
    "F09-429-without-a-header": Case(steps=_all(Step(status=429)), told=REFUSED, also=_pause_is_short),
    "F10-500-on-get": Case(steps={"GET": (Step(status=500),)}, told=_for(UNCLEAR, *READ)),
    "F11-500-on-a-write": Case(
        steps=_writes(Step(status=500), Step(status=500, process=True)), told=_for(UNCLEAR, *WRITE)
    ),
    "F12-502-with-a-page": Case(
        steps=_all(
            *(Step(status=status, raw=PAGE, headers={"Content-Type": "text/html"}) for status in (502, 503, 504))
        ),
        told=UNCLEAR,
    ),
    "F13-refused-connection": Case(link=Fault(refuse=True), told=REFUSED, also=_nothing_arrived),
    "F15-connection-never-taken": Case(
        link=Fault(full=True), told=_for(REFUSED, "create", "search"), also=_nothing_arrived, slow=True
    ),
    "F16-no-answer-to-a-create": Case(
        steps={"POST": (Step(hang=True), Step(process=True, delay=9))}, told=_for(UNCLEAR, "create"), slow=True
    ),
    "F17-no-answer-to-a-rename": Case(
        steps={"PATCH": (Step(hang=True), Step(process=True, delay=9))}, told=_for(UNCLEAR, "rename"), slow=True
    ),
    "F19-slow-drip": Case(link=Fault(drip=0.3), told=_for(UNCLEAR, "create", "refresh"), slow=True),
    "F20-reset-before-any-byte": Case(link=Fault(cut=0), told=UNCLEAR),
    "F21-reset-in-a-body": Case(steps=_all(Step(process=True, reset="during")), told=UNCLEAR),
    "F22-short-body": Case(steps=_all(Step(process=True, truncate=5)), told=UNCLEAR),
    "F23-empty-200": Case(steps=_writes(Step(process=True, raw=b"")), told=_for(FINE, *WRITE)),
    "F24-no-json": Case(
        steps=_all(
            Step(raw=b"{"),
            Step(raw='\ufeff{"order_id": "o1"}'.encode()),
            Step(raw='{"order_id": "ö"}'.encode("latin-1")),
            Step(
                raw='{"order_id": "o1"}'.encode("utf-16"), headers={"Content-Type": "application/json; charset=utf-16"}
            ),
        ),
        told=UNCLEAR,
    ),
    "F25-a-page-instead": Case(steps=_all(Step(raw=PAGE, headers={"Content-Type": "text/html"})), told=UNCLEAR),
    "F26-json-of-another-kind": Case(
        steps=_all(*(Step(raw=top) for top in (b"null", b"[]", b'"x"', b"42"))), told=UNCLEAR
    ),
    "F27-another-order-or-none": Case(
        steps=_all(Step(json={"order_id": "another", "name": "Not this one"}), Step(json={"name": "Nobody's"})),
        told=UNCLEAR,
    ),
    "F28-far-too-much": Case(
        steps=_all(Step(stream=partial(flood, 200_000_000)), Step(raw=MANY)), told=_for(UNCLEAR, "create", "refresh")
    ),
    "F29-bombs": Case(
        steps=_all(
            *(
                Step(stream=partial(gzip_bomb, 100_000_000), headers={"Content-Encoding": encoding})
                for encoding in ("gzip", "gzip, gzip", "br")
            )
        ),
        told=_for(UNCLEAR, "create", "refresh"),
    ),
    "F30-json-that-poisons": Case(
        twists={"GET": ODD, "POST": ODD, "PATCH": ODD},
        told={"create": {302, 202}, "rename": {302, 202, 409}, "refresh": {302, 422}, "open": {200}, "search": {200}},
    ),
    "F31-unknown-fields": Case(
        twists=dict.fromkeys(("GET", "POST", "PATCH"), ('"mood": "sunny", "more": {"a": [1, null]}',)),
        told=FINE,
    ),
    "F32-unknown-status": Case(twists=dict.fromkeys(("GET", "POST", "PATCH"), ('"status": "brewing"',)), told=FINE),
    "F33-nulls-and-wrong-types": Case(
        twists={"GET": NULLS, "POST": NULLS, "PATCH": NULLS},
        told={"create": {302, 202}, "rename": {302, 202}, "refresh": {302, 422}, "open": {200}, "search": {200}},
    ),
    "F38-another-version-s-shape": Case(
        steps=_all(Step(json={"id": "o1", "title": "12 High St", "state": "done"})), told=UNCLEAR
    ),
    "F43-no-database": Case(database=Fault(refuse=True), told=AWAY, also=_nothing_arrived),
    "F48-slow-database": Case(database=Fault(latency=0.02), told=FINE),
    "F51-no-connection-left": Case(database=Fault(exhausted=True), told=AWAY, also=_nothing_arrived),
    "F75-times-that-are-none": Case(
        twists={"GET": TIMES, "POST": TIMES, "PATCH": TIMES},
        told={"create": {302, 202}, "rename": {302, 202}, "refresh": {302, 422}, "open": {200}, "search": {200}},
    ),
}
