"""The nouns of DESIGN section 1 that are not people, one file each."""

from orders.models.batches import MOST_LINES, Batch, BatchLine, LineState, Outcome
from orders.models.clock import now
from orders.models.events import Event
from orders.models.keys import ApiKey, NoKey, OrderKey
from orders.models.orders import Order, OrderDetail, OrderWatch, Shown
from orders.models.pace import Pace
from orders.models.strips import OrderStrip
from orders.models.syncs import Sync
from orders.models.views import TooManyPins, View, ViewChoice
from orders.models.words import Word
from orders.models.writes import Busy, Conflict, Write

__all__ = [
    "MOST_LINES",
    "ApiKey",
    "Batch",
    "BatchLine",
    "Busy",
    "Conflict",
    "Event",
    "LineState",
    "NoKey",
    "Order",
    "OrderDetail",
    "OrderKey",
    "OrderStrip",
    "OrderWatch",
    "Outcome",
    "Pace",
    "Shown",
    "Sync",
    "TooManyPins",
    "View",
    "ViewChoice",
    "Word",
    "Write",
    "now",
]
