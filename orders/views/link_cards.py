"""A share link as its team's pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.models import Order, ShareLink
from orders.views.present import Moment, moment, moment_there

# From here on an expiry is said to be near (P2).
SOON = timedelta(days=3)

CHIPS = {
    ShareLink.State.ACTIVE: ("ready", "check"),
    ShareLink.State.EXPIRED: ("deleted", "clock"),
    ShareLink.State.REVOKED: ("deleted", "x"),
    ShareLink.State.FORBIDDEN: ("waiting", "pause"),
}

# `ShareLink.objects.live` in SQL: every look at an order asks, and two querysets take six times as long.
_WHO_SEES = """
    select (select count(*) from accounts_membership where team_id = %(team)s), count(link.id)
    from accounts_team as team left join orders_sharelink as link on link.order_id = %(order)s
        and share_links and revoked_at is null and (expires_at is null or expires_at > statement_timestamp())
    where team.id = %(team)s
"""


@dataclass(frozen=True, slots=True)
class LinkCard:
    """A link with its state as a chip (variant, icon, word), and its moments; `soon` says when it ends if that is near.

    `ends`: it is over or soon will be, so more days are offered. `changes`: it is not revoked.
    """

    link: ShareLink
    chip: tuple[str, str, str]
    until: Moment | None
    soon: str
    revoked: Moment | None
    opened: Moment | None
    ends: bool
    changes: bool


def who_sees(order: Order) -> dict[str, int]:
    """How many people see an order, and how many links of it open now."""
    with connection.cursor() as cursor:
        cursor.execute(_WHO_SEES, {"order": order.pk, "team": order.team_id})
        people, live = cursor.fetchone()
    return {"people_count": people, "live_links": live}


def card(link: ShareLink) -> LinkCard:
    """The card of a link `with_state`."""
    state = ShareLink.State(link.state)  # type: ignore[attr-defined]
    soon = _soon(link) if state == ShareLink.State.ACTIVE else ""
    return LinkCard(
        link=link,
        chip=(*CHIPS[state], str(state.label)),
        until=moment_there(link.expires_at, link.team) if link.expires_at else None,
        soon=soon,
        revoked=moment(link.revoked_at, link.team) if link.revoked_at else None,
        opened=moment(link.opened_at, link.team) if link.opened_at else None,
        ends=bool(soon) or state == ShareLink.State.EXPIRED,
        changes=state != ShareLink.State.REVOKED,
    )


def _soon(link: ShareLink) -> str:
    left = link.expires_at - timezone.now() if link.expires_at else None
    if left is None or left > SOON:
        return ""
    hours = max(0, int(left.total_seconds() // 3600))
    if hours < 1:
        return _("within the hour")
    if hours < 48:
        return ngettext("in %d hour", "in %d hours", hours) % hours
    return _("in %d days") % (hours // 24)
