"""The nouns of DESIGN section 1 that are not people, one file each."""

from orders.models.clock import now
from orders.models.events import Event
from orders.models.keys import ApiKey, NoKey, OrderKey
from orders.models.orders import Order, OrderDetail, OrderWatch, Shown
from orders.models.pace import Pace
from orders.models.strips import OrderStrip
from orders.models.writes import Busy, Conflict, Write

__all__ = [
    "ApiKey",
    "Busy",
    "Conflict",
    "Event",
    "NoKey",
    "Order",
    "OrderDetail",
    "OrderKey",
    "OrderStrip",
    "OrderWatch",
    "Pace",
    "Shown",
    "Write",
    "now",
]
