"""What Autoenhance is asked, and what its answers mean: one test per line of the status table, and the key's ways."""

from __future__ import annotations

import json
import logging
import tomllib
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from orders.remote import (
    USER_AGENT,
    Autoenhance,
    Exists,
    KeyRejected,
    NotFound,
    NotSent,
    RateLimited,
    Refused,
    RemoteError,
    Unavailable,
)
from orders.transport import Told, open_gate
from tests.remote_calls import KEY, ORDER, Call, creates, edits, enhances, lists, retrieves
from tests.upstream import Step, Upstream

COLLECTION, ITEM = "/v3/orders/", "/v3/orders/o1"
PAGE = {"orders": [ORDER], "pagination": {"next_offset": "abc=", "per_page": 15}}


WRITES: list[Call] = [creates, edits]
JSON_CALLS: list[Call] = [lists, retrieves, creates, edits]


@pytest.fixture
def service() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def client(service: Upstream) -> Autoenhance:
    return Autoenhance(service.url, "2025-08-31", read=2.0, deadline=3.0)


class RequestsTests:
    def test_list_asks_the_collection_with_the_key(self, service: Upstream, client: Autoenhance) -> None:
        service.script("GET", COLLECTION, Step(json=PAGE))
        page = client.list(KEY)
        (seen,) = service.journal
        assert (seen.query, seen.headers["x-api-key"]) == ({"per_page": "15"}, KEY)
        assert ([order.name for order in page.orders], page.next_offset) == (["12 High St"], "abc=")

    def test_list_hands_the_token_back_as_it_came(self, service: Upstream, client: Autoenhance) -> None:
        service.script("GET", COLLECTION, Step(json=PAGE))
        client.list(KEY, offset="a&b=ü/+%", per_page=5)
        assert service.journal[0].query == {"per_page": "5", "offset": "a&b=ü/+%"}

    def test_retrieve_sends_no_key(self, service: Upstream, client: Autoenhance) -> None:
        service.script("GET", ITEM, Step(json=ORDER))
        assert client.retrieve("o1").name == "12 High St"
        assert "x-api-key" not in service.journal[0].headers

    def test_create_posts_id_and_name_with_the_slash(self, service: Upstream, client: Autoenhance) -> None:
        service.script("POST", COLLECTION, Step(status=201, json=ORDER))
        assert client.create(KEY, "o1", "12 High St 🏡").order_id == "o1"
        (seen,) = service.journal
        assert (seen.json, seen.headers["content-type"]) == (
            {"order_id": "o1", "name": "12 High St 🏡"},
            "application/json",
        )

    def test_edit_patches_the_name_and_nothing_else(self, service: Upstream, client: Autoenhance) -> None:
        service.script("PATCH", ITEM, Step(json={**ORDER, "name": "Tidied"}))
        assert client.edit(KEY, "o1", "  tidied").name == "Tidied"
        assert service.journal[0].json == {"name": "  tidied"}

    @pytest.mark.parametrize("call", JSON_CALLS)
    def test_every_call_pins_the_version(self, service: Upstream, client: Autoenhance, call: Call) -> None:
        with pytest.raises(NotFound):
            call(client)
        assert service.journal[0].headers["x-api-version"] == "2025-08-31"

    def test_an_empty_version_is_not_sent(self, service: Upstream) -> None:
        with pytest.raises(NotFound):
            Autoenhance(service.url, "").retrieve("o1")
        assert "x-api-version" not in service.journal[0].headers

    def test_nothing_else_is_told(self, service: Upstream, client: Autoenhance) -> None:
        with pytest.raises(NotFound):
            client.retrieve("o1")
        known = {"host", "accept", "accept-encoding", "user-agent", "x-api-version"}
        assert {name.lower() for name in service.journal[0].headers} == known

    def test_the_user_agent_is_of_this_version(self) -> None:
        project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
        assert f"{project['name']}/{project['version']}" == USER_AGENT

    def test_connections_are_kept(self, service: Upstream, client: Autoenhance) -> None:
        service.script("GET", ITEM, Step(json=ORDER, forever=True))
        for _ in range(5):
            client.retrieve("o1")
        assert len({seen.peer for seen in service.journal}) == 1

    def test_the_gate_is_asked_before_every_request_and_told_how_it_went(self, service: Upstream) -> None:
        seen: list[object] = []

        def gate(method: str, *, again: bool) -> Told:
            seen.append((method, again, len(service.calls())))
            return seen.append

        service.script("GET", ITEM, Step(status=503), Step(json=ORDER))
        Autoenhance(service.url, "", gate=gate).retrieve("o1")
        asked, failure, asked_again, success = seen
        assert (asked, asked_again, success) == (("GET", False, 0), ("GET", True, 1), None)
        assert isinstance(failure, Unavailable)

    def test_the_gate_may_stay_shut(self, service: Upstream) -> None:
        def shut(method: str, *, again: bool) -> Told:
            raise NotSent("Too much is waiting.")

        with pytest.raises(NotSent, match="Too much is waiting"):
            Autoenhance(service.url, "", gate=shut).retrieve("o1")
        assert service.journal == []

    def test_the_gate_may_refuse_a_second_try(self, service: Upstream) -> None:
        def once(method: str, *, again: bool) -> Told:
            if again:
                raise NotSent
            return open_gate(method, again=again)

        service.script("GET", ITEM, Step(status=503, forever=True))
        with pytest.raises(Unavailable) as caught:
            Autoenhance(service.url, "", gate=once).retrieve("o1")
        assert (caught.value.status, len(service.calls())) == (503, 1)


