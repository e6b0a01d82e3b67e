"""The order ids that we issue: in the form before anything is sent, signed (decision 3)."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.core import signing

from dashboard.accounts.models import Team, User

SALT = "orders.issued"
LIFETIME = timedelta(days=7)


def issue(user: User, team: Team) -> str:
    """A fresh order id, signed together with user, team and time."""
    return signing.dumps([str(uuid.uuid4()), user.pk, team.pk], salt=SALT)


def issued(token: str, user: User, team: Team) -> str | None:
    """The order id in `token`, if we issued it to this person and team within LIFETIME; else None."""
    try:
        order_id, user_id, team_id = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(order_id) if (user_id, team_id) == (user.pk, team.pk) else None
