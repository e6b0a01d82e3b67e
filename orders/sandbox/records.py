"""What the sandbox keeps. How work goes on is a function of the time, so nothing runs in the background.

Times are seconds since 1970, UTC. `inf` as an end means work that hangs for ever.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

Settings = dict[str, object]

QUEUED = 2.0  # seconds between an upload and the start of work
GROUPING = 10.0  # seconds; contract 9 says from about ten seconds to five minutes


def digest(text: str) -> int:
    """A number that is always the same for the same text, and otherwise looks random."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def seconds_of_work(image_id: str) -> float:
    """How long enhancing this image takes: 5 to 30 seconds (contract 9)."""
    return 5.0 + digest(f"work {image_id}") % 26


@dataclass(frozen=True, slots=True)
class Image:
    """One image. `token` names its upload; without one, the sandbox draws the picture itself."""

    image_id: str
    order_id: str
    name: str
    scene: str | None
    added_at: float
    starts_at: float | None
    ends_at: float | None
    failure: str | None
    settings: str
    token: str | None

    def status(self, now: float) -> str:
        """`waiting` until work starts, then `processing`, then `processed` or `error`."""
        if self.starts_at is None or self.ends_at is None or now < self.starts_at:
            return "waiting"
        if now < self.ends_at:
            return "processing"
        return "error" if self.failure else "processed"


@dataclass(frozen=True, slots=True)
class Bracket:
    """One uploaded exposure, which /process groups with others into an image."""

    bracket_id: str
    order_id: str
    name: str
    image_id: str | None
    metadata: str
    token: str
    is_uploaded: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `word` stands in for the status that follows from the images; an empty one is told as null."""

    order_id: str
    account: int
    name: str | None
    word: str | None
    created_at: float
    updated_at: float
    merges_until: float
    sort_order: str
    deleted: bool
    images: tuple[Image, ...] = ()

    def is_merging(self, now: float) -> bool:
        """Whether brackets are being grouped."""
        return now < self.merges_until

    def is_processing(self, now: float) -> bool:
        """Whether work is going on: grouping, or images between their upload and their end."""
        return self.is_merging(now) or any(
            image.starts_at is not None and image.status(now) in ("waiting", "processing") for image in self.images
        )

    def status(self, now: float) -> str | None:
        """`waiting` until there is something to do (contract 2), `error` only when every image failed (guess)."""
        if self.word is not None:
            return self.word or None
        if self.is_processing(now):
            return "processing"
        words = {image.status(now) for image in self.images}
        if not words or "waiting" in words:
            return "waiting"
        return "error" if words == {"error"} else "processed"

    def last_change(self, now: float) -> float:
        """The last moment at which this order would have looked different before and after."""
        moments = [self.merges_until]
        for image in self.images:
            moments += [moment for moment in (image.starts_at, image.ends_at) if moment is not None]
        return max([self.updated_at, *(moment for moment in moments if moment <= now)])
