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

_TOKEN = re.compile(r"#|\w+")


def tokens(text: str) -> list[str]:
    """The words of `text`: without case and accents, address words written out, # as "apartment"."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    found = (match.group() for match in _TOKEN.finditer(plain))
    return ["apartment" if word == "#" else ADDRESS_WORDS.get(word, word)[:LONGEST_TOKEN] for word in found]


def fold(text: str) -> str:
    """`text` as it is stored for search: " 12 rosewood street ", at most LONGEST_BYTES of UTF-8."""
    folded = ""
    for word in tokens(text):
        longer = f"{folded} {word}"
        if len(longer.encode()) >= LONGEST_BYTES:
            break
        folded = longer
    return f"{folded} "
