"""One mail for each finished order to whoever follows it or a view that shows it, exactly once (N1, N2)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core.mail import EmailMessage
from django.db import connections
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard.accounts.models import Membership, User
from orders import mails
from orders.leaving import delete_team
from orders.models import Announcement, ApiKey, Event, Follow, Mail, Order, Shown, View, Word, now
from tests.cast import mirrored

pytestmark = pytest.mark.django_db
Outbox = list[EmailMessage]


@pytest.fixture
def order(key: ApiKey) -> Order:
    """Has just finished: 29 ready, 1 failed."""
    made = mirrored(key, "12 <Rosewood>\n Ave", shown=Shown.READY, pictures=30)
    Event.add(Event.Kind.FINISHED, order=made, run=0, pictures=30, ready=29, failed=1)
    return made


@pytest.fixture
def mail(alice: User, order: Order) -> Mail:
    """Alice's, queued."""
    Follow.switch(alice, order, True)
    mails.announce(order.pk, 0)
    return Mail.objects.get()


def view(order: Order, text: str, owner: User | None = None, name: str = "Mine") -> View:
    return View.objects.create(team=order.team, owner=owner, name=name, text=text)


def told(order: Order) -> list[str]:
    """Who gets a mail about it."""
    mails.announce(order.pk, 0)
    return sorted(Mail.objects.values_list("user__name", flat=True))


class FollowerTests:
    def test_nobody_is_told_who_did_not_ask_for_it(self, order: Order, bob: User) -> None:
        assert told(order) == []

    def test_each_is_told_once_however_much_they_follow(self, order: Order, alice: User, bob: User) -> None:
        Follow.switch(alice, order, True)
        for n, text in enumerate(("rosewood", "status:ready")):
            Follow.switch(alice, view(order, text, name=str(n)), True)
            Follow.switch(bob, View.objects.get(name=str(n)), True)
        assert told(order) == told(order) == ["Alice", "Bob"]
        assert ProcrastinateJob.objects.filter(task_name="orders.mail").count() == 2

    @pytest.mark.parametrize(("text", "shows"), [("", True), ("rosewod", True), ("elm", False), ("by:me", False)])
    def test_a_view_shows_what_its_follower_would_find(self, order: Order, bob: User, text: str, shows: bool) -> None:
        """The order is of alice's key, and bob's "by:me" is about his."""
        Word.objects.learn(order.team, [order.find])
        Follow.switch(bob, view(order, text), True)
        assert told(order) == (["Bob"] if shows else [])

    def test_a_view_that_names_the_order_shows_it(self, order: Order, bob: User) -> None:
        Follow.switch(bob, view(order, order.order_id), True)
        assert told(order) == ["Bob"]

    def test_whoever_left_or_sees_the_view_no_more_is_told_nothing(self, order: Order, alice: User, bob: User) -> None:
        Follow.switch(bob, view(order, "rosewood", owner=alice), True)
        Follow.switch(alice, order, True)
        Membership.objects.filter(user=alice).delete()
        assert told(order) == []

    def test_an_end_that_was_not_told_is_nobodys(self, order: Order, alice: User) -> None:
        Follow.switch(alice, order, True)
        mails.announce(order.pk, 1)
        mails.announce(0, 0)
        assert not Mail.objects.exists()


class AnnouncementTests:
    @pytest.fixture
    def owed(self, alice: User, order: Order) -> Announcement:
        """The job was lost with its worker."""
        Follow.switch(alice, order, True)
        return Announcement.objects.create(order=order, run=0, created_at=now() - mails.OVERDUE * 2)

    def test_one_that_lost_its_job_is_made_up_for(self, owed: Announcement) -> None:
        """F82: the Event stays, so its mails must go out."""
        mails.sweep()
        mails.sweep()
        job = ProcrastinateJob.objects.get()
        assert (job.task_name, job.args) == ("orders.announce", {"order_id": owed.order_id, "run": 0})
        mails.announce(**job.args)
        assert [mail.user.name for mail in Mail.objects.all()] == ["Alice"]
        assert not Announcement.objects.exists()

    def test_one_that_was_just_queued_is_left_to_its_job(self, owed: Announcement) -> None:
        Announcement.objects.update(created_at=now())
        mails.sweep()
        assert not ProcrastinateJob.objects.exists()


