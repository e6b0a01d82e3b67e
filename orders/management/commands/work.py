"""The Procfile's `worker`."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from orders.worker import work


class Command(BaseCommand):
    help = "Do what is queued, until SIGTERM or Ctrl-C. Begins again by itself when the database was away."

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(work())
