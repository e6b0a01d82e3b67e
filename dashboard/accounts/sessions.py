"""The sessions' engine: whose a session is, what it runs on, and that it ends by itself (T45, T48).

Each act of a person puts its end off, to SESSION_IDLE from then, but never beyond SESSION_LASTS from the login.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.models import Session, User

SINCE, SEEN, DEVICE = "since", "seen", "device"
# Not at each request: that would be a write for each page.
NOTED_EVERY = timedelta(minutes=5)

# By what is written in the user agent; who imitates whom decides the order.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "Chrome": "Chrome"}
BROWSERS |= {"CriOS": "Chrome", "Safari": "Safari"}
SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "Mac"}
SYSTEMS |= {"CrOS": "ChromeOS", "Linux": "Linux"}


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row: what is asked for by column stands in the columns as well."""
        row = cast(Session, super().create_model_instance(data))
        row.user_id = data.get(SESSION_KEY)
        row.device = data.get(DEVICE, "")
        row.started_at, row.seen_at = (_moment(data.get(name)) for name in (SINCE, SEEN))
        return row

    def get_expiry_date(self, **others: Any) -> datetime:
        """The end of a login by our rule, whatever allauth sets for "Remember me": that is about the cookie alone."""
        if SINCE not in self:
            return super().get_expiry_date(**others)
        return min(_moment(self[SEEN]) + settings.SESSION_IDLE, _moment(self[SINCE]) + settings.SESSION_LASTS)

    def get_expiry_age(self, **others: Any) -> int:
        """Seconds; the cookie lasts as long."""
        return max(0, int((self.get_expiry_date(**others) - timezone.now()).total_seconds()))


def begin(request: HttpRequest) -> None:
    """Somebody has logged in: their time runs from now."""
    request.session[SINCE] = request.session[SEEN] = timezone.now().timestamp()
    request.session[DEVICE] = device_of(request.headers.get("User-Agent", ""))


def note_activity(session: SessionBase) -> None:
    """A person has done something: put the end off, unless that was done a few minutes ago. Nothing without a login."""
    if SINCE in session and timezone.now() - _moment(session[SEEN]) > NOTED_EVERY:
        session[SEEN] = timezone.now().timestamp()


def end_others(request: HttpRequest, user: User) -> int:
    """Log the person out everywhere but here; how many sessions that were."""
    return Session.objects.end(user, but=request.session.session_key)


def device_of(agent: str) -> str:
    """What a person recognises of a user agent: "Firefox, Windows"; "" for none that is known."""
    found = ((name for word, name in names.items() if word in agent) for names in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, (next(names, "") for names in found)))


def _moment(timestamp: float | None) -> datetime:
    return timezone.now() if timestamp is None else datetime.fromtimestamp(timestamp, UTC)
