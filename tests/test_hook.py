"""/hooks/autoenhance/<token>/: hints from Autoenhance, and from whoever pretends to be it (T75, F83)."""

from __future__ import annotations

import hmac
import json
import logging
import random
from collections.abc import Callable
from io import BytesIO, StringIO
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Event, Hook, Order, OrderHint
from orders.vault import new_key
from orders.views.hooks import LARGEST
from tests.cast import BOBS_KEY, CHARLIES_KEY, MakeKey, mirrored
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db


class Autoenhance:
    """Calls the webhook of a hook as Autoenhance does, and from nowhere that we know."""

    def __init__(self, hook: Hook) -> None:
        self.url = f"/hooks/autoenhance/{hook.token()}/"
        self.secret = hook.secret()

    def says(self, body: bytes | dict[str, Any], headers: dict[str, str] | None = None) -> int:
        """The status that this body is answered with; with the right secret unless `headers` say otherwise."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authentication": self.secret} if headers is None else headers
        return Client(enforce_csrf_checks=True).post(self.url, data, "application/json", headers=headers).status_code


@pytest.fixture
def hook(key: ApiKey) -> Hook:
    """The webhook of alice's key, whose orders were imported once."""
    ApiKey.objects.update(imported_at=key.created_at)
    return Hook.make(key)


@pytest.fixture
def autoenhance(hook: Hook) -> Autoenhance:
    return Autoenhance(hook)


@pytest.fixture
def ours(key: ApiKey) -> Order:
    return mirrored(key, "12 Rosewood Ave")


def processed(order: Order, **more: Any) -> dict[str, Any]:
    """What Autoenhance says of each picture that is done (contract 12)."""
    said = {"event": "image_processed", "image_id": "i1", "error": False, "order_is_processing": True}
    return {**said, "order_id": order.order_id, **more}


def queued() -> list[tuple[str, dict[str, int]]]:
    return list(ProcrastinateJob.objects.order_by("pk").values_list("task_name", "args"))


def counted(hook: Hook) -> tuple[int, int, int]:
    """Received, of them unknown, and refused."""
    return Hook.objects.values_list("received", "unknown", "refused").get(pk=hook.pk)


