"""/orders/<id>/images/<n>/before/: what a picture was, for the team's people, never at anybody's expense (M2)."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard.accounts.models import User
from orders import pictures
from orders.models import ApiKey, Order
from tests.cast import ALICES_KEY, AsUser
from tests.test_order_image import JPEG, PICTURE, client, is_placeholder, order
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["client", "order"]  # fixtures


@pytest.fixture
def url(order: Order) -> str:
    return f"/orders/{order.pk}/images/1/before/"


class OriginalTests:
    def test_is_asked_for_small_and_without_a_key(self, client: Client, url: str, upstream: Upstream) -> None:
        upstream.script("GET", "*/original", PICTURE)
        answer = client.get(url)
        assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "image/jpeg", JPEG)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "private, max-age=3600"
        (call,) = upstream.calls()
        assert (call.query, call.headers["x-api-key"]) == ({"preview": "true"}, None)

    def test_where_a_key_is_needed_the_orders_is_sent_and_it_stays_free(
        self, as_user: AsUser, vera: User, url: str, upstream: Upstream
    ) -> None:
        upstream.script("GET", "*/original", Step(status=401), PICTURE)
        assert as_user(vera).get(url).content == JPEG
        call = upstream.calls()[-1]
        assert (call.query, call.headers["x-api-key"]) == ({"preview": "true"}, ALICES_KEY)

    @pytest.mark.parametrize("kind", ["text/html", "image/svg+xml"])
    def test_shows_nothing_but_pictures(self, client: Client, url: str, upstream: Upstream, kind: str) -> None:
        upstream.script("GET", "*", Step(raw=b"<script>", headers={"Content-Type": kind}, forever=True))
        assert is_placeholder(answer := client.get(url))
        assert b"<script>" not in answer.content


class PlaceholderTests:
    def test_is_drawn_where_autoenhance_shows_none(self, client: Client, url: str, upstream: Upstream) -> None:
        upstream.script("GET", "*", Step(status=404, forever=True))
        assert is_placeholder(answer := client.get(url))
        assert "max-age" not in answer["Cache-Control"]

    def test_is_drawn_without_a_key_that_lives(
        self, client: Client, url: str, key: ApiKey, alice: User, upstream: Upstream
    ) -> None:
        key.remove(alice)
        upstream.script("GET", "*", Step(status=401, forever=True))
        assert is_placeholder(client.get(url))
        assert [call.headers["x-api-key"] for call in upstream.calls()] == [None]

    @pytest.mark.parametrize("n", [2, 3])
    def test_is_drawn_without_asking_while_there_is_no_after(
        self, client: Client, order: Order, upstream: Upstream, n: int
    ) -> None:
        assert is_placeholder(client.get(f"/orders/{order.pk}/images/{n}/before/"))
        assert upstream.calls() == []

    def test_is_drawn_at_once_while_three_others_wait(self, client: Client, url: str, upstream: Upstream) -> None:
        for _ in range(3):
            assert pictures.WAITING.acquire(blocking=False)
        try:
            assert is_placeholder(client.get(url))
        finally:
            pictures.WAITING.release(3)
        assert upstream.calls() == []


class AccessTests:
    def test_a_stranger_and_a_guest_get_none(
        self, as_user: AsUser, charlie: User, url: str, upstream: Upstream
    ) -> None:
        assert as_user(charlie).get(url).status_code == 404
        assert Client().get(url)["Location"].startswith("/accounts/login/")
        assert upstream.calls() == []

    def test_a_picture_that_the_order_has_not_is_not_found(self, client: Client, order: Order) -> None:
        assert client.get(f"/orders/{order.pk}/images/9/before/").status_code == 404
