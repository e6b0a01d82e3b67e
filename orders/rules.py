"""How a bulk rename makes new names of old ones. Pure: nothing here knows an order."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from orders.names import clean


@dataclass(frozen=True, slots=True)
class Rule:
    """Replace `find`, as plain text, wherever it occurs, then put `start` before and `end` behind every name."""

    find: str = ""
    replace: str = ""
    match_case: bool = False
    start: str = ""
    end: str = ""

    def __bool__(self) -> bool:
        """Whether it can change anything at all."""
        return bool(self.find or self.start or self.end)

    def __call__(self, name: str) -> str:
        """The new name, tidied as every name is."""
        if not self:
            return clean(name)
        return clean(f"{self.start}{self._replaced(clean(name))}{self.end}")

    def _replaced(self, name: str) -> str:
        if not self.find:
            return name
        wanted = re.escape(unicodedata.normalize("NFC", self.find))
        return re.sub(wanted, lambda _found: self.replace, name, flags=0 if self.match_case else re.IGNORECASE)
