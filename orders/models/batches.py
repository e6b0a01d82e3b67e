"""Renaming many orders at once: first only planned, then carried out line by line in the background."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, Count, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Team, User
from orders.models.clock import now
from orders.models.orders import Order
from orders.models.writes import Write

# How many orders one batch may have.
MOST_LINES = 1000


class Outcome(models.TextChoices):
    """What became of a line, as far as is known now."""

    WAITING = "waiting", _("waiting")
    DONE = "done", _("renamed")
    UNCLEAR = "unclear", _("not confirmed yet")
    FAILED = "failed", _("not renamed")


class Batch(models.Model):
    """Orders that one person renames together. Each is a Write of its own, so some may fail and others not.

    rule: what makes the new names (`orders.rules.Rule`); null when the lines say them, because it undoes another one.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("not started")
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    team = models.ForeignKey(Team, models.CASCADE)
    actor = models.ForeignKey(User, models.CASCADE)
    rule = models.JSONField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["team", "actor", "-id"], name="batch_of_actor")]

    def __str__(self) -> str:
        return f"{self.pk}: {self.state}"

    @property
    def running(self) -> bool:
        return self.state == self.State.RUNNING

    def outcomes(self) -> dict[str, int]:
        """How many lines have each outcome; none are left out."""
        found = self.lines.values_list(OUTCOME).annotate(number=Count("*"))
        return dict.fromkeys(Outcome.values, 0) | dict(found)

    def finish(self) -> None:
        """Nothing waits any more."""
        running = Batch.objects.filter(pk=self.pk, state=self.State.RUNNING)
        running.update(state=self.State.DONE, finished_at=now())


class LineState(models.TextChoices):
    """How far we are with a line. Sending: the call is on its way, or its worker was killed."""

    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


SENT = Q(state=LineState.SENT)
# Of what was sent, the Write knows.
OUTCOME = Case(
    When(SENT & (Q(write=None) | Q(write__state=Write.State.DONE)), then=Value(Outcome.DONE)),
    When(SENT & Q(write__state=Write.State.REFUSED), then=Value(Outcome.FAILED)),
    When(SENT, then=Value(Outcome.UNCLEAR)),
    When(state=LineState.FAILED, then=Value(Outcome.FAILED)),
    default=Value(Outcome.WAITING),
    output_field=models.CharField(),
)


class BatchLineQuerySet(models.QuerySet["BatchLine"]):
    def having(self, outcome: Outcome) -> BatchLineQuerySet:
        """The lines with this outcome, with all that is said about them."""
        found = self.annotate(outcome=OUTCOME).filter(outcome=outcome)
        return found.select_related("order", "write").order_by("pk")


class BatchLine(models.Model):
    """One order of a batch: its name when the batch was drawn up, and the one that it shall have.

    reason: why nothing was sent.
    """

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="lines")
    order = models.ForeignKey(Order, models.CASCADE)
    before = models.TextField(blank=True)
    after = models.TextField(default="", blank=True)
    state = models.CharField(max_length=10, choices=LineState, default=LineState.WAITING)
    reason = models.TextField(default="", blank=True)
    write = models.ForeignKey(Write, models.CASCADE, null=True)

    objects = BatchLineQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "order"], name="batch_line_once")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"

    @property
    def why(self) -> str:
        """Why it is not renamed, or not yet."""
        return self.reason or (self.write.reason if self.write else "")

    def move(self, state: LineState, *, reason: str = "", write: Write | None = None) -> None:
        """Note how far it is; saved."""
        self.state, self.reason, self.write = state, reason, write
        self.save(update_fields=["state", "reason", "write"])
