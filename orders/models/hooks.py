"""Webhooks in: where Autoenhance may tell us that there is something new, and what it told."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from dashboard.tokens import hash_of
from orders.models.clock import now
from orders.models.events import Event
from orders.models.keys import FORMAT_VERSION, ApiKey, vault
from orders.models.orders import Order
from orders.vault import Unreadable

RANDOM_BYTES = 32
# A flood of ids that nobody knows must not become a flood of calls.
CATCH_UP_EVERY = timedelta(minutes=1)


class Hook(models.Model):
    """The one webhook of an ApiKey: the secret part of its address, the secret that it is called with, and counters.

    Both are sealed, because the key's owner must be able to compare them with what is entered at Autoenhance; the
    look-up is by hash. received: calls with the right secret; unknown: those of them that made no sense; last_at: the
    last of them. refused: calls without the right secret. caught_up_at: when an unknown id had the list read, or will.
    """

    key = models.OneToOneField(ApiKey, models.CASCADE, related_name="hook")
    token_hash = models.CharField(max_length=64, unique=True)
    sealed_token = models.BinaryField()
    sealed_secret = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)
    received = models.BigIntegerField(default=0)
    unknown = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    caught_up_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.key_id}"

    @classmethod
    @transaction.atomic
    def make(cls, key: ApiKey) -> Hook:
        """A fresh address and secret for the key, counted from zero; those it had die at once. Told to the team."""
        key = ApiKey.objects.select_for_update(of=("self",)).select_related("team", "user").get(pk=key.pk)
        replaced, _ = cls.objects.filter(key=key).delete()
        hook, token = cls(key=key), secrets.token_urlsafe(RANDOM_BYTES)
        hook.token_hash = hash_of(token)
        hook._seal(token, secrets.token_urlsafe(RANDOM_BYTES))
        hook.save()
        kind = Event.Kind.HOOK_REPLACED if replaced else Event.Kind.HOOK_MADE
        Event.add(kind, team=key.team, actor=key.user, label=key.described)
        return hook

    @classmethod
    @transaction.atomic
    def remove(cls, key: ApiKey) -> None:
        """The key's address is none any more, if it had one. Told to the team."""
        removed, _ = cls.objects.filter(key=key).delete()
        if removed:
            Event.add(Event.Kind.HOOK_REMOVED, team=key.team, actor=key.user, label=key.described)

    def token(self) -> str:
        """The secret part of the address. Unreadable when no encryption key opens it."""
        return vault().open(bytes(self.sealed_token), self._context("token"))

    def secret(self) -> str:
        """What Autoenhance has to send along. Unreadable when no encryption key opens it."""
        return vault().open(bytes(self.sealed_secret), self._context("secret"))

    def reseal(self) -> bool:
        """Seal both again with the newest encryption key, if they are not; saved. True when it was done."""
        if vault().is_newest(bytes(self.sealed_secret)):
            return False
        self._seal(self.token(), self.secret())
        self.save(update_fields=["sealed_token", "sealed_secret"])
        return True

    def admits(self, given: str) -> bool:
        """Whether `given` is the secret, compared in constant time (T75). Nothing is while that cannot be opened."""
        try:
            return constant_time_compare(given, self.secret())
        except Unreadable:
            return False

    def accept(self, *, understood: bool) -> None:
        """Count a call that brought the right secret."""
        unknown = F("unknown") + int(not understood)
        Hook.objects.filter(pk=self.pk).update(received=F("received") + 1, unknown=unknown, last_at=Now())

    def refuse(self) -> None:
        """Count a call that did not."""
        Hook.objects.filter(pk=self.pk).update(refused=F("refused") + 1)

    def catch_up_at(self) -> datetime | None:
        """When to read the key's list because of an id that we do not know; None when it is going to be read anyway."""
        moment, last = now(), self.caught_up_at
        if last and last > moment:
            return None
        at = max(moment, last + CATCH_UP_EVERY) if last else moment
        taken = Hook.objects.filter(pk=self.pk, caught_up_at=last).update(caught_up_at=at)
        return at if taken else None

    def _seal(self, token: str, secret: str) -> None:
        self.sealed_token = vault().seal(token, self._context("token"))
        self.sealed_secret = vault().seal(secret, self._context("secret"))

    def _context(self, what: str) -> bytes:
        """As that of a key (T02): neither opens in another row, nor in the place of the other."""
        return f"{FORMAT_VERSION}:hook {what}:{self.key.uid}:{self.key.user_id}:{self.key.team_id}".encode()


class OrderHint(models.Model):
    """When a webhook last spoke of an order, and when such a word last made us look. However many come: one row."""

    # A burst speaks of the same order 30 times a second (F83); none of it is lost, the last word is looked at.
    LOOK_EVERY = timedelta(seconds=5)

    order = models.OneToOneField(Order, models.CASCADE, primary_key=True, related_name="hint")
    at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.order_id}"

    @classmethod
    def note(cls, order_id: int) -> None:
        """A webhook just spoke of the order with this primary key."""
        hint = OrderHint(order_id=order_id, at=Now())
        OrderHint.objects.bulk_create([hint], update_conflicts=True, unique_fields=["order"], update_fields=["at"])

    @property
    def answered(self) -> bool:
        """Whether a look that began after the word came has shown the order already."""
        return self.order.watch.seen_at > self.at

    @property
    def rests_until(self) -> datetime | None:
        """When a webhook may next make us look at it; None when it may now."""
        until = self.looked_at + self.LOOK_EVERY if self.looked_at else None
        return until if until and until > now() else None

    def looking(self) -> None:
        """Note that we look now."""
        OrderHint.objects.filter(pk=self.pk).update(looked_at=Now())
