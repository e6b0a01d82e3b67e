"""What we owe Autoenhance: a create or a rename, committed before it is sent (DESIGN section 5)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Team, User
from orders.models.clock import now
from orders.models.events import Event
from orders.models.keys import ApiKey
from orders.models.orders import Order
from orders.names import clean

# The longest that one call to Autoenhance takes, and what is added before anybody else may settle its Write.
CALL_BUDGET = timedelta(seconds=8)
SLACK = timedelta(seconds=5)
# How long the second of two clicks waits for what became of the first.
WAIT_SECONDS = 3.0


class Busy(Exception):
    """An earlier change of the same order is not confirmed yet; `str()` says so."""


class Conflict(Exception):
    """The order is no longer called what the editor saw; `.order` holds what it is called now."""

    def __init__(self, order: Order) -> None:
        self.order = order
        super().__init__(order.label)


class WriteQuerySet(models.QuerySet["Write"]):
    def pending_in(self, team: Team, orders: Iterable[Order]) -> WriteQuerySet:
        """What the team's list tells: creates that are not confirmed yet, and changes of these orders; newest first."""
        told = Q(kind=Write.Kind.CREATE) | Q(target__in=orders)
        return self.filter(told, team=team, state__in=Write.PENDING).order_by("-created_at")

    def unclear_of(self, order: Order) -> Write | None:
        """The change of this order, which was read as a whole, that is not confirmed yet, if there is one."""
        return self.filter(pk=order.unclear_id).first() if order.unclear_id else None  # type: ignore[attr-defined]


class Write(models.Model):
    """A create or rename: open (being sent), unclear (outcome unknown), done or refused. Settled only by reading."""

    class Kind(models.TextChoices):
        CREATE = "create", _("create")
        RENAME = "rename", _("rename")

    class State(models.TextChoices):
        OPEN = "open", _("being sent")
        UNCLEAR = "unclear", _("not confirmed yet")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    PENDING = (State.OPEN, State.UNCLEAR)

    kind = models.CharField(max_length=10, choices=Kind)
    team = models.ForeignKey(Team, models.CASCADE)
    target = models.ForeignKey(Order, models.CASCADE, null=True, related_name="writes")
    order_id = models.CharField(max_length=200)
    key = models.ForeignKey(ApiKey, models.SET_NULL, null=True)
    actor = models.ForeignKey(User, models.SET_NULL, null=True)
    before = models.TextField(default="", blank=True)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    reason = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()
    deadline = models.DateTimeField()
    sends = models.SmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)

    objects = WriteQuerySet.as_manager()

    class Meta:
        constraints = [
            # One change of an order at a time; the next one meanwhile is Busy.
            models.UniqueConstraint(
                fields=["team", "order_id"], condition=Q(state__in=("open", "unclear")), name="write_one_pending"
            ),
            # The id that we chose is the idempotency key of its create (decision 3).
            models.UniqueConstraint(fields=["order_id"], condition=Q(kind="create"), name="write_create_once"),
        ]
        indexes = [models.Index(fields=["team", "order_id", "settled_at"], name="write_settled")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"

    @property
    def pending(self) -> bool:
        return self.state in self.PENDING

    @classmethod
    def intend_create(cls, key: ApiKey, actor: User, order_id: str, name: str) -> tuple[Write, bool]:
        """The create with this id, and whether it is new; a repeat of the id finds the first one (F57)."""
        moment = now()
        write, new = cls.objects.get_or_create(
            order_id=order_id,
            kind=cls.Kind.CREATE,
            defaults={
                "team": key.team,
                "key": key,
                "actor": actor,
                "text": name,
                "created_at": moment,
                "deadline": moment + CALL_BUDGET,
                "sends": 1,
            },
        )
        return write, new

    @classmethod
    def intend_rename(cls, order: Order, key: ApiKey, actor: User, name: str, seen: str) -> Write:
        """A rename of the order, to be called inside a transaction that stays short.

        Busy when an earlier change of it is pending; Conflict when the order is no longer called `seen` (white space
        folded).
        """
        order = Order.objects.locked().get(pk=order.pk)
        if cls.objects.filter(team=order.team_id, order_id=order.order_id, state__in=cls.PENDING).exists():
            raise Busy(_t("An earlier change of this order is not confirmed yet. Try again in a minute."))
        if clean(order.name) != clean(seen):
            raise Conflict(order)
        moment = now()
        return cls.objects.create(
            kind=cls.Kind.RENAME,
            team_id=order.team_id,
            target=order,
            order_id=order.order_id,
            key=key,
            actor=actor,
            before=order.name,
            text=name,
            created_at=moment,
            deadline=moment + CALL_BUDGET,
            sends=1,
        )

    @classmethod
    def claim(cls, pk: int, budget: timedelta) -> Write | None:
        """Take a pending Write whose time is over, for at most `budget`; None when it is settled or somebody has it."""
        moment = now()
        free = cls.objects.filter(pk=pk, state__in=cls.PENDING, deadline__lte=moment - SLACK)
        if not free.update(deadline=moment + budget, state=cls.State.UNCLEAR):
            return None
        return cls.objects.select_related("target", "key__user", "key__team", "actor", "team").get(pk=pk)

    def release(self) -> None:
        """Give up a claim, so that the next look need not wait for its end."""
        self.deadline = now()
        self.save(update_fields=["deadline"])

    def awaited(self) -> Write:
        """This Write once whoever is sending it has an answer, or as it is after the longest that a person waits."""
        patience = time.monotonic() + WAIT_SECONDS
        while self.state == self.State.OPEN and time.monotonic() < patience:
            time.sleep(0.05)
            self.refresh_from_db()
        return self

    def doubt(self, reason: str) -> None:
        """The outcome is unknown: saved as unclear, unless it was settled meanwhile."""
        self._move(self.State.UNCLEAR, reason)

    @transaction.atomic
    def refuse(self, reason: str) -> None:
        """Nothing changed at Autoenhance, and `reason` says why; told in the timeline."""
        if self._move(self.State.REFUSED, reason):
            kind = Event.Kind.NOT_CREATED if self.kind == self.Kind.CREATE else Event.Kind.REFUSED
            facts = {"new": self.text, "reason": reason}
            Event.add(kind, team=self.team, order=self.target, actor=self.actor, key=self.key, **facts)

    @transaction.atomic
    def confirm(self, order: Order) -> None:
        """It is true at Autoenhance and mirrored in `order`; told in the timeline once."""
        self.target = order
        if not self._move(self.State.DONE, ""):
            return
        kind = Event.Kind.CREATED if self.kind == self.Kind.CREATE else Event.Kind.RENAMED
        Event.add(kind, order=order, actor=self.actor, key=self.key, old=self.before, new=order.name)

    @transaction.atomic
    def _move(self, state: State, reason: str) -> bool:
        """Go to `state` if still pending, with the time; whether it went.

        Pages tell what is unclear, so with that the order's version grows. Its row comes first, as in mirroring (F52).
        """
        if self.target_id and self.State.UNCLEAR in (self.state, state):
            Order.objects.filter(pk=self.target_id).update(version=F("version") + 1)
        settled_at: datetime | None = None if state == self.State.UNCLEAR else now()
        moved = Write.objects.filter(pk=self.pk, state__in=self.PENDING).update(
            state=state, reason=reason, settled_at=settled_at, target=self.target
        )
        self.refresh_from_db(fields=["state", "reason", "settled_at"])
        return bool(moved)
