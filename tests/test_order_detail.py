"""/orders/<id>/: one order from the mirror."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Event, Order, OrderDetail, OrderWatch, Shown
from tests.cast import ALICES_KEY, HTMX, AsUser, MakeKey, mirrored
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db

IMAGES = [
    {"name": "front.jpg", "status": "processed", "scene": "exterior"},
    {"name": "hall.jpg", "status": "error", "reason": "Too dark <b>"},
    {"name": "", "status": "processing"},
]


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def order(key: ApiKey) -> Order:
    """12 Rosewood Ave with three pictures, of which one failed."""
    counts = {"pictures": 3, "ready": 1, "failed": 1}
    return mirrored(key, "12 Rosewood Ave", images=IMAGES, shown=Shown.PROCESSING, status="processing", **counts)


@pytest.fixture
def url(order: Order) -> str:
    return order.get_absolute_url()


class PageTests:
    def test_shows_the_order(self, client: Client, url: str, order: Order) -> None:
        answer = client.get(url)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert '<h1 dir="auto">12 Rosewood Ave</h1>' in text
        assert "Processing" in text
        assert "1 of 3 pictures" in text
        assert order.order_id in text
        assert "Alice" in text

    def test_htmx_gets_the_live_part(self, client: Client, url: str) -> None:
        page, part = client.get(url), client.get(url, headers=HTMX)
        assert part.content.strip().startswith(b'<div id="order-live"')
        assert b"<html" in page.content
        assert {page["Vary"].count("HX-Request"), part["Vary"].count("HX-Request")} == {1}

    def test_never_asks_autoenhance(self, client: Client, url: str, upstream: Upstream) -> None:
        client.get(url)
        client.head(url)
        assert upstream.calls() == []

    def test_shows_the_pictures_through_our_own_addresses(self, client: Client, url: str) -> None:
        text = client.get(url).content.decode()
        assert [f'href="{url}pictures/{n}/"' in text for n in (1, 2, 3, 4)] == [True, True, True, False]
        assert [f'src="{url}images/{n}/"' in text for n in (1, 2, 3)] == [True, False, False]
        assert 'alt="front.jpg, exterior, ready"' in text
        assert "image-1" not in text

    def test_says_in_words_why_a_picture_failed(self, client: Client, url: str) -> None:
        assert "Too dark &lt;b&gt;" in client.get(url).content.decode()

    def test_says_how_old_it_is(self, client: Client, url: str) -> None:
        OrderWatch.objects.update(seen_at=timezone.now() - timedelta(minutes=3))
        assert "as of 3 min ago" in client.get(url).content.decode()

    def test_shows_times_in_the_zone_of_the_team(self, client: Client, url: str) -> None:
        Team.objects.update(time_zone="Pacific/Auckland")
        Order.objects.update(created_at=datetime(2026, 6, 30, 12, tzinfo=UTC))
        assert "1 Jul 2026, 00:00 NZST" in client.get(url).content.decode()

    @pytest.mark.parametrize("shown", list(Shown))
    def test_says_every_status_in_a_word(self, client: Client, url: str, shown: Shown) -> None:
        Order.objects.update(shown=shown, failed=0)
        text = client.get(url).content.decode()
        assert str(shown.label) in text
        assert f"#i-{shown.name.lower()}" in text

    def test_shows_a_word_that_nobody_knows_as_it_is(self, client: Client, url: str) -> None:
        Order.objects.update(shown=Shown.UNKNOWN, status="developing")
        text = client.get(url).content.decode()
        assert "Unknown" in text
        assert "developing" in text

    def test_shows_a_deleted_order_and_one_without_a_name(self, client: Client, url: str) -> None:
        Order.objects.update(name="", deleted=True, shown=Shown.DELETED, pictures=0)
        text = client.get(url).content.decode()
        assert "(no name)" in text
        assert "Deleted" in text
        assert "YOUR_API_KEY" not in text

    def test_escapes_everything_that_came_from_outside(self, client: Client, url: str) -> None:
        evil = "<script>alert(1)</script>"
        Order.objects.update(name=evil, status=evil)
        image = {"n": 1, "id": evil, "name": evil, "status": evil, "reason": evil, "scene": evil}
        OrderDetail.objects.update(images=[image])
        assert evil not in client.get(url).content.decode()

    def test_asks_the_database_as_often_for_many_pictures_and_events(
        self, client: Client, url: str, order: Order
    ) -> None:
        client.get(url)
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            counts.append(len(queries))
            for n in range(30):
                Event.add(Event.Kind.RENAMED, order=order, old=str(n), new=str(n + 1))
            OrderDetail.objects.update(images=order.detail.images * 9)
        assert counts[0] == counts[1] <= 13


class NextStepTests:
    def test_a_new_order_shows_how_to_add_pictures_with_its_id_and_no_key(self, client: Client, key: ApiKey) -> None:
        order = mirrored(key, "New", shown=Shown.WAITING)
        text = client.get(order.get_absolute_url()).content.decode()
        assert text.count(order.order_id) >= 3
        assert "YOUR_API_KEY" in text
        assert ALICES_KEY not in text

    def test_an_order_with_pictures_does_not(self, client: Client, url: str) -> None:
        assert "YOUR_API_KEY" not in client.get(url).content.decode()


class TimelineTests:
    def test_tells_each_event_as_a_sentence_newest_first(
        self, client: Client, url: str, order: Order, bob: User, key: ApiKey
    ) -> None:
        Event.add(Event.Kind.CREATED, order=order, actor=bob, key=key, old="", new="A")
        Event.add(Event.Kind.NAME_CHANGED, order=order, old="A", new="B %s <i>")
        Event.add(Event.Kind.REFUSED, order=order, actor=bob, new="C", reason="Autoenhance is away.")
        Event.add(Event.Kind.STATUS, order=order, old=int(Shown.WAITING), new=int(Shown.READY), status="processed")
        lines = client.get(url).context["events"]
        assert [line.text for line in lines] == [
            "Waiting → Ready",
            "Bob could not rename it to “C”: Autoenhance is away.",
            "Renamed in Autoenhance from “A” to “B %s <i>”",
            "Bob, through Alice’s key Studio, created the order",
        ]

    def test_knows_a_sentence_for_every_kind(self, client: Client, url: str, order: Order) -> None:
        facts = {"old": int(Shown.WAITING), "new": int(Shown.READY), "reason": "x", "label": "x"}
        for kind in Event.Kind:
            Event.add(kind, order=order, **facts)
        answer = client.get(url)
        assert answer.status_code == 200
        assert all(line.text for line in answer.context["events"])

    def test_shows_nothing_of_another_order(self, client: Client, url: str, key: ApiKey) -> None:
        other = mirrored(key, "Other")
        Event.add(Event.Kind.CREATED, order=other, old="", new="Other")
        assert client.get(url).context["events"] == []


class RightsTests:
    def test_the_owner_of_the_key_may_rename_and_sees_its_end(self, client: Client, url: str) -> None:
        text = client.get(url).content.decode()
        assert f"{url}name/" in text
        assert "···· 6789" in text

    def test_a_teammate_is_told_why_not_and_does_not_see_its_end(self, as_user: AsUser, bob: User, url: str) -> None:
        text = as_user(bob).get(url).content.decode()
        assert f"{url}name/" not in text
        assert "not open to teammates" in text.replace("&#x27;", "'")
        assert "6789" not in text

    def test_a_teammate_may_rename_through_an_open_key(self, as_user: AsUser, bob: User, url: str, key: ApiKey) -> None:
        key.open_to_teammates(True)
        assert f"{url}name/" in as_user(bob).get(url).content.decode()

    def test_a_viewer_reads_and_is_told_why_only_that(self, as_user: AsUser, vera: User, url: str) -> None:
        text = as_user(vera).get(url).content.decode()
        assert "Viewers can read orders" in text
        assert f"{url}name/" not in text
        assert f"{url}refresh/" not in text

    def test_an_order_whose_key_is_gone_can_be_read(self, as_user: AsUser, alice: User, url: str, key: ApiKey) -> None:
        key.remove(alice)
        answer = as_user(alice).get(url)
        assert answer.status_code == 200
        assert "can only be read" in answer.content.decode()


class AccessTests:
    def test_a_stranger_gets_what_an_unknown_order_gets(self, as_user: AsUser, charlie: User, url: str) -> None:
        client = as_user(charlie)
        same = {"X-Request-Id": "the-same-id"}
        theirs, unknown = (client.get(address, headers=same) for address in (url, "/orders/999999999/"))
        assert (theirs.status_code, unknown.status_code) == (404, 404)
        assert theirs.content == unknown.content

    @pytest.mark.parametrize("pk", ["0", "9" * 30, "-1", "1e3", "../images/x", "%2e%2e", "x" * 65, "1%00"])
    def test_an_address_that_is_none_is_not_found(self, client: Client, upstream: Upstream, pk: str) -> None:
        assert client.get(f"/orders/{pk}/").status_code == 404
        assert upstream.calls() == []

    def test_the_id_at_autoenhance_opens_nothing(self, client: Client, order: Order) -> None:
        assert client.get(f"/orders/{order.order_id}/").status_code == 404

    def test_refuses_other_methods(self, client: Client, url: str) -> None:
        assert {getattr(client, method)(url).status_code for method in ("post", "put", "patch", "delete")} == {405}

    def test_the_same_order_of_two_teams_is_two_rows(
        self, as_user: AsUser, charlie: User, order: Order, make_key: MakeKey
    ) -> None:
        faraway = Team.objects.get(slug="faraway")
        theirs = mirrored(make_key(charlie, faraway, "ae_charlie_0123456789"), "Theirs", order_id=order.order_id)
        client = as_user(charlie)
        assert client.get(theirs.get_absolute_url()).status_code == 200
        assert client.get(order.get_absolute_url()).status_code == 404
