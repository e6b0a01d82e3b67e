"""The timeline: who did what, through whose key, and what changed at Autoenhance by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Team, User

if TYPE_CHECKING:
    from orders.models.keys import ApiKey
    from orders.models.orders import Order


class Event(models.Model):
    """A line of an order's or a team's timeline.

    Holds ids and labels as values, not as foreign keys, so that it outlives what it names; never a secret (V3).
    """

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        RENAMED = "renamed", _("renamed")
        REFUSED = "refused", _("not renamed")
        NAME_CHANGED = "name_changed", _("renamed at Autoenhance")
        STATUS = "status", _("status changed")
        KEY_ADDED = "key_added", _("key added")
        KEY_REPLACED = "key_replaced", _("key replaced")
        KEY_REFUSED = "key_refused", _("key refused by Autoenhance")
        KEY_DELETED = "key_deleted", _("key deleted")
        KEY_SHARED = "key_shared", _("key opened to teammates")
        KEY_UNSHARED = "key_unshared", _("key closed to teammates")
        IMPORTED = "imported", _("orders imported")

    at = models.DateTimeField(db_default=Now())
    team_id = models.BigIntegerField()
    order_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=20, choices=Kind)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150, blank=True)
    through = models.CharField(max_length=150, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["order_id", "-id"], name="event_of_order"),
            models.Index(fields=["team_id", "-id"], name="event_of_team"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.order_id or self.team_id}"

    @classmethod
    def add(
        cls,
        kind: Kind,
        *,
        team: Team | None = None,
        order: Order | None = None,
        actor: User | None = None,
        key: ApiKey | None = None,
        **data: Any,
    ) -> Event:
        """Write a line, saved. `data` holds what the sentence of this kind needs (old, new, ...)."""
        return cls.objects.create(
            kind=kind,
            team_id=order.team_id if order else team.pk if team else None,
            order_id=order.pk if order else None,
            actor_id=actor.pk if actor else None,
            actor=actor.label if actor else "",
            through=key.described if key and key.user != actor else "",
            data=data,
        )
