"""The table of qualifiers: every documented query is replayed, so that saved ones survive upgrades (features Q8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Order, OrderWatch, Shown
from orders.search import QUALIFIERS, parse, search
from orders.search.sql import CONDITIONS
from tests.cast import BOBS_KEY, MakeKey
from tests.search.conftest import Find, Remember

EXAMPLES = [(name, example) for name, qualifier in QUALIFIERS.items() for example in qualifier.examples]
# DESIGN section 6.
DESIGNED = [
    "status:error",
    'name:"12 high st"',
    "id:3f2a",
    "by:me",
    "key:studio",
    "created:>=2026-01-01",
    "updated:<7d",
]
DESIGNED += ["images:>20", "is:open", "is:shared", "is:stale", "is:deleted"]


def test_every_qualifier_of_the_table_has_its_sql() -> None:
    assert set(CONDITIONS) == set(QUALIFIERS)


@pytest.mark.parametrize("text", DESIGNED)
def test_the_table_documents_what_was_designed(text: str) -> None:
    assert parse(text).filters
    assert parse(text).filters[0].name in QUALIFIERS


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_example_is_understood_and_answered(name: str, example: str, team: Team, alice: User) -> None:
    found = search(team, alice, example)
    assert name in [term.name for term in found.query.filters]
    assert found.hints == []
    assert found.ids("-created", None, 25) == []


@pytest.mark.parametrize("name", QUALIFIERS)
def test_the_help_sheet_has_something_to_say(name: str) -> None:
    qualifier = QUALIFIERS[name]
    assert all(map(str, (qualifier.label, qualifier.says, qualifier.wants)))
    assert any(example.startswith("-") for example in qualifier.examples) or name in ("created",)


class MeaningTests:
    """Which of three orders each filter lets through."""

    @pytest.fixture(autouse=True)
    def _orders(self, remember: Remember, bob: User, team: Team, make_key: MakeKey) -> None:
        now = timezone.now()
        bobs = make_key(bob, team, BOBS_KEY, label="Second camera")
        remember("Old", created_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC), pictures=5, order_id="3f2a-1", shown=5)
        remember("New", created_at=now - timedelta(hours=1), pictures=25, order_id="9c_b-2", key=bobs, shown=7)
        remember("Mid", created_at=now - timedelta(days=10), pictures=0, order_id="9c%b-3", shown=3)

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("status:error", ["Old"]),
            ("-status:error", ["Mid", "New"]),
            ("status:processing status:error", []),
            ("name:ol", ["Old"]),
            ('name:"ol"', []),
            ("-name:ol", ["Mid", "New"]),
            ("id:3f2a", ["Old"]),
            ("id:3F", []),
            ("id:2a", []),
            ("id:9c_", ["New"]),
            ("id:9c%", ["Mid"]),
            ("by:me", ["Mid", "Old"]),
            ("-by:me", ["New"]),
            ("by:BOB", ["New"]),
            ("by:bob@example.com", ["New"]),
            ("by:example", []),
            ("by:nobody", []),
            ("-by:nobody", ["Mid", "New", "Old"]),
            ("key:stud", ["Mid", "Old"]),
            ('key:"second camera"', ["New"]),
            ("created:2026-01-31", ["Old"]),
            ("created:<2026-02", ["Old"]),
            ("created:>=2026-02-01", ["Mid", "New"]),
            ("created:<=2026-01-30", []),
            ("-created:2026-01", ["Mid", "New"]),
            ("updated:<7d", ["New"]),
            ("updated:>7d", ["Mid", "Old"]),
            ("images:>20", ["New"]),
            ("images:0", ["Mid"]),
            ("images:0..5", ["Mid", "Old"]),
            ("-images:0..5", ["New"]),
            ("is:open", ["Mid", "New"]),
            ("-is:open", ["Old"]),
            ("is:deleted", []),
            ("is:open by:me images:<5", ["Mid"]),
        ],
    )
    def test_lets_through(self, find: Find, text: str, names: list[str]) -> None:
        assert find(text) == names

    def test_days_are_those_of_the_team(self, find: Find, team: Team) -> None:
        team.time_zone = "Asia/Tokyo"
        team.save()
        assert find("created:2026-02-01") == ["Old"]
        assert find("created:2026-01-31") == []

    def test_me_is_whoever_asks(self, find: Find, bob: User) -> None:
        assert find("by:me", user=bob) == ["New"]

    def test_an_order_without_a_key_is_nobodys(self, find: Find) -> None:
        Order.objects.filter(name="Old").update(key=None)
        assert find("by:me") == ["Mid"]
        assert find("-by:me") == ["New", "Old"]

    def test_waiting_is_open_for_two_hours(self, find: Find) -> None:
        Order.objects.update(shown=Shown.WAITING)
        assert find("is:open") == ["New"]

    def test_stale_is_a_day_while_open_and_a_week_otherwise(self, find: Find) -> None:
        two_days_ago = timezone.now() - timedelta(days=2)
        OrderWatch.objects.update(seen_at=two_days_ago)
        assert find("is:stale") == ["Mid", "New"]
        assert find("-is:stale") == ["Old"]
        OrderWatch.objects.update(seen_at=two_days_ago - timedelta(days=6))
        assert find("is:stale") == ["Mid", "New", "Old"]

    def test_what_a_complete_pass_listed_since_is_not_stale(self, find: Find) -> None:
        """Bob's key, which has "New", was not read."""
        long_ago = timezone.now() - timedelta(days=8)
        OrderWatch.objects.update(seen_at=long_ago)
        ApiKey.objects.filter(user__email="alice@example.com").update(listed_at=timezone.now())
        assert find("is:stale") == ["New"]
        OrderWatch.objects.filter(order__name="Mid").update(missed_at=timezone.now())
        assert find("is:stale") == ["Mid", "New"]


class ChipTests:
    def test_names_each_filter_and_the_text_without_it(self, team: Team, alice: User) -> None:
        chips = search(team, alice, 'rose status:processed -by:"ana d" created:<2026-02').chips
        assert [(chip.label, chip.value) for chip in chips] == [
            ("Status", "Ready"),
            ("not By", "ana d"),
            ("Created", "<2026-02"),
        ]
        assert chips[0].without == 'rose -by:"ana d" created:<2026-02'

    def test_a_tab_replaces_the_status_or_takes_it_away(self, team: Team, alice: User) -> None:
        found = search(team, alice, "rose status:error")
        assert found.with_filter("status", "ready") == "rose status:ready"
        assert found.with_filter("status", "") == "rose"
