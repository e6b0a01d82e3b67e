"""Who is told when an order is finished, and the mails about it (features N1, N2)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from dashboard.accounts.models import Team, User
from orders.models.clock import now
from orders.models.orders import Order
from orders.models.views import View


class FollowQuerySet(models.QuerySet["Follow"]):
    def able(self) -> FollowQuerySet:
        """Those of people who are still in the team, and still see the view that they follow."""
        sees = Q(view=None) | Q(view__owner=None) | Q(view__owner=models.F("user"))
        return self.filter(sees, team__membership__user=models.F("user"), user__is_active=True)


class Follow(models.Model):
    """A person wants a mail when this order is finished, or any that this view shows."""

    user = models.ForeignKey(User, models.CASCADE)
    team = models.ForeignKey(Team, models.CASCADE)
    order = models.ForeignKey(Order, models.CASCADE, null=True, related_name="follows")
    view = models.ForeignKey(View, models.CASCADE, null=True, related_name="follows")

    objects = FollowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "order"], name="follow_order_once"),
            models.UniqueConstraint(fields=["user", "view"], name="follow_view_once"),
            models.CheckConstraint(condition=Q(order=None) ^ Q(view=None), name="follow_one_thing"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.order_id or self.view_id}"

    @classmethod
    def switch(cls, user: User, thing: Order | View, on: bool) -> None:
        """Follow it, or no longer; twice is as once."""
        what = {"view": thing} if isinstance(thing, View) else {"order": thing}
        if on:
            cls.objects.get_or_create(user=user, **what, defaults={"team": thing.team})
        else:
            cls.objects.filter(user=user, **what).delete()

    @classmethod
    def there(cls, user: User, thing: Order | View) -> bool:
        """Whether the person follows it."""
        return cls.objects.filter(user=user, **{"view" if isinstance(thing, View) else "order": thing}).exists()


class Announcement(models.Model):
    """A run of an order has finished, and its followers' mails are not queued yet: kept with the Event, gone after."""

    order = models.ForeignKey(Order, models.CASCADE)
    run = models.IntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "run"], name="announcement_once")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.run}"


class Mail(models.Model):
    """One mail to one person about one finished Event: this row is what makes it one.

    due_at: when to try; while somebody tries, when somebody else may. None: it is sent, or given up.
    """

    # The longest that a try takes, with a mail server that hangs at each step.
    LEASE = timedelta(minutes=2)
    PATIENCE = timedelta(days=1)
    LONGEST_PAUSE = timedelta(hours=2)

    event_id = models.BigIntegerField()
    order = models.ForeignKey(Order, models.CASCADE)
    user = models.ForeignKey(User, models.CASCADE)
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True, db_default=Now())
    sent_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_id", "user"], name="mail_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="mail_due")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.user_id}"

    @classmethod
    def claim(cls, pk: int) -> Mail | None:
        """The mail, for us alone until `due_at`; None when it needs nothing, or somebody has it."""
        at = now()
        due = cls.objects.filter(pk=pk, due_at__lte=at)
        if not due.update(due_at=at + cls.LEASE, tries=models.F("tries") + 1):
            return None
        return cls.objects.select_related("order__team", "user").get(pk=pk)

    def close(self, *, sent: bool) -> None:
        """Nothing is left to do."""
        Mail.objects.filter(pk=self.pk).update(due_at=None, sent_at=Now() if sent else None)

    def put_off(self) -> datetime | None:
        """It could not be sent: when to try again, later each time; None after a day, when it is given up."""
        at = now()
        if at - self.created_at > self.PATIENCE:
            self.close(sent=False)
            return None
        self.due_at = at + min(timedelta(minutes=2 ** min(self.tries, 10)), self.LONGEST_PAUSE)
        self.save(update_fields=["due_at"])
        return self.due_at
