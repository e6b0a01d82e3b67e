"""The demo team of `make run`: two people, one key, and the sandbox's orders."""

import os
from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from dashboard.local.run import PEOPLE
from orders import services
from orders.models import ApiKey

NAMES = ("Ana Duarte", "Ben Okoro")


class Command(BaseCommand):
    help = "Fill an empty database for trying it out; needs DEMO_KEY and DEMO_PASSWORD. Does nothing the second time."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            secret, password = os.environ["DEMO_KEY"], os.environ["DEMO_PASSWORD"]
        except KeyError as missing:
            raise CommandError(f"{missing.args[0]} is missing; `make run` sets it.") from None
        ana = User.objects.filter(email=PEOPLE[0]).first() or self._people(password)
        team = Team.objects.of(ana).get()
        if not ApiKey.objects.filter(user=ana).exists():
            services.keep_key(ana, team, "Studio", secret, shared=True)

    @transaction.atomic
    def _people(self, password: str) -> User:
        people = zip(PEOPLE, NAMES, strict=True)
        ana, ben = (User.objects.create_user(email, password, name=name) for email, name in people)
        for user in (ana, ben):
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        team = Team.objects.start(owner=ana, name="Northlight Studio")
        Membership.objects.create(user=ben, team=team, role=Role.MEMBER)
        return ana
