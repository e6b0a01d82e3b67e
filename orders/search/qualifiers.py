"""The one table of qualifiers: the parser, the help sheet, the chips and the tests read it (features Q3, 4.2.12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from orders.fold import tokens
from orders.models.orders import Shown
from orders.search.values import moments, numbers

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# Any moment will do: whether a date can be read does not depend on it.
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def _word(value: str) -> str:
    """A value in which there is at least one word."""
    if not tokens(value):
        raise ValueError(value)
    return value


def _number(value: str) -> str:
    numbers(value)
    return value


def _date(value: str) -> str:
    try:
        moments(value, SOME_DAY)
    except OverflowError:
        raise ValueError(value) from None
    return value


@dataclass(frozen=True, slots=True)
class Qualifier:
    """One row: `name:value`.

    `says` completes "orders ..." on the help sheet; `examples` are whole queries, each replayed by a test so that saved
    searches survive upgrades. With `choices` (word to label) nothing else can be its value; `aliases` are further words
    for them. `read` gives a value back if it makes sense, and raises ValueError otherwise; `wants` says what does.
    """

    name: str
    label: StrPromise
    says: StrPromise
    wants: StrPromise
    examples: tuple[str, ...]
    check: Callable[[str], str] = _word
    choices: Mapping[str, StrPromise | str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: str) -> str:
        """`value` as it is kept in the tree; ValueError when it makes no sense."""
        if not self.choices:
            return self.check(value)
        word = value.lower()
        word = self.aliases.get(word, word)
        if word not in self.choices:
            raise ValueError(value)
        return word

    def value_label(self, value: str) -> str:
        """How a chip names the value."""
        return str(self.choices.get(value, value))


TABLE = (
    Qualifier(
        name="status",
        label=_("Status"),
        says=_("with this status"),
        wants=_("waiting, merging, processing, ready, error, deleted or unknown"),
        examples=("status:error", "-status:ready", "rosewood status:processing"),
        choices={shown.name.lower(): shown.label for shown in Shown},
        aliases={"processed": "ready"},
    ),
    Qualifier(
        name="name",
        label=_("Name"),
        says=_("with this word in the name, or with words in quotation marks next to each other"),
        wants=_("a word, or words in quotation marks"),
        examples=('name:"12 high st"', "name:rosewood", "-name:drone"),
    ),
    Qualifier(
        name="id",
        label=_("Order id"),
        says=_("whose id at Autoenhance begins so"),
        wants=_("the beginning of an order id"),
        examples=("id:3f2a", "-id:3f2a"),
    ),
    Qualifier(
        name="by",
        label=_("By"),
        says=_("that came through the key of this teammate"),
        wants=_("me, a part of a name, or an e-mail address"),
        examples=("by:me", "by:ben", 'by:"ana duarte"', "-by:ana@example.com"),
    ),
    Qualifier(
        name="key",
        label=_("Key"),
        says=_("that came through the key with this label"),
        wants=_("a part of a key's label"),
        examples=("key:studio", '-key:"second studio"'),
    ),
    Qualifier(
        name="created",
        label=_("Created"),
        says=_("created on these days, in the team's time zone"),
        wants=_("a date such as >=2026-01-31, 2026-01, today, 2026-01-01..2026-01-31, or an age such as <7d"),
        examples=("created:>=2026-01-01", "created:2026-01", "created:today", "created:2026-01-01..2026-01-31"),
        check=_date,
    ),
    Qualifier(
        name="updated",
        label=_("Updated"),
        says=_("changed at Autoenhance on these days; <7d is less than 7 days ago, >7d longer ago"),
        wants=_("a date such as >=2026-01-31, 2026-01, today, 2026-01-01..2026-01-31, or an age such as <7d"),
        examples=("updated:<7d", "updated:>2w", "updated:<12h", "-updated:<=2025-12-31"),
        check=_date,
    ),
    Qualifier(
        name="images",
        label=_("Images"),
        says=_("with so many pictures"),
        wants=_("a number such as 0, >20, <=5, or 5..10"),
        examples=("images:>20", "images:0", "images:5..10", "-images:<=3"),
        check=_number,
    ),
    Qualifier(
        name="is",
        label=_("Is"),
        says=_(
            "that are open (Autoenhance is at work on them); stale (not looked at for a day while open, or for a week);"
            " stuck (at work for far longer than this team's usually are); shared (with a public link that opens now);"
            " or deleted"
        ),
        wants=_("open, stale, stuck, shared or deleted"),
        examples=("is:open", "is:stale", "is:stuck", "is:shared", "-is:shared", "-is:open", "is:deleted"),
        choices={
            "open": _("Open"),
            "stale": _("Stale"),
            "stuck": _("Stuck"),
            "shared": _("Shared"),
            "deleted": _("Deleted"),
        },
    ),
)
QUALIFIERS: Mapping[str, Qualifier] = {qualifier.name: qualifier for qualifier in TABLE}
