"""How events read: sentences for people, icons, moments, and how often a link was opened."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Event, LinkDay, Order, ShareLink, Shown
from orders.views.sentences import SENTENCES, said, sentence
from orders.views.timeline import lines, timeline
from tests.cast import mirrored

Kind = Event.Kind
ICONS = (Path(__file__).resolve().parent.parent / "static/icons.svg").read_text()
FACTS = {"old": 1, "new": 4, "label": "A: B", "moved": 2, "role": "owner", "keys": 1, "day": "2026-11-21", "q": "x"}

TOLD: list[tuple[Kind, dict[str, Any], str]] = [
    (Kind.CREATED, {"old": "", "new": "A"}, "Ana created the order"),
    (Kind.NOT_CREATED, {"new": "A", "reason": "Away."}, "Ana could not create “A”: Away."),
    (Kind.RENAMED, {"old": "", "new": "B %s <i>"}, "Ana renamed it from “(no name)” to “B %s <i>”"),
    (Kind.REFUSED, {"new": "C", "reason": "Away."}, "Ana could not rename it to “C”: Away."),
    (Kind.NAME_CHANGED, {"old": "A", "new": "B"}, "Renamed in Autoenhance from “A” to “B”"),
    (Kind.STATUS, {"old": 1, "new": 4, "status": "processed"}, "Waiting → Ready"),
    (Kind.STATUS, {"old": 4, "new": 6, "status": ""}, "Deleted in Autoenhance"),
    (Kind.FINISHED, {"run": 0, "pictures": 30, "ready": 29, "failed": 1}, "Finished: 29 ready, 1 failed"),
    (Kind.IMPORTED, {"label": "Ben: Studio", "orders": 7}, "All orders of Ben’s key Studio are read: 7"),
    (Kind.KEY_ADDED, {"label": "Ana: Studio"}, "Ana added the key Studio"),
    (Kind.KEY_REPLACED, {"label": "Ana: Studio"}, "Ana replaced the key Studio"),
    (Kind.KEY_REFUSED, {"label": "Ben: Van", "moved": 0}, "Autoenhance refused Ben’s key Van"),
    (Kind.KEY_WORKS, {"label": "Ben: Van"}, "Autoenhance takes Ben’s key Van again"),
    (
        *(Kind.KEY_TOOK_OVER, {"label": "Ben: Van", "orders": 2}),
        "Orders without a working key go through Ben’s key Van now: 2",
    ),
    (
        Kind.KEY_DELETED,
        {"label": "Ben: Van", "moved": 1},
        "Ana deleted Ben’s key Van. 1 order goes through another key now",
    ),
    (Kind.KEY_SHARED, {"label": "Ana: Studio"}, "Ana opened the key Studio to teammates"),
    (Kind.KEY_UNSHARED, {"label": "Ana: Studio"}, "Ana closed the key Studio to teammates"),
    (Kind.HOOK_MADE, {"label": "Ana: Studio"}, "Ana made a webhook for the key Studio"),
    (Kind.HOOK_REPLACED, {"label": "Ana: Studio"}, "Ana replaced the webhook of the key Studio"),
    (Kind.HOOK_REMOVED, {"label": "Ana: Studio"}, "Ana removed the webhook of the key Studio"),
    (Kind.TEAM_CREATED, {}, "Ana created the team"),
    (Kind.TEAM_RENAMED, {"old": "A", "new": "B"}, "Ana renamed the team from “A” to “B”"),
    (Kind.INVITED, {"email": "ben@example.com", "role": "member"}, "Ana invited ben@example.com as member"),
    (
        *(Kind.INVITATION_ENDED, {"email": "ben@example.com", "role": "viewer"}),
        "Ana cancelled the invitation of ben@example.com as viewer",
    ),
    (Kind.JOINED, {"role": "member"}, "Ana joined as member"),
    (
        *(Kind.ROLE_CHANGED, {"person": "Ben", "old": "member", "new": "owner"}),
        "Ana changed the role of Ben from member to owner",
    ),
    (Kind.LEFT, {"person": "Ben"}, "Ben left the team"),
    (Kind.REMOVED, {"person": "Ben"}, "Ana removed Ben from the team"),
    (
        *(Kind.REMOVED, {"person": "Ben", "keys": 1, "links": 2, "views": 0}),
        "Ana removed Ben from the team. Left behind: 1 key, 2 share links",
    ),
    (Kind.LINKS_ON, {}, "Ana allowed share links: those of this team open again"),
    (Kind.LINKS_OFF, {}, "Ana switched share links off: none of this team opens now"),
    (Kind.LINK_MADE, {"link": 1, "label": "Client"}, "Ana made the share link “Client”"),
    (
        *(Kind.LINK_CHANGED, {"link": 1, "label": "Client", "changes": ["expiry", "shows"]}),
        "Ana changed the share link “Client”: expiry, what it shows",
    ),
    (Kind.LINK_REVOKED, {"link": 1, "label": "Client"}, "Ana revoked the share link “Client”"),
    (Kind.LINK_REFUSED, {"link": 1, "label": "C"}, "Somebody gave a wrong password for the share link “C”"),
    (Kind.LINK_OPENED, {"link": 1, "label": "C", "day": "2026-11-21"}, "Share link “C” opened on 21 Nov 2026"),
    (Kind.VIEW_SHARED, {"label": "Errors"}, "Ana gave the view “Errors” to the team"),
    (Kind.VIEW_UNSHARED, {"label": "Errors"}, "Ana took the view “Errors” back from the team"),
    (Kind.VIEW_DELETED, {"label": "Errors"}, "Ana deleted the team’s view “Errors”"),
    (Kind.EXPORTED, {"what": "activity", "format": "json", "q": ""}, "Ana exported the activity as JSON"),
    (
        *(Kind.EXPORTED, {"what": "orders", "format": "csv", "q": "status:error"}),
        "Ana exported the orders as CSV: status:error",
    ),
]


class SentenceTests:
    @pytest.mark.parametrize(("kind", "data", "text"), TOLD)
    def test_tells_what_happened(self, kind: Kind, data: dict[str, Any], text: str) -> None:
        assert sentence(Event(kind=kind, actor="Ana", data=data)) == text

    def test_every_kind_has_a_sentence_of_its_own_that_is_tested(self) -> None:
        assert set(SENTENCES) == set(Kind)
        assert {kind for kind, _data, _text in TOLD} == set(Kind)

    def test_says_through_whose_key_a_colleague_did_it(self) -> None:
        event = Event(kind=Kind.RENAMED, actor="Ana", through="Ben: Studio", data={"old": "A", "new": "B"})
        assert sentence(event) == "Ana, through Ben’s key Studio, renamed it from “A” to “B”"

    def test_somebody_without_a_name_is_somebody(self) -> None:
        assert sentence(Event(kind=Kind.CREATED, data={})) == "Somebody created the order"

    @given(st.sampled_from([*Kind, "of_a_newer_version"]), st.sets(st.sampled_from(list(FACTS))))
    def test_a_line_that_lacks_something_still_reads(self, kind: str, known: set[str]) -> None:
        """F79: versions of the program share one table, and what was written once cannot be mended."""
        event = Event(kind=kind, data={name: FACTS[name] for name in known})
        assert sentence(event)
        assert said(event).keys() == known


@pytest.mark.django_db
class LineTests:
    @pytest.fixture
    def order(self, key: ApiKey) -> Order:
        return mirrored(key, "12 Rosewood Ave")

    @pytest.fixture
    def link(self, order: Order) -> ShareLink:
        return ShareLink.objects.create(team=order.team, order=order, label="Client", token_hash="x" * 64)

    def test_tells_the_newest_of_an_order_first_and_nothing_of_another(self, order: Order, key: ApiKey) -> None:
        Event.add(Kind.CREATED, order=mirrored(key, "Other"))
        Event.add(Kind.CREATED, order=order)
        Event.add(Kind.NAME_CHANGED, order=order, old="A", new="B")
        assert [line.event.kind for line in timeline(order)] == ["name_changed", "created"]

    def test_counts_the_opens_of_a_link_on_each_day(self, order: Order, link: ShareLink) -> None:
        for day, opens in (("2026-11-20", 1), ("2026-11-21", 3)):
            LinkDay.objects.create(link=link, day=date.fromisoformat(day), opens=opens)
            Event.add(Kind.LINK_OPENED, order=order, link=link.pk, label="Client", day=day)
        assert [line.text for line in timeline(order)] == [
            "Share link “Client” opened 3 times on 21 Nov 2026",
            "Share link “Client” opened 1 time on 20 Nov 2026",
        ]

    def test_opens_outlive_their_link_without_a_number(self, order: Order, link: ShareLink) -> None:
        Event.add(Kind.LINK_OPENED, order=order, link=link.pk, label="Client", day="2026-11-21")
        link.delete()
        assert [line.text for line in timeline(order)] == ["Share link “Client” opened on 21 Nov 2026"]

    def test_the_moment_is_exact_and_in_the_teams_zone(self, team: Team, alice: User) -> None:
        Team.objects.update(time_zone="Asia/Tokyo")
        team.refresh_from_db()
        event = Event.add(Kind.LINKS_ON, team=team, actor=alice)
        event.refresh_from_db()
        (line,) = lines([event], team)
        assert re.fullmatch(r"\d+ \w{3} \d{4}, \d\d:\d\d JST", line.at.exact)

    def test_every_line_has_an_icon_of_the_sprite(self, team: Team) -> None:
        events = [Event(kind=kind, at=team.created_at) for kind in [*Kind, "of_a_newer_version"]]
        events += [Event(kind=Kind.STATUS, at=team.created_at, data={"new": int(shown)}) for shown in Shown]
        assert [line.icon for line in lines(events, team) if f'id="i-{line.icon}"' not in ICONS] == []
