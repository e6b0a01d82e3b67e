"""The decoder: strict about ids, lenient about all the rest (contract, "must tolerate"; F24 to F34, F75)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import answers
from orders.answers import RemoteOrder, read_fields, read_order, read_page
from orders.errors import Unavailable

MOMENT = datetime(2025, 10, 30, 9, 15, 30, tzinfo=UTC)
WORDS = ["order_id", "name", "status", "images", "image_id", "image_name", "total_images", "created_at", "date_added"]
WORDS += ["is_processing", "is_deleted", "orders", "pagination", "next_offset", "detail", "json", "status_reason"]
ANY_TEXT = st.text(st.characters(codec=None)) | st.sampled_from(["\x00", "\ud800", "9999-12-31T23:59-14:00"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(WORDS) | ANY_TEXT, inner),
)


def order(**fields: object) -> RemoteOrder:
    return read_order(json.dumps({"order_id": "o1", **fields}).encode())


def raw(fields: bytes) -> RemoteOrder:
    return read_order(b'{"order_id": "o1", ' + fields + b"}")


def said(value: RemoteOrder) -> dict[str, Any]:
    """The fields about which something was said."""
    fields = {name: getattr(value, name) for name in RemoteOrder.__slots__}
    return {name: field for name, field in fields.items() if field is not None and name != "order_id"}


class OrderTests:
    def test_needs_nothing_but_an_id(self) -> None:
        assert said(order()) == {}

    def test_takes_the_vendors_example(self) -> None:
        """Null status and image fields, a time with Z and milliseconds, one property that nobody knows."""
        image: dict[str, object] = {
            "image_id": "i1",
            "image_name": "hall.jpg",
            "order_id": None,
            "preset_id": None,
            "status": None,
        }
        image |= {"status_reason": None, "user_id": None, "date_added": 1, "<unknown>": "<any>"}
        result = order(
            name="12 High St", status=None, is_processing=True, is_merging=False, is_deleted=False, total_images=123,
            created_at="2025-10-30T09:15:30.123Z", last_updated_at="2025-10-30T09:15:30.123Z", images=[image],
        )  # fmt: skip
        assert said(result).keys() == set(RemoteOrder.__slots__) - {"order_id", "status"}
        assert result.images is not None
        assert result.images[0] == answers.RemoteImage("i1", "hall.jpg", None, None, None, None)

    @pytest.mark.parametrize("field", sorted(set(RemoteOrder.__slots__) - {"order_id"}))
    @pytest.mark.parametrize("value", [None, {}, float("nan"), float("inf"), -1.5])
    def test_takes_null_and_nonsense_as_not_said(self, field: str, value: object) -> None:
        assert said(order(**{field: value})) == {}

    @pytest.mark.parametrize("value", [None, "", 7, [], "x" * 201, "a\x00b", "\ud800", True])
    def test_is_nothing_without_a_usable_id(self, value: object) -> None:
        with pytest.raises(Unavailable):
            order(order_id=value)

    def test_keeps_an_id_that_cannot_be_in_an_address(self) -> None:
        assert order(order_id="../images/ü").order_id == "../images/ü"

    def test_keeps_an_unknown_status_word(self) -> None:
        assert order(status="brewing").status == "brewing"

    def test_keeps_a_name_of_four_kilobytes_and_cuts_a_longer_one(self) -> None:
        assert order(name="x" * 4096).name == "x" * 4096
        assert len(order(name="x" * 1_000_000).name or "") == 4096

    def test_replaces_what_postgres_cannot_store(self) -> None:
        assert raw(rb'"name": "a\u0000b\ud800c \ud83c\udfe1 \u0645"').name == "a\ufffdb\ufffdc 🏡 م"

    def test_tells_an_empty_name_from_none(self) -> None:
        assert (order(name="").name, order(name=None).name) == ("", None)

    @pytest.mark.parametrize(("count", "expected"), [(3, 3), (3.0, 3), (0, 0), (2.5, None), ("3", None), (2**31, None)])
    def test_counts_in_whole_pictures(self, count: object, expected: int | None) -> None:
        assert order(total_images=count).total_images == expected

    def test_tells_no_images_from_images_not_said(self) -> None:
        assert (order(images=[]).images, order(images=None).images) == ((), None)

    def test_keeps_the_good_images_once_each(self) -> None:
        images = order(images=[None, {}, {"image_id": "a"}, 7, {"image_id": "a", "image_name": "again"}]).images
        assert images is not None
        assert [(image.image_id, image.name) for image in images] == [("a", "again")]


class TimeTests:
    @pytest.mark.parametrize(
        "text",
        ["2025-10-30T09:15:30", "2025-10-30T09:15:30Z", "2025-10-30t09:15:30z", "2025-10-30 09:15:30+00:00",
         "2025-10-30T11:15:30+02:00", "2025-10-30T04:15:30-0500", " 2025-10-30T09:15:30 "],
    )  # fmt: skip
    def test_is_utc_unless_it_says_otherwise(self, text: str) -> None:
        assert order(created_at=text).created_at == MOMENT

    @pytest.mark.parametrize("digits", range(1, 10))
    @pytest.mark.parametrize("zone", ["", "Z", "+00:00"])
    def test_may_have_up_to_nine_decimals(self, digits: int, zone: str) -> None:
        fraction = "123456789"[:digits]
        microsecond = int(fraction[:6].ljust(6, "0"))
        assert order(created_at=f"2025-10-30T09:15:30.{fraction}{zone}").created_at == MOMENT.replace(
            microsecond=microsecond
        )

    @pytest.mark.parametrize("value", [1761815730, 1761815730.0, 1761815730000, "2025-10-30T09:15:30"])
    def test_may_be_unix_time_in_seconds_or_milliseconds(self, value: object) -> None:
        images = order(images=[{"image_id": "i1", "date_added": value}]).images
        assert images is not None
        assert images[0].date_added == MOMENT

    @pytest.mark.parametrize(
        "value",
        ["", "soon", "2025-02-30T00:00:00", "0000-01-01T00:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59-14:00",
         "99999-01-01T00:00:00", "2025-10-30T09:15:60Z", "١٢٣", 1, -5, 10**18, 10**400, 1e300, True, [], "x" * 100_000],
    )  # fmt: skip
    def test_is_not_said_when_it_makes_no_sense(self, value: object) -> None:
        assert order(created_at=value).created_at is None


class HostileJsonTests:
    """F24, F26, F30: Unavailable where nothing can be used, else what can be."""

    @pytest.mark.parametrize(
        "body",
        [b"", b"null", b"[]", b'"x"', b"42", b"NaN", b"{", b"<html>Maintenance</html>", b'{"order_id": "o1"} x',
         '{"order_id": "o1", "name": "Café"}'.encode("latin-1"), '{"order_id": "o1"}'.encode("utf-16"),
         b"[" * 100_000, b'{"order_id":' * 15_000, b"\x00", b"{}", b'{"order_id": "o1", "images": [' + b"[]," * 90_000],
    )  # fmt: skip
    def test_is_unavailable_when_unreadable(self, body: bytes) -> None:
        with pytest.raises(Unavailable) as caught:
            read_order(body)
        assert caught.value.__context__ is None

    def test_may_begin_with_a_byte_order_mark(self) -> None:
        assert read_order(b'\xef\xbb\xbf{"order_id": "o1"}').order_id == "o1"

    def test_shows_the_order_beside_a_number_of_5000_digits(self) -> None:
        assert said(raw(b'"name": "kept", "total_images": ' + b"9" * 5000)) == {"name": "kept"}

    def test_shows_the_order_beside_nan_and_infinity(self) -> None:
        beside = raw(b'"name": "kept", "total_images": NaN, "created_at": -Infinity, "x": 1e999')
        assert said(beside) == {"name": "kept"}

    def test_takes_the_last_of_two_equal_keys(self) -> None:
        assert raw(b'"name": "first", "name": "last"').name == "last"

    @given(ANY_JSON)
    def test_never_raises_anything_but_unavailable(self, value: object) -> None:
        body = json.dumps(value).encode()
        for read in (read_order, read_page, read_fields):
            try:
                read(body)
            except Unavailable:
                continue

    @given(st.dictionaries(st.sampled_from(WORDS), ANY_JSON))
    def test_gives_values_that_postgres_can_store(self, fields: dict[str, object]) -> None:
        result = order(**{**fields, "order_id": "o1"})
        images = [value for image in result.images or () for value in (image.image_id, image.name, image.status)]
        for text in filter(None, (result.name, result.status, *images)):
            assert "\x00" not in text
            assert text.encode()

    @given(st.binary())
    def test_takes_any_bytes(self, body: bytes) -> None:
        with pytest.raises(Unavailable):
            read_order(body)


class PageTests:
    def test_keeps_the_good_orders_beside_a_bad_one(self) -> None:
        body = {"orders": [{"order_id": "a"}, {"name": "nobody"}, None, {"order_id": "b"}], "pagination": {}}
        page = read_page(json.dumps(body).encode())
        assert [order.order_id for order in page.orders] == ["a", "b"]

    @pytest.mark.parametrize(
        ("pagination", "expected"),
        [({"next_offset": "t"}, "t"), ({"next_offset": None}, None), ({"next_offset": ""}, None), ({}, None),
         (None, None), ({"next_offset": 30}, "30")],
    )  # fmt: skip
    def test_ends_where_there_is_no_token(self, pagination: object, expected: str | None) -> None:
        assert read_page(json.dumps({"orders": [], "pagination": pagination}).encode()).next_offset == expected

    @pytest.mark.parametrize("token", [[], {"a": 1}, True, "x" * 5000])
    def test_does_not_take_a_strange_token_for_the_end(self, token: object) -> None:
        with pytest.raises(Unavailable):
            read_page(json.dumps({"orders": [], "pagination": {"next_offset": token}}).encode())

    @pytest.mark.parametrize("body", [{}, {"orders": None}, {"orders": {}}, [], [{"order_id": "a"}]])
    def test_is_unavailable_without_a_list(self, body: object) -> None:
        """Taking it for an empty list would make a whole account look deleted."""
        with pytest.raises(Unavailable):
            read_page(json.dumps(body).encode())


class FieldsTests:
    def test_are_the_reasons_by_field_of_the_body(self) -> None:
        reasons = {"name": ["Too long.", "Odd."], "order_id": "Taken."}
        body = {"message": "Validation error", "detail": {"json": reasons}}
        assert read_fields(json.dumps(body).encode()) == {"name": ["Too long.", "Odd."], "order_id": ["Taken."]}

    @pytest.mark.parametrize(
        "body",
        [b"", b"<html>", b"[]", b'{"detail": null}', b'{"detail": {"json": ["x"]}}',
         b'{"detail": {"query": {"q": ["x"]}}}', b'{"detail": {"json": {"name": 7}}}'],
    )  # fmt: skip
    def test_are_empty_when_nothing_is_said(self, body: bytes) -> None:
        assert read_fields(body) == {}

    def test_leave_out_what_echoes_the_key(self) -> None:
        body = {"detail": {"json": {"name": ["ae_secret1 is bad", "Odd."], "ae_secret1": ["x"]}}}
        assert read_fields(json.dumps(body).encode(), hide="ae_secret1") == {"name": ["Odd."]}
