"""A password that was just typed again, as some pages ask for it."""

from __future__ import annotations

import time

from django.test import Client


def just_confirmed(client: Client) -> Client:
    """The same browser, in which the person has just entered their password again, as allauth notes it."""
    session = client.session
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    return client
