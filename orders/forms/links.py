"""What people say about a share link, checked: its label, what it shows, until when it opens, its password."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Team, User
from dashboard.signs import upright
from orders.models import Order, ShareLink, now
from orders.offers import Offer, offer, offered

DAYS = 30
# Of a password that somebody makes up; whoever guesses has to wait after a few tries.
SHORTEST = 6
# Further away, "never" is what is meant.
LONGEST = timedelta(days=10 * 365)
EXPIRIES = [
    ("1", _("1 day")),
    ("7", _("7 days")),
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("date", _("until the end of a day")),
    ("never", _("until it is revoked")),
]
GUARDS = [("none", _("none")), ("made", _("one made up for me")), ("own", _("this one"))]
KEEP = ("keep", _("as it is"))


class PasswordField(forms.CharField):
    """A guest's password. Blanks around it are what makes a right one wrong later (P3), so they are refused."""

    def __init__(self) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false", "class": "mono"}
        widget = forms.TextInput(attrs=attrs)
        super().__init__(
            label=_("This password"),
            help_text=format_lazy(_("At least {} characters."), SHORTEST),
            strip=False,
            required=False,
            min_length=SHORTEST,
            max_length=128,
            widget=widget,
        )

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if text != text.strip():
            raise ValidationError(_("This password begins or ends with a blank, which nobody sees. Leave it out."))
        return text


class LinkForm(forms.Form):
    """The settings of a new link, or other ones for `link`. `offer` is its address and password, made by us."""

    label = forms.CharField(
        label=_("Label"), max_length=60, validators=[upright], widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    expiry = forms.ChoiceField(label=_("Opens for"), choices=EXPIRIES, initial=str(DAYS))
    day = forms.DateField(label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    reveals = forms.ChoiceField(
        label=_("Guests see"),
        choices=[
            (ShareLink.Reveals.PREVIEWS, _("the name, the status and watermarked previews")),
            (ShareLink.Reveals.STATUS, _("the name and the status")),
        ],
        initial=ShareLink.Reveals.PREVIEWS,
        widget=forms.Select,
    )
    names_team = forms.BooleanField(label=_("Guests also see the team’s name"), required=False)
    guard = forms.ChoiceField(label=_("Password"), choices=GUARDS, initial="none")
    password = PasswordField()
    offer = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, order: Order, data: Any = None, link: ShareLink | None = None) -> None:
        self.user, self.order, self.link = user, order, link
        fresh = {"offer": offer(user, order), "label": _("Link %d") % (order.links.count() + 1)}
        super().__init__(data, initial=fresh if link is None else fresh | _settings(link))
        if link:
            for name, others in {"expiry": EXPIRIES, "guard": GUARDS}.items():
                field = self.fields[name]
                assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
                field.choices = [KEEP, *others]
                field.initial = "keep"

    def clean_offer(self) -> Offer | None:
        made = offered(self.cleaned_data["offer"], self.user, self.order)
        if made is None or made.seen:
            self.add_error(None, _("This form was not made for you, or it is too old. Press the button again."))
            self.data = {**dict(self.data.items()), "offer": offer(self.user, self.order)}
        return made

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.order.team.share_links:
            self.add_error(None, _("An owner of the team has switched public links off."))
        if data.get("expiry") == "date" and "day" not in self.errors:
            self._check_day(data.get("day"))
        own = data.get("guard") == "own"
        if "password" in data and bool(data["password"]) != own:
            wanted = _("Type the password, or choose another way.") if own else _("Choose “this one” for it to count.")
            self.add_error("password", wanted)
        return data

    def _check_day(self, day: date | None) -> None:
        today = self._today()
        if day is None:
            self.add_error("day", _("Choose the last day."))
        elif not today <= day <= today + LONGEST:
            self.add_error("day", _("Choose a day from today on, at most ten years ahead."))

    def _today(self) -> date:
        return now().astimezone(self._zone).date()

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.order.team.time_zone)

    @property
    def password_text(self) -> str | None:
        """The password that the valid form asks for; "" is none, None leaves the one there is."""
        data = self.cleaned_data
        return {"keep": None, "none": "", "own": data["password"], "made": data["offer"].password}[data["guard"]]  # type: ignore[no-any-return]

    @property
    def ends(self) -> bool:
        """Whether a day is set, by the valid form or before it, after which the link opens no more."""
        return str(self.cleaned_data["expiry"]) != "never"

    @property
    def settings(self) -> dict[str, Any]:
        """What the valid form asks for, as fields of a link."""
        chosen = {name: self.cleaned_data[name] for name in ("label", "reveals", "names_team")}
        expiry = self.cleaned_data["expiry"]
        return chosen if expiry == "keep" else {**chosen, "expires_at": self._expires_at(expiry)}

    def _expires_at(self, expiry: str) -> datetime | None:
        """A day is over at 23:59 of the team's clocks, so that its date is the one that is shown."""
        if expiry == "never":
            return None
        if expiry == "date":
            return datetime.combine(self.cleaned_data["day"], time(23, 59), self._zone)
        return now() + timedelta(days=int(expiry))


def _settings(link: ShareLink) -> dict[str, Any]:
    return {name: getattr(link, name) for name in ("label", "reveals", "names_team")}


class LinksForm(forms.Form):
    """Which links of a team to show, and in which order."""

    q = forms.CharField(label=_("Order or label"), max_length=200, required=False)
    state = forms.ChoiceField(
        label=_("State"),
        choices=[("", _("any")), *ShareLink.State.choices, ("password", _("With a password"))],
        required=False,
    )
    by = forms.ModelChoiceField(User.objects.none(), label=_("Made by"), empty_label=_("anybody"), required=False)
    sort = forms.ChoiceField(
        label=_("Sorted"),
        choices=[("", _("Newest first")), ("expiry", _("Ending soon first")), ("opened", _("Opened lately first"))],
        required=False,
    )

    def __init__(self, team: Team, data: Any) -> None:
        super().__init__(data)
        field = self.fields["by"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - narrows the type
        makers = ShareLink.objects.filter(team=team).values("made_by")
        field.queryset = User.objects.filter(pk__in=makers).order_by("name", "pk")


class PickForm(forms.Form):
    """Some links of one team."""

    pick = forms.ModelMultipleChoiceField(ShareLink.objects.none())

    def __init__(self, team: Team, data: QueryDict) -> None:
        self.given = data.getlist("pick")
        super().__init__(data)
        field = self.fields["pick"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101 - narrows the type
        field.queryset = ShareLink.objects.of(team).select_related("team", "order")

    @property
    def has_strangers(self) -> bool:
        """Whether one of them is not the team's."""
        return bool(self.given) and not self.is_valid()
