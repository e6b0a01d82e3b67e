"""People who go, and teams that end: what is left behind, and what becomes of it (T5, O10, D13).

Orders stay with their team as long as there is one. Nothing here is told to Autoenhance, and nothing is deleted there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import CASCADE, Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.deletion import get_candidate_relations_to_delete

from dashboard.accounts.models import Invitation, Membership, Team, User
from dashboard.accounts.roles import Action, Role
from orders.models import ApiKey, Batch, Event, Follow, Order, OrderKey, ShareLink, View, ViewChoice, Write
from orders.search import for_everybody

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a key's orders when it goes: how many can only be read, and how many each other key takes."""

    key: ApiKey
    orphans: int
    heirs: list[tuple[ApiKey, int]]


@dataclass(frozen=True, slots=True)
class Belongings:
    """What one person has in one team, and what they have begun there."""

    user: User
    team: Team

    @property
    def keys(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.filter(user=self.user, team=self.team).select_related("user", "team").order_by("pk")

    @property
    def links(self) -> QuerySet[ShareLink]:
        """The share links they made, but for those that are revoked."""
        links = ShareLink.objects.of(self.team).filter(made_by=self.user, revoked_at=None)
        return links.select_related("order", "team")

    @property
    def views(self) -> QuerySet[View]:
        """Their private ones; a view of the team's is not theirs."""
        return View.objects.filter(owner=self.user, team=self.team).select_related("team")

    @property
    def batches(self) -> QuerySet[Batch]:
        """Renames of many orders that still run."""
        return Batch.objects.filter(actor=self.user, team=self.team, state=Batch.State.RUNNING)

    @property
    def writes(self) -> QuerySet[Write]:
        """What was sent by them or through their keys, and is not confirmed yet."""
        theirs = Q(actor=self.user) | Q(key__user=self.user)
        return Write.objects.filter(theirs, team=self.team, state__in=Write.PENDING)

    @property
    def invitations(self) -> QuerySet[Invitation]:
        """Those they sent that nobody has used yet."""
        return Invitation.objects.filter(invited_by=self.user, team=self.team, used_at=None)

    def fates(self) -> list[Fate]:
        """What becomes of the orders of each key, as `ApiKey.hand_over` decides it."""
        others = ApiKey.objects.live().filter(team=self.team).exclude(user=self.user).select_related("user")
        able = {key.pk: key for key in others if key.readable}
        also = OrderKey.objects.filter(order=OuterRef("pk"), key__in=able).order_by("pk")
        fates = []
        for key in self.keys:
            orders = Order.objects.filter(key=key).annotate(heir=Subquery(also.values("key")[:1]))
            counts = dict(orders.values_list("heir").annotate(Count("pk")).order_by("heir"))
            orphans = counts.pop(None, 0)
            fates.append(Fate(key, orphans, [(able[pk], count) for pk, count in counts.items()]))
        return fates


def run_by_nobody_else(user: User) -> QuerySet[Team]:
    """The teams that would have no owner without this person."""
    others = Membership.objects.filter(team=OuterRef("pk"), role=Role.OWNER).exclude(user=user)
    return Team.objects.where(user, Action.RUN).filter(~Exists(others))


@transaction.atomic
def leave(membership: Membership, actor: User, *, revoke: QuerySet[ShareLink], give_views: bool) -> None:
    """End the membership: the keys go at once, and of the links those to `revoke`; the other links stay the team's.

    The person's private views become the team's with `give_views`, else they are deleted. LastOwner, and nothing is
    changed, when nobody else could run the team.
    """
    left = Belongings(membership.user, membership.team)
    # First, as whoever stores orders does; what takes these locks in another order could end in a deadlock.
    if not Team.objects.select_for_update(no_key=True).filter(pk=left.team.pk).first():
        return
    counts = {"keys": left.keys.count(), "links": left.links.count(), "views": left.views.count()}
    for key in left.keys:
        key.remove(actor)
    for link in revoke:
        link.revoke(actor)
    for view in left.views:
        _give(view, left.user) if give_views else view.delete()
    ViewChoice.objects.filter(user=left.user, team=left.team).delete()
    Follow.objects.filter(user=left.user, team=left.team).delete()
    membership.end(actor, **counts)


@transaction.atomic
def delete_team(team: Team, actor: User) -> None:
    """Delete the team with everything in it, its timeline too; once more changes nothing.

    By a statement for each table: Django's own delete would first read every order, and all that hangs on it.
    """
    # With these rows locked, nothing new can be hung on them meanwhile.
    if not Team.objects.select_for_update().filter(pk=team.pk).first():
        return
    keys = len(ApiKey.objects.select_for_update().filter(team=team))
    orders = len(Order.objects.locked().filter(team=team).values_list("pk"))
    User.objects.filter(last_team=team).update(last_team=None)
    for rows in _with_all_below(Team.objects.filter(pk=team.pk)):
        rows._raw_delete(DEFAULT_DB_ALIAS)
    Event.objects.forget(team.pk)
    log.info("team deleted", team=team.pk, actor=actor.pk, keys=keys, orders=orders)


@transaction.atomic
def delete_account(user: User, heirs: Mapping[int, User | None]) -> None:
    """Delete the person with their keys, their share links' power, and their sessions; in their teams orders stay.

    heirs: by pk of each team that nobody else could run, who is to run it now; None: the team is deleted. LastOwner,
    and nothing is changed, where that leaves a team without an owner. Once more changes nothing.
    """
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk).first():
        return
    for membership in Membership.objects.filter(user=user).select_related("user", "team").order_by("team"):
        team = membership.team
        if team.pk in heirs and heirs[team.pk] is None:
            delete_team(team, user)
            continue
        for heir in Membership.objects.filter(user=heirs.get(team.pk), team=team).select_related("user", "team"):
            heir.change_role(user, Role.OWNER)
        leave(membership, user, revoke=Belongings(user, team).links, give_views=False)
    log.info("account deleted", user=user.pk)
    user.delete()


def _give(view: View, owner: User) -> None:
    """Make it the team's, under another name where the team has one like it."""
    taken = set(View.objects.filter(team=view.team, owner=None).values_list("name", flat=True))
    name, number = view.name, 1
    while name in taken:
        number += 1
        name = f"{view.name[:50]} ({number})"
    view.change(owner=None, name=name, text=for_everybody(view.text, owner))


def _with_all_below(rows: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """These rows, and before them whatever Django would delete with them."""
    relations: Iterable[Any] = get_candidate_relations_to_delete(rows.model._meta)
    for relation in relations:
        if relation.on_delete is CASCADE:
            below: QuerySet[Any] = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": rows})
            yield from _with_all_below(below)
    yield rows
