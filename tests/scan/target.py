"""What is scanned: the processes of the Procfile with production settings, behind nginx as docs/operating.md says.

At https://localhost, on 127.0.0.1 alone, because the Observatory knows no other ports than 80 and 443. The world in it
is the one of the access matrix: alice's team with an order, a key, a view, a link; a stranger's team beside it.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import connection
from django.test import Client

from dashboard.accounts.models import Team, User
from orders import tokens
from orders.models import ApiKey, ShareLink
from orders.sandbox.app import create_app
from orders.sandbox.store import Store
from tests import databases
from tests.cast import ALICES_KEY, CHARLIES_KEY, mirrored, person, place_upstream, started
from tests.certificates import certificate
from tests.confirmed import just_confirmed
from tests.nginx import Nginx
from tests.test_access_matrix import things_of
from tests.test_production import Production
from tests.upstream import Upstream
from tests.waiting import wait_until

SITE = "https://localhost"
# The sandbox has a certificate of its own, and production takes no address without https. Nothing else is changed.
TRUSTING = "import certifi\ncertifi.where = lambda: {trust!r}\n"


@dataclass(frozen=True)
class Target:
    """The running site. things: alice's, as the access matrix has them; locked: the token of a link with a password.

    trust: the file that vouches for the site's certificate.
    """

    things: dict[str, Any]
    alice: User
    locked: str
    trust: Path
    production: Production

    def cookies(self) -> dict[str, str]:
        """Those of a browser in which alice has just logged in, and the token of its forms."""
        browser = Client(HTTP_HOST=urlsplit(SITE).netloc)
        browser.force_login(self.alice, settings.AUTHENTICATION_BACKENDS[0])
        just_confirmed(browser)
        browser.get("/settings/", secure=True)
        return {name: cookie.value for name, cookie in browser.cookies.items()}

    def browser(self, cookies: dict[str, str]) -> requests.Session:
        """A plain one, with these cookies."""
        session = requests.Session()
        session.trust_env, session.verify = False, str(self.trust)
        session.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return session

    def is_in(self, cookies: dict[str, str]) -> bool:
        """Whether these still open alice's settings: a scanner that has logged itself out has seen nothing."""
        return self.browser(cookies).get(f"{SITE}/settings/", allow_redirects=False, timeout=30).ok

    def errors(self) -> list[str]:
        """The lines of the log about answers of 500, which no request may get (R12)."""
        return [str(line) for line in self.logged() if line.get("status") == 500]

    def logged(self) -> list[dict[str, Any]]:
        """What the web server logged; mails stand between the lines."""
        lines = self.production.log("web").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith('{"')]


@contextmanager
def target(folder: Path) -> Iterator[Target]:
    """Start it all, with everything it writes below `folder`; ends with the `with`."""
    with ExitStack() as stack:
        database = stack.enter_context(databases.fresh())
        store = Store()
        stack.callback(store.close)
        (folder / "sandbox").mkdir()
        tls, trust = certificate(folder / "sandbox")
        upstream = stack.enter_context(Upstream(create_app(store), tls=tls))
        production = _production(folder / "production", database, upstream, trust)
        released = production.run(production.commands["release"])
        assert released.returncode == 0, released.stderr
        connection.settings_dict["NAME"] = urlsplit(database).path.strip("/")
        stack.callback(connection.close)
        for name in ("web", "worker"):
            process = stack.enter_context(production.start(name))
            stack.callback(process.terminate)
        wait_until(production.port)
        (folder / "nginx").mkdir()
        nginx = Nginx(folder / "nginx", port=443, plain_port=80)
        stack.enter_context(nginx.before(production.port()))
        made = _peopled(store, nginx.trust, production)
        wait_until(lambda: made.browser({}).get(f"{SITE}/healthz", timeout=5).ok)
        yield made


def _production(folder: Path, database: str, upstream: Upstream, trust: Path) -> Production:
    folder.mkdir()
    production = Production(folder, database)
    (folder / "sitecustomize.py").write_text(TRUSTING.format(trust=str(trust)))
    production.environment |= {
        "PYTHONPATH": str(folder),
        "SITE_URL": SITE,
        "AUTOENHANCE_API_URL": upstream.url,
        "EMAIL_URL": "consolemail://",
        # What we write into the database, as a browser's session, is signed and sealed with the same.
        **{name: os.environ[name] for name in ("SECRET_KEY", "KEY_ENCRYPTION_KEYS")},
    }
    return production


def _peopled(store: Store, trust: Path, production: Production) -> Target:
    alice, charlie = person("Alice"), person("Charlie")
    keys = [
        _key(owner, started(owner, team), secret)
        for owner, team, secret in ((alice, "Northlight", ALICES_KEY), (charlie, "Faraway", CHARLIES_KEY))
    ]
    things, _ = (things_of(key) for key in keys)
    for name in ("12 Rosewood Ave", "14 Rosewood Ave", "O'Brien & Sons"):
        mirrored(keys[0], name, order_id=place_upstream(store, ALICES_KEY, name), images=[{"id": str(uuid.uuid4())}])
    locked = tokens.issue()
    ShareLink.make(locked, things["order"], alice, "a password of the link", label="Locked")
    return Target(things, alice, locked, trust, production)


def _key(owner: User, team: Team, secret: str) -> ApiKey:
    key = ApiKey(user=owner, team=team, label="Studio")
    key.keep(secret)
    key.save()
    return key
