"""The nouns of DESIGN section 1 that are not people, one file each."""

from orders.models.allowance import Allowance
from orders.models.batches import MOST_LINES, Batch, BatchLine, LineState, Outcome
from orders.models.clock import now
from orders.models.events import Event, Group
from orders.models.follows import Announcement, Follow, Mail
from orders.models.hooks import Hook, OrderHint
from orders.models.keys import ApiKey, NoKey, OrderKey
from orders.models.links import LinkDay, Outdated, ShareLink
from orders.models.orders import Order, OrderDetail, OrderWatch, Shown
from orders.models.pace import Pace, Standing
from orders.models.strips import OrderStrip
from orders.models.syncs import Sync, SyncPage
from orders.models.views import TooManyPins, View, ViewChoice
from orders.models.words import Word
from orders.models.writes import Busy, Conflict, Write

__all__ = [
    "MOST_LINES",
    "Allowance",
    "Announcement",
    "ApiKey",
    "Batch",
    "BatchLine",
    "Busy",
    "Conflict",
    "Event",
    "Follow",
    "Group",
    "Hook",
    "LineState",
    "LinkDay",
    "Mail",
    "NoKey",
    "Order",
    "OrderDetail",
    "OrderHint",
    "OrderKey",
    "OrderStrip",
    "OrderWatch",
    "Outcome",
    "Outdated",
    "Pace",
    "ShareLink",
    "Shown",
    "Standing",
    "Sync",
    "SyncPage",
    "TooManyPins",
    "View",
    "ViewChoice",
    "Word",
    "Write",
    "now",
]
