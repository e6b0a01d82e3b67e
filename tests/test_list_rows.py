"""The rows of the list: however they are made, they are what `_row.html` makes of each."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

from django.template import Context, Engine, Template
from django.test.signals import template_rendered
from hypothesis import given
from hypothesis import strategies as st

from orders.models import Order, Shown, Write
from orders.views.rows import Row

AT = datetime(2026, 11, 1, tzinfo=UTC)
# Words that would break out of their place, or be taken for another's.
HOSTILE = st.sampled_from(["<b>", "%(row.pk)s", "%", "\ue000row.pk\ue001", "'\"&", "{{ row.pk }}"])
WORD = st.text(st.characters(codec="utf-8"), max_size=8) | HOSTILE
ORDERS = st.builds(
    Order, id=st.integers(1), name=WORD, version=st.integers(0, 3), shown=st.sampled_from(Shown), created_at=st.just(AT)
)
ROWS = st.builds(
    Row,
    order=ORDERS,
    marks=st.just([]) | st.just([("12 ", False), ("<Rosewood>", True)]),
    write=st.none() | st.builds(Write, text=WORD, reason=WORD),
    live=st.booleans(),
    **{each.name: WORD for each in fields(Row) if each.type == "str"},
)


def rendered(template: str, rows: list[Row]) -> str:
    source = "{% load list_rows %}{% for row in rows %}" + template + "{% endfor %}"
    context = Context({"rows": rows, "can_rename": True, "shortcuts": {"select": ' data-key="%"'}})
    return Engine.get_default().from_string(source).render(context)


@given(st.lists(ROWS, max_size=4))
def test_a_row_is_what_its_template_makes_of_it(rows: list[Row]) -> None:
    one_by_one = '{% include "orders/_row.html" with order=row.order oob="" %}'
    assert rendered("{% list_row row %}", rows) == rendered(one_by_one, rows)


@given(ROWS)
def test_rows_that_are_alike_need_the_template_once(row: Row) -> None:
    used: list[str | None] = []

    def note(sender: Template, **_: object) -> None:
        used.append(sender.name)

    template_rendered.connect(note)
    rendered("{% list_row row %}", [replace(row, marks=[], write=None)] * 3)
    template_rendered.disconnect(note)
    assert used.count("orders/_row.html") == 1
