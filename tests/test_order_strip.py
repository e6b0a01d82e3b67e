"""/orders/<id>/strip/: an order's first pictures as one small image, from Postgres alone (decision 9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard.accounts.models import Team, User
from orders import strips, tasks
from orders.models import ApiKey, Order, OrderStrip, now
from tests.cast import AsUser, mirrored
from tests.test_strips import PREVIEWS, RED, photo, pictured
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db
FOR_GOOD = "private, max-age=31536000, immutable"


@pytest.fixture
def order(key: ApiKey, upstream: Upstream) -> Order:
    """An order with one ready picture."""
    upstream.script("GET", PREVIEWS, Step(raw=photo(RED), forever=True))
    return pictured(key, "processed")


@pytest.fixture
def url(order: Order) -> str:
    """Where the list shows its strip."""
    return f"/orders/{order.pk}/strip/?v={order.strip}"


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser."""
    return as_user(alice)


def queued() -> list[dict[str, int]]:
    """The jobs that wait to make a strip."""
    return list(ProcrastinateJob.objects.filter(task_name="orders.strip").values_list("args", flat=True))


def is_blank(answer) -> bool:
    """Whether it is the drawn placeholder, which no browser keeps."""
    drawn = answer["Content-Type"] == "image/svg+xml" and answer.content.count(b"<rect") == 4
    return drawn and "no-store" in answer["Cache-Control"]


class WithoutStripTests:
    def test_shows_blank_frames_and_queues_the_making_once(self, client: Client, order: Order, url: str) -> None:
        assert is_blank(client.get(url))
        assert is_blank(client.get(url))
        assert queued() == [{"order_id": order.pk}]

    def test_waits_for_nobody(self, client: Client, url: str, upstream: Upstream) -> None:
        client.get(url)
        assert upstream.calls() == []

    def test_head_queues_nothing(self, client: Client, url: str) -> None:
        assert client.head(url).status_code == 200
        assert queued() == []

    def test_an_order_without_pictures_queues_nothing(self, client: Client, key: ApiKey) -> None:
        empty = mirrored(key, "5 Elm Row")
        assert is_blank(client.get(f"/orders/{empty.pk}/strip/?v="))
        assert queued() == []

    def test_what_somebody_waits_for_is_done_first(self, client: Client, url: str) -> None:
        client.get(url)
        assert ProcrastinateJob.objects.get(task_name="orders.strip").priority < 0


class WithStripTests:
    @pytest.fixture(autouse=True)
    def strip(self, order: Order) -> OrderStrip:
        """The strip as the worker made it."""
        tasks.strip(order.pk)
        return OrderStrip.objects.get()

    def test_is_kept_for_good(self, client: Client, url: str, strip: OrderStrip) -> None:
        answer = client.get(url)
        assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/webp", FOR_GOOD)
        assert answer.content == bytes(strip.image)
        assert queued() == []

    @pytest.mark.parametrize("query", ["", "?v=", "?v=000000000000", "?v=%00"])
    def test_under_another_address_it_is_not_kept(self, client: Client, order: Order, query: str) -> None:
        answer = client.get(f"/orders/{order.pk}/strip/{query}")
        assert answer["Content-Type"] == "image/webp"
        assert "no-store" in answer["Cache-Control"]

    def test_an_outdated_one_is_shown_and_made_again(self, client: Client, key: ApiKey, url: str) -> None:
        fresh = pictured(key, "processed", "processed")
        for version in (fresh.strip, url[-12:]):
            answer = client.get(f"/orders/{fresh.pk}/strip/?v={version}")
            assert answer["Content-Type"] == "image/webp"
            assert "no-store" in answer["Cache-Control"]
        assert queued() == [{"order_id": fresh.pk}]

    def test_one_that_lacks_a_picture_is_not_kept_and_made_again_when_due(self, client: Client, url: str) -> None:
        OrderStrip.objects.update(again_at=now() + strips.PAUSE)
        assert "no-store" in client.get(url)["Cache-Control"]
        assert queued() == []
        OrderStrip.objects.update(again_at=now() - timedelta(seconds=1))
        assert "no-store" in client.get(url)["Cache-Control"]
        assert len(queued()) == 1


class AccessTests:
    def test_a_viewer_sees_it(self, as_user: AsUser, vera: User, url: str) -> None:
        assert as_user(vera).get(url).status_code == 200

    def test_a_stranger_does_not(self, as_user: AsUser, charlie: User, url: str) -> None:
        assert as_user(charlie).get(url).status_code == 404
        assert queued() == []

    def test_nor_does_anybody_who_is_logged_out(self, url: str) -> None:
        assert Client().get(url).status_code == 302
        assert queued() == []

    def test_refuses_post(self, client: Client, url: str) -> None:
        assert client.post(url).status_code == 405


class ListTests:
    LIST = "/teams/northlight/orders/"

    def test_a_row_shows_the_strip_in_a_fixed_box(self, client: Client, url: str) -> None:
        page = client.get(self.LIST).content.decode()
        assert f'src="{url}" alt="" width="174" height="28"' in page

    def test_a_row_without_pictures_shows_blank_frames(self, client: Client, key: ApiKey) -> None:
        mirrored(key, "5 Elm Row")
        page = client.get(self.LIST).content.decode()
        assert page.count('<span class="photo"></span>') == 4
        assert "/strip/" not in page

    def test_the_address_changes_with_the_pictures(self, client: Client, key: ApiKey, url: str) -> None:
        changed = pictured(key, "processed", "error")
        page = client.get(self.LIST).content.decode()
        assert url not in page
        assert f"?v={changed.strip}" in page
