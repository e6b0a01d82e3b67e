"""Stories in which our own processes die, stop, or were started in a poor place."""

from __future__ import annotations

import base64
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import requests
from django.db import connection, transaction

from orders.models import ApiKey, Order, Pace, Write
from tests.certificates import certificate
from tests.slow.faults.deeds import LEAST, deed
from tests.slow.faults.people import Person
from tests.slow.faults.processes import Processes
from tests.slow.faults.proxy import Fault
from tests.slow.faults.stage import Stage
from tests.slow.faults.waits import somebody_waits_for_us
from tests.slow.procfile import ROOT
from tests.upstream import Step, Upstream, gzip_bomb
from tests.waiting import wait_until

SETTLES = """
import django; django.setup()
from orders import writes
from orders.models import Write
for pk in Write.objects.filter(state__in=Write.PENDING).values_list("pk", flat=True):
    writes.settle(pk)
"""

BOMB = partial(gzip_bomb, 200_000_000)

Moment = Callable[[Stage, str, str], None]


def press(stage: Stage, case: str, method: str, order: Order | None = None, **options: str) -> None:
    """Somebody presses the button that leads to this request."""
    if method == "POST":
        stage.begin(partial(stage.alice.create, case, stage.name(), **options))
    else:
        stage.begin(partial(stage.alice.rename, case, order or stage.order(), stage.name(), **options))


def before_the_intent(stage: Stage, case: str, method: str) -> None:
    """Nothing is committed yet."""
    stage.order()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("lock table orders_write in exclusive mode")
        press(stage, case, method)
        wait_until(somebody_waits_for_us)
        stage.web.kill_answering()


def before_the_call(stage: Stage, case: str, method: str) -> None:
    """The Write is committed, and waits for its turn to be sent; the look before a rename has had its own."""
    known, order = set(Write.objects.values_list("pk", flat=True)), stage.order()
    looked = ("GET", f"/v3/orders/{order.order_id}")
    stage.service.gate(case, *looked, Step(), processed=False)
    if method == "PATCH":
        press(stage, case, method, order)
        stage.service.wait(1, *looked)
    with transaction.atomic():
        Pace.reserve(50)
        if method == "PATCH":
            stage.service.open_gate(case)
        else:
            press(stage, case, method)
        wait_until(lambda: Write.objects.exclude(pk__in=known).exists())
        wait_until(somebody_waits_for_us)
        stage.web.kill_answering()


def before_it_arrives(stage: Stage, case: str, method: str) -> None:
    """It has left, and Autoenhance does it when we are dead."""
    stage.service.gate(case, method, "*", Step(), processed=False)
    press(stage, case, method)
    stage.service.wait(1, method)
    stage.web.kill_answering()
    stage.service.open_gate(case)


def before_the_answer(stage: Stage, case: str, method: str) -> None:
    """Autoenhance has done it, and its answer never comes."""
    stage.service.gate(case, method, "*", Step(), processed=True)
    press(stage, case, method)
    stage.service.wait(1, method)
    time.sleep(0.1)
    stage.web.kill_answering()


def before_the_mirror(stage: Stage, case: str, method: str) -> None:
    """The answer is here, and cannot be stored yet."""
    stage.service.gate(case, method, "*", Step(), processed=True)
    press(stage, case, method)
    stage.service.wait(1, method)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("lock table orders_order in share mode")
        stage.service.open_gate(case)
        wait_until(somebody_waits_for_us)
        stage.web.kill_answering()


def before_we_answer(stage: Stage, case: str, method: str) -> None:
    """All is done and stored, and nobody is told."""
    stage.service.gate(case, method, "*", Step(), processed=True)
    press(stage, case, method, at=stage.front.url)
    stage.service.wait(1, method)
    with stage.front.broken(Fault(cut=0)):
        stage.service.open_gate(case)
        time.sleep(0.3)
        stage.web.kill_answering()


MOMENTS: dict[str, Moment] = {
    "before-the-intent": before_the_intent,
    "before-the-call": before_the_call,
    "before-it-arrives": before_it_arrives,
    "before-the-answer": before_the_answer,
    "before-the-mirror": before_the_mirror,
    "before-we-answer": before_we_answer,
}


def answering(stage: Stage) -> bool:
    """Whether gunicorn has started others, and they answer."""
    if len(stage.web.children()) < 2:
        return False
    try:
        return all(requests.get(f"{stage.web.address}/healthz", timeout=5).ok for _ in range(4))
    except requests.RequestException:
        return False