class HintTests:
    @pytest.mark.parametrize("event", ["image_processed", "image_registered"])
    def test_has_the_order_looked_at_in_the_background(
        self, event: str, autoenhance: Autoenhance, ours: Order, upstream: Upstream
    ) -> None:
        assert autoenhance.says(processed(ours, event=event)) == 204
        assert queued() == [("orders.look", {"order_id": ours.pk})]
        assert upstream.calls() == []

    def test_is_believed_in_nothing(self, autoenhance: Autoenhance, ours: Order) -> None:
        """T75: what it claims is neither stored nor told."""
        before = Order.objects.values().get()
        autoenhance.says(processed(ours, error=True, status="error", name="Mine", order_is_processing=False))
        assert Order.objects.values().get() == before
        assert not Event.objects.filter(order_id=ours.pk).exists()

    def test_collapses_with_all_others_of_the_order_into_one_job(
        self, autoenhance: Autoenhance, hook: Hook, ours: Order
    ) -> None:
        """T75, F83: replayed a hundred times."""
        assert {autoenhance.says(processed(ours)) for _ in range(100)} == {204}
        assert (len(queued()), OrderHint.objects.count(), counted(hook)) == (1, 1, (100, 0, 0))

    def test_costs_few_queries(
        self, autoenhance: Autoenhance, ours: Order, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """The hook, its counters, the order, the hint, the waiting job; and where there is none, one in a savepoint."""
        for queries in (8, 5):
            with django_assert_num_queries(queries):
                autoenhance.says(processed(ours))

    def test_finds_an_order_that_the_key_only_lists_as_well(
        self, bob: User, team: Team, ours: Order, make_key: MakeKey
    ) -> None:
        bobs = make_key(bob, team, BOBS_KEY)
        ours.also.create(key=bobs)
        Autoenhance(Hook.make(bobs)).says(processed(ours))
        assert queued() == [("orders.look", {"order_id": ours.pk})]


class UnknownOrderTests:
    UNKNOWN = {"event": "image_processed", "order_id": "6f2d2f4e-0000-4000-8000-000000000000"}

    def test_has_the_list_of_the_key_read(self, autoenhance: Autoenhance, hook: Hook, upstream: Upstream) -> None:
        assert autoenhance.says(self.UNKNOWN) == 204
        assert queued() == [("orders.catch_up", {"key_id": hook.key_id})]
        assert upstream.calls() == []

    def test_does_so_at_most_once_a_minute(self, autoenhance: Autoenhance) -> None:
        for _ in range(5):
            autoenhance.says(self.UNKNOWN)
        ProcrastinateJob.objects.get()

    def test_leaves_that_to_an_import_that_has_not_ended(self, autoenhance: Autoenhance) -> None:
        ApiKey.objects.update(imported_at=None)
        assert (autoenhance.says(self.UNKNOWN), queued()) == (204, [])

    def test_never_touches_an_order_of_another_team(
        self, autoenhance: Autoenhance, hook: Hook, charlie: User, make_key: MakeKey
    ) -> None:
        """T75: a forged id leads to a list that its sender's account may see anyway."""
        theirs = mirrored(make_key(charlie, Team.objects.get(slug="faraway"), CHARLIES_KEY), "9 Elm Road")
        autoenhance.says(processed(theirs))
        assert queued() == [("orders.catch_up", {"key_id": hook.key_id})]
        assert not OrderHint.objects.exists()


class SecretTests:
    @pytest.mark.parametrize(
        "header",
        [
            {"Authentication": "{}"},
            {"Authorization": "{}"},
            {"Authorization": "Bearer {}"},
            {"Authorization": "bearer  {}"},
            {"Authentication": "{}", "Authorization": "Basic other"},
        ],
    )
    def test_is_taken_from_the_headers_that_are_in_use(self, header: dict[str, str], autoenhance: Autoenhance) -> None:
        headers = {name: value.format(autoenhance.secret) for name, value in header.items()}
        assert autoenhance.says(b"", headers) == 204

    @pytest.mark.parametrize(
        "header",
        [
            {},
            {"Authentication": ""},
            {"Authentication": "wrong"},
            {"Authentication": "ü"},
            {"Authorization": "Bearer "},
            {"X-Authentication": "{}"},
            {"Authentication": "{}x"},
            {"Authentication": "wrong", "Authorization": "{}"},
        ],
    )
    def test_is_needed_for_anything(
        self, header: dict[str, str], autoenhance: Autoenhance, hook: Hook, ours: Order
    ) -> None:
        headers = {name: value.format(autoenhance.secret) for name, value in header.items()}
        assert autoenhance.says(processed(ours), headers) == 401
        assert (queued(), counted(hook)) == ([], (0, 0, 1))

    def test_says_nothing_about_why(self, autoenhance: Autoenhance) -> None:
        answer = Client().post(autoenhance.url, b"{}", "application/json")
        assert (answer.status_code, answer.content) == (401, b"")

    def test_is_compared_in_constant_time(self, autoenhance: Autoenhance) -> None:
        with patch("django.utils.crypto.secrets.compare_digest", wraps=hmac.compare_digest) as compare:
            autoenhance.says(b"", {"Authentication": "wrong"})
        compare.assert_called_once_with(b"wrong", autoenhance.secret.encode())

    def test_nothing_is_taken_while_ours_cannot_be_opened(self, autoenhance: Autoenhance, settings: Settings) -> None:
        settings.KEY_ENCRYPTION_KEYS = [new_key()]
        assert autoenhance.says(b"") == 401

    def test_the_body_is_not_read_before_it_is_checked(self, autoenhance: Autoenhance) -> None:
        with patch("orders.views.hooks._body") as body:
            autoenhance.says(b"{}", {"Authentication": "wrong"})
        body.assert_not_called()


class AddressTests:
    def test_an_unknown_one_is_any_unknown_page(self, hook: Hook) -> None:
        same = {"X-Request-Id": "the-same-id", "Authentication": hook.secret()}
        ours, anywhere = (Client().post(url, headers=same) for url in ("/hooks/autoenhance/x/", "/nowhere/"))
        assert (ours.status_code, ours.content) == (404, anywhere.content)

    def test_the_one_before_dies_with_the_next(self, autoenhance: Autoenhance, key: ApiKey) -> None:
        fresh = Autoenhance(Hook.make(key))
        assert (autoenhance.says(b""), fresh.says(b"")) == (404, 204)
        assert fresh.says(b"", {"Authentication": autoenhance.secret}) == 401

    def test_goes_with_its_key(self, autoenhance: Autoenhance, key: ApiKey, alice: User) -> None:
        key.remove(actor=alice)
        assert (autoenhance.says(b""), Hook.objects.count()) == (404, 0)

    def test_stands_in_no_log(self, autoenhance: Autoenhance, caplog: pytest.LogCaptureFixture) -> None:
        """T36: neither the token in it, nor the secret."""
        autoenhance.says(b"", {"Authentication": "wrong"})
        Client().get(autoenhance.url, headers={"Authentication": autoenhance.secret})
        ours = next(one.formatter for one in logging.getLogger().handlers if one.name == "stdout")
        assert ours
        lines = [ours.format(record) for record in caplog.records]
        secrets = (autoenhance.url.split("/")[-2], autoenhance.secret)
        assert [line for line in lines if any(secret in line for secret in secrets)] == []
        assert any("Unauthorized: /hooks/autoenhance/[token]/" in line for line in lines)

    @pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
    def test_takes_posts_alone(self, method: str, autoenhance: Autoenhance) -> None:
        headers = {"Authentication": autoenhance.secret}
        assert getattr(Client(), method)(autoenhance.url, headers=headers).status_code == 405

    def test_needs_no_session_and_starts_none(self, autoenhance: Autoenhance) -> None:
        answer = Client().post(autoenhance.url, headers={"Authentication": autoenhance.secret})
        assert (answer.status_code, dict(answer.cookies)) == (204, {})


class BodyTests:
    @pytest.mark.parametrize(
        "body", [b"", b" \n", b'{"event": "webhook_updated"}', b'{"event": "webhook_updated", "x": 1}']
    )
    def test_a_test_is_received(self, body: bytes, autoenhance: Autoenhance, hook: Hook) -> None:
        assert (autoenhance.says(body), counted(hook), queued()) == (204, (1, 0, 0), [])

    @pytest.mark.parametrize(
        "body",
        [
            b'{"event": "order_sang"}',
            b'{"event": ["image_processed"], "order_id": "x"}',
            b'{"event": "image_processed"}',
            b'{"event": "image_processed", "order_id": 7}',
            b'{"event": "image_processed", "order_id": "\\u0000"}',
            b'{"event": "image_processed", "order_id": "\\ud800"}',
            b"{",
            b"null",
            b'"image_processed"',
            b"\xff\xfe\x00",
            b'{"event":' + b"[" * 60_000,
            b"9" * 60_000,
        ],
    )
    def test_what_makes_no_sense_is_accepted_and_counted(
        self, body: bytes, autoenhance: Autoenhance, hook: Hook
    ) -> None:
        assert (autoenhance.says(body), counted(hook), queued()) == (204, (1, 1, 0), [])

    def test_more_than_64_kb_is_too_much(self, autoenhance: Autoenhance, hook: Hook, ours: Order) -> None:
        body = json.dumps(processed(ours)).encode()
        assert autoenhance.says(body.ljust(LARGEST)) == 204
        assert autoenhance.says(body.ljust(LARGEST + 1)) == 413
        assert (counted(hook), len(queued())) == ((2, 1, 0), 1)

    def test_a_bomb_is_left_where_it_is(self, autoenhance: Autoenhance) -> None:
        bomb = BytesIO(b"[" * 3_000_000)
        extra: Any = {"wsgi.input": bomb, "CONTENT_LENGTH": "3000000"}
        answer = Client().post(autoenhance.url, headers={"Authentication": autoenhance.secret}, **extra)
        assert (answer.status_code, bomb.tell()) == (413, LARGEST + 1)

    def test_one_that_breaks_off_is_no_crash(self, autoenhance: Autoenhance, hook: Hook) -> None:
        class Broken(StringIO):
            def read(self, *args: Any) -> str:
                raise OSError

        extra: Any = {"wsgi.input": Broken(), "CONTENT_LENGTH": "9"}
        answer = Client().post(autoenhance.url, headers={"Authentication": autoenhance.secret}, **extra)
        assert (answer.status_code, counted(hook)) == (400, (0, 0, 0))

    @given(
        body=st.binary(max_size=300)
        | st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ).map(lambda value: json.dumps(value).encode())
        | st.fixed_dictionaries(
            {"event": st.sampled_from(["image_processed", "image_registered"]), "order_id": st.text() | st.integers()}
        ).map(lambda value: json.dumps(value).encode())
    )
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_body_ever_crashes(self, body: bytes, autoenhance: Autoenhance) -> None:
        assert autoenhance.says(body) == 204


class StormTests:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_thirty_events_twice_in_any_order_lead_to_two_looks_at_most(
        self, hook: Hook, order: Order, upstream: Upstream, run_jobs: Callable[[], None]
    ) -> None:
        """F83, D2."""
        autoenhance = Autoenhance(hook)
        events = [processed(order, image_id=f"i{n}", order_is_processing=n < 29) for n in range(30)] * 2
        random.shuffle(events)
        for part in (events[:30], events[30:]):
            assert {autoenhance.says(event) for event in part} == {204}
            run_jobs()
        looks = upstream.calls()
        assert 1 <= len(looks) <= 2
        assert {(look.method, "x-api-key" in look.headers) for look in looks} == {("GET", False)}

    def test_an_order_made_elsewhere_appears(self, hook: Hook, order: Order, run_jobs: Callable[[], None]) -> None:
        Order.objects.all().delete()
        Autoenhance(hook).says(processed(order))
        run_jobs()
        assert Order.objects.get().order_id == order.order_id
