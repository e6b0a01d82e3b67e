"""The processes of the Procfile with production settings, against a fresh database (S7, features O4)."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from orders import tokens
from orders.vault import new_key
from tests import databases
from tests.waiting import wait_until

ROOT = Path(settings.BASE_DIR)
PARTS = ("dashboard", "orders", "templates", "static", "manage.py", "Procfile")
HOST = "proofsheet.example.com"


class Production:
    """A checkout of its own, so that the collected files are, and the Procfile's processes in it."""

    def __init__(self, directory: Path, database: str) -> None:
        self.directory = directory
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, directory / part)
        lines = (line.partition(":") for line in (directory / "Procfile").read_text().splitlines())
        self.commands = {name: command.strip() for name, _, command in lines}
        self.environment = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "DEBUG": "false",
            "SECRET_KEY": "".join(new_key() for _ in range(2)),
            "KEY_ENCRYPTION_KEYS": new_key(),
            "DATABASE_URL": database,
            "SITE_URL": f"https://{HOST}",
            "PROXY_COUNT": "1",
            "EMAIL_URL": "smtp://127.0.0.1:9",
            # PORT alone would open the port to every machine around.
            "GUNICORN_CMD_ARGS": "--bind=127.0.0.1:0",
        }

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            ["sh", "-c", command], cwd=self.directory, env=self.environment, capture_output=True, text=True
        )

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """A process of the Procfile, which writes into a log; what it tells a person who starts it is beside that."""
        with self.log(name).open("wb") as log, self.log(f"{name}.stderr").open("wb") as told:
            command = ["sh", "-c", self.commands[name]]
            return subprocess.Popen(command, cwd=self.directory, env=self.environment, stdout=log, stderr=told)

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def lines(self, name: str) -> list[dict[str, Any]]:
        """What was logged so far, each line of it an object; an error when one is not."""
        return [json.loads(line) for line in self.log(name).read_text().splitlines()]

    def port(self) -> int:
        """Where the web server listens; 0 until it does."""
        found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", self.log("web").read_text())
        return int(found[1]) if found else 0

    def get(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        """As the proxy in front asks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port(), timeout=30)
        sent = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", **headers}
        connection.request("GET", path, headers=sent)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    def ready(self) -> dict[str, Any]:
        """What /readyz says; the status under "code"."""
        answer, body = self.get("/readyz")
        return {**json.loads(body), "code": answer.status}


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """Released, with every other process of the Procfile running."""
    with ExitStack() as stack:
        database = stack.enter_context(databases.fresh())
        made = Production(tmp_path_factory.mktemp("production"), database)
        released = made.run(made.commands["release"])
        assert released.returncode == 0, released.stderr
        for name in made.commands.keys() - {"release"}:
            process = stack.enter_context(made.start(name))
            stack.callback(process.terminate)
        wait_until(made.port)
        yield made


class ProductionTests:
    def test_is_ready_with_its_worker(self, production: Production) -> None:
        wait_until(lambda: production.ready()["worker"] == "ok")
        assert production.ready() == {"code": 200, "status": "ok", "database": "ok", "worker": "ok"}
        assert production.get("/healthz")[0].status == 200

    def test_answers_a_probe_that_speaks_plain_http(self, production: Production) -> None:
        """A load balancer asks the process itself, past the proxy that adds the headers."""
        for path in ("/healthz", "/readyz"):
            assert production.get(path, **{"X-Forwarded-Proto": "http"})[0].status == 200

    def test_serves_hashed_styles_for_ever(self, production: Production) -> None:
        _, page = production.get("/accounts/login/")
        sheets = re.findall(r'<link[^>]+href="(/static/[^"]+\.css)"', page.decode())
        assert sheets
        for sheet in sheets:
            answer, css = production.get(sheet, **{"Accept-Encoding": "br"})
            assert re.search(r"\.[0-9a-f]{12}\.css$", sheet)
            assert (answer.status, bool(css)) == (200, True)
            assert "immutable" in answer.headers["Cache-Control"]

    def test_a_script_runs_only_as_it_was_collected(self, production: Production) -> None:
        """T80, S8: each with its hash, which is that of what we serve."""
        _, page = production.get("/accounts/login/")
        scripts = re.findall(r'<script src="([^"]+)" integrity="sha384-([^"]+)" defer>', page.decode())
        assert len(scripts) == page.count(b"<script") > 0
        for address, digest in scripts:
            assert base64.b64encode(hashlib.sha384(production.get(address)[1]).digest()).decode() == digest

    def test_passes_the_deployment_check_with_nothing_silenced(self, production: Production) -> None:
        checked = production.run("python manage.py check --deploy --fail-level WARNING")
        assert checked.returncode == 0
        assert "no issues (0 silenced)" in checked.stdout + checked.stderr

    def test_sends_a_visitor_to_https_and_keeps_them_there(self, production: Production) -> None:
        answer, _ = production.get("/accounts/login/", **{"X-Forwarded-Proto": "http"})
        assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/accounts/login/")
        answer, _ = production.get("/accounts/login/")
        assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-csrf=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))

    def test_answers_to_its_own_name_only(self, production: Production) -> None:
        assert production.get("/accounts/login/", Host="evil.example")[0].status == 400

    def test_is_closed_to_strangers(self, production: Production) -> None:
        answer, _ = production.get("/keys/")
        assert (answer.status, answer.headers["Location"]) == (302, "/accounts/login/?next=/keys/")
        assert b'type="password"' not in production.get("/accounts/signup/")[1]

    @pytest.mark.parametrize("name", ["web", "worker"])
    def test_logs_json_and_nothing_else(self, production: Production, name: str) -> None:
        """The web server's and the queue's own lines too, from the first one on; standard error is for start-up."""
        wait_until(lambda: production.ready()["worker"] == "ok")
        lines = production.lines(name)
        assert [line for line in lines if not {"event", "level", "logger", "timestamp"} <= line.keys()] == []
        loggers = {line["logger"].partition(".")[0] for line in lines}
        assert {"web": "gunicorn", "worker": "procrastinate"}[name] in loggers

    def test_logs_a_line_for_each_request(self, production: Production) -> None:
        """By the id that the answer bears, and without what opens anything or what was searched for (T36)."""
        token = tokens.issue()
        answer, _ = production.get(f"/s/{token}/?q=rosewood", **{"X-Request-Id": "the-id-of-this-one"})
        assert answer.headers["X-Request-Id"] == "the-id-of-this-one"
        wait_until(lambda: self.said(production, "the-id-of-this-one"))
        line = self.said(production, "the-id-of-this-one")[-1]
        facts = {name: line[name] for name in ("method", "path", "route", "status", "user")}
        assert facts == {"method": "GET", "path": "/s/[token]/", "route": "orders:guest", "status": 404, "user": None}
        assert 0 < line["ms"] < 10_000
        assert [text for text in (token, "rosewood") if text in production.log("web").read_text()] == []

    @staticmethod
    def said(production: Production, request_id: str) -> list[dict[str, Any]]:
        return [line for line in production.lines("web") if line.get("request_id") == request_id and "ms" in line]

    def test_logs_no_secret(self, production: Production) -> None:
        production.get("/nowhere")
        logs = "".join(path.read_text() for path in production.directory.glob("*.log"))
        secrets = [production.environment[name] for name in ("SECRET_KEY", "KEY_ENCRYPTION_KEYS", "DATABASE_URL")]
        assert [text for text in secrets if text in logs] == []


def test_a_database_without_tables_is_not_ready(tmp_path: Path) -> None:
    with databases.fresh() as database, ExitStack() as stack:
        production = Production(tmp_path, database)
        web = stack.enter_context(production.start("web"))
        stack.callback(web.terminate)
        wait_until(production.port)
        assert production.ready() == {"code": 503, "status": "unavailable", "database": "migrations missing"}
        assert production.get("/healthz")[0].status == 200
