"""sqlmap on every parameter that the pages of the site offer, and on the tokens in addresses (S11).

The numbers and slugs in addresses are not tried: what is not of their shape never reaches a view.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.urls import reverse

from tests.scan.asked import Asked, addresses, everything
from tests.scan.findings import Finding, Outcome
from tests.scan.installed import FOLDER, program
from tests.scan.target import Target

# At level 1 a parameter takes some fifty requests, at LEVEL=5 RISK=3 thousands: hours, for a release.
LEVEL, RISK = (os.environ.get(name, "1") for name in ("LEVEL", "RISK"))
# Seconds for one request with all its parameters, and for all of them; what is not through by then is said.
EACH, ALL = (int(os.environ.get(name, seconds)) for name, seconds in (("EACH", "60"), ("ALL", "300")))
AT_ONCE = 4
INJECTABLE = "sqlmap identified the following injection point"
CLEAN = "all tested parameters do not appear to be injectable"
# Through a hole it reads the version of Postgres.
READ = "banner: 'PostgreSQL"
# sqlmap tries what is in the place of the star.
STAR = "*"


@dataclass(frozen=True)
class Tried:
    """What sqlmap says of one request."""

    asked: Asked
    said: str

    @property
    def state(self) -> str:
        if INJECTABLE in self.said:
            return "injectable"
        return "clean" if CLEAN in self.said else "unfinished"


def sqlmap(target: Target) -> Outcome:
    """Every request with each of its parameters; as alice, and the public ones as anybody."""
    public = everything(target, target.browser({}), addresses(target, public=True))
    private = everything(target, target.browser(target.cookies()), addresses(target))
    asked = sorted({each.shape: each for each in [*private, *public]}.values()) + _starred()
    # A session for each, as one of these may well end it.
    sessions = [target.cookies() for _ in asked]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = time.monotonic() + ALL
        results = list(pool.map(lambda *each: tried(*each, ends - time.monotonic()), asked, sessions))
    (FOLDER / "sqlmap.log").write_text("\n".join(f"== {each.state} {each.asked}\n{each.said}" for each in results))
    suspect = [each.asked for each in results if each.state == "injectable"]
    findings = [_confirmed(each, target.cookies()) for each in suspect]
    unfinished = [str(each.asked) for each in results if each.state == "unfinished"]
    findings += [Finding("low", "not tried to the end", each) for each in unfinished]
    parameters = sum(len(each.fields or each.headers or STAR) for each in asked)
    done = f"{parameters} parameters of {len(asked)} requests, level {LEVEL}, risk {RISK}, {len(unfinished)} unfinished"
    return Outcome(done, tuple(findings))


def _starred() -> list[Asked]:
    """What is no field: tokens in addresses, and the headers that are kept or looked up."""
    hook, invitation = (reverse(name, kwargs={"token": STAR}) for name in ("orders:hook", "people:invitation"))
    headers = (f"Cookie: __Host-session=a{STAR}", f"User-Agent: Firefox{STAR}", f"X-Request-Id: a{STAR}")
    return [Asked("POST", hook), Asked("GET", invitation), Asked("GET", reverse("account_login"), headers=headers)]


def _confirmed(asked: Asked, cookies: dict[str, str]) -> Finding:
    """Once more, alone, as a page that others change meanwhile looks as if it answered; and what is read through it."""
    again = tried(asked, cookies)
    (FOLDER / "sqlmap-again.log").write_text(again.said)
    if again.state == "clean":
        return Finding("low", "SQL injection, but not when it was tried alone", str(asked))
    return Finding("high" if READ in again.said else "medium", "SQL injection", str(asked))


def tried(asked: Asked, cookies: dict[str, str], left: float = EACH) -> Tried:
    """One request, each of its fields in turn, within the seconds that are left; at most EACH."""
    seconds = int(min(EACH, left))
    if seconds < 1:
        return Tried(asked, "")
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = [f"X-CSRFToken: {cookies['__Host-csrf']}", f"Origin: {asked.site}", f"Referer: {asked.site}/"]
    headers += asked.headers or [f"Cookie: {sent}"]
    command = [program("sqlmap"), "-u", asked.url, "--headers", "\n".join(headers), f"--method={asked.method}"]
    command += ["--dbms=PostgreSQL", f"--level={LEVEL}", f"--risk={RISK}", f"--time-limit={seconds}"]
    command += ["--batch", "--disable-coloring", "--skip-waf", "--flush-session", "--banner"]
    command += ["--ignore-code=*", "--ignore-redirects", "--drop-set-cookie"]
    command += ["--data", asked.body] if asked.body else []
    command += ["-p", ",".join(name for name, _ in asked.fields)] if asked.fields else []
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([*command, "--output-dir", folder], capture_output=True, text=True, timeout=3 * EACH)
    return Tried(asked, done.stdout + done.stderr)
