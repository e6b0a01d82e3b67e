"""After a release whose folding of names differs (FOLD_VERSION): fold them again, and learn their words anew."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from orders.fold import FOLD_VERSION
from orders.models import Order, Word

BATCH = 1000


class Command(BaseCommand):
    help = "Fold again the names that an older version folded, and rebuild the words of the search. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        folded = 0
        while number := _fold_some():
            folded += number
        if folded or not Word.objects.exists():
            Word.objects.relearn()
        self.stdout.write(f"Folded {folded} names again. {Word.objects.count()} words are known.")


@transaction.atomic
def _fold_some() -> int:
    """Fold the next BATCH of outdated names; how many there were."""
    orders = list(Order.objects.locked().exclude(fold_version=FOLD_VERSION)[:BATCH])
    for order in orders:
        order.rename_to(order.name)
    Order.objects.bulk_update(orders, ["find", "fold_version"])
    return len(orders)
