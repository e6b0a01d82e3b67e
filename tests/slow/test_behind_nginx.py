"""Behind a real nginx, set up as docs/operating.md says: SITE_URL and PROXY_COUNT decide all (O3, T50, T69, S21)."""

from __future__ import annotations

import random
import re
import shlex
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests import databases
from tests.nginx import Nginx
from tests.test_production import Production
from tests.waiting import wait_until

PASSWORD = "correct horse battery staple"
PEOPLE = 12
PEOPLE_MADE = f"""
from allauth.account.models import EmailAddress
from dashboard.accounts.models import Team, User
for n in range({PEOPLE}):
    user = User.objects.create_user(f"canary{{n:02}}@example.com", {PASSWORD!r}, name=f"Canary{{n:02}}")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Team.objects.start(owner=user, name=f"Studio of canary{{n:02}}")
"""
# The same for everybody, and another page for each.
PAGES = ("/", "/settings/", "/keys/", "/accounts/email/")
REQUESTS = 2000
# What a client may write into its request to look like somebody else, or like https.
FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Ssl": "off",
    "X-Real-Ip": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=http",
}
Browse = Callable[..., "Browser"]


class From(HTTPAdapter):
    """Connects from an address of its own."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: object, **options: object) -> None:
        super().init_poolmanager(*args, **options, source_address=(self._address, 0))  # type: ignore[no-untyped-call]


class Browser(requests.Session):
    """A person's, at the address `address` of this machine's many."""

    def __init__(self, nginx: Nginx, address: str) -> None:
        super().__init__()
        self.nginx, self.trust_env, self.verify = nginx, False, str(nginx.trust)
        self.mount("https://", From(address))

    def see(self, path: str, **headers: str) -> requests.Response:
        return self.get(self.nginx.site + path, headers=headers, timeout=30)

    def log_in(self, email: str, password: str = PASSWORD, **headers: str) -> requests.Response:
        """Fill in the form, as a browser sends it."""
        form = self.see("/accounts/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
        assert token
        fields = {"csrfmiddlewaretoken": token[1], "login": email, "password": password}
        sent = {"Origin": self.nginx.site, **headers}
        where = f"{self.nginx.site}/accounts/login/"
        return self.post(where, fields, headers=sent, allow_redirects=False, timeout=30)


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Nginx:
    return Nginx(tmp_path_factory.mktemp("nginx"))


@pytest.fixture(scope="module")
def web(nginx: Nginx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of our web server, with people to log in; it knows the site's address and nothing else of nginx."""
    with ExitStack() as stack:
        production = Production(tmp_path_factory.mktemp("production"), stack.enter_context(databases.fresh()))
        production.environment |= {"SITE_URL": nginx.site, "PROXY_COUNT": "1"}
        people = f"python manage.py shell --no-imports -c {shlex.quote(PEOPLE_MADE)}"
        for command in (production.commands["release"], people):
            done = production.run(command)
            assert done.returncode == 0, done.stderr
        process = stack.enter_context(production.start("web"))
        stack.callback(process.terminate)
        wait_until(production.port)
        yield production.port()


@pytest.fixture
def browse(nginx: Nginx, web: int) -> Iterator[Browse]:
    """Makes browsers behind an nginx that keeps nothing."""
    with nginx.before(web):
        wait_until(lambda: _answers(nginx))
        yield lambda address="127.0.0.1": Browser(nginx, address)


@pytest.fixture
def browse_cached(nginx: Nginx, web: int) -> Iterator[Browse]:
    """Makes browsers behind an nginx that keeps whatever it may."""
    with nginx.before(web, cached=True):
        wait_until(lambda: _answers(nginx))
        yield lambda address="127.0.0.1": Browser(nginx, address)


def _answers(nginx: Nginx) -> bool:
    try:
        return Browser(nginx, "127.0.0.1").see("/healthz").ok
    except requests.ConnectionError:
        return False


def test_a_person_logs_in_and_works(browse: Browse) -> None:
    browser = browse("127.0.0.20")
    answer = browser.log_in("canary00@example.com")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    page = browser.see("/settings/")
    assert (page.status_code, "canary00@example.com" in page.text) == (200, True)
    assert {cookie.name for cookie in browser.cookies} == {"__Host-session", "__Host-csrf"}
    assert all(cookie.secure and cookie.path == "/" for cookie in browser.cookies)
    assert "max-age=63072000" in page.headers["Strict-Transport-Security"]


