"""The first pictures of an order as one small image, kept beside the mirror (decision 9)."""

from __future__ import annotations

from django.db import models

from orders.models.clock import now
from orders.models.orders import Order


class OrderStrip(models.Model):
    """A cache: made when somebody looks for it, and made again when the pictures change.

    `made_of` is the `Order.strip` that it shows. `again_at` is when to try again, because a picture could not be had;
    without one the strip is whole.
    """

    order = models.OneToOneField(Order, models.CASCADE, primary_key=True, related_name="+")
    made_of = models.CharField(max_length=12)
    image = models.BinaryField()
    again_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.order_id}"

    def whole(self, made_of: str) -> bool:
        """Whether it shows all of these pictures, so that it never changes."""
        return self.made_of == made_of and self.again_at is None

    def due(self, made_of: str) -> bool:
        """Whether to make it again now, so that it shows these pictures."""
        return self.made_of != made_of or (self.again_at is not None and self.again_at <= now())
