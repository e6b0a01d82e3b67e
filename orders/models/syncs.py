"""Reading an account's list into the mirror: how far each pass is, so that it goes on wherever it stopped."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from orders.models.clock import now
from orders.models.keys import ApiKey

# How often a pass may begin again because its page token was refused: a list whose tokens never last has no end.
MOST_RESTARTS = 3
STANDS_AFTER = timedelta(minutes=1)
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)


REPEATS = _("Autoenhance's list began to repeat itself, so reading ended there.")


class SyncQuerySet(models.QuerySet["Sync"]):
    def moving(self, kind: str) -> set[int]:
        """The keys, by pk, of which a pass of this kind is being read right now."""
        turned = models.Q(page_at__gt=now() - STANDS_AFTER) | models.Q(resumed_at__gt=now() - STANDS_AFTER)
        return set(self.filter(turned, kind=kind, state=Sync.State.RUNNING).values_list("key", flat=True))

    def complete_since(self, moment: datetime) -> dict[int, datetime]:
        """When each key's list was last read from beginning to end, by pk of the key; without those not since then."""
        complete = self.filter(state=Sync.State.DONE, finished_at__gte=moment).exclude(kind=Sync.Kind.CATCH_UP)
        return dict(complete.values_list("key").annotate(models.Max("finished_at")))