class SendTests:
    def test_says_how_it_ended_where_it_is_and_how_to_hear_no_more(self, mail: Mail, mailoutbox: Outbox) -> None:
        mails.send(mail.pk)
        (sent,) = mailoutbox
        assert sent.subject == "12 <Rosewood> Ave: 29 ready, 1 failed"
        assert sent.to == ["alice@example.com"]
        for words in (
            "12 <Rosewood> Ave, of Northlight, is finished: 29 ready, 1 failed.",
            f"http://localhost:8000/orders/{mail.order_id}/",
            "To get no more mails",
            "http://localhost:8000/teams/northlight/views/",
        ):
            assert words in sent.body
        assert mail.order.order_id not in str(sent.message())

    def test_one_without_failures_speaks_of_none(self, alice: User, key: ApiKey, mailoutbox: Outbox) -> None:
        order = mirrored(key, "", shown=Shown.READY, pictures=3)
        Event.add(Event.Kind.FINISHED, order=order, run=0, pictures=3, ready=3, failed=0)
        Follow.switch(alice, order, True)
        mails.announce(order.pk, 0)
        mails.send(Mail.objects.get().pk)
        assert mailoutbox[0].subject == "(no name): 3 ready"

    def test_is_sent_once(self, mail: Mail, mailoutbox: Outbox) -> None:
        for _ in range(3):
            mails.send(mail.pk)
        mail.refresh_from_db()
        assert (len(mailoutbox), mail.due_at, mail.sent_at is not None) == (1, None, True)

    @pytest.mark.django_db(transaction=True)
    def test_four_workers_at_once_send_it_once(self, mail: Mail, mailoutbox: Outbox) -> None:
        def send(_: int) -> None:
            mails.send(mail.pk)
            connections.close_all()

        with ThreadPoolExecutor(4) as workers:
            list(workers.map(send, range(4)))
        assert len(mailoutbox) == 1

    def test_is_not_sent_to_somebody_who_left_meanwhile(self, mail: Mail, mailoutbox: Outbox) -> None:
        Membership.objects.filter(user=mail.user).delete()
        mails.send(mail.pk)
        mail.refresh_from_db()
        assert (mailoutbox, mail.due_at, mail.sent_at) == ([], None, None)

    def test_the_mail_of_a_killed_worker_is_sent_after_all(self, mail: Mail, mailoutbox: Outbox) -> None:
        """F82: what it had claimed is free after a while, and its job is queued again."""
        assert Mail.claim(mail.pk)
        mails.send(mail.pk)
        assert mailoutbox == []
        ProcrastinateJob.objects.all().delete()
        Mail.objects.update(due_at=now() - mails.OVERDUE * 2)
        mails.sweep()
        assert ProcrastinateJob.objects.get().args == {"mail_id": mail.pk}
        mails.send(mail.pk)
        assert len(mailoutbox) == 1

    def test_a_second_one_could_be_told_by_its_message_id(self, mail: Mail, mailoutbox: Outbox) -> None:
        mails.send(mail.pk)
        Mail.objects.update(due_at=now())
        mails.send(mail.pk)
        first, second = (sent.extra_headers["Message-ID"] for sent in mailoutbox)
        assert first == second


class FailureTests:
    @pytest.fixture(autouse=True)
    def _down(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A mail server that hangs up."""

        def hang_up(*_: object) -> int:
            raise SMTPServerDisconnected

        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", hang_up)

    def retry(self, mail: Mail) -> timedelta | None:
        """Try now; how long until the next try."""
        Mail.objects.update(due_at=now())
        mails.send(mail.pk)
        mail.refresh_from_db()
        return mail.due_at and mail.due_at - now()

    def test_is_tried_again_later_each_time(self, mail: Mail) -> None:
        ProcrastinateJob.objects.all().delete()
        pauses = [round((self.retry(mail) or timedelta()) / timedelta(minutes=1)) for _ in range(8)]
        assert pauses == [2, 4, 8, 16, 32, 64, 120, 120]
        job = ProcrastinateJob.objects.get()
        assert (job.args, job.scheduled_at is not None) == ({"mail_id": mail.pk}, True)

    def test_is_given_up_after_a_day_and_the_end_stays_told(self, mail: Mail) -> None:
        Mail.objects.update(created_at=now() - timedelta(hours=25))
        assert self.retry(mail) is None
        assert mail.sent_at is None
        assert Event.objects.filter(kind="finished").count() == 1

    def test_goes_out_when_the_server_is_back(
        self, mail: Mail, monkeypatch: pytest.MonkeyPatch, mailoutbox: Outbox
    ) -> None:
        self.retry(mail)
        monkeypatch.undo()
        self.retry(mail)
        assert mail.sent_at is not None


def test_a_mail_goes_with_its_team(mail: Mail, alice: User) -> None:

    delete_team(mail.order.team, alice)
    assert not Mail.objects.exists()
    assert not Follow.objects.exists()
