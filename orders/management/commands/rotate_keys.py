from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction

from orders import seeds
from orders.models import ApiKey, Hook
from orders.vault import Unreadable

# What is sealed, and how one of it is sealed again.
RESEAL: dict[Any, Callable[[Any], bool]] = {ApiKey: ApiKey.reseal, Hook: Hook.reseal, Authenticator: seeds.reseal}


class Command(BaseCommand):
    help = "Seal every API key, webhook and second factor with the newest of KEY_ENCRYPTION_KEYS, however often."

    def handle(self, *args: Any, **options: Any) -> None:
        """Row by row, each in a transaction of its own, so that a kill loses nothing (T05)."""
        counts = {"sealed again": 0, "already newest": 0, "unreadable": 0}
        for sealed in RESEAL:
            for pk in sealed.objects.order_by("pk").values_list("pk", flat=True):
                counts[self._rotate(sealed, pk)] += 1
        for what, number in counts.items():
            self.stdout.write(f"{what}: {number}")

    @staticmethod
    @transaction.atomic
    def _rotate(sealed: Any, pk: int) -> str:
        row = sealed.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        try:
            return "sealed again" if row and RESEAL[sealed](row) else "already newest"
        except Unreadable:
            return "unreadable"
