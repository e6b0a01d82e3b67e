from typing import Any

from django.core.management.base import BaseCommand

from orders.vault import new_key


class Command(BaseCommand):
    help = "Print a fresh encryption key for KEY_ENCRYPTION_KEYS; put it in front of the list."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(new_key())
