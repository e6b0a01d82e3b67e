"""The promise: a Write is committed before it is sent, and settled by reading, never by guessing (DESIGN section 5).

    open ──answer──────────────> done          the answer is mirrored
      │ ──not sent, any 4xx────> refused       with the reason
      └ ──timeout, 5xx, reset──> unclear ──read──> done | refused | sent again

A PATCH that reaches Autoenhance after a newer rename cannot be detected: there is no version to compare.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import User
from orders.account import autoenhance, through
from orders.answers import RemoteOrder
from orders.mirror import mirror
from orders.models import ApiKey, Order, Write, now
from orders.models.writes import CALL_BUDGET, SLACK
from orders.names import clean
from orders.queue import later
from orders.remote import Exists, NotFound, NotSent, Refused, RemoteError, Unavailable
from orders.sync import pages

log = structlog.get_logger(__name__)

# A rename is sent at most 3 times again, in its first 10 minutes; a create for a day.
RENAME_SENDS, RENAME_PATIENCE = 4, timedelta(minutes=10)
PATIENCE = timedelta(days=1)
# A fresh order is on the first page of its key's list; more are read in case much was made since. While a person
# waits, fewer.
PAGES_TO_FIND, PAGES_WHILE_WAITING = 20, 2
# The longest that settling takes: these pages and the write itself, each within its call's budget.
SETTLE_BUDGET = CALL_BUDGET * (PAGES_TO_FIND + 1)
LONGEST_PAUSE = timedelta(minutes=30)
# A Write that nobody has looked at for so long has lost its job: its worker died, or the database failed under it.
OVERDUE = LONGEST_PAUSE + timedelta(minutes=5)
MOST_SWEPT = 500


def create(key: ApiKey, actor: User, order_id: str, name: str) -> Write:
    """Create the order at Autoenhance, once whatever is pressed how often; the Write in the state it has then."""
    with transaction.atomic():
        write, new = Write.intend_create(key, actor, order_id, name)
        if new:
            _settle_later(write, write.deadline + SLACK)
    return send(write) if new else write.awaited()


def rename(order: Order, key: ApiKey, actor: User, name: str, seen: str) -> Write:
    """Rename the order at Autoenhance; Conflict or Busy (nothing sent), else the Write in the state it has then."""
    with transaction.atomic():
        write = Write.intend_rename(order, key, actor, name, seen)
        _settle_later(write, write.deadline + SLACK)
    return send(write)


def send(write: Write) -> Write:
    """Send a Write that is committed, and bring it as far as the answer allows."""
    began = now()
    try:
        answer = _call(write)
    except Exists:
        return _adopt_or_refuse(write)
    except (NotSent, Refused) as error:
        write.refuse(error.message)
    except Unavailable as error:
        write.doubt(error.message)
    else:
        _confirm(write, answer, began)
    return write


def settle(pk: int) -> None:
    """Find out what became of a pending Write, and act on it; queues the next look if it is still unclear."""
    write = Write.claim(pk, SETTLE_BUDGET)
    if write is None:
        _leave_to_others(pk)
        return
    try:
        (_settle_create if write.kind == Write.Kind.CREATE else _settle_rename)(write)
    except RemoteError as error:
        if now() - write.created_at > PATIENCE:
            write.refuse(_("Autoenhance could not be asked for a day what became of this. %s") % error.message)
        else:
            write.doubt(error.message)
    if write.pending:
        _look_again(write)


def sweep() -> None:
    """Queue a look at every Write that is overdue; where a job for it waits already, nothing is added."""
    overdue = Write.objects.filter(state__in=Write.PENDING, deadline__lt=now() - OVERDUE)
    for write in overdue.order_by("deadline")[:MOST_SWEPT]:
        _settle_later(write, now())


def _call(write: Write) -> RemoteOrder:
    """The one request that carries the Write out."""
    key = write.key
    if key is None:
        raise NotSent(_("The API key was deleted before this was sent."))
    client = autoenhance()
    if write.kind == Write.Kind.CREATE:
        return through(key, lambda secret: client.create(secret, write.order_id, write.text))
    return through(key, lambda secret: client.edit(secret, write.order_id, write.text))


def _confirm(write: Write, answer: RemoteOrder, began: datetime) -> None:
    """Mirror what Autoenhance answered (it may have tidied the name), and close the Write."""
    with transaction.atomic():
        (order,) = mirror(write.team, [answer], began, key=write.key, own=True)
        write.confirm(order)


def _adopt_or_refuse(write: Write) -> Write:
    """After "exists" (409): ours only if the chosen key's own list shows the id (decision 3)."""
    try:
        found = _adopt(write, PAGES_WHILE_WAITING)
    except RemoteError as error:
        write.doubt(error.message)
        return write
    if not found:
        write.refuse(_("Autoenhance says that this order id is taken. Press Create again: a fresh id is used."))
    return write


def _adopt(write: Write, at_most: int) -> bool:
    """Look for the id in the key's own list, newest first; confirm the Write with what is found."""
    key = write.key
    if key is None:
        return False
    began = now()
    for page in islice(pages(key), at_most):
        for answer in page.orders:
            if answer.order_id == write.order_id:
                _confirm(write, answer, began)
                return True
    return False


def _settle_create(write: Write) -> None:
    """In the list: done. Not there: posted again with the same id, for a day."""
    if _adopt(write, PAGES_TO_FIND):
        return
    if write.key is None or now() - write.created_at > PATIENCE:
        write.refuse(_("Autoenhance never confirmed this order, and its list does not show it."))
        return
    _send_again(write)


def _settle_rename(write: Write) -> None:
    """The text is there: done. The old text: sent again. Another: refused, shown as Yours / Now / Before."""
    began = now()
    try:
        answer = autoenhance().retrieve(write.order_id)
    except NotFound as error:
        write.refuse(error.message)
        return
    name = clean(answer.name or "")
    if name == clean(write.text):
        _confirm(write, answer, began)
    elif name != clean(write.before):
        write.refuse(_("Meanwhile the order was renamed at Autoenhance. Nothing was overwritten."))
        # Read while the Write was pending, so nothing of ours can have changed it since.
        mirror(write.team, [answer], now())
    elif write.sends < RENAME_SENDS and now() - write.created_at < RENAME_PATIENCE:
        _send_again(write)
    else:
        write.refuse(_("Autoenhance did not take the new name. The order keeps the old one."))


def _send_again(write: Write) -> None:
    write.sends += 1
    write.save(update_fields=["sends"])
    send(write)


def _look_again(write: Write) -> None:
    """Queue the next look: soon at first, then rarely. A rejected key may be replaced meanwhile."""
    write.release()
    pause = min(max(write.deadline - write.created_at, SLACK), LONGEST_PAUSE)
    _settle_later(write, write.deadline + pause + SLACK)


def _leave_to_others(pk: int) -> None:
    """Somebody else has it for now. Should they be killed, this job has to come back."""
    write = Write.objects.filter(pk=pk, state__in=Write.PENDING).first()
    if write:
        _settle_later(write, write.deadline + SLACK)


def _settle_later(write: Write, at: datetime) -> None:
    later("orders.settle", once=f"settle:{write.pk}", at=at, write_id=write.pk)