def killed(moment: Moment, stage: Stage, case: str, operations: int) -> None:
    """`kill -9` at this moment of a create and of a rename (the short form has one of them), and then go on."""
    methods = ("POST", "PATCH") if operations > LEAST else (stage.random.choice(("POST", "PATCH")),)
    for _ in range(max(1, operations // 20)):
        for method in methods:
            stage.service.calm()
            stage.quiet()
            moment(stage, case, method)
            wait_until(partial(answering, stage), 60)
            stage.join()
            # Whoever was told nothing presses again; that must not do it twice.
            told = stage.many(stage.some(case, ["search", "open", "create", "rename"], 4))
            assert {op.status for op in told} <= {200, 302, 202, 409, 422}
            stage.settle(case)


for _name, _moment in MOMENTS.items():
    deed(f"F53-killed-{_name}")(partial(killed, _moment))


@deed("F54-deployed-under-load")
def deployed(stage: Stage, case: str, operations: int) -> None:
    """gunicorn takes new processes in (SIGHUP) while people work: whoever is in the middle gets their answer."""
    working = stage.begin(
        partial(stage.many, stage.some(case, ["search", "open", "create", "rename"], max(80, operations)))
    )
    time.sleep(0.3)
    before = set(stage.web.children())
    os.kill(stage.web.pid("web"), signal.SIGHUP)
    working.join()
    wait_until(lambda: not before >= set(stage.web.children()) and answering(stage), 60)
    assert {op.status for op in stage.history.of(case)} <= {200, 302, 409, 422}


@deed("F55-stopped-and-continued")
def stopped(stage: Stage, case: str, operations: int) -> None:
    """Every process stands still for three seconds; none is taken for dead, and everybody is answered."""
    working = stage.begin(partial(stage.many, stage.some(case, ["search", "create", "open"], max(24, operations))))
    for child in stage.web.children():
        os.kill(child, signal.SIGSTOP)
    time.sleep(3)
    for child in stage.web.children():
        os.kill(child, signal.SIGCONT)
    working.join()
    assert {op.status for op in stage.history.of(case)} <= {200, 302, 202, 422}
    assert "WORKER TIMEOUT" not in stage.web.log("web")


@deed("F56-little-memory")
def little_memory(stage: Stage, case: str, operations: int) -> None:
    """60 MB more than they have are enough for an answer of any size."""
    for child in stage.web.children():
        status = Path(f"/proc/{child}/status").read_text()
        most = int(status.partition("VmSize:")[2].split()[0]) * 1024 + 60_000_000
        resource.prlimit(child, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    try:
        stage.service.script("GET", "*", Step(stream=BOMB, headers={"Content-Encoding": "gzip"}, forever=True))
        told = stage.many(stage.some(case, ["refresh"], max(8, operations)), 4)
        assert {op.status for op in told} == {422}
    finally:
        for child in stage.web.children():
            resource.prlimit(child, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def another_web(stage: Stage, command: str = "", **environment: str) -> Iterator[Person]:
    """Alice at a second web server over the same database, started in another environment."""
    logs = stage.logs / f"another-{len(list(stage.logs.iterdir()))}"
    logs.mkdir()
    web = Processes(stage.upstream, stage.database, logs, **environment)
    web.change_command("web", command)
    try:
        web.serve()
        yield stage.alice.there(web.address)
    finally:
        web.kill_all()


@deed("F14-name-that-is-unknown")
def unknown_name(stage: Stage, case: str, operations: int) -> None:
    with another_web(stage, AUTOENHANCE_API_URL="https://autoenhance.invalid") as alice:
        op = alice.create(case, stage.name())
        assert (op.status, op.ended - op.began < 3.5) == (422, True)
        assert alice.search(case, "mill").status == 200


@deed("F37-certificate-that-is-none")
def bad_certificate(stage: Stage, case: str, operations: int) -> None:
    folder = stage.logs / "certificates"
    folder.mkdir(exist_ok=True)
    context, _ = certificate(folder)
    with Upstream(tls=context) as impostor, another_web(stage, AUTOENHANCE_API_URL=impostor.url) as alice:
        stage.quiet()
        assert alice.create(case, stage.name()).status == 422
        assert alice.rename(case, stage.order(), stage.name()).status == 422
        stage.strays += len(impostor.journal)


@deed("F73-another-encryption-key")
def another_encryption_key(stage: Stage, case: str, operations: int) -> None:
    sealed = list(ApiKey.objects.order_by("pk").values_list("sealed", flat=True))
    with another_web(stage, KEY_ENCRYPTION_KEYS=base64.b64encode(os.urandom(32)).decode()) as alice:
        assert alice.create(case, stage.name()).status == 422
        assert alice.rename(case, stage.order(), stage.name()).status == 422
        assert {alice.search(case, "mill").status, alice.open(case, stage.order()).status} == {200}
        assert alice.refresh(case, stage.order()).status == 302
        assert alice.ask("GET", "/keys/").status == 200
    assert list(map(bytes, ApiKey.objects.order_by("pk").values_list("sealed", flat=True))) == list(map(bytes, sealed))


@deed("F77-nobody-reads-the-log")
def nobody_reads_the_log(stage: Stage, case: str, operations: int) -> None:
    with another_web(stage, "{} 2>&1 | true", LOG_LEVEL="debug") as alice:
        assert alice.create(case, stage.name()).status == 302
        stage.service.script("PATCH", "*", Step(status=500))
        assert alice.rename(case, stage.order(), stage.name()).status == 202
        assert alice.search(case, "mill").status == 200


@deed("F82-four-who-settle")
def four_who_settle(stage: Stage, case: str, operations: int) -> None:
    """Four processes settle the same changes at once, and one of them is killed: each change is settled once."""
    stage.service.script("*", "*", *(Step(process=n % 2 == 0, status=500) for n in range(8)))
    stage.many([partial(stage.bob.create, case, stage.name()) for _ in range(4)], 1)
    stage.service.calm()
    stage.quiet()
    with connection.cursor() as cursor:
        cursor.execute("update orders_write set deadline = now() - interval '6 s' where state in ('open', 'unclear')")
    environment = stage.web.environment | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    command = [sys.executable, "-c", SETTLES]
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) for _ in range(4)]
    running[0].kill()
    assert [process.wait(60) for process in running][1:] == [0, 0, 0]
