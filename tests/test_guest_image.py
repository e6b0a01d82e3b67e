"""/s/<token>/images/<n>/: watermarked previews, without a key and never at anybody's expense (decision 8)."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.accounts.models import User
from orders import pictures
from orders.models import Order, OrderDetail, ShareLink
from tests.cast import AsUser
from tests.guests import Share, Shared, ask
from tests.test_order_image import JPEG, PICTURE
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)


def is_placeholder(answer: Any) -> bool:
    return (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")


class WatermarkTests:
    def test_shows_the_watermarked_picture_and_sends_no_key(self, shared: Shared, upstream: Upstream) -> None:
        upstream.script("GET", "*/watermark", PICTURE)
        answer = ask(f"{shared.url}images/1/")
        assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "image/jpeg", JPEG)
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        (call,) = upstream.calls()
        assert call.path.endswith("/watermark")
        assert not {"x-api-key", "authorization", "cookie", "referer"} & {name.lower() for name in call.headers}

    def test_never_falls_back_to_anything_with_a_key(self, shared: Shared, upstream: Upstream) -> None:
        upstream.script("GET", "*", Step(status=404, forever=True))
        assert is_placeholder(ask(f"{shared.url}images/1/"))
        assert {call.path.rsplit("/")[-1] for call in upstream.calls()} == {"watermark"}

    def test_the_teams_people_see_the_same_as_guests(
        self, as_user: AsUser, vera: User, charlie: User, shared: Shared, upstream: Upstream
    ) -> None:
        upstream.script("GET", "*/watermark", PICTURE)
        url = f"/links/{shared.link.pk}/images/1/"
        assert as_user(vera).get(url).content == JPEG
        assert as_user(charlie).get(url).status_code == 404
        assert as_user(vera).get(f"/links/{shared.link.pk}/images/9/").status_code == 404
        assert len(upstream.calls()) == 1


class PlaceholderTests:
    @pytest.mark.parametrize("n", [2, 3])
    def test_is_drawn_for_a_picture_that_is_not_there_without_asking(
        self, shared: Shared, upstream: Upstream, n: int
    ) -> None:
        assert is_placeholder(ask(f"{shared.url}images/{n}/"))
        assert upstream.calls() == []

    def test_is_drawn_at_once_while_three_others_wait(self, shared: Shared, upstream: Upstream) -> None:
        for _ in range(3):
            assert pictures.WAITING.acquire(blocking=False)
        try:
            assert is_placeholder(ask(f"{shared.url}images/1/"))
        finally:
            pictures.WAITING.release(3)
        assert upstream.calls() == []


class ClosedTests:
    @pytest.mark.parametrize("n", ["0", "4", "9" * 30, "image-1", "-1"])
    def test_a_picture_that_the_order_has_not_is_not_found(self, shared: Shared, n: str) -> None:
        assert ask(f"{shared.url}images/{n}/").status_code == 404

    def test_a_link_that_shows_the_status_alone_has_none(self, share: Share, upstream: Upstream) -> None:
        shared = share(reveals=ShareLink.Reveals.STATUS)
        assert ask(f"{shared.url}images/1/").content == ask(f"{shared.url}images/99/").content
        assert ask(f"{shared.url}images/1/").status_code == 404
        assert upstream.calls() == []

    def test_a_picture_of_another_order_is_out_of_reach(self, shared: Shared, order: Order, upstream: Upstream) -> None:
        OrderDetail.objects.filter(order=order).update(images=[{"n": 7, "id": "other", "status": "processed"}])
        assert ask(f"{shared.url}images/7/?order={order.pk}").status_code == 404
        assert upstream.calls() == []
