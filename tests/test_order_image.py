"""/orders/<id>/images/<n>/: previews through our own address, never at anybody's expense (decisions 8 and 9)."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from PIL import Image

from dashboard.accounts.models import User
from orders import pictures
from orders.models import ApiKey, Order, OrderDetail
from tests.cast import ALICES_KEY, AsUser, mirrored
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)


def jpeg() -> bytes:
    """A small picture."""
    packed = io.BytesIO()
    Image.new("RGB", (3, 2)).save(packed, "JPEG")
    return packed.getvalue()


JPEG = jpeg()
PICTURE = Step(raw=JPEG, headers={"Content-Type": "image/jpeg"}, forever=True)


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def order(key: ApiKey) -> Order:
    """An order whose first picture is ready, the second failed and the third is being worked on."""
    statuses = ("processed", "error", "processing")
    return mirrored(key, "12 Rosewood Ave", images=[{"status": status} for status in statuses])


@pytest.fixture
def url(order: Order) -> str:
    return f"/orders/{order.pk}/images/1/"


def is_placeholder(answer) -> bool:
    return answer.status_code == 200 and answer["Content-Type"] == "image/svg+xml"


class PreviewTests:
    def test_shows_the_preview_without_a_key(self, client: Client, url: str, upstream: Upstream) -> None:
        upstream.script("GET", "*/preview", PICTURE)
        answer = client.get(url)
        assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "image/jpeg", JPEG)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "private, max-age=3600"
        (call,) = upstream.calls()
        assert "x-api-key" not in call.headers

    def test_falls_back_to_the_small_enhanced_picture_with_the_orders_key(
        self, as_user: AsUser, vera: User, url: str, upstream: Upstream
    ) -> None:
        upstream.script("GET", "*/preview", Step(status=404))
        upstream.script("GET", "*/enhanced", PICTURE)
        assert as_user(vera).get(url).content == JPEG
        call = upstream.calls("GET", "*/enhanced")[0]
        assert call.query["preview"] == "true"
        assert call.headers["x-api-key"] == ALICES_KEY

    @pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/octet-stream"])
    def test_shows_nothing_but_pictures(self, client: Client, url: str, upstream: Upstream, kind: str) -> None:
        upstream.script("GET", "*", Step(raw=b"<script>", headers={"Content-Type": kind}, forever=True))
        assert is_placeholder(answer := client.get(url))
        assert b"<script>" not in answer.content


class PlaceholderTests:
    def test_is_drawn_while_autoenhance_is_away(self, client: Client, url: str, upstream: Upstream) -> None:
        upstream.script("GET", "*", Step(status=503, forever=True))
        assert is_placeholder(answer := client.get(url))
        assert "max-age" not in answer["Cache-Control"]

    @pytest.mark.parametrize("n", [2, 3])
    def test_is_drawn_without_asking_for_a_picture_that_is_not_there_yet(
        self, client: Client, order: Order, upstream: Upstream, n: int
    ) -> None:
        assert is_placeholder(client.get(f"/orders/{order.pk}/images/{n}/"))
        assert upstream.calls() == []

    def test_is_drawn_at_once_while_three_others_wait(self, client: Client, url: str, upstream: Upstream) -> None:
        for _ in range(3):
            assert pictures.WAITING.acquire(blocking=False)
        try:
            assert is_placeholder(client.get(url))
        finally:
            pictures.WAITING.release(3)
        assert upstream.calls() == []

    def test_is_drawn_for_an_id_that_goes_into_no_address(
        self, client: Client, url: str, order: Order, upstream: Upstream
    ) -> None:
        OrderDetail.objects.update(images=[order.detail.image(1) | {"id": "../orders/x"}])
        assert is_placeholder(client.get(url))
        assert upstream.calls() == []


class AccessTests:
    @pytest.mark.parametrize("n", ["0", "4", "9" * 30, "image-1", "-1"])
    def test_a_picture_that_the_order_has_not_is_not_found(self, client: Client, order: Order, n: str) -> None:
        assert client.get(f"/orders/{order.pk}/images/{n}/").status_code == 404

    def test_a_stranger_gets_what_an_unknown_order_gets(
        self, as_user: AsUser, charlie: User, url: str, upstream: Upstream
    ) -> None:
        client = as_user(charlie)
        same = {"X-Request-Id": "the-same-id"}
        theirs, unknown = (client.get(address, headers=same) for address in (url, "/orders/999999999/images/1/"))
        assert (theirs.status_code, unknown.status_code) == (404, 404)
        assert theirs.content == unknown.content
        assert upstream.calls() == []

    def test_refuses_other_methods(self, client: Client, url: str, upstream: Upstream) -> None:
        assert {getattr(client, method)(url).status_code for method in ("post", "put", "patch", "delete")} == {405}
        assert upstream.calls() == []
