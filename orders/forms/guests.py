"""What a guest types: the password of a share link."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from orders.models import ShareLink


class UnlockForm(forms.Form):
    """The password, as it was typed: a blank around it may belong to it, so none is taken away."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, link: ShareLink, *args: Any) -> None:
        super().__init__(*args)
        self.link = link

    def clean_password(self) -> str:
        text: str = self.cleaned_data["password"]
        if not self.link.password_fits(text):
            raise ValidationError(
                _("This is not the password. Capital letters count, and so does a blank at the beginning or the end.")
            )
        return text
