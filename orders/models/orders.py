"""The mirror of Autoenhance's orders, and what a team sees of it (DESIGN sections 1 and 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.fields.related_descriptors import ReverseOneToOneDescriptor
from django.db.models.functions import Greatest, Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Team, User
from dashboard.signs import straightened
from orders.fold import FOLD_VERSION, fold
from orders.models.keys import ApiKey, key_for


class Shown(models.IntegerChoices):
    """Our words for status on screen (features 4.3)."""

    WAITING = 1, _("Waiting")
    MERGING = 2, _("Merging")
    PROCESSING = 3, _("Processing")
    READY = 4, _("Ready")
    ERROR = 5, _("Error")
    DELETED = 6, _("Deleted")
    UNKNOWN = 7, _("Unknown")


# `Order.seen_at` in queries.
SEEN_AT = Greatest("watch__seen_at", models.Case(models.When(watch__missed_at=None, then="key__listed_at")))


class ClockTimestamp(models.Func):
    """`now()` of this app in a query."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User) -> OrderQuerySet:
        """The orders of the teams that the user is in: what every page starts from (decision 6)."""
        return self.filter(team__membership__user=user)

    def of(self, team: Team) -> OrderQuerySet:
        """The orders of one team that are not deleted at Autoenhance."""
        return self.filter(team=team, deleted=False)

    def whole(self) -> OrderQuerySet:
        """With all that the page of an order shows of it.

        unclear_id: the change of it that is not confirmed yet, if there is one. read_at: by the database's clock, which
        a look that follows need not ask for then.
        """
        unclear = models.FilteredRelation("writes", condition=Q(writes__state="unclear"))
        whole = self.select_related("team", "key__user", "detail", "watch").annotate(unclear=unclear)
        return whole.annotate(unclear_id=models.F("unclear__pk"), read_at=ClockTimestamp())

    def newest_first(self) -> OrderQuerySet:
        return self.order_by("-created_at", "-pk")

    def listed_by(self, key: ApiKey) -> OrderQuerySet:
        """The orders that this key made or lists."""
        return self.filter(Q(key=key) | Q(also__key=key)).distinct()

    def of_page(self, pks: Sequence[int], keys: Iterable[ApiKey]) -> list[Order]:
        """Those of these orders that are there, in this order, each with its key.

        The keys are the team's, which a page has anyway: a join would read, and make, one for every order.
        """
        by_pk = {key.pk: key for key in keys}
        orders = self.in_bulk(pks)
        page = [orders[pk] for pk in pks if pk in orders]
        for order in page:
            if order.key_id in by_pk:
                order.key = by_pk[order.key_id]
        return page

    def locked(self) -> OrderQuerySet:
        """Lock the rows until the transaction ends, always in the same order (no deadlocks, F52)."""
        return self.order_by("order_id").select_for_update(of=("self",))


class Order(models.Model):
    """One order of Autoenhance in one team."""

    team = models.ForeignKey(Team, models.CASCADE, db_index=False)
    order_id = models.CharField(max_length=200, db_collation="C")
    name = models.TextField(default="", blank=True)
    find = models.TextField(default=" ")
    fold_version = models.SmallIntegerField(default=FOLD_VERSION)
    status = models.CharField(max_length=100, default="", blank=True)
    shown = models.SmallIntegerField(choices=Shown, default=Shown.UNKNOWN)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    pictures = models.IntegerField(default=0)
    ready = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    strip = models.CharField(max_length=12, default="", blank=True)
    key = models.ForeignKey(ApiKey, models.SET_NULL, null=True)
    deleted = models.BooleanField(default=False)
    version = models.BigIntegerField(default=1)
    # How often it began anew (orders/finished.py), and since when it waits or is at work; null once it is finished.
    run = models.IntegerField(default=0, db_default=0)
    run_at = models.DateTimeField(null=True)
    # The last answer that was taken in (`absorb.heard`); without one, the next answer counts whatever it says.
    heard = models.BigIntegerField(null=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "order_id"], name="order_once")]
        indexes = [
            models.Index(
                fields=["team", "-created_at", "-id"],
                include=["find", "shown", "updated_at", "pictures", "key", "deleted"],
                name="order_list",
            )
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("orders:detail", args=[self.pk])

    @property
    def label(self) -> str:
        """The name as it is shown, or what stands for one that is missing."""
        return straightened(self.name) or str(_("(no name)"))

    @property
    def shown_slug(self) -> str:
        return Shown(self.shown).name.lower()

    @property
    def shown_word(self) -> str:
        return str(Shown(self.shown).label)

    @property
    def seen_at(self) -> datetime:
        """When we last looked at it: by itself, or in a complete list of its key that did not miss it."""
        listed_at = self.key.listed_at if self.key and self.watch.missed_at is None else None
        return max(self.watch.seen_at, listed_at or self.watch.seen_at)

    @property
    def look_failed(self) -> bool:
        """Whether the last look at it failed."""
        return self.watch.failed_at is not None and self.watch.failed_at > self.seen_at

    def rename_to(self, name: str) -> None:
        """Take the name and what search needs of it (not saved)."""
        self.name, self.find, self.fold_version = name, fold(name), FOLD_VERSION

    def key_for(self, user: User) -> ApiKey:
        """Which key a change by this user goes through; NoKey says why none (DESIGN section 1)."""
        return key_for(self, user)


class BlankUntilKept(ReverseOneToOneDescriptor):  # type: ignore[type-arg]
    """`order.detail`, blank and unsaved while there is no row."""

    def __get__(self, instance: Order | None, cls: type[Order] | None = None) -> Any:
        try:
            return super().__get__(instance, cls)
        except OrderDetail.DoesNotExist:
            return OrderDetail(order=instance)


class DetailField(models.OneToOneField):  # type: ignore[type-arg]
    """One to one at most."""

    related_accessor_class = BlankUntilKept


class OrderDetail(models.Model):
    """What only the order's own page needs, so that the list's table stays dense. No row: nothing to keep as yet.

    `images` is a list of {"n", "id", "name", "status", "reason", "scene"}; `n` is given at first sight and never
    reused. The flags are Autoenhance's, kept for answers that leave them out.
    """

    order = DetailField(Order, models.CASCADE, primary_key=True, related_name="detail", db_constraint=False)
    images = models.JSONField(default=list)
    next_n = models.IntegerField(default=1)
    is_processing = models.BooleanField(default=False)
    is_merging = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.order_id}"

    def image(self, n: int) -> dict[str, Any] | None:
        """The picture with our number `n`."""
        return next((image for image in self.images if image["n"] == n), None)


class OrderWatch(models.Model):
    """When we last looked at an order at Autoenhance. Not in the order's row: looking changes nothing there.

    seen_at: when we did so but for the complete passes over its list, see `Order.seen_at`.
    missed_at: a complete list did not show the order, or a look did not find it, at that time. misses: looks that did
    not find it since; LOST of them make it count as deleted. next_at: when to look next; null: nothing is expected.
    claimed_until: somebody looks just now; the claim of one who was killed ends then. failed_at: a look failed at that
    time; one that succeeded since is told by `seen_at`.
    """

    LOST = 2

    # Written in the transaction that writes the order, hundreds at a time: checking each once more would take longer.
    order = models.OneToOneField(Order, models.CASCADE, primary_key=True, related_name="watch", db_constraint=False)
    seen_at = models.DateTimeField(db_default=Now())
    missed_at = models.DateTimeField(null=True)
    misses = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["order"], condition=Q(missed_at__isnull=False), name="watch_missed"),
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="watch_next"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}"
