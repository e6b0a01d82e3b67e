"""The rows of the list, of which most differ in nothing but their words.

Rendering a template for each takes most of a list's time. So it is rendered once for all rows of a make, with a mark
in place of each word, and each row is that with its own words filled in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import attrgetter
from typing import cast

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from orders.views.rows import Row

PART = "orders/_row.html"
WORDS = (
    *("row.pk", "row.iso", "row.exact", "row.clock", "row.url", "row.name_url", "row.strip_url", "row.chip", "row.who"),
    *("row.pick", "row.rename", "row.pictures", "row.unit"),
    *("order.id", "order.version", "order.label", "order.shown_word"),
)
# Characters for private use, which nothing else in the template has: no order's words are in it yet.
MARK = "\ue000%s\ue001"

# A row to be filled in, for each make: whether it is live, and which of the words there are.
Stencils = dict[tuple[bool, ...], str]

register = template.Library()

_words = attrgetter(*(word.replace("row.", "") for word in WORDS))


@register.simple_tag(takes_context=True)
def list_row(context: template.Context, row: Row) -> SafeString:
    """The row as `_row.html` shows it in a list."""
    if row.marks or row.write:
        return _rendered(context, {"row": row, "order": row.order})
    words = [conditional_escape(word) for word in _words(row)]
    # All that the template asks of a word is whether there is one.
    make = (row.live, *map(bool, words))
    stencils = cast(dict[str, Stencils], context.render_context).setdefault("list_row", {})
    if make not in stencils:
        stencils[make] = _stencil(context, *make)
    return SafeString(stencils[make] % dict(zip(WORDS, words, strict=True)))


def _stencil(context: template.Context, live: bool, *there: bool) -> str:
    """A row of this make, to be filled in by `%` with a word for each of WORDS."""
    marks: dict[str, dict[str, object]] = {"row": {"live": live}, "order": {}}
    for word, is_there in zip(WORDS, there, strict=True):
        whose, _, name = word.partition(".")
        marks[whose][name] = SafeString(MARK % word) if is_there else ""
    made = _rendered(context, marks).replace("%", "%%")
    return re.sub(MARK % "([a-z_.]+)", r"%(\1)s", made)


def _rendered(context: template.Context, of: Mapping[str, object]) -> SafeString:
    part = template.Engine.get_default().get_template(PART)
    with context.push(**of, oob=""):
        return part.render(context)
