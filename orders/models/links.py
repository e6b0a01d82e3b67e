"""Share links: anybody who has one may look at one order, and at nothing else (DESIGN section 1)."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection, models, transaction
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Team, User
from dashboard.tokens import hash_of
from orders import tokens
from orders.models.events import Event
from orders.models.orders import Order

# All by the database's clock, the one that all processes share (F74).
REVOKED = Q(revoked_at__isnull=False)
EXPIRED = Q(expires_at__lte=Now())
FORBIDDEN = Q(team__share_links=False)
LIVE = Q(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None, team__share_links=True)
# What the timeline calls a changed setting.
WORDS = {"label": "label", "expires_at": "expiry", "reveals": "shows", "names_team": "shows"}


class Outdated(Exception):
    """The link is not any more what the person saw; `str()` says so."""


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def visible_to(self, user: User) -> ShareLinkQuerySet:
        """The links of the teams that the user is in, whoever made them."""
        return self.filter(team__membership__user=user)

    def of(self, team: Team) -> ShareLinkQuerySet:
        """The links of one team with their state, the newest first."""
        return self.filter(team=team).with_state().order_by("-created_at", "-pk")

    def live(self) -> ShareLinkQuerySet:
        """Those that open now: not revoked, not expired, and the team has share links (T33)."""
        return self.filter(LIVE)

    def opened_with(self, token: str) -> ShareLink | None:
        """The live link of this token with all that its page shows, or None.

        Permission and data in one query: nothing is read that was not allowed at the same moment (T34).
        """
        if not tokens.is_ours(token):
            return None
        links = (
            self.live()
            .select_related("team", "order__detail", "order__watch", "order__key")
            .defer("order__key__sealed")
        )
        return links.filter(token_hash=hash_of(token)).first()

    @transaction.atomic
    def allow(self, team: Team, by: User, allowed: bool) -> None:
        """Whether links of this team open at all, those made before included; nothing else of them changes."""
        if Team.objects.filter(pk=team.pk).exclude(share_links=allowed).update(share_links=allowed):
            Event.add(Event.Kind.LINKS_ON if allowed else Event.Kind.LINKS_OFF, team=team, actor=by)

    def with_state(self) -> ShareLinkQuerySet:
        """Each with its `state`, one of ShareLink.State."""
        state = ShareLink.State
        return self.annotate(
            state=Case(
                When(REVOKED, Value(state.REVOKED)),
                When(EXPIRED, Value(state.EXPIRED)),
                When(FORBIDDEN, Value(state.FORBIDDEN)),
                default=Value(state.ACTIVE),
                output_field=models.CharField(),
            )
        )


class ShareLink(models.Model):
    """A link that lets anybody look at one order, until it expires or is revoked. Only the token's hash is kept."""

    class Reveals(models.TextChoices):
        """What a guest sees besides the order's name."""

        STATUS = "status", _("the status")
        PREVIEWS = "previews", _("the status and watermarked previews")

    class State(models.TextChoices):
        """What becomes of somebody who opens it."""

        ACTIVE = "active", _("Active")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Revoked")
        FORBIDDEN = "off", _("Off for the team")

    team = models.ForeignKey(Team, models.CASCADE)
    order = models.ForeignKey(Order, models.CASCADE, related_name="links")
    label = models.CharField(_("label"), max_length=60)
    token_hash = models.CharField(max_length=64, unique=True)
    # The hash of the token it was made with: a form sent again finds the link, and never brings back a dead address.
    first_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - "" would be there once
    reveals = models.CharField(_("shows"), max_length=10, choices=Reveals, default=Reveals.PREVIEWS)
    names_team = models.BooleanField(_("shows the team's name"), default=False)
    password = models.CharField(max_length=128, blank=True)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    opens = models.PositiveIntegerField(default=0)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "-created_at"], name="link_of_team")]

    def __str__(self) -> str:
        return self.label

    @property
    def has_password(self) -> bool:
        return bool(self.password)

    def set_password(self, text: str) -> None:
        """Keep the hash of the password (not saved); "" opens the link without one."""
        self.password = make_password(_normal(text)) if text else ""

    def password_fits(self, text: str) -> bool:
        """Whether this is the link's password."""
        return check_password(_normal(text), self.password)

    @property
    def visit(self) -> str:
        """What an unlocked visit carries; another password or another address ends it (P3, P11)."""
        return salted_hmac("orders.links.visit", f"{self.token_hash}:{self.password}").hexdigest()

    @classmethod
    @transaction.atomic
    def make(cls, token: str, order: Order, by: User, password: str, **settings: Any) -> ShareLink:
        """The link with this token, saved; without a password for "". Asked twice, the one that was made first."""
        link = cls(token_hash=hash_of(token), order=order, team=order.team, made_by=by, **settings)
        link.set_password(password)
        fields = {name: getattr(link, name) for name in ("token_hash", "order", "team", "made_by", "password")}
        made, new = cls.objects.get_or_create({**fields, **settings}, first_hash=link.token_hash)
        if new:
            made.tell(Event.Kind.LINK_MADE, by)
        return made

    @transaction.atomic
    def change(self, by: User, *, password: str | None = None, **settings: Any) -> None:
        """Take other settings; a password of None stays, "" is none. Outdated when it is revoked."""
        self._lock()
        changed = [name for name, value in settings.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, settings[name])
        if password or (password is not None and self.has_password):
            self.set_password(password)
            changed.append("password")
        if changed:
            self.save(update_fields=changed)
            self.tell(Event.Kind.LINK_CHANGED, by, changes=sorted({WORDS.get(name, name) for name in changed}))

    @transaction.atomic
    def extend(self, by: User, days: int) -> None:
        """Let it open for at least so many days from now, also when it has expired. Outdated when it is revoked."""
        self._lock()
        later = Greatest("expires_at", Now() + timedelta(days=days))
        if ShareLink.objects.filter(pk=self.pk, expires_at__lt=Now() + timedelta(days=days)).update(expires_at=later):
            self.tell(Event.Kind.LINK_CHANGED, by, changes=["expiry"])

    @transaction.atomic
    def renew(self, by: User, token: str, seen: str) -> None:
        """Let it open with this token; the old address is dead, the settings stay (P11). Once more changes nothing.

        Outdated when it is revoked, or has another address than the one with the hash `seen`: else a form that is
        sent again would bring a dead one back.
        """
        self._lock()
        fresh = hash_of(token)
        if self.token_hash == fresh:
            return
        if self.token_hash != seen:
            raise Outdated(_("This link has another address since. Nothing was changed."))
        self.token_hash = fresh
        self.save(update_fields=["token_hash"])
        self.tell(Event.Kind.LINK_CHANGED, by, changes=["address"])

    @transaction.atomic
    def revoke(self, by: User) -> None:
        """End it for good, from the next request on (T33); once more changes nothing."""
        if ShareLink.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=Now()):
            self.tell(Event.Kind.LINK_REVOKED, by)

    @transaction.atomic
    def note_open(self) -> None:
        """Count that a person opened it, in all and on this day of the team's zone; the first of a day is an Event."""
        ShareLink.objects.filter(pk=self.pk).update(opens=models.F("opens") + 1, opened_at=Now())
        with connection.cursor() as cursor:
            cursor.execute(
                """
                insert into orders_linkday (link_id, day, opens)
                values (%s, (statement_timestamp() at time zone %s)::date, 1)
                on conflict (link_id, day) do update set opens = orders_linkday.opens + 1
                returning day, opens
                """,
                [self.pk, self.team.time_zone],
            )
            day, opens = cursor.fetchone()
        if opens == 1:
            self.tell(Event.Kind.LINK_OPENED, None, day=day.isoformat())

    def tell(self, kind: Event.Kind, by: User | None, **data: Any) -> None:
        """A line of the order's timeline about this link; never anything of its token or password."""
        Event.add(kind, order=self.order, actor=by, link=self.pk, label=self.label, **data)

    def _lock(self) -> None:
        """Nobody else changes it until the transaction ends."""
        if not ShareLink.objects.select_for_update().filter(pk=self.pk, revoked_at=None).exists():
            raise Outdated(_("This link is revoked for good. Make a new one."))
        self.refresh_from_db()


def _normal(text: str) -> str:
    """A guest may type é as one sign or as two."""
    return unicodedata.normalize("NFC", text)


class LinkDay(models.Model):
    """How often a link was opened on one day, of its team's time zone."""

    link = models.ForeignKey(ShareLink, models.CASCADE, related_name="days")
    day = models.DateField()
    opens = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "day"], name="link_day_once")]

    def __str__(self) -> str:
        return f"{self.link_id} {self.day}"
