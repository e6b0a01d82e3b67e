"""The pictures: thirteen drawn scenes, before and after, varied by image id; or what somebody uploaded."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from orders.sandbox.records import digest

FOLDER = Path(__file__).parent / "pictures"
SCENES = {
    "aerial_view": "aerial",
    "bathroom": "bath",
    "bedroom": "bedroom",
    "dining_room": "dining",
    "exterior_front": "front",
    "hallway": "hall",
    "kitchen": "kitchen",
    "living_room": "living",
    "attic": "loft",
    "swimming_pool": "pool",
    "home_office": "study",
    "terrace": "terrace",
    "exterior_twilight": "twilight",
}
WIDEST = 900  # pixels
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Style:
    """How a picture is wanted: sizes in pixels, quality 1 to 90, `format` a name of FORMATS."""

    enhanced: bool
    watermark: bool = False
    format: str = "jpeg"
    quality: int = 80
    max_width: int = WIDEST
    scale: float = 1.0


def readable(data: bytes) -> bytes | None:
    """An upload as a small JPEG, or None when it is no picture."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            opened.draft("RGB", (WIDEST, WIDEST))
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except UNREADABLE:
        return None
    picture.thumbnail((WIDEST, WIDEST))
    return _encoded(picture, "JPEG", 85)


def draw(image_id: str, scene: str | None, upload: bytes | None, style: Style) -> bytes:
    """The picture of one image. The same image id always gives the same picture."""
    picture = _uploaded(upload, style.enhanced) if upload else _drawn(image_id, scene, style.enhanced)
    width = max(1, round(min(picture.width, style.max_width) * min(style.scale, 1.0)))
    picture = picture.resize((width, max(1, round(width * picture.height / picture.width))))
    if style.watermark:
        _stamp(picture)
    return _encoded(picture, FORMATS[style.format], style.quality)


def _uploaded(upload: bytes, enhanced: bool) -> Image.Image:
    picture = Image.open(io.BytesIO(upload)).convert("RGB")
    if not enhanced:
        return picture
    return ImageEnhance.Color(ImageOps.autocontrast(picture, cutoff=1)).enhance(1.2)


def _drawn(image_id: str, scene: str | None, enhanced: bool) -> Image.Image:
    number = digest(image_id)
    stem = SCENES.get(scene or "") or sorted(SCENES.values())[number % len(SCENES)]
    picture = Image.open(FOLDER / f"{stem}-{'after' if enhanced else 'before'}.jpg").convert("RGB")
    return _varied(picture, number >> 8)


def _varied(picture: Image.Image, number: int) -> Image.Image:
    """Another house, not another scene: a crop, a tint, a mirror. Before and after vary alike."""
    width = picture.width * (80 + number % 21) // 100
    height = picture.height * width // picture.width
    left = (number >> 8) % (picture.width - width + 1)
    top = (number >> 16) % (picture.height - height + 1)
    picture = picture.crop((left, top, left + width, top + height))
    tint = tuple(number >> shift & 255 for shift in (24, 32, 40))
    picture = Image.blend(picture, Image.new("RGB", picture.size, tint), 0.07)
    return ImageOps.mirror(picture) if number >> 48 & 1 else picture


def _stamp(picture: Image.Image) -> None:
    size = max(8, picture.width // 9)
    font = ImageFont.load_default(size)
    pen = ImageDraw.Draw(picture, "RGBA")
    for row in range(-1, picture.height // (2 * size) + 1):
        place = (picture.width // 12 - row * size, row * 2 * size + size)
        pen.text(place, "PREVIEW   PREVIEW   PREVIEW", (255, 255, 255, 130), font)


def _encoded(picture: Image.Image, kind: str, quality: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, quality=quality)
    return file.getvalue()
