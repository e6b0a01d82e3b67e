"""An order's first pictures as one small image: four frames on film, made in the background (decision 9)."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

import structlog
from PIL import Image, ImageDraw, ImageOps

from orders import pictures
from orders.absorb import DONE, FAILED, FRAMES, strip_of
from orders.models import Order, OrderStrip, now
from orders.remote import NotFound, RemoteError

log = structlog.get_logger(__name__)

# Twice what `.strip` in film.css measures, for dense screens; the colours are those of tokens.css.
FRAME, GAP, CORNER = (84, 56), 4, 4
FILM, DARK, BAD = "#0d0b09", "#2b2724", "#ff5065"
QUALITY = 65
# What may be decoded at once: 36 MB of memory. A JPEG is brought below by decoding an eighth of it.
MOST_PIXELS = 12_000_000
# What Pillow raised for 20,000 files that were broken at random, and its error for a bomb.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, RuntimeError, struct.error, Image.DecompressionBombError)
# After a picture could not be had, nobody's look asks for it again for so long.
PAUSE = timedelta(minutes=5)


def make(order: Order) -> None:
    """Make and keep the strip of the order as it is, unless that is there.

    A picture that cannot be had leaves its frame dark, and the strip is due again after PAUSE. There is no retry of
    the job: a list that nobody looks at needs no strips.
    """
    images = order.detail.images[:FRAMES]
    made_of = strip_of(images)
    kept = OrderStrip.objects.filter(order=order).first()
    if not images or (kept and not kept.due(made_of)):
        return
    frames = [_frame(order, image) for image in images]
    again_at = now() + PAUSE if None in frames else None
    fields = {"made_of": made_of, "image": drawn(frames), "again_at": again_at}
    OrderStrip.objects.update_or_create(order=order, defaults=fields)


def drawn(frames: Sequence[Image.Image | None]) -> bytes:
    """Up to four frames as a strip, in WebP; dark where there is none."""
    (width, height), shown = FRAME, [*frames, *[None] * FRAMES][:FRAMES]
    film = Image.new("RGB", (FRAMES * (width + GAP) - GAP, height), FILM)
    for place, frame in enumerate(shown):
        film.paste(frame or dark(), (place * (width + GAP), 0), _window())
    packed = io.BytesIO()
    film.save(packed, "WEBP", quality=QUALITY, method=6)
    return packed.getvalue()


def developed(data: bytes) -> Image.Image:
    """The picture cut to a frame; a dark one when it cannot be decoded."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "AVIF")) as picture:
            picture.draft("RGB", (max(FRAME), max(FRAME)))
            if picture.width * picture.height <= MOST_PIXELS:
                return ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), FRAME)
    except BROKEN as error:
        log.info("a picture cannot be decoded", error=type(error).__name__)
    return dark()


def dark() -> Image.Image:
    """A frame that nothing was developed on."""
    return Image.new("RGB", FRAME, DARK)


def crossed() -> Image.Image:
    """A frame that failed: dark, crossed out thinly. Drawn four times as large, which smooths the lines."""
    width, height = (4 * side for side in FRAME)
    frame = Image.new("RGB", (width, height), DARK)
    draw = ImageDraw.Draw(frame)
    for line in ((0, 0, width, height), (0, height, width, 0)):
        draw.line(line, BAD, width=8)
    return frame.resize(FRAME)


def _frame(order: Order, image: dict[str, Any]) -> Image.Image | None:
    """One picture of the order as a frame; None when it cannot be had now."""
    if image["status"] == FAILED:
        return crossed()
    if not pictures.may_have_preview(image):
        return dark()
    try:
        return developed(pictures.fetch(order, image["id"]).data)
    except RemoteError as error:
        if isinstance(error, NotFound) and image["status"] == DONE:
            return dark()  # it is gone; one whose status nobody knows may still come
        log.info("a picture of a strip could not be had", order=order.pk, error=type(error).__name__)
        return None


@lru_cache(maxsize=1)
def _window() -> Image.Image:
    """What of a frame the film lets through: all but its corners."""
    window = Image.new("L", FRAME, 0)
    ImageDraw.Draw(window).rounded_rectangle((0, 0, FRAME[0] - 1, FRAME[1] - 1), CORNER, fill=255)
    return window
