"""Page or part (style item 10): Back must never show a bare part (T70)."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from dashboard.parts import part_or_page, part_or_redirect, wants_part
from tests.cast import HTMX


def asked(**headers: str):
    request = RequestFactory().get("/", headers=headers)
    request.htmx = HtmxDetails(request)
    return request


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ({}, False),
        (HTMX, True),
        ({"HX-Request": "false"}, False),
        ({**HTMX, "HX-Boosted": "true"}, False),
        ({**HTMX, "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_only_a_swap_gets_a_part(headers: dict[str, str], part: bool) -> None:
    assert wants_part(asked(**headers)) is part


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_page_and_part_both_vary(headers: dict[str, str]) -> None:
    answer = part_or_page(asked(**headers), "_loop.html", "400.html", {})
    assert answer["Vary"] == "HX-Request"


def test_the_part_and_the_page_have_the_status_that_was_asked_for() -> None:
    answers = [part_or_page(asked(**headers), "_loop.html", "400.html", {}, 422) for headers in ({}, HTMX)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert [b"<html" in answer.content for answer in answers] == [True, False]


def test_a_plain_form_is_sent_on_and_htmx_gets_the_part() -> None:
    plain, htmx = (part_or_redirect(asked(**headers), "_loop.html", {}, to="/there/") for headers in ({}, HTMX))
    assert (plain.status_code, plain["Location"]) == (302, "/there/")
    assert htmx.status_code == 200
