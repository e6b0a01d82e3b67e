"""Puts the stage together: Autoenhance, the proxies, our processes, and a team that works there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from dashboard.accounts.models import Membership
from dashboard.accounts.roles import Role
from orders.models import ApiKey
from tests.canary import CORE
from tests.cast import person, started
from tests.slow.faults import service as services
from tests.slow.faults.history import History
from tests.slow.faults.people import Person
from tests.slow.faults.processes import Processes
from tests.slow.faults.proxy import Address, Proxy
from tests.slow.faults.stage import Stage

TEAMMATES = ("Alice", "Bob", "Carol", "Dora", "Emil", "Frida")
STRANGER = "Charlie"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def _cast(stage: Stage) -> None:
    """A team of six with a key each, open to the others; and a stranger with a team of his own."""
    users = [person(name) for name in (*TEAMMATES, STRANGER)]
    team, faraway = started(users[0], "Northlight"), started(users[-1], "Faraway")
    for user in users[1:-1]:
        Membership.objects.create(user=user, team=team, role=Role.MEMBER)
    for user in users:
        own = faraway if user.name == STRANGER else team
        key = ApiKey(user=user, team=own, label=f"{user.name}'s", shared=own == team)
        key.keep(secret_of(user.name))
        key.save()
        address = stage.web.address
        stage.people.append(Person(user.name, user, own, key, stage.history, stage.see, address, {}))


def secret_of(name: str) -> str:
    """Somebody's key: with the canary in it, so that it is found wherever it should not be."""
    return f"ae_{name}+{CORE}&%wxyz"


def log_in(who: Person) -> None:
    """As after the form: what is tried here is what comes then."""
    client = Client()
    client.force_login(who.user, BACKEND)
    who.cookies = {"session": client.cookies["session"].value}


def log_out(who: Person) -> None:
    """Their session is over, and their browser does not know it yet."""
    import_module(settings.SESSION_ENGINE).SessionStore(who.cookies["session"]).delete()


@contextmanager
def stage(logs: Path, seed: int) -> Iterator[Stage]:
    """The installation, over the database of the tests."""
    database_of = connection.settings_dict
    host = database_of["HOST"] or parse_qs(urlsplit(os.environ["DATABASE_URL"]).query).get("host", [""])[0]
    port = int(database_of["PORT"] or 5432)
    target: Address = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host or "127.0.0.1", port)
    keys = [secret_of(name) for name in (*TEAMMATES, STRANGER)]
    with ExitStack() as stack:
        service = stack.enter_context(services.started(keys))
        upstream = stack.enter_context(Proxy(("127.0.0.1", service.port())))
        database = stack.enter_context(Proxy(target))
        web = Processes(upstream, database, logs)
        stack.callback(web.kill_all)
        front = stack.enter_context(Proxy(("127.0.0.1", web.port)))
        stack.enter_context(override_settings(AUTOENHANCE_API_URL=service.url()))
        built = Stage(service, upstream, database, front, web, History(logs / "history.jsonl"), seed, logs)
        _cast(built)
        web.start("worker")
        web.serve()
        for one in built.people:
            log_in(one)
        yield built