class StatusTableTests:
    @pytest.mark.parametrize("call", [lists, creates, edits])
    @pytest.mark.parametrize(
        ("status", "kind"),
        [(400, Refused), (401, KeyRejected), (402, Refused), (403, KeyRejected), (404, NotFound), (405, Refused),
         (409, Exists), (415, Refused), (422, Refused), (429, RateLimited)],
    )  # fmt: skip
    def test_4xx_is_refused(
        self, service: Upstream, client: Autoenhance, call: Call, status: int, kind: type[Refused]
    ) -> None:
        service.script("*", "*", Step(status=status))
        with pytest.raises(Refused) as caught:
            call(client)
        assert (type(caught.value), caught.value.status, len(service.calls())) == (kind, status, 1)

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_call_without_a_key_blames_none(self, service: Upstream, client: Autoenhance, status: int) -> None:
        service.script("GET", ITEM, Step(status=status))
        with pytest.raises(Refused) as caught:
            client.retrieve("o1")
        assert type(caught.value) is Refused

    @pytest.mark.parametrize("call", JSON_CALLS)
    @pytest.mark.parametrize("status", [300, 304, 500, 501, 502, 503, 504, 599])
    def test_5xx_and_3xx_are_unavailable(self, service: Upstream, client: Autoenhance, call: Call, status: int) -> None:
        html = b"" if status == 304 else b"<html><script>alert(1)</script></html>"
        service.script("*", "*", Step(status=status, raw=html, headers={"Content-Type": "text/html"}, forever=True))
        with pytest.raises(Unavailable) as caught:
            call(client)
        assert (type(caught.value), caught.value.status) == (Unavailable, status)
        assert "script" not in caught.value.message

    @pytest.mark.parametrize("status", [200, 201, 202, 203])
    @pytest.mark.parametrize("call", WRITES)
    def test_2xx_is_success(self, service: Upstream, client: Autoenhance, call: Call, status: int) -> None:
        service.script("*", "*", Step(status=status, json=ORDER))
        assert call(client)

    def test_422_names_the_fields(self, service: Upstream, client: Autoenhance) -> None:
        detail = {"json": {"name": ["Longer than maximum length 255."]}}
        service.script("POST", COLLECTION, Step(status=422, json={"message": "Validation error", "detail": detail}))
        with pytest.raises(Refused) as caught:
            creates(client)
        assert caught.value.fields == {"name": ["Longer than maximum length 255."]}

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"x" * 300_000])
    def test_a_refusal_is_one_whatever_its_body(self, service: Upstream, client: Autoenhance, body: bytes) -> None:
        service.script("POST", COLLECTION, Step(status=422, raw=body))
        with pytest.raises(Refused) as caught:
            creates(client)
        assert caught.value.fields == {}

    @pytest.mark.parametrize(
        ("header", "expected"),
        [("7", 7.0), ("0", 0.0), ("99999", 300.0), ("Wed, 21 Oct 2099 07:28:00 GMT", 300.0), ("-1", None),
         ("1e9", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None), ("", None), ("9" * 400, None)],
    )  # fmt: skip
    def test_429_says_when_to_come_back(
        self, service: Upstream, client: Autoenhance, header: str, expected: float | None
    ) -> None:
        service.script("GET", COLLECTION, Step(status=429, headers={"Retry-After": header}))
        with pytest.raises(RateLimited) as caught:
            lists(client)
        assert caught.value.retry_after == expected

    @pytest.mark.parametrize(("header", "expected"), [("a-1.B", "a-1.B"), ("<b>", None), ("x" * 101, None)])
    def test_an_error_knows_the_request_id(
        self, service: Upstream, client: Autoenhance, header: str, expected: str | None
    ) -> None:
        service.script("*", "*", Step(status=500, headers={"X-Request-Id": header}))
        with pytest.raises(Unavailable) as caught:
            edits(client)
        assert caught.value.request_id == expected

    @pytest.mark.parametrize("kind", [NotSent, Unavailable, Refused, KeyRejected, NotFound, Exists, RateLimited])
    def test_every_error_has_a_sentence_for_people(self, kind: type[RemoteError]) -> None:
        assert kind().message.endswith(".")
        assert (str(kind("Own words.")), kind("Own words.").message) == ("Own words.", "Own words.")


