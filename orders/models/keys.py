"""API keys: whose, for which team, and which of them may be used for an order."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Team, User
from dashboard.accounts.roles import Action
from orders.models.events import Event
from orders.vault import Unreadable, Vault

if TYPE_CHECKING:
    from orders.models.orders import Order

FORMAT_VERSION = 1


class NoKey(Exception):
    """This person may use no key for this; `str()` is a sentence that says why and whom to ask."""


@lru_cache(maxsize=4)
def _vault(keys: tuple[str, ...]) -> Vault:
    return Vault(keys)


def vault() -> Vault:
    """The vault with the encryption keys of the settings."""
    return _vault(tuple(settings.KEY_ENCRYPTION_KEYS))


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self) -> ApiKeyQuerySet:
        """Keys that Autoenhance has not refused, the oldest first."""
        return self.filter(refused_at__isnull=True).order_by("pk")

    def usable_by(self, user: User, team: Team) -> ApiKeyQuerySet:
        """Live keys of the team that the user may act through: their own first, then the open ones of teammates."""
        mine = Q(user=user)
        keys = self.live().filter(mine | Q(shared=True), team=team).select_related("user", "team")
        return keys.order_by(models.Case(models.When(mine, then=0), default=1), "pk")


class ApiKey(models.Model):
    """One Autoenhance account's key, kept by one user for one team; sealed, and never shown again."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE)
    team = models.ForeignKey(Team, models.CASCADE)
    label = models.CharField(_("label"), max_length=60)
    sealed = models.BinaryField()
    last_four = models.CharField(max_length=4)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    imported_at = models.DateTimeField(null=True)
    # When the last complete pass over its list began: what that showed was seen then, which is not noted of each order.
    listed_at = models.DateTimeField(null=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user", "label"], name="key_label_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def described(self) -> str:
        """How the timeline names it: whose it is, and its label."""
        return f"{self.user.label}: {self.label}"

    @property
    def _context(self) -> bytes:
        return f"{FORMAT_VERSION}:{self.uid}:{self.user_id}:{self.team_id}".encode()

    def keep(self, secret: str) -> None:
        """Seal `secret` into this row (not saved); a key that was refused counts as live again."""
        self.sealed = vault().seal(secret, self._context)
        self.last_four = secret[-4:]
        self.refused_at = None

    def secret(self) -> str:
        """The key itself, for a call that is about to be made. Unreadable when no encryption key opens it."""
        return vault().open(bytes(self.sealed), self._context)

    @property
    def readable(self) -> bool:
        """Whether one of our encryption keys opens it (K4); if not, its owner has to enter it again."""
        try:
            self.secret()
        except Unreadable:
            return False
        return True

    @property
    def live(self) -> bool:
        """Whether it can be used now."""
        return self.refused_at is None and self.readable

    def reseal(self) -> bool:
        """Seal it again with the newest encryption key, if it is not; saved. True when it was done."""
        if vault().is_newest(bytes(self.sealed)):
            return False
        self.sealed = vault().seal(self.secret(), self._context)
        self.save(update_fields=["sealed"])
        return True

    @transaction.atomic
    def open_to_teammates(self, shared: bool) -> None:
        """Let teammates create and rename through it, or no longer; told in the team's timeline."""
        if self.shared != shared:
            self.shared = shared
            self.save(update_fields=["shared"])
            kind = Event.Kind.KEY_SHARED if shared else Event.Kind.KEY_UNSHARED
            Event.add(kind, team=self.team, actor=self.user, label=self.described)

    def touch(self) -> None:
        """Note that it was just used."""
        ApiKey.objects.filter(pk=self.pk).update(used_at=timezone.now())

    @transaction.atomic
    def refuse(self) -> None:
        """Autoenhance said no: other keys take its orders over. Saying it twice changes nothing.

        Nor does saying it of a secret that was replaced while the call was on its way (F72).
        """
        as_sent = ApiKey.objects.filter(pk=self.pk, sealed=self.sealed, refused_at__isnull=True)
        if as_sent.update(refused_at=timezone.now()):
            moved = self.hand_over()
            Event.add(Event.Kind.KEY_REFUSED, team=self.team, key=self, label=self.described, moved=moved)

    @transaction.atomic
    def remove(self, actor: User) -> None:
        """Delete it at once: the secret goes, the orders stay, other keys that list them take them over.

        Saying it twice changes nothing. Whoever stores what a key lists holds the team's row, so that is taken first;
        with its own row locked too, nothing new can point to the key while it goes.
        """
        Team.objects.select_for_update(no_key=True).filter(pk=self.team_id).first()
        if not ApiKey.objects.select_for_update().filter(pk=self.pk).first():
            return
        moved = self.hand_over()
        Event.add(Event.Kind.KEY_DELETED, team=self.team, actor=actor, label=self.described, moved=moved)
        self.delete()

    @transaction.atomic
    def hand_over(self) -> int:
        """Give each order of this key to the oldest other live key that lists it; how many found one.

        The two change places: this one still lists them, should it work again.
        """
        from orders.models.orders import Order

        able = [key.pk for key in ApiKey.objects.live().filter(team=self.team_id).exclude(pk=self.pk) if key.readable]
        heirs = OrderKey.objects.filter(order=OuterRef("pk"), key__in=able)
        orders = list(Order.objects.locked().filter(Exists(heirs), key=self).values_list("pk", flat=True))
        moving = Order.objects.filter(pk__in=orders)
        moving.update(key=models.Subquery(heirs.order_by("pk").values("key")[:1]))
        OrderKey.objects.filter(order__in=orders, key=models.F("order__key")).delete()
        OrderKey.objects.bulk_create([OrderKey(order_id=pk, key=self) for pk in orders], ignore_conflicts=True)
        return len(orders)


class OrderKey(models.Model):
    """A further key of the team, besides the order's own, that lists the order too."""

    order = models.ForeignKey("Order", models.CASCADE, related_name="also")
    key = models.ForeignKey(ApiKey, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "key"], name="order_key_once")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.key_id}"


def key_for(order: Order, user: User) -> ApiKey:
    """Which key a change of `order` by `user` goes through: the only rule (DESIGN section 1).

    The person's own live key that lists the order; else the order's key if its owner's switch is on; else NoKey. While
    the order's key cannot be opened, the oldest other key that lists it stands in.
    """
    also = ApiKey.objects.filter(orderkey__order=order).order_by("orderkey__pk").select_related("user")
    listing: list[ApiKey] = [key for key in (order.key, *also) if key]
    live = [key for key in listing if key.live and order.team.allows(key.user, Action.KEEP_KEYS)]
    own = next((key for key in live if key.user == user), None)
    if own:
        return own
    if not listing:
        raise NoKey(_("No API key of this team lists this order any more, so it can only be read here."))
    if not live:
        raise NoKey(
            _("The key %(key)s does not work at the moment. Its owner can enter it again.") % {"key": listing[0].label}
        )
    key = live[0]
    if not key.shared:
        raise NoKey(
            _("This order came through %(owner)s's key, which is not open to teammates. Ask %(owner)s to switch it on.")
            % {"owner": key.user.label}
        )
    return key
