"""One mail for each finished order to everybody who follows it, or a view that shows it (features N1, N2).

The row of a mail is what makes it one. A worker that dies after the mail server took it, and before that is noted, is
the one case in which it goes out again: with the same Message-ID, by which mail programs tell.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from dashboard.accounts.models import User
from orders.models import Announcement, Event, Follow, Mail, Order, now
from orders.names import clean
from orders.queue import later
from orders.search import search

log = structlog.get_logger(__name__)

# What is due for so long has lost its job.
OVERDUE = timedelta(minutes=5)
MOST_SWEPT = 500


def owe(runs: Collection[tuple[int, int]]) -> None:
    """These runs (an order's primary key, its run) are finished: have a worker queue the mails, in our transaction."""
    owed = [Announcement(order_id=order_id, run=run) for order_id, run in runs]
    Announcement.objects.bulk_create(owed, ignore_conflicts=True)
    for order_id, run in runs:
        _announce_later(order_id, run)


def announce(order_id: int, run: int) -> None:
    """Queue a mail to each follower of the order with this primary key, whose run is finished. Twice is as once."""
    _tell_followers(order_id, run)
    Announcement.objects.filter(order=order_id, run=run).delete()


def _tell_followers(order_id: int, run: int) -> None:
    order = Order.objects.select_related("team").filter(pk=order_id).first()
    event = Event.objects.filter(order_id=order_id, kind=Event.Kind.FINISHED, data__run=run).first()
    if order is None or event is None:
        return
    for user in _followers(order):
        with transaction.atomic():
            mail, new = Mail.objects.get_or_create(event_id=event.pk, user=user, defaults={"order": order})
            if new:
                _send_later(mail.pk)


def send(mail_id: int) -> None:
    """Send a mail, unless that is done; what fails is tried again for a day."""
    mail = Mail.claim(mail_id)
    if mail is None:
        return
    event = Event.objects.filter(pk=mail.event_id).first()
    if event is None or mail.order.team.role_of(mail.user) is None:
        mail.close(sent=False)
        return
    try:
        _message(mail, event).send()
    except (OSError, SMTPException) as error:
        log.warning("a mail could not be sent", mail=mail.pk, tries=mail.tries, error=type(error).__name__)
        if at := mail.put_off():
            later("orders.mail", once=f"mail:{mail.pk}", at=at, mail_id=mail.pk)
    else:
        mail.close(sent=True)


def sweep() -> None:
    """Queue the announcements and mails that are overdue, whatever became of their jobs."""
    owed = Announcement.objects.filter(created_at__lt=now() - OVERDUE).order_by("created_at")
    for order_id, run in owed.values_list("order_id", "run")[:MOST_SWEPT]:
        _announce_later(order_id, run)
    overdue = Mail.objects.filter(due_at__lt=now() - OVERDUE).order_by("due_at")
    for pk in overdue.values_list("pk", flat=True)[:MOST_SWEPT]:
        _send_later(pk)


def _announce_later(order_id: int, run: int) -> None:
    later("orders.announce", once=f"announce:{order_id}:{run}", order_id=order_id, run=run)


def _send_later(pk: int) -> None:
    later("orders.mail", once=f"mail:{pk}", mail_id=pk)


def _followers(order: Order) -> list[User]:
    """Each once, however many of what they follow it is in."""
    follows = Follow.objects.able().filter(team=order.team).select_related("user", "view").order_by("pk")
    found = {follow.user_id: follow.user for follow in follows.filter(order=order)}
    for follow in follows.filter(view__isnull=False).exclude(user__in=found):
        if follow.user_id not in found and _shows(follow, order):
            found[follow.user_id] = follow.user
    return list(found.values())


def _shows(follow: Follow, order: Order) -> bool:
    """Whether the followed view shows the order now, to this person."""
    if follow.view is None:
        return False
    result = search(order.team, follow.user, follow.view.text)
    return result.jump == order or result.orders.filter(pk=order.pk).exists()


def _message(mail: Mail, event: Event) -> EmailMessage:
    site, order = settings.SITE_URL.rstrip("/"), mail.order
    context = {
        "name": clean(order.label),
        "team": order.team.name,
        "facts": event.data,
        "order_url": site + order.get_absolute_url(),
        "views_url": site + reverse("orders:views", args=[order.team.slug]),
        "current_site": {"domain": settings.ALLOWED_HOSTS[0]},
    }
    subject, text = (render_to_string(f"orders/mail/finished_{part}.txt", context) for part in ("subject", "message"))
    headers = {"Message-ID": f"<finished-{mail.event_id}-{mail.user_id}@{settings.ALLOWED_HOSTS[0]}>"}
    return EmailMessage(clean(subject), text, to=[mail.user.email], headers=headers)
