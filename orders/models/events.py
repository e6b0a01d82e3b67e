"""The timeline: who did what, through whose key, and what changed at Autoenhance by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Max
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Team, User
from orders.models.clock import now

if TYPE_CHECKING:
    from orders.models.keys import ApiKey
    from orders.models.orders import Order


# The same export by the same person is told again after so long.
EXPORT_AGAIN = timedelta(minutes=1)


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, team: Team) -> EventQuerySet:
        """A team's lines, those of its orders included, the newest first."""
        return self.filter(team_id=team.pk).order_by("-pk")

    def of_order(self, order: Order) -> EventQuerySet:
        """An order's lines, the newest first."""
        return self.filter(order_id=order.pk).order_by("-pk")

    def people(self) -> EventQuerySet:
        """The last line of each person who did any of these, by the name they had then."""
        last = self.filter(actor_id__isnull=False).order_by().values("actor_id").annotate(last=Max("pk"))
        return Event.objects.filter(pk__in=last.values("last")).order_by("actor", "actor_id")

    def note_export(self, team: Team, actor: User, *, what: str, kind: str, q: str) -> None:
        """Note that a person took what `q` finds along as a file: at most once a minute, however often they do."""
        same = self.filter(data={"what": what, "format": kind, "q": q}, at__gt=now() - EXPORT_AGAIN)
        if not same.filter(team_id=team.pk, actor_id=actor.pk, kind=Event.Kind.EXPORTED).exists():
            Event.add(Event.Kind.EXPORTED, team=team, actor=actor, what=what, format=kind, q=q)

    def forget(self, team_id: int) -> None:
        """Delete the lines of a team that is gone; the database refuses while the team is there."""
        self.filter(team_id=team_id).delete()


class Event(models.Model):
    """A line of an order's or a team's timeline.

    Holds ids and labels as values, not as foreign keys, so that it outlives what it names; never a secret (V3). Only
    ever added: the database refuses to change one, or to delete one of a team that exists (migration 0010, T81).
    """

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        NOT_CREATED = "not_created", _("not created")
        RENAMED = "renamed", _("renamed")
        REFUSED = "refused", _("not renamed")
        NAME_CHANGED = "name_changed", _("renamed at Autoenhance")
        STATUS = "status", _("status changed")
        FINISHED = "finished", _("finished")
        KEY_ADDED = "key_added", _("key added")
        KEY_REPLACED = "key_replaced", _("key replaced")
        KEY_REFUSED = "key_refused", _("key refused by Autoenhance")
        KEY_WORKS = "key_works", _("key works again")
        KEY_TOOK_OVER = "key_took_over", _("key took orders over")
        KEY_DELETED = "key_deleted", _("key deleted")
        KEY_SHARED = "key_shared", _("key opened to teammates")
        KEY_UNSHARED = "key_unshared", _("key closed to teammates")
        HOOK_MADE = "hook_made", _("webhook made")
        HOOK_REPLACED = "hook_replaced", _("webhook replaced")
        HOOK_REMOVED = "hook_removed", _("webhook removed")
        IMPORTED = "imported", _("orders imported")
        TEAM_CREATED = "team_created", _("team created")
        TEAM_RENAMED = "team_renamed", _("team renamed")
        INVITED = "invited", _("person invited")
        INVITATION_ENDED = "invitation_ended", _("invitation cancelled")
        JOINED = "joined", _("person joined")
        ROLE_CHANGED = "role_changed", _("role changed")
        LEFT = "left", _("person left")
        REMOVED = "removed", _("person removed")
        LINKS_ON = "links_on", _("share links allowed")
        LINKS_OFF = "links_off", _("share links forbidden")
        LINK_MADE = "link_made", _("share link made")
        LINK_CHANGED = "link_changed", _("share link changed")
        LINK_REVOKED = "link_revoked", _("share link revoked")
        LINK_OPENED = "link_opened", _("share link opened")
        LINK_REFUSED = "link_refused", _("wrong password for a share link")
        VIEW_SHARED = "view_shared", _("view given to the team")
        VIEW_UNSHARED = "view_unshared", _("team view taken back")
        VIEW_DELETED = "view_deleted", _("team view deleted")
        EXPORTED = "exported", _("exported")

    at = models.DateTimeField(db_default=Now())
    team_id = models.BigIntegerField()
    order_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=20, choices=Kind)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150, blank=True)
    # A person's name, and the label of a key.
    through = models.CharField(max_length=220, blank=True)
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["order_id", "-id"], name="event_of_order"),
            models.Index(fields=["team_id", "-id"], name="event_of_team"),
            models.Index(fields=["team_id", "kind", "-id"], name="event_of_kind"),
            models.Index(
                fields=["team_id", "actor_id", "-id"],
                condition=models.Q(actor_id__isnull=False),
                name="event_of_actor",
            ),
        ]
        constraints = [
            # One for each run of an order, however many see it finish (DESIGN section 5).
            models.UniqueConstraint(
                "order_id",
                KeyTransform("run", "data"),
                condition=models.Q(kind="finished"),
                name="event_finished_once",
            )
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


class Group(models.TextChoices):
    """What a timeline can be filtered by. A failure is in the group of what failed as well."""

    ORDERS = "orders", _("Orders")
    SHARING = "sharing", _("Sharing")
    PEOPLE = "people", _("People")
    KEYS = "keys", _("Keys")
    FAILURES = "failures", _("Failures")

    @property
    def kinds(self) -> list[Event.Kind]:
        return KINDS[self]


_OF_ORDERS = "created not_created renamed refused name_changed status finished imported"
_OF_SHARING = (
    "links_on links_off link_made link_changed link_revoked link_opened link_refused "
    "view_shared view_unshared view_deleted exported"
)
_OF_PEOPLE = "team_created team_renamed invited invitation_ended joined role_changed left removed"
_OF_KEYS = (
    "key_added key_replaced key_refused key_works key_took_over key_deleted key_shared key_unshared "
    "hook_made hook_replaced hook_removed"
)

KINDS: Mapping[Group, list[Event.Kind]] = {
    group: [Event.Kind(kind) for kind in kinds.split()]
    for group, kinds in {
        Group.ORDERS: _OF_ORDERS,
        Group.SHARING: _OF_SHARING,
        Group.PEOPLE: _OF_PEOPLE,
        Group.KEYS: _OF_KEYS,
        Group.FAILURES: "not_created refused key_refused link_refused",
    }.items()
}
