"""How long ago somebody has shown that it is them, as some pages want to know."""

from __future__ import annotations

import time

from django.test import Client

from dashboard.accounts.confirm import CONFIRMED_AT
from dashboard.accounts.models import Session
from dashboard.accounts.sessions import SessionStore


def just_confirmed(client: Client) -> Client:
    """The same browser, in which the person has just entered their password again."""
    return _confirmed(client, time.time())


def long_ago(client: Client) -> Client:
    """The same browser, a while later: whatever matters asks for the password again."""
    return _confirmed(client, 0)


def all_long_ago() -> None:
    """The same for every browser that is logged in, also for real ones."""
    for session in Session.objects.all():
        kept = SessionStore(session.session_key)
        kept[CONFIRMED_AT] = 0
        kept.save()


def _confirmed(client: Client, at: float) -> Client:
    session = client.session
    session[CONFIRMED_AT] = at
    session.save()
    return client