class AnswersTests:
    @pytest.mark.parametrize("call", [retrieves, creates, edits])
    @pytest.mark.parametrize("answer", [{**ORDER, "order_id": "o2"}, {"name": "x"}, {"order_id": None}])
    def test_another_order_is_refused(
        self, service: Upstream, client: Autoenhance, call: Call, answer: dict[str, Any]
    ) -> None:
        service.script("*", "*", Step(json=answer))
        with pytest.raises(Unavailable):
            call(client)

    @pytest.mark.parametrize("call", JSON_CALLS)
    @pytest.mark.parametrize("body", [b"{", b"null", b"42", b'"x"', b"<html>Log in</html>", b"[" * 100_000, b"\xff"])
    def test_what_cannot_be_read_is_unavailable(
        self, service: Upstream, client: Autoenhance, call: Call, body: bytes
    ) -> None:
        service.script("*", "*", Step(raw=body))
        with pytest.raises(Unavailable):
            call(client)
        assert len(service.calls()) == 1

    @pytest.mark.parametrize("step", [Step(raw=b""), Step(status=204, raw=b""), Step(raw=b" \n")])
    @pytest.mark.parametrize("call", WRITES)
    def test_a_success_without_body_is_confirmed_by_reading(
        self, service: Upstream, client: Autoenhance, call: Call, step: Step
    ) -> None:
        """F23, and contract 7 of "must tolerate"."""
        service.script("P*", "*", step)
        service.script("GET", ITEM, Step(json=ORDER))
        assert call(client)
        assert "x-api-key" not in service.journal[1].headers

    @pytest.mark.parametrize("step", [Step(status=404), Step(status=429), Step(status=500), Step(reset="before")])
    @pytest.mark.parametrize("call", WRITES)
    def test_a_write_that_cannot_be_confirmed_is_unclear(
        self, service: Upstream, client: Autoenhance, call: Call, step: Step
    ) -> None:
        service.script("P*", "*", Step(raw=b""))
        service.script("GET", ITEM, step, step)
        with pytest.raises(Unavailable) as caught:
            call(client)
        assert type(caught.value) is Unavailable

    def test_an_order_of_500_images_is_read(self, service: Upstream, client: Autoenhance) -> None:
        settings = {f"setting_{n}": "a value of the usual length" for n in range(20)}
        images = [{"image_id": f"i{n}", "image_name": "hall.jpg", **settings} for n in range(500)]
        assert len(json.dumps(images)) > 300_000
        service.script("GET", ITEM, Step(json={**ORDER, "images": images}))
        assert len(client.retrieve("o1").images or ()) == 500


class IdsTests:
    @pytest.mark.parametrize(
        "bad",
        ["../images/x", "..", ".", "", "x?per_page=1", "x#y", "a/b", "%2e%2e/users", "x%0d%0aHost:e", "x" * 65, "o1\n",
         "ü"],
    )  # fmt: skip
    def test_an_unusable_id_is_never_sent(self, service: Upstream, client: Autoenhance, bad: str) -> None:
        """T16."""
        calls: list[Callable[[], object]] = [
            lambda: client.retrieve(bad), lambda: client.create(KEY, bad, "x"), lambda: client.edit(KEY, bad, "x"),
            lambda: client.preview(bad), lambda: client.watermark(bad), lambda: client.enhanced(KEY, bad),
        ]  # fmt: skip
        for call in calls:
            with pytest.raises(NotSent):
                call()
        assert service.journal == []