class Sync(models.Model):
    """The last pass of its kind over a key's list; a new one takes the row of the old one.

    offset is the token of the next page, "" before the first; it moves in the transaction that stores a page. turns:
    how many pages were turned; mark: the token at the last power of two of them, which a list that goes round must meet
    again (Brent's algorithm). read, skipped: orders so far, and those that could not be stored. resumed_at,
    resumed_read: when reading last began or went on after a pause, and what was read by then. failures: in a row.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", _("import")
        CATCH_UP = "catch_up", _("catch-up")
        DAILY = "daily", _("daily pass")

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")

    UNFINISHED = (State.RUNNING, State.WAITING)

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="syncs")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    reason = models.TextField(default="", blank=True)
    offset = models.TextField(default="", blank=True)
    mark = models.TextField(default="", blank=True)
    turns = models.IntegerField(default=0)
    read = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    restarts = models.SmallIntegerField(default=0)
    failures = models.SmallIntegerField(default=0)
    began_at = models.DateTimeField()
    resumed_at = models.DateTimeField()
    resumed_read = models.IntegerField(default=0)
    page_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = SyncQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "kind"], name="sync_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key_id}: {self.state}"

    @property
    def unfinished(self) -> bool:
        return self.state in self.UNFINISHED

    @property
    def lists_all(self) -> bool:
        """Whether what it does not list is not there."""
        return self.kind != self.Kind.CATCH_UP

    @property
    def thorough(self) -> bool:
        """Whether it reads to the end: all but a catch-up, which ends where everything is known.

        Not one that had to begin again: what it read before is known, and what it had not reached lies below that.
        """
        return self.lists_all or self.restarts > 0

    @property
    def stands(self) -> bool:
        """Whether nobody turned a page for so long that the worker seems to be gone."""
        return self.state == self.State.RUNNING and now() - (self.page_at or self.resumed_at) > STANDS_AFTER

    @property
    def rate(self) -> int | None:
        """Orders a second since reading last began; None before there is anything to say."""
        seconds = (self.page_at - self.resumed_at).total_seconds() if self.page_at else 0
        return round((self.read - self.resumed_read) / seconds) if seconds > 1 else None

    @property
    def pause(self) -> timedelta:
        """How long to wait after a failure: longer each time (T42)."""
        doubled = min(max(self.failures - 1, 0), 10)
        return min(SHORTEST_PAUSE * (1 << doubled), LONGEST_PAUSE)

    @classmethod
    @transaction.atomic
    def take_up(cls, key: ApiKey, kind: Kind) -> Sync:
        """The unfinished pass of the key, to go on with; else a new one."""
        sync = cls._of(key, kind)
        return sync._go_on() if sync.unfinished else sync._begin(restarts=0)

    @classmethod
    @transaction.atomic
    def begin(cls, key: ApiKey, kind: Kind, *, pause: timedelta) -> Sync | None:
        """A pass that begins at the newest orders now; None when one did so less than `pause` ago.

        Whoever reads an unfinished one finds it moved. What that had not reached is read all the same, see `thorough`.
        """
        sync = cls._of(key, kind)
        if sync.page_at and sync.began_at > now() - pause:
            return None
        return sync._begin(restarts=1 if sync.unfinished and sync.offset else 0)

    def turn(self, offset: str, *, read: int, skipped: int) -> bool:
        """Note in the transaction that stores a page that it was read; False when somebody else moved the pass on.

        Without a further `offset` the pass is done; also with one that came before, and `reason` says so.
        """
        moment, turns = now(), self.turns + 1
        repeats = offset != "" and offset == self.mark
        goes_on = offset and not repeats
        return self._move(
            offset=offset,
            turns=turns,
            mark=self.mark if turns & (turns - 1) else offset,
            state=self.State.RUNNING if goes_on else self.State.DONE,
            reason=str(REPEATS) if repeats else "",
            finished_at=None if goes_on else moment,
            page_at=moment,
            read=self.read + read,
            skipped=self.skipped + skipped,
            failures=0,
        )

    def restart(self) -> bool:
        """Begin at the first page again, because the token is refused; False when that happened too often."""
        return self.restarts < MOST_RESTARTS and self._move(offset="", mark="", turns=0, restarts=self.restarts + 1)

    def end(self) -> None:
        """It is done here, before the end of the list."""
        self._move(state=self.State.DONE, offset="", finished_at=now())

    def wait(self, reason: str) -> None:
        """It cannot go on now; it will from the same place."""
        self._move(state=self.State.WAITING, reason=reason, failures=self.failures + 1)

    def stop(self, reason: str) -> None:
        """It cannot go on at all."""
        self._move(state=self.State.STOPPED, reason=reason, finished_at=now())

    @classmethod
    def _of(cls, key: ApiKey, kind: Kind) -> Sync:
        """The row of the key and kind, locked; a new one counts as done before it began."""
        moment = now()
        blank = {"state": cls.State.DONE, "began_at": moment, "resumed_at": moment}
        cls.objects.get_or_create(key=key, kind=kind, defaults=blank)
        locked = cls.objects.select_for_update(of=("self",))
        return locked.select_related("key__team", "key__user").get(key=key, kind=kind)

    def _begin(self, *, restarts: int) -> Sync:
        """A new pass in this row."""
        moment = now()
        blank = Sync(key=self.key, kind=self.kind, began_at=moment, resumed_at=moment, restarts=restarts, pk=self.pk)
        blank.save()
        self.pages.all().delete()
        return blank

    def _go_on(self) -> Sync:
        if self.state == self.State.WAITING or self.stands:
            self.resumed_at, self.resumed_read = now(), self.read
        self.state, self.reason = self.State.RUNNING, ""
        self.save(update_fields=["state", "reason", "resumed_at", "resumed_read"])
        return self

    def _move(self, **changes: Any) -> bool:
        """Change the row if it is as we know it; whether it was."""
        as_known = {"began_at": self.began_at, "restarts": self.restarts, "turns": self.turns}
        moved = Sync.objects.filter(pk=self.pk, state=self.State.RUNNING, **as_known).update(**changes)
        self.refresh_from_db(fields=[field.name for field in self._meta.concrete_fields if field.name != "key"])
        return bool(moved)


class SyncPage(models.Model):
    """Known orders that a page of an unfinished pass listed. To note it of each order would take far longer."""

    sync = models.ForeignKey(Sync, models.CASCADE, related_name="pages")
    orders = ArrayField(models.BigIntegerField())

    def __str__(self) -> str:
        return f"{self.sync_id}: {self.orders}"
