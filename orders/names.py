"""What a name may be (features 4.1.7): the same rule for what people type and for comparing."""

from __future__ import annotations

import unicodedata

from dashboard.signs import TURNING


def clean(text: str) -> str:
    """`text` in Unicode NFC, trimmed, with each run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def shows_nothing(text: str) -> bool:
    """Whether no sign of it can be seen: empty, or only marks that direct, join or have no width."""
    return all(unicodedata.category(sign)[0] in "MZ" or unicodedata.category(sign) == "Cf" for sign in text)


def fault(text: str) -> str:
    """The first sign that cannot be in a name, or "" when all can.

    Control characters, lone surrogates and what turns the text around it are refused; other marks that direct or join
    text (Cf: right-to-left marks, the joiner inside an emoji) belong to names.
    """
    return next((sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs") or TURNING.match(sign)), "")
