"""Saved searches: named, one person's or the team's, pinned in a side bar, or what the list opens with."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Membership, Team, User
from orders.models.events import Event

MOST_PINS = 5


class TooManyPins(Exception):
    """The side bar is full; `str()` says so."""


class ViewQuerySet(models.QuerySet["View"]):
    def visible_to(self, user: User) -> ViewQuerySet:
        """The person's own views and their teams', in the teams that they are in now."""
        mine_or_ours = models.Q(owner=user) | models.Q(owner=None)
        return self.filter(mine_or_ours, team__membership__user=user).select_related("team")

    def pinned_by(self, user: User, team: Team) -> ViewQuerySet:
        """What the person has in the side bar of this team, the first pin first."""
        pinned = self.visible_to(user).filter(choices__user=user, choices__team=team, choices__pinned_at__isnull=False)
        return pinned.order_by("choices__pinned_at", "pk")[:MOST_PINS]

    def opening(self, user: User, team: Team) -> View | None:
        """What the person's list of this team opens with, if anything."""
        chosen = self.visible_to(user).filter(choices__user=user, choices__team=team, choices__opens=True)
        return chosen.first()


class View(models.Model):
    """A name and a search in one team's list. Without an owner it is the team's (DESIGN section 1)."""

    team = models.ForeignKey(Team, models.CASCADE)
    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True)
    name = models.CharField(_("name"), max_length=60)
    text = models.TextField(default="", blank=True)
    sort = models.CharField(max_length=20, default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["team", "owner", "name"], nulls_distinct=False, name="view_name_once")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The address of the list that it stands for."""
        return self.address_of(self.text)

    def address_of(self, text: str) -> str:
        """The same with another search."""
        query = {"q": text} | ({"sort": self.sort} if self.sort else {})
        return f"{reverse('orders:list', args=[self.team.slug])}?{urlencode(query)}"

    @property
    def is_teams(self) -> bool:
        return self.owner_id is None

    @transaction.atomic
    def pin(self, user: User, pinned: bool) -> None:
        """Put it into this person's side bar, or take it out; TooManyPins when there is no room."""
        # Two clicks at once take turns here, so that together they stay within the limit.
        Membership.objects.select_for_update().get(user=user, team=self.team)
        others = ViewChoice.objects.filter(user=user, team=self.team, pinned_at__isnull=False).exclude(view=self)
        if pinned and others.count() >= MOST_PINS:
            raise TooManyPins(_("The side bar has room for %d saved searches. Unpin one first.") % MOST_PINS)
        self._choose(user, pinned_at=timezone.now() if pinned else None)

    @transaction.atomic
    def open_with(self, user: User, opens: bool) -> None:
        """Let this person's list open with it, instead of any other; or no longer."""
        Membership.objects.select_for_update().get(user=user, team=self.team)
        ViewChoice.objects.filter(user=user, team=self.team, opens=True).update(opens=False)
        self._choose(user, opens=opens)

    def _choose(self, user: User, **choice: object) -> None:
        ViewChoice.objects.update_or_create(choice, user=user, view=self, create_defaults={**choice, "team": self.team})

    @transaction.atomic
    def change(self, **changes: object) -> None:
        """Take another name, or another owner (None: the team); IntegrityError when there is such a one already.

        What becomes one person's own leaves everybody else's side bar.
        """
        for name, value in changes.items():
            setattr(self, name, value)
        self.save(update_fields=changes)
        if self.owner:
            self.choices.exclude(user=self.owner).delete()

    @transaction.atomic
    def give(self, actor: User, to_team: bool, text: str) -> None:
        """Make it the team's, or the actor's own again, with this search; told in the team's timeline.

        IntegrityError as for `change`.
        """
        if self.is_teams != to_team:
            self.change(owner=None if to_team else actor, text=text)
            kind = Event.Kind.VIEW_SHARED if to_team else Event.Kind.VIEW_UNSHARED
            Event.add(kind, team=self.team, actor=actor, label=self.name)

    @transaction.atomic
    def remove(self, actor: User) -> None:
        """Delete it, for everybody if it is the team's, whose timeline then says so."""
        if self.is_teams:
            Event.add(Event.Kind.VIEW_DELETED, team=self.team, actor=actor, label=self.name)
        self.delete()


class ViewChoice(models.Model):
    """What one person does with a view: has it in the side bar, or opens the list with it."""

    user = models.ForeignKey(User, models.CASCADE)
    team = models.ForeignKey(Team, models.CASCADE)
    view = models.ForeignKey(View, models.CASCADE, related_name="choices")
    pinned_at = models.DateTimeField(null=True)
    opens = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "view"], name="view_choice_once"),
            models.UniqueConstraint(fields=["user", "team"], condition=models.Q(opens=True), name="view_opens_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.view_id}"
