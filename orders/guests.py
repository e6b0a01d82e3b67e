"""Who looks through a share link: their unlocked visit, how often they may try, and whether a person is there."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from orders.models import Event, ShareLink

VISIT, VISIT_SALT, VISIT_LASTS = "visit", "orders.guests.visit", timedelta(hours=24)
OPENED, HOUR = "opened", timedelta(hours=1)
# The programs that draw a card for an address in a chat, and those that collect pages (D12).
ROBOTS = re.compile(
    r"bot\b|crawl|spider|preview|facebookexternalhit|slack|whatsapp|telegram|discord|skype|embedly", re.IGNORECASE
)


# Limits ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """So many times in so many seconds, for each of the steps: the more often, the longer the wait.

    Counted in the shared cache, under a lock of Postgres: no process and no parallel request gets a count of its own.
    """

    name: str
    steps: tuple[tuple[int, int], ...]

    def take(self, who: str) -> int:
        """0, and one more time is counted; or the seconds to wait, and nothing is."""
        key, now = f"{self.name}:{who}", time.time()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
            times: list[float] = cache.get(key, [])
            if wait := max(self._wait(times, now, *step) for step in self.steps):
                return int(wait) + 1
            longest = max(seconds for _, seconds in self.steps)
            cache.set(key, [*(at for at in times if at > now - longest), now], longest)
        return 0

    @staticmethod
    def _wait(times: list[float], now: float, most: int, seconds: int) -> float:
        """How long until fewer than `most` of the times lie within the last `seconds`."""
        within = [at for at in times if at > now - seconds]
        return within[-most] + seconds - now if len(within) >= most else 0


# Passwords for a link from a network (P3): after five a minute's wait, after fifteen an hour's, after forty a day's.
PASSWORDS = Limit("guest-password", ((5, 60), (15, 3600), (40, 86400)))
# Addresses that open nothing, from a network (T31). A good one is looked at first, so others behind it are not hurt.
MISSES = Limit("guest-miss", ((60, 600),))


def network(request: HttpRequest) -> str:
    """Where the request comes from: what our own proxies say (PROXY_COUNT), of IPv6 the /64 that one customer has."""
    address = ip_address(get_adapter().get_client_ip(request))
    return str(ip_network(f"{address}/{64 if address.version == 6 else 32}", strict=False))


# Visits ---------------------------------------------------------------------------------------------------------------


def may_see(request: HttpRequest, link: ShareLink) -> bool:
    """Whether the link has no password, or this browser's visit was unlocked with the one it has now (P3)."""
    if not link.has_password:
        return True
    visit = request.get_signed_cookie(VISIT, "", salt=VISIT_SALT, max_age=VISIT_LASTS)
    return constant_time_compare(visit or "", link.visit)


def unlock(response: HttpResponse, link: ShareLink, here: str) -> None:
    """Let this browser see what the link, which is at `here`, shows for a day."""
    lasts = VISIT_LASTS
    response.set_signed_cookie(VISIT, link.visit, salt=VISIT_SALT, max_age=lasts, **_kept_at(here))


def refuse(link: ShareLink) -> None:
    """Note a wrong password in the timeline, at most once a minute."""
    if cache.add(f"guest-refused:{link.pk}", 1, 60):
        link.tell(Event.Kind.LINK_REFUSED, None)


# Opens ----------------------------------------------------------------------------------------------------------------


def is_robot(request: HttpRequest) -> bool:
    """Whether a program says of itself that it looks for others."""
    return bool(ROBOTS.search(request.headers.get("User-Agent", "")))


def is_ahead(request: HttpRequest) -> bool:
    """Whether a browser fetches it for later, which a person may never see."""
    return "pre" in request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")


def note_open(request: HttpRequest, response: HttpResponse, link: ShareLink, here: str) -> None:
    """Count a person's look once per browser and hour. The cookie holds the hour and says nothing of anybody."""
    hour = f"{timezone.now():%Y%m%d%H}"
    if request.COOKIES.get(OPENED) != hour and not is_robot(request) and not is_ahead(request):
        link.note_open()
        response.set_cookie(OPENED, hour, max_age=HOUR, **_kept_at(here))


def _kept_at(here: str) -> dict[str, Any]:
    """What our two cookies have in common: sent to this link alone, and no script reads them."""
    return {"path": here, "httponly": True, "samesite": "Lax", "secure": settings.HTTPS}
