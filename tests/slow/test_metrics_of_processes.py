"""/metrics of several processes: whichever answers, the figures are those of all (features O5)."""

from __future__ import annotations

import pytest
import requests
from django.db import connection

from dashboard import counts
from tests.slow.procfile import Procfile
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "a-token-for-prometheus"
PATH = "/accounts/login/"


@pytest.fixture
def served(procfile: Procfile) -> Procfile:
    """Two web processes that count."""
    with connection.cursor() as cursor:
        cursor.execute("truncate counts")  # which Django's flush does not know
    procfile.environment["METRICS_TOKEN"] = TOKEN
    procfile.serve()
    return procfile


def ask(procfile: Procfile, times: int) -> None:
    """A connection each, so that both processes have some of them."""
    for _ in range(times):
        assert requests.get(procfile.address + PATH, timeout=30).ok


def told(procfile: Procfile) -> float:
    """How many of these requests /metrics knows of."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    lines = requests.get(f"{procfile.address}/metrics", headers=headers, timeout=30).text.splitlines()
    wanted = 'proofsheet_requests_total{route="account_login",status="2xx"} '
    return next((float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted)), 0.0)


def test_each_process_tells_of_both(served: Procfile) -> None:
    ask(served, 40)
    wait_until(lambda: told(served) == 40, 3 * counts.FLUSH_AFTER)
    assert {told(served) for _ in range(10)} == {40}


def test_nothing_is_lost_when_they_end_in_order(served: Procfile) -> None:
    ask(served, 10)
    served.end("web")
    assert [n for route, _, n in counts.read("requests") if route == "account_login"] == [10]
