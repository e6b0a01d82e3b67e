"""What people type, checked. What Autoenhance owns is a plain Form: a ModelForm would write into the mirror."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Team, User
from dashboard.accounts.roles import Action
from dashboard.signs import refusal, upright
from orders import names
from orders.issued import issue, issued
from orders.models import ApiKey, View
from orders.rules import Rule
from orders.search import LONGEST_TEXT, for_everybody
from orders.search.places import NEWEST_FIRST, valid

# Visible ASCII, as it goes into a header (T10).
KEY = re.compile(r"[\x21-\x7e]{8,256}")


class NameField(forms.CharField):
    """An order's name: trimmed, inner white space collapsed, NFC, no control characters (features 4.1.7)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Name"),
            strip=False,
            widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": settings.NAME_MAX_LENGTH}),
            error_messages={"required": _("A name is needed.")},
            **options,
        )

    def to_python(self, value: Any) -> str:
        text = names.clean(str(value or ""))
        if sign := names.fault(text):
            raise ValidationError(refusal(sign))
        return text

    def validate(self, value: str) -> None:
        super().validate("" if names.shows_nothing(value) else value)
        if len(value) > settings.NAME_MAX_LENGTH:
            raise ValidationError(
                _("A name has at most %(limit)d characters; this one has %(length)d."),
                params={"limit": settings.NAME_MAX_LENGTH, "length": len(value)},
            )


class NameForm(forms.Form):
    """A new name, and the name that the editor was opened with."""

    name = NameField()
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)


class OrderForm(forms.Form):
    """A new order: its name, the id that we issued, and the key where there is a choice."""

    name = NameField()
    key = forms.ModelChoiceField(ApiKey.objects.none(), label=_("API key"), empty_label=None)
    order_id = forms.Field(required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, team: Team, keys: list[ApiKey], data: Any = None) -> None:
        self.user, self.team, self.keys = user, team, keys
        super().__init__(data, initial={"order_id": issue(user, team)})
        self.fields["name"].widget.attrs["autofocus"] = True
        field = self.fields["key"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - narrows the type
        field.queryset = ApiKey.objects.usable_by(user, team).filter(pk__in=[key.pk for key in keys])
        field.choices = [(key.pk, key.label if key.user == user else key.described) for key in keys]
        if len(keys) == 1:
            del self.fields["key"]

    def clean_order_id(self) -> str | None:
        order_id = issued(self.cleaned_data["order_id"] or "", self.user, self.team)
        if order_id is None:
            # Said about the form as a whole: nobody sees what is wrong with a hidden field.
            self.add_error(None, _("This form was not made for you, or it is too old. Press Create again."))
        return order_id

    @property
    def chosen_key(self) -> ApiKey:
        """The chosen key, or the only one."""
        chosen: ApiKey = self.cleaned_data.get("key") or self.keys[0]
        return chosen

    def renew(self) -> None:
        """Put a fresh id into the form, for the next try."""
        self.data = {**dict(self.data.items()), "order_id": issue(self.user, self.team)}


class SecretField(forms.CharField):
    """An API key: never shown again, not even what was just typed."""

    def __init__(self) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        super().__init__(label=_("API key"), strip=False, widget=forms.PasswordInput(attrs=attrs, render_value=False))

    def to_python(self, value: Any) -> str:
        """Trimmed of what copying brings along; other odd signs around it are not ours to drop (T10)."""
        return str(value or "").strip(" \t\r\n")

    def validate(self, value: str) -> None:
        super().validate(value)
        if not KEY.fullmatch(value):
            raise ValidationError(
                _("This does not look like an API key: 8 to 256 letters, digits and other characters, no spaces.")
            )


class KeyForm(forms.Form):
    """A key to keep for a team."""

    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), empty_label=None)
    label = forms.CharField(label=_("Label"), max_length=60, validators=[upright])
    key = SecretField()

    def __init__(self, user: User, data: Any = None) -> None:
        self.user = user
        super().__init__(data)
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - narrows the type
        field.queryset = Team.objects.where(user, Action.KEEP_KEYS)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if ApiKey.objects.filter(user=self.user, team=data.get("team"), label=data.get("label")).exists():
            self.add_error("label", _("You have a key with this label in this team already."))
        return data


class ReplaceForm(forms.Form):
    """Another secret for a key that is kept."""

    key = SecretField()


class ViewForm(forms.Form):
    """A search to keep, for oneself or, for who may, for the team."""

    name = forms.CharField(
        label=_("Name"), max_length=60, validators=[upright], widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    q = forms.CharField(
        label=_("Search"),
        max_length=LONGEST_TEXT,
        required=False,
        help_text=_("As in the search box of the list; empty means all orders."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono", "dir": "auto"}),
    )
    sort = forms.CharField(required=False, widget=forms.HiddenInput)
    shared = forms.BooleanField(label=_("For the whole team"), required=False)

    def __init__(self, user: User, team: Team, data: Any = None, initial: Any = None) -> None:
        self.user, self.team = user, team
        super().__init__(data, initial=initial)
        if not team.allows(user, Action.KEEP_VIEWS):
            del self.fields["shared"]
        if initial:  # somebody who comes to keep a search goes on where only the name is missing
            self.fields["name"].widget.attrs["autofocus"] = True

    def clean_sort(self) -> str:
        """ "" is the usual one, also for one that makes no sense."""
        sort = valid(self.cleaned_data["sort"])
        return "" if sort == NEWEST_FIRST else sort

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if View.objects.filter(team=self.team, owner=self.owner, name=data.get("name")).exists():
            self.add_error("name", _("There is a view with this name already."))
        return data

    @property
    def owner(self) -> User | None:
        """Whose it will be; None is the team."""
        return None if self.cleaned_data.get("shared") else self.user

    def save(self) -> View:
        """The view, saved; pressed twice at once, the same one."""
        data = self.cleaned_data
        text = data["q"] if self.owner else for_everybody(data["q"], self.user)
        search = {"text": text, "sort": data["sort"]}
        return View.objects.get_or_create(search, team=self.team, owner=self.owner, name=data["name"])[0]


class ViewNameForm(forms.Form):
    """Another name for a view."""

    name = forms.CharField(label=_("Name"), max_length=60, validators=[upright])

    def __init__(self, view: View, data: Any = None) -> None:
        self.view = view
        super().__init__(data, initial={"name": view.name})


class PieceField(forms.CharField):
    """A piece of names: no longer than a name, as it was typed, or empty."""

    def __init__(self, label: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "dir": "auto"})
        super().__init__(label=label, strip=False, required=False, max_length=settings.NAME_MAX_LENGTH, widget=widget)


class RuleForm(forms.Form):
    """How to make new names of many old ones, in plain text; spaces around count."""

    find = PieceField(label=_("Find"))
    replace = PieceField(label=_("Replace by"))
    match_case = forms.BooleanField(label=_("Only with the same capitals"), required=False)
    start = PieceField(label=_("Put before every name"))
    end = PieceField(label=_("Put behind every name"))

    @property
    def rule(self) -> Rule:
        """What the valid form asks for."""
        return Rule(**self.cleaned_data)
