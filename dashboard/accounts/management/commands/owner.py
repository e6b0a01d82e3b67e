from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from dashboard.accounts.models import Team, User


class Command(BaseCommand):
    help = "Make the first person, owner of a new team, when registration is closed. They set a password by e-mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="what teammates see")
        parser.add_argument("--team", default="", help="the name of the team; without it, the person's name")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        email = self._address(options["email"])
        if User.objects.filter(email__iexact=email).exists():
            raise CommandError(f"{email} has an account already.")
        user = User.objects.create_user(email, name=options["name"])
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        team = Team.objects.start(owner=user, name=options["team"] or user.label)
        self.stdout.write(f"{email} owns the team {team}. “Forgot your password?” on the login page sets the password.")

    @staticmethod
    def _address(text: str) -> str:
        """The address in small letters, as allauth keeps and looks for it."""
        try:
            return str(forms.EmailField(max_length=254).clean(text)).lower()
        except ValidationError:
            raise CommandError(f"“{text}” is no e-mail address.") from None
