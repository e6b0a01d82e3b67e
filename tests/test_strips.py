"""An order's first pictures as one small image: what it shows, when it is made, what is asked for (decision 9)."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dashboard.accounts.models import Team
from orders import strips, tasks
from orders.absorb import strip_of
from orders.mirror import mirror
from orders.models import ApiKey, Order, OrderStrip, now
from tests.cast import ALICES_KEY
from tests.test_mirror import picture, said
from tests.upstream import Step, Upstream

PICTURES = Path(strips.__file__).parent / "sandbox" / "pictures"
RED, GREEN, BLUE, DARK, CROSS = (200, 30, 30), (30, 160, 30), (30, 30, 200), (0x2B, 0x27, 0x24), (0xFF, 0x50, 0x65)
PREVIEWS = "/v3/images/*/preview"


def photo(colour: tuple[int, int, int], size: tuple[int, int] = (600, 400), kind: str = "JPEG") -> bytes:
    """A picture of one colour."""
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, kind)
    return data.getvalue()


def pictured(key: ApiKey, *statuses: str | None) -> Order:
    """An order of this key with the pictures image-1, image-2, ... in these states, all of it told by Autoenhance."""
    images = tuple(picture(f"image-{n}", status) for n, status in enumerate(statuses, start=1))
    mirror(key.team, [said(images=images)], now(), key=key)
    return Order.objects.get(team=key.team, order_id="o-1")


def remake(order: Order) -> OrderStrip:
    """What the worker makes of the order, and what is kept then."""
    tasks.strip(order.pk)
    return OrderStrip.objects.get(order=order)


def frames(strip: bytes) -> list[tuple[int, int, int]]:
    """What is in the middle of each frame."""
    with Image.open(io.BytesIO(strip)) as shown:
        assert (shown.format, shown.size) == ("WEBP", (348, 56))
        return [shown.convert("RGB").getpixel((42 + 88 * place, 28)) for place in range(4)]  # type: ignore[misc]


def looks(strip: bytes, *colours: tuple[int, int, int]) -> bool:
    """Whether the frames have these colours, as exactly as the packing keeps them."""
    pairs = [
        pair for shown, meant in zip(frames(strip), colours, strict=True) for pair in zip(shown, meant, strict=True)
    ]
    return all(abs(shown - meant) < 40 for shown, meant in pairs)


@pytest.mark.django_db
class MakingTests:
    def test_shows_the_first_four_ready_pictures_without_a_key(self, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("GET", PREVIEWS, *(Step(raw=photo(colour)) for colour in (RED, GREEN, BLUE, RED)))
        order = pictured(key, *["processed"] * 6)
        strip = remake(order)
        assert looks(strip.image, RED, GREEN, BLUE, RED)
        assert strip.whole(order.strip)
        assert [(seen.path[-16:], seen.headers["x-api-key"]) for seen in upstream.calls()] == [
            (f"/image-{n}/preview", None) for n in (1, 2, 3, 4)
        ]

    def test_asks_only_for_ready_pictures(self, key: ApiKey, upstream: Upstream) -> None:
        """Failed ones are crossed out, undeveloped and missing ones are dark."""
        strip = remake(pictured(key, "error", "processing", "waiting"))
        assert looks(strip.image, CROSS, DARK, DARK, DARK)
        assert upstream.calls() == []

    @pytest.mark.parametrize("status", [None, "archived"])
    def test_tries_one_whose_status_nobody_knows(self, key: ApiKey, upstream: Upstream, status: str | None) -> None:
        """The vendor's own sample has null; while there is no such picture, it may still come."""
        order = pictured(key, status)
        assert not remake(order).whole(order.strip)
        upstream.script("GET", PREVIEWS, Step(raw=photo(RED)))
        OrderStrip.objects.update(again_at=now())
        assert looks(remake(order).image, RED, DARK, DARK, DARK)

    def test_is_made_again_only_when_the_pictures_change(self, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("GET", PREVIEWS, Step(raw=photo(RED), forever=True))
        remake(pictured(key, "processed", "processing"))
        remake(pictured(key, "processed", "waiting"))
        assert len(upstream.calls()) == 1
        assert looks(remake(pictured(key, "processed", "processed")).image, RED, RED, DARK, DARK)

    def test_falls_back_on_the_key_of_the_order(self, key: ApiKey, upstream: Upstream) -> None:
        """Decision 8: always the free preview."""
        upstream.script("GET", "/v3/images/*/enhanced", Step(raw=photo(GREEN)))
        assert looks(remake(pictured(key, "processed")).image, GREEN, DARK, DARK, DARK)
        (seen,) = upstream.calls(path="/v3/images/*/enhanced")
        assert (seen.headers["x-api-key"], seen.query) == (ALICES_KEY, {"preview": "true"})

    def test_a_picture_that_is_gone_leaves_its_frame_dark_for_good(self, key: ApiKey) -> None:
        order = pictured(key, "processed")
        strip = remake(order)
        assert looks(strip.image, DARK, DARK, DARK, DARK)
        assert strip.whole(order.strip)

    def test_an_order_without_pictures_has_none(self, key: ApiKey) -> None:
        tasks.strip(pictured(key).pk)
        assert not OrderStrip.objects.exists()

    def test_an_order_that_is_gone_is_no_error(self, db: None) -> None:
        tasks.strip(1)


@pytest.mark.django_db
class OutageTests:
    @pytest.fixture
    def order(self, key: ApiKey, upstream: Upstream) -> Order:
        """Two ready pictures, of which the first cannot be had."""
        upstream.script("GET", "/v3/images/image-1/*", Step(status=500, forever=True))
        upstream.script("GET", "/v3/images/image-2/preview", Step(raw=photo(BLUE), forever=True))
        return pictured(key, "processed", "processed")

    def test_what_could_be_had_is_kept_meanwhile(self, order: Order) -> None:
        strip = remake(order)
        assert looks(strip.image, DARK, BLUE, DARK, DARK)
        assert not strip.whole(order.strip)

    def test_the_rest_is_not_asked_for_again_at_once(self, order: Order, upstream: Upstream) -> None:
        """F40: looks at a list do not feed an outage."""
        remake(order)
        upstream.clear()
        assert not remake(order).due(order.strip)
        assert upstream.calls() == []

    def test_the_rest_is_asked_for_later(self, order: Order, upstream: Upstream) -> None:
        remake(order)
        OrderStrip.objects.update(again_at=now() - timedelta(seconds=1))
        upstream.clear()
        upstream.script("GET", PREVIEWS, Step(raw=photo(RED), forever=True))
        strip = remake(order)
        assert looks(strip.image, RED, RED, DARK, DARK)
        assert strip.whole(order.strip)


class DecodingTests:
    def test_cuts_a_portrait_to_the_frame(self) -> None:
        assert strips.developed(photo(RED, (400, 600))).size == (84, 56)

    def test_turns_a_picture_as_browsers_do(self) -> None:
        upright, data = Image.new("RGB", (400, 600), RED), io.BytesIO()
        upright.paste(BLUE, (0, 300, 400, 600))
        turned = upright.getexif()
        turned[0x0112] = 8  # taken with the camera on its side: red is to be on the left
        upright.save(data, "JPEG", exif=turned)
        frame = strips.developed(data.getvalue())
        left, right = frame.getpixel((10, 28)), frame.getpixel((74, 28))
        assert left[0] > 150 > 100 > right[0]  # type: ignore[index]

    def test_does_not_unpack_what_would_fill_the_memory(self) -> None:
        huge = photo(RED, (4000, 3001), "PNG")
        assert strips.developed(huge).getpixel((42, 28)) == DARK

    @given(st.sampled_from(["JPEG", "PNG", "WEBP", "AVIF"]), st.dictionaries(st.integers(0, 300), st.integers(0, 255)))
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_a_broken_picture_is_a_frame_all_the_same(self, kind: str, changes: dict[int, int]) -> None:
        data = bytearray(photo(GREEN, (30, 20), kind))
        for place, byte in changes.items():
            data[place % len(data)] = byte
        assert strips.developed(bytes(data)).size == (84, 56)

    def test_takes_about_three_kilobytes(self) -> None:
        developed = [strips.developed(path.read_bytes()) for path in sorted(PICTURES.glob("*-after.jpg"))]
        sizes = [len(strips.drawn(developed[start : start + 4])) for start in range(len(developed) - 3)]
        assert max(sizes) < 3600


class NamingTests:
    """`Order.strip`: the same for what looks the same, another for what does not."""

    IMAGES = [{"id": f"image-{n}", "status": "processed", "name": ""} for n in range(5)]

    def test_no_pictures_have_none(self) -> None:
        assert strip_of([]) == ""

    @pytest.mark.parametrize("change", [{"id": "image-9"}, {"status": "error"}, {"status": "processing"}])
    def test_changes_with_a_picture(self, change: dict[str, str]) -> None:
        assert strip_of([self.IMAGES[0] | change, *self.IMAGES[1:]]) != strip_of(self.IMAGES)

    def test_changes_with_their_order(self) -> None:
        assert strip_of(self.IMAGES[::-1]) != strip_of(self.IMAGES)

    def test_stays_when_nothing_looks_different(self) -> None:
        named = [image | {"name": "DSC_0001.jpg"} for image in self.IMAGES[:4]]
        assert strip_of(named) == strip_of(self.IMAGES)
        waiting, processing = ([self.IMAGES[0] | {"status": status}] for status in ("waiting", "processing"))
        assert strip_of(waiting) == strip_of(processing)

    @pytest.mark.django_db
    def test_comes_with_the_pictures(self, key: ApiKey, team: Team) -> None:
        order = pictured(key, "processed", "error")
        assert order.strip == strip_of(order.detail.images) != ""
        mirror(team, [said(name="12 Rosewood Ave")], now())
        assert Order.objects.get().strip == order.strip

    @pytest.mark.django_db
    def test_an_order_mirrored_before_there_were_strips_gets_one(self, key: ApiKey) -> None:
        order = pictured(key, "processed")
        Order.objects.update(strip="")
        Order.objects.update(heard=None)  # as in every row of that time
        assert pictured(key, "processed").strip == order.strip
