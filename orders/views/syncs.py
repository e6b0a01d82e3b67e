"""How far the reading of a team's accounts is: progress that tells the truth, for the list asks for no total."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from zlib import crc32

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from dashboard.accounts.access import team_or_404
from dashboard.accounts.models import Team
from dashboard.accounts.roles import Action
from dashboard.parts import nothing_new, part_or_page, wants_part
from orders.models import ApiKey, Sync, now

TOLD = (*Sync.UNFINISHED, Sync.State.STOPPED)
# For so long a pass that ended is still told to pages that watched it.
TOLD_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Reading:
    """The import of one key in words; `slug` is the state of its Sync, "queued" before there is one."""

    slug: str
    key: str
    text: str

    @property
    def moves(self) -> bool:
        return self.slug in ("queued", *Sync.UNFINISHED)


@dataclass(frozen=True, slots=True)
class Progress:
    """All that is being read for a team; `url` gives the next state of it and is "" when nothing more will come."""

    readings: list[Reading]
    version: str
    url: str
    list_url: str


@require_safe
def order_sync(request: HttpRequest, slug: str) -> HttpResponse:
    """How far the imports are; for a part that has this version `v` already, 204."""
    team = team_or_404(request, slug, Action.SEE)
    known = progress(team, keys_of(team), ended=True)
    if wants_part(request) and known.version == request.GET.get("v"):
        return nothing_new()
    return part_or_page(request, "orders/_sync.html", "orders/sync.html", {"team": team, "progress": known})


def keys_of(team: Team) -> list[ApiKey]:
    """The team's keys with their owners; `told`: there is something of it for `progress` to tell."""
    told = Sync.objects.filter(key=OuterRef("pk"), kind=Sync.Kind.IMPORT, state__in=TOLD)
    return list(ApiKey.objects.filter(team=team).select_related("user").annotate(told=Exists(told)))


def progress(team: Team, keys: list[ApiKey], *, ended: bool = False) -> Progress:
    """What is being read through the team's keys, or was stopped; with `ended` also what came to its end just now."""
    told = Q(state__in=TOLD)
    if ended:
        told |= Q(finished_at__gt=now() - TOLD_FOR)
    imports = Sync.objects.filter(key__team=team, kind=Sync.Kind.IMPORT).select_related("key__user").order_by("key")
    worth_a_look = ended or any(key.told for key in keys)  # type: ignore[attr-defined]
    syncs = imports.filter(told) if worth_a_look else []
    begun = [Reading(sync.state, sync.key.described, _text(sync)) for sync in syncs]
    new = {key.pk: key for key in keys if key.imported_at is None and key.refused_at is None}
    begun_of = set(Sync.objects.filter(key__in=new).values_list("key", flat=True)) if new else set()
    text = _("Its orders will be read in a moment.")
    queued = [Reading("queued", key.described, text) for pk, key in new.items() if pk not in begun_of]
    readings = [*begun, *queued]
    version = f"{crc32(repr(readings).encode()):x}"
    moves = any(reading.moves for reading in readings)
    url = f"{reverse('orders:sync', args=[team.slug])}?{urlencode({'v': version})}" if moves else ""
    return Progress(readings, version, url, reverse("orders:list", args=[team.slug]))


def _text(sync: Sync) -> str:
    """One or two sentences."""
    read = ngettext("%(read)s order read", "%(read)s orders read", sync.read) % {"read": intcomma(sync.read)}
    if sync.skipped:
        skipped = ngettext("%d could not be stored", "%d could not be stored", sync.skipped) % sync.skipped
        read = f"{read}, {skipped}"
    facts = {"read": read, "reason": sync.reason, "rate": sync.rate}
    match sync.state:
        case Sync.State.WAITING:
            return _("%(read)s so far. %(reason)s Reading goes on by itself.") % facts
        case Sync.State.STOPPED:
            return _("%(read)s, then it stopped. %(reason)s") % facts
        case Sync.State.DONE:
            return (_("%(read)s, that is all. %(reason)s") % facts).strip()
    if sync.stands:
        return _("%(read)s so far. Nothing came for a minute; reading goes on when the worker is back.") % facts
    return _("%(read)s so far, %(rate)s a second.") % facts if sync.rate else _("%(read)s so far.") % facts
