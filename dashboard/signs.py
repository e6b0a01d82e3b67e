"""Signs that no name of anything may have, whoever types it: they turn the text around it into something else."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# The marks that embed, override and isolate a direction, and whose end may be missing. Those of a single letter stay.
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def upright(text: str) -> None:
    """A validator of forms: ValidationError for a text with a sign of TURNING."""
    if found := TURNING.search(text):
        raise ValidationError(refusal(found[0]))


def refusal(sign: str) -> str:
    """The sentence that refuses a character, which mostly is one that nobody sees."""
    return _("The character U+%04X cannot be in a name.") % ord(sign)


def straightened(text: str) -> str:
    """`text` as it is shown where others wrote it: without such signs."""
    return TURNING.sub("", text)
