"""How names and queries are made comparable: one function for both (DESIGN section 6)."""

from __future__ import annotations

import re
import unicodedata

# Stored beside each folded name; bump it with any change here, and run `manage.py refold` on release.
FOLD_VERSION = 1

LONGEST_TOKEN = 40
# A longer index row would stop an import.
LONGEST_BYTES = 800

ADDRESS_WORDS = {
    "#": "apartment",
    "apt": "apartment",
    "ave": "avenue",
    "av": "avenue",
    "blvd": "boulevard",
    "cl": "close",
    "cres": "crescent",
    "ct": "court",
    "dr": "drive",
    "gdns": "gardens",
    "gr": "grove",
    "hwy": "highway",
    "ln": "lane",
    "mt": "mount",
    "pk": "park",
    "pl": "place",
    "rd": "road",
    "sq": "square",
    "st": "street",
    "ste": "suite",
    "ter": "terrace",
}

TOKEN = re.compile(r"\w+|#")


def plain(text: str) -> str:
    """`text` without case and accents."""
    if text.isascii():  # nine names in ten, and three times as fast
        return text.lower()
    signs = unicodedata.normalize("NFKD", text).casefold()
    # None below U+0300 combines, and asking costs more than comparing.
    return "".join([sign for sign in signs if sign < "\u0300" or not unicodedata.combining(sign)])


def written_out(token: str) -> str:
    """A TOKEN of plain text as it is stored: address words in full, at most LONGEST_TOKEN letters."""
    return ADDRESS_WORDS.get(token, token)[:LONGEST_TOKEN]


def tokens(text: str) -> list[str]:
    """The words of `text`: without case and accents, address words written out, # as "apartment"."""
    # `written_out` for each, without a call for each: names are folded by the thousand.
    return [ADDRESS_WORDS.get(token, token)[:LONGEST_TOKEN] for token in TOKEN.findall(plain(text))]


def fold(text: str) -> str:
    """`text` as it is stored for search: " 12 rosewood street ", at most LONGEST_BYTES of UTF-8."""
    words = tokens(text)
    whole = " ".join(["", *words, ""])
    if len(whole.encode()) <= LONGEST_BYTES:
        return whole
    folded = ""
    for word in words:
        longer = f"{folded} {word}"
        if len(longer.encode()) >= LONGEST_BYTES:
            break
        folded = longer
    return f"{folded} "
