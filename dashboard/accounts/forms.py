from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm, LoginForm, RequestLoginCodeForm, ResetPasswordForm
from allauth.account.forms import SignupForm as BaseSignupForm
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.ratelimit import consume, get_ip
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from dashboard import zones
from dashboard.accounts.invited import ended, stashed
from dashboard.accounts.models import Invitation, PageSize, Team, User
from dashboard.accounts.roles import IN_SHORT, Role
from dashboard.accounts.widgets import LongSelect
from dashboard.signs import upright


class OurWords(forms.BaseForm):
    """For forms of allauth: their fields are called what the same thing is called everywhere else."""

    WORDS = {"email": _("E-mail address"), "login": _("E-mail address"), "remember": _("Stay logged in")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.WORDS.keys() & self.fields.keys():
            field = self.fields[name]
            field.label = self.WORDS[name]
            field.widget.attrs.pop("placeholder", None)  # which would say the same once more


class LogInForm(OurWords, LoginForm):
    """allauth's."""


class ForgottenForm(OurWords, ResetPasswordForm):
    """allauth's."""


class AddressForm(OurWords, AddEmailForm):
    """allauth's."""


class SignupForm(OurWords, BaseSignupForm):
    """allauth's, and the name that teammates will see. Somebody invited signs up with the invited address."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        validators=[upright],
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    field_order = ["name", "email", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = stashed(context.request)
        if self.invitation:
            # What is posted for a disabled field does not count.
            self.fields["email"].disabled = True
            self.initial["email"] = self.invitation.email

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        """The person, with a team of their own, or else in the team that they were invited to (A7)."""
        if not self.invitation:
            user: User = super().save(request)
            # Where the browser does not tell, the owner finds the zone beside the team's name.
            Team.objects.start(owner=user, name=user.label, time_zone=zones.of_browser(request) or "UTC")
            return user
        # The token came by mail, so mail to this address reaches the person.
        context.request.session["account_verified_email"] = self.invitation.email
        user = super().save(request)
        try:
            self.invitation.accept(user)
        except Invitation.DoesNotExist:
            raise ImmediateHttpResponse(ended(request)) from None
        return user


class LoginCodeForm(OurWords, RequestLoginCodeForm):
    """allauth's, with a limit for each network that asks for codes of one address (T50)."""

    def clean_email(self) -> str:
        request, email = context.request, self.cleaned_data["email"].lower()
        # First, so that a network that is held up does not use up what the address has for all networks.
        key = f"{email} {get_ip(request)}"
        if not consume(request, app="allauth.account", action="login_code_for_network", key=key):
            raise get_adapter().validation_error("too_many_login_attempts")
        cleaned: str = super().clean_email()
        return cleaned


class PasskeyForm(AddWebAuthnForm):
    """allauth's, asking first for what most people mean: a key that opens the account by itself."""

    name = forms.CharField(label=_("Name"), required=False, validators=[upright])
    passwordless = forms.BooleanField(
        label=_("A passkey: it alone opens my account"),
        required=False,
        initial=True,
        help_text=_("Your device then asks for its code or your finger. Left out, the key comes after the password."),
    )


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A team's name, and the zone whose days its lists and searches speak of."""

    class Meta:
        model = Team
        fields = ["name", "time_zone"]
        labels = {"time_zone": _("Time zone")}
        help_texts = {"time_zone": _("The days of lists and searches are days of this zone.")}
        widgets = {"time_zone": LongSelect}

    def clean_name(self) -> str:
        """One line, however it was sent: it goes into the subjects of mails."""
        name = " ".join(self.cleaned_data["name"].split())
        upright(name)
        return name


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.TypedChoiceField(
        label=_("Role"),
        choices=[(role.value, format_lazy("{}: {}", role.label, text)) for role, text in IN_SHORT.items()],
        coerce=Role,
        initial=Role.MEMBER,
        widget=forms.RadioSelect,
    )


class SettingsForm(forms.Form):
    """The name that teammates see, how many orders stand on a page of a list, and by which clock pages go."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        validators=[upright],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    page_size = forms.TypedChoiceField(
        label=_("Orders on a page"), choices=[(size, size) for size in PageSize.values], coerce=int
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[("", _("As my browser says")), *((zone, zone) for zone in sorted(zones.NAMES))],
        widget=LongSelect,
        required=False,
        help_text=_("Times are shown by its clock. What a search calls a day stays a day of the team’s zone."),
    )
    single_keys = forms.BooleanField(
        label=_("Shortcuts of a single key, such as “c” for a new order"),
        required=False,
        help_text=_("Turn them off if you speak to your computer, or press keys by accident. Ctrl or ⌘ with K stays."),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        self.user = user
        super().__init__(data, initial={name: getattr(user, name) for name in self.base_fields})

    def save(self) -> None:
        User.objects.filter(pk=self.user.pk).update(**self.cleaned_data)