class KeyTests:
    @pytest.mark.parametrize("end", ["\n", "\r\nX: 1", "\u2028", " ", "\x00", "ü", "x" * 256, "\x7f"])
    def test_an_unusable_key_is_never_sent_or_shown(self, service: Upstream, client: Autoenhance, end: str) -> None:
        """T10."""
        with pytest.raises(NotSent) as caught:
            client.list(KEY + end)
        assert service.journal == []
        assert KEY not in everything(caught.value)

    @pytest.mark.parametrize("short", ["", "1234567"])
    def test_a_short_key_is_never_sent(self, service: Upstream, client: Autoenhance, short: str) -> None:
        with pytest.raises(NotSent):
            client.list(short)
        assert service.journal == []

    @pytest.mark.parametrize("call", [lists, creates, edits, enhances])
    @pytest.mark.parametrize(
        "step",
        [Step(status=401, json={"message": KEY, "detail": {"json": {"key": [KEY], KEY: ["x"]}}}),
         Step(status=500, headers={"X-Request-Id": "r1"}), Step(status=302, headers={"Location": "http://[" + KEY}),
         Step(reset="before"), Step(reset="during", raw=b"xx"), Step(truncate=9), Step(raw=KEY.encode()),
         Step(raw=b"x", headers={"Content-Encoding": "gzip"}), Step(raw=b"", headers={"X": "\x01" * 70_000}),
         Step(delay=9), Step(status=429, raw=KEY.encode())],
    )  # fmt: skip
    def test_no_error_leads_to_the_key(
        self, service: Upstream, caplog: pytest.LogCaptureFixture, call: Call, step: Step
    ) -> None:
        caplog.set_level(logging.DEBUG)
        service.script("*", "*", step, step)
        with pytest.raises(RemoteError) as caught:
            call(Autoenhance(service.url, "", read=0.2))
        assert KEY not in everything(caught.value)
        assert KEY not in caplog.text

    @pytest.mark.parametrize("call", [lists, creates, edits])
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_takes_it_nowhere(self, service: Upstream, client: Autoenhance, call: Call, status: int) -> None:
        """T12, F35."""
        with Upstream() as sink:
            service.script("*", "*", Step(status=status, headers={"Location": sink.url + "/v3/orders/"}))
            with pytest.raises(Unavailable):
                call(client)
            assert (len(service.calls()), sink.journal) == (1, [])

    def test_neither_proxies_nor_netrc_are_used(
        self, service: Upstream, client: Autoenhance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """T13."""
        with Upstream() as sink:
            for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, sink.url)
            monkeypatch.setenv("no_proxy", "")
            monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
            (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
            service.script("GET", COLLECTION, Step(json=PAGE))
            client.list(KEY)
            assert sink.journal == []
        assert "authorization" not in service.journal[0].headers

    def test_cookies_are_not_kept(self, service: Upstream, client: Autoenhance) -> None:
        """T14."""
        service.script("GET", COLLECTION, Step(json=PAGE, headers={"Set-Cookie": "u=A; Path=/"}, forever=True))
        client.list(KEY)
        client.list("ae_another_key")
        assert all("cookie" not in seen.headers for seen in service.journal)

    def test_threads_never_mix_keys(self, service: Upstream, client: Autoenhance) -> None:
        """T14: each request carries the key of whoever asked."""
        service.script("GET", COLLECTION, Step(json=PAGE, forever=True))
        people = [f"ae_person_{n:02}" for n in range(20)] * 10
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda person: client.list(person, offset=person), people))
        assert [seen.headers["x-api-key"] for seen in service.journal] == [
            seen.query["offset"] for seen in service.journal
        ]
        assert len(service.journal) == 200


def everything(error: BaseException) -> str:
    """All that a report of an error could show: its words, its attributes, what led to it, and our frames' locals."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [frame for frame in report.stack if "/tests/" not in frame.filename]
    before = [everything(cause) for cause in (error.__context__, error.__cause__) if cause]
    return repr((str(error), error.args, vars(error), [frame.locals for frame in ours], before))
