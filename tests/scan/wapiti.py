"""Wapiti over every route of the access table and whatever it finds from there, signed out and signed in (S10)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.scan.asked import NEVER, addresses
from tests.scan.findings import Finding, Outcome, Severity
from tests.scan.installed import FOLDER, program
from tests.scan.target import SITE, Target

# All that need nobody but the site. Left out are those that fetch a database from the net (cms, htp, network_device,
# nikto, wapp, wp_enum), that wait for a server of Wapiti's to be called (log4shell, ssrf), that ask the world's names
# (takeover), and ssl, as the certificate is the operator's.
COMMON = ("cookieflags", "crlf", "csp", "csrf", "exec", "file", "http_headers", "ldap", "methods", "permanentxss")
COMMON += ("redirect", "sql", "timesql", "upload", "xss", "xxe")
# What does not depend on who asks.
OUTSIDE = ("backup", "brute_login_form", "buster", "htaccess", "https_redirect", "shellshock", "spring4shell")
NOBODY = "http://127.0.0.1:9/"
SEVERITIES: dict[int, Severity] = {0: "low", 1: "low", 2: "medium", 3: "high", 4: "high"}
# Seconds: to look around, for each module, and to begin and end.
CRAWL, ATTACK, BESIDES = 40, 12, 90


def signed_out(target: Target) -> Outcome:
    """As anybody: the pages without a login, and what is behind them."""
    token = target.browser({}).get(f"{SITE}/accounts/login/", timeout=30).cookies.get_dict()
    return scanned(SITE, _folder("out"), addresses(target, public=True), COMMON + OUTSIDE, _identity(token))


def signed_in(target: Target) -> Outcome:
    """As alice, who owns her team."""
    cookies = target.cookies()
    outcome = scanned(SITE, _folder("in"), addresses(target), COMMON, _identity(cookies))
    seen = sum(line.get("user") == target.alice.pk for line in target.logged())
    if seen < len(COMMON) or not target.is_in(cookies):
        return Outcome("", void=f"Wapiti was not logged in all the time: {seen} requests as alice")
    return outcome


def _identity(cookies: dict[str, str]) -> list[str]:
    """The options for a browser with these cookies. Without --drop-set-cookie, which drops those that are sent."""
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return ["-C", sent, "-H", f"Referer: {SITE}/", "-H", f"Origin: {SITE}"]


def scanned(site: str, folder: Path, paths: list[str], modules: Sequence[str], identity: list[str]) -> Outcome:
    """Start from these paths, with options that say who it is; what Wapiti writes goes to `folder`."""
    report = folder / "report.json"
    command = [program("wapiti"), "-u", f"{site}/", "-m", ",".join(modules), "--scope", "domain", *identity]
    command += [f"--max-scan-time={CRAWL}", f"--max-attack-time={ATTACK}", "--max-files-per-dir=20"]
    command += ["-f", "json", "-o", str(report), "--no-bugreport", "--endpoint", NOBODY, "--dns-endpoint", "localhost"]
    command += ["--store-session", str(folder / "session"), "--store-config", str(folder / "config")]
    command += [part for path in paths for part in ("-s", site + path)]
    command += [part for path in NEVER for part in ("-x", site + path)]
    with (folder / "log").open("wb") as told:
        subprocess.run(command, stdout=told, stderr=told, timeout=CRAWL + ATTACK * len(modules) + BESIDES)
    log = (folder / "log").read_text()
    left_out = set(modules) - set(re.findall(r"Launching module (\w+)", log))
    if left_out or not report.exists():
        return Outcome("", void=f"Wapiti did not run {', '.join(sorted(left_out))}, see its log in {folder.name}")
    said = json.loads(report.read_text())
    cut = re.findall(r"Max attack time was reached for module (\w+)", log)
    done = f"{said['infos']['crawled_pages_nbr']} pages, {len(modules)} modules"
    done += f", after {ATTACK} s not at their end: {' '.join(cut)}" if cut else ""
    return Outcome(done, tuple(_findings(said)))


def _folder(name: str) -> Path:
    """An empty one, that stays to be read."""
    folder = FOLDER / f"wapiti-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _findings(said: dict[str, Any]) -> list[Finding]:
    """Each kind at each address once, however many payloads have shown it."""
    kinds = [*said["vulnerabilities"].items(), *said["anomalies"].items()]
    found = {
        Finding(SEVERITIES[each["level"]], kind, f"{each['method']} {each['path']} {each['info']}"): None
        for kind, entries in kinds
        for each in entries
    }
    return list(found)
