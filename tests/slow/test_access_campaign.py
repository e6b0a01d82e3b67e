"""Whatever people of one team ask for, nothing of another team is read or written (S1, T23 to T30)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from random import Random
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.models import Membership
from dashboard.accounts.roles import Role
from orders.leaving import delete_team
from tests.cast import ALICES_KEY, CHARLIES_KEY, AsUser, MakeKey, person, started
from tests.confirmed import just_confirmed
from tests.slow.campaign import CANARIES, PLAIN, WORDS, Scene, address, cases, pieces, things_of
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db

AT_LEAST, SHARES = 20_000, 4


SEARCHED = ("orders:list", "orders:export", "orders:links")
ROLES = {"member": Role.MEMBER, "viewer": Role.VIEWER, "removed": Role.OWNER, "in both": Role.MEMBER}


@pytest.fixture
def scene(as_user: AsUser, make_key: MakeKey, upstream: Upstream, settings: Settings) -> Scene:
    """Faraway, with somebody in each role; the other team; somebody removed from that, and a viewer of it."""
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 3600
    insider, charlie = person(WORDS["person"]), person("Charlie")
    theirs, team = started(insider, WORDS["team"]), started(charlie, "Faraway")
    people = {"owner": charlie} | {who: person(who.replace(" ", "")) for who in ROLES}
    for who, role in ROLES.items():
        Membership.objects.create(user=people[who], team=team, role=role)
    Membership.objects.create(user=people["in both"], team=theirs, role=Role.VIEWER)
    Membership.objects.create(user=people["removed"], team=theirs, role=Role.OWNER).end(insider)
    keys = {who: make_key(user, team, f"{CHARLIES_KEY}_{user.pk}", who, shared=True) for who, user in people.items()}
    own = {who: things_of(user, keys[who], PLAIN) for who, user in people.items()}
    own["anonymous"] = own["viewer"]
    own["insider"] = everything = things_of(insider, make_key(insider, theirs, ALICES_KEY, WORDS["key"]), WORDS)
    browsers = {who: just_confirmed(as_user(user)) for who, user in {**people, "insider": insider}.items()}
    return Scene(people, browsers | {"anonymous": Client()}, own, everything)


@pytest.fixture
def _silence() -> Iterator[None]:
    """Each refusal is a line of the log."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("_silence")
@pytest.mark.parametrize("share", range(SHARES))
def test_nothing_of_another_team_is_read_or_written(
    scene: Scene, share: int, upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    random = Random(20260101 + share)
    mine = Random(20260101).sample(everything := cases(), len(everything))[share::SHARES]
    mine += random.choices(mine, k=AT_LEAST // SHARES - len(mine))
    for case in mine:
        scene.ask(case, random)
        # Whoever is in both may look at a picture through its order's key (DESIGN decision 8).
        keys = {call.headers["x-api-key"] for call in upstream.calls() if case.who != "in both"}
        assert ALICES_KEY not in keys, case
        upstream.clear()
    with capsys.disabled():
        print(f"\n{len(mine)} requests, {scene.wrote} of them wrote; answers: {dict(sorted(scene.answers.items()))}")
    # What is refused everywhere would prove little.
    assert scene.wrote > len(mine) // 100
    assert scene.answers[200] > len(mine) // 20


def test_each_of_the_words_is_on_a_page_of_its_own_team(scene: Scene) -> None:
    pages = [case for case in cases() if case.method == "GET" and {*case.whose} <= {"own"} and case.who == "owner"]
    seen = "".join(scene.read("insider", address(case, scene.theirs, scene.theirs)) for case in pages)
    assert [word for word in CANARIES if word not in seen] == []


@pytest.mark.parametrize("who", ["owner", "viewer", "removed"])
def test_every_page_is_the_same_when_the_other_team_is_not_there(scene: Scene, who: str) -> None:
    """T26: so no count, no order of things, no suggestion and no hint tells of it."""
    pages = {case.route: case for case in cases() if case.method == "GET" and {*case.whose} <= {"own"}}
    asked = {route: address(case, scene.own[who], scene.theirs) for route, case in pages.items()}
    queries = [urlencode({"q": q}) for q in pieces(scene.theirs)]
    urls = [*asked.values(), *(f"{asked[route]}?{query}" for route in SEARCHED for query in queries)]
    before = [scene.read(who, url) for url in urls]
    delete_team(scene.theirs["team"], scene.theirs["user"])
    assert [url for url, text in zip(urls, before, strict=True) if scene.read(who, url) != text] == []