def test_a_form_of_another_site_is_refused(browse: Browse) -> None:
    browser = browse("127.0.0.21")
    assert browser.log_in("canary00@example.com", Origin="https://evil.example").status_code == 403
    assert browser.log_in("canary00@example.com", Origin=browser.nginx.plain).status_code == 403


def test_plain_http_leads_to_https(browse: Browse) -> None:
    answer = requests.get(f"{browse().nginx.plain}/keys/?x=1", allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://localhost/keys/?x=1")


def test_redirects_stay_on_the_site(browse: Browse) -> None:
    answer = browse().get(f"{browse().nginx.site}/keys/", allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/?next=/keys/")


def test_what_a_client_says_of_itself_counts_for_nothing(browse: Browse) -> None:
    """Neither host, scheme nor port follow from it: no redirect to http, no link to elsewhere (T57)."""
    answer = browse().see("/accounts/login/", **FORGED)
    assert (answer.status_code, answer.history) == (200, [])
    assert "evil.example" not in answer.text + str(answer.headers)
    assert browse().see("/accounts/login/", Host="evil.example").status_code in (400, 404, 421)


def test_a_limit_is_the_addresss_own_whatever_it_says(browse: Browse) -> None:
    """T50: each try with another X-Forwarded-For, and another account, so that only the address can be counted."""
    attacker, tries = browse("127.0.0.30"), []
    for number in range(60):
        forged = {"X-Forwarded-For": f"203.0.113.{number}", **FORGED}
        tries.append(attacker.log_in(f"nobody{number}@example.com", "wrong password here", **forged).status_code)
        if tries[-1] == 429:
            break
    assert tries[-1] == 429
    assert attacker.log_in("canary01@example.com").status_code == 429
    assert browse("127.0.0.31").log_in("canary01@example.com").status_code == 302


def test_a_cache_in_front_keeps_files_only(browse_cached: Browse) -> None:
    browser = browse_cached("127.0.0.40")
    page = browser.see("/accounts/login/").text
    sheet = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert sheet
    assert [browser.see(sheet[1]).headers["X-Cache"] for _ in range(2)] == ["MISS", "HIT"]
    assert {browser.see("/accounts/login/").headers["X-Cache"] for _ in range(3)} == {"MISS"}


def test_a_cache_in_front_gives_nobody_the_page_of_another(browse_cached: Browse) -> None:
    """T69, S21: mixed requests by people who look at the same addresses at once."""
    browsers = [browse_cached(f"127.0.0.{50 + number}") for number in range(PEOPLE)]
    for number, browser in enumerate(browsers):
        assert browser.log_in(f"canary{number:02}@example.com").status_code == 302
    chosen = random.Random(69)
    asked = [(chosen.randrange(PEOPLE), chosen.choice(PAGES), chosen.random() < 0.5) for _ in range(REQUESTS)]

    def look(who: int) -> list[str]:
        return [fault for fault in (_fault(browsers[who], who, *rest) for n, *rest in asked if n == who) if fault]

    with ThreadPoolExecutor(PEOPLE) as pool:
        assert [fault for faults in pool.map(look, range(PEOPLE)) for fault in faults] == []


def _fault(browser: Browser, who: int, path: str, htmx: bool) -> str:
    """What is wrong with this answer; nothing as a rule."""
    answer = browser.see(path, **({"HX-Request": "true"} if htmx else {}))
    named = {word.lower() for word in re.findall(r"(?i)canary\d\d", answer.text)}
    if answer.status_code != 200 or named != {f"canary{who:02}"}:
        return f"{path} for {who}: {answer.status_code}, {named}"
    private = {"private", "no-store"} <= set(re.split(r",\s*", answer.headers["Cache-Control"]))
    varies = {"cookie"} <= {each.strip().lower() for each in answer.headers["Vary"].split(",")}
    kept = answer.headers["X-Cache"] != "MISS"
    return "" if private and varies and not kept else f"{path}: {dict(answer.headers)}"
