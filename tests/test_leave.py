"""/teams/<slug>/people/<user>/leave/: what somebody leaves behind, and what becomes of it (T5, D13, T41)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from orders import batches, writes
from orders.models import ApiKey, Batch, BatchLine, Event, NoKey, Order, OrderKey, ShareLink, View, Write, now
from tests.cast import ALICES_KEY, BOBS_KEY, AsUser, MakeKey, mirrored
from tests.confirmed import just_confirmed, long_ago
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
MakeLink = Callable[..., ShareLink]


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser: she runs the team."""
    return just_confirmed(as_user(alice))


@pytest.fixture
def bobs(bob: User, team: Team, make_key: MakeKey) -> ApiKey:
    """Bob's key."""
    return make_key(bob, team, BOBS_KEY, "Drone")


@pytest.fixture
def make_link(bob: User, order: Order) -> MakeLink:
    """Makes a share link of bob's: make_link(label, ...)."""

    def make(label: str, **fields: object) -> ShareLink:
        link = {"team": order.team, "order": order, "made_by": bob, "token_hash": label, **fields}
        return ShareLink.objects.create(label=label, **link)

    return make


def address(user: User) -> str:
    return f"/teams/northlight/people/{user.pk}/leave/"


def alive() -> set[str]:
    """The labels of the links that are not revoked."""
    return set(ShareLink.objects.filter(revoked_at=None).values_list("label", flat=True))


class PageTests:
    def test_shows_everything_that_is_left_behind(
        self, client: Client, bob: User, key: ApiKey, bobs: ApiKey, team: Team, make_link: MakeLink
    ) -> None:
        OrderKey.objects.create(order=mirrored(bobs, "1 Elm Row"), key=key)
        mirrored(bobs, "2 Elm Row")
        mirrored(bobs, "3 Elm Row")
        make_link("Client")
        make_link("Old", expires_at=now() - timedelta(days=1))
        View.objects.create(team=team, owner=bob, name="Mine")
        page = client.get(address(bob)).content.decode()
        assert "Drone is wiped here at once" in page
        assert "2 orders can only be read from then on" in page
        assert "1 order goes on through Alice: Studio" in page
        assert "Client · 12 Rosewood Ave<" in page
        assert "Old · 12 Rosewood Ave (Expired)" in page
        assert "Private views" in page

    def test_says_what_becomes_of_what_is_under_way(
        self, client: Client, bob: User, bobs: ApiKey, team: Team, alice: User
    ) -> None:
        renaming(bobs, alice, mirrored(bobs, "1 Elm Row"), "5 Elm Row")
        Batch.objects.create(team=team, actor=bob, state="running")
        page = client.get(address(bob)).content.decode()
        assert "1 change is not confirmed by Autoenhance yet" in page
        assert "What is not sent yet is not sent any more" in page

    def test_asks_nothing_where_there_is_nothing(self, client: Client, bob: User) -> None:
        answer = client.get(address(bob))
        assert list(answer.context["form"].fields) == []
        assert "under way" not in answer.content.decode().lower()

    def test_shows_nothing_of_the_key_itself(self, client: Client, bob: User, bobs: ApiKey) -> None:
        page = client.get(address(bob)).content.decode()
        assert bobs.last_four not in page

    def test_looking_ends_nothing(self, client: Client, bob: User, bobs: ApiKey) -> None:
        client.get(address(bob))
        assert ApiKey.objects.filter(user=bob).exists()
        assert Membership.objects.filter(user=bob).exists()

    def test_asks_for_the_password_first(self, as_user: AsUser, bob: User) -> None:
        for method in ("get", "post"):
            answer = getattr(long_ago(as_user(bob)), method)(address(bob))
            assert answer["Location"] == f"/accounts/reauthenticate/?next={address(bob)}"
        assert Membership.objects.filter(user=bob).exists()


class WhoTests:
    def test_somebody_who_is_removed_sees_nothing_from_the_next_request_on_t41(
        self, client: Client, as_user: AsUser, bob: User, order: Order
    ) -> None:
        Team.objects.start(owner=bob, name="Bobs")
        bobs = as_user(bob)
        pages = ("/teams/northlight/orders/", f"/orders/{order.pk}/", f"/orders/{order.pk}/name/")
        assert {bobs.get(page).status_code for page in pages} == {200}
        answer = client.post(address(bob))
        assert (answer.status_code, answer["Location"]) == (302, "/teams/northlight/people/")
        assert {bobs.get(page).status_code for page in pages} == {404}
        assert bobs.get("/teams/bobs/orders/").status_code == 200

    def test_anybody_leaves_by_themselves(self, as_user: AsUser, bob: User, vera: User, team: Team) -> None:
        for user in (bob, vera):
            browser = just_confirmed(as_user(user))
            answer = browser.post(address(user))
            assert (answer.status_code, answer["Location"]) == (302, "/")
            assert browser.get("/").status_code == 200
        assert list(team.membership_set.values_list("role", flat=True)) == ["owner"]

    @pytest.mark.parametrize("who", ["bob", "vera"])
    def test_only_an_owner_removes_others(
        self, who: str, request: pytest.FixtureRequest, as_user: AsUser, bob: User, vera: User, alice: User
    ) -> None:
        user = request.getfixturevalue(who)
        browser = just_confirmed(as_user(user))
        for other in {alice, bob, vera} - {user}:
            assert [browser.get(address(other)).status_code, browser.post(address(other)).status_code] == [403, 403]
        assert Membership.objects.filter(team__slug="northlight").count() == 3

    def test_nobody_is_removed_from_a_team_they_are_not_in(self, client: Client, charlie: User) -> None:
        for url in (address(charlie), f"/teams/northlight/people/{10**30}/leave/", "/teams/faraway/people/1/leave/"):
            assert [client.get(url).status_code, client.post(url).status_code] == [404, 404]
        assert Membership.objects.filter(user=charlie).exists()

    def test_the_last_owner_stays(self, client: Client, alice: User, key: ApiKey, bob: User) -> None:
        assert "this is the last one" in client.get(address(alice)).content.decode()
        answer = client.post(address(alice))
        assert answer.status_code == 422
        assert "Alice is the last owner of Northlight" in answer.content.decode()
        assert ApiKey.objects.exists()
        assert Event.objects.count() == 0

    def test_one_of_two_owners_may_go(self, client: Client, alice: User, bob: User, team: Team) -> None:
        Membership.objects.filter(user=bob).update(role=Role.OWNER)
        assert client.post(address(alice)).status_code == 302
        assert [member.user for member in team.membership_set.select_related("user")] == [bob]


class KeyTests:
    def test_is_destroyed_and_the_orders_stay(
        self, client: Client, alice: User, bob: User, key: ApiKey, bobs: ApiKey, upstream: Upstream
    ) -> None:
        shared, own = mirrored(bobs, "1 Elm Row"), mirrored(bobs, "2 Elm Row")
        OrderKey.objects.create(order=shared, key=key)
        client.post(address(bob))
        assert list(ApiKey.objects.all()) == [key]
        shared.refresh_from_db()
        own.refresh_from_db()
        assert shared.key_for(alice) == key
        with pytest.raises(NoKey):
            own.key_for(alice)
        assert upstream.calls() == []

    def test_all_of_them_in_this_team_and_none_in_another(
        self, client: Client, bob: User, bobs: ApiKey, team: Team, make_key: MakeKey
    ) -> None:
        make_key(bob, team, ALICES_KEY, "Second")
        kept = make_key(bob, Team.objects.start(owner=bob, name="Bobs"), BOBS_KEY)
        client.post(address(bob))
        assert list(ApiKey.objects.all()) == [kept]

    def test_the_timeline_says_who_went_and_what_was_left(
        self, client: Client, bob: User, bobs: ApiKey, make_link: MakeLink
    ) -> None:
        make_link("Client")
        client.post(address(bob), {"links": "keep"})
        deleted = Event.objects.get(kind="key_deleted")
        assert (deleted.actor, deleted.data["label"]) == ("Alice", "Bob: Drone")
        removed = Event.objects.get(kind="removed")
        assert (removed.actor, removed.data) == ("Alice", {"person": "Bob", "keys": 1, "links": 1, "views": 0})


class LinkTests:
    @pytest.mark.parametrize(("answer", "kept"), [("keep", {"One", "Two"}), ("revoke", set()), ("choose", {"Two"})])
    def test_stays_with_the_team_or_is_revoked(
        self, client: Client, bob: User, make_link: MakeLink, answer: str, kept: set[str]
    ) -> None:
        one, _two = make_link("One"), make_link("Two")
        client.post(address(bob), {"links": answer, "revoke": [one.pk]})
        assert alive() == kept
        assert ShareLink.objects.count() == 2

    def test_nothing_happens_without_an_answer(self, client: Client, bob: User, make_link: MakeLink) -> None:
        one = make_link("One")
        foreign = ShareLink.objects.create(team=one.team, order=one.order, label="Alice's", token_hash="a")
        wrong = [{}, {"links": "burn"}, {"links": "choose"}]
        wrong += [{"links": "choose", "revoke": [one.pk, other]} for other in (foreign.pk, 10**30, "x")]
        assert {client.post(address(bob), data).status_code for data in wrong} == {422}
        assert alive() == {"One", "Alice's"}
        assert Membership.objects.filter(user=bob).exists()

    def test_of_somebody_else_is_left_alone(self, client: Client, bob: User, alice: User, make_link: MakeLink) -> None:
        make_link("Bob's")
        make_link("Alice's", made_by=alice)
        client.post(address(bob), {"links": "revoke"})
        assert alive() == {"Alice's"}


class ViewTests:
    def test_goes_to_the_team_under_a_free_name(self, client: Client, bob: User, team: Team) -> None:
        for owner, name in ((None, "Errors"), (None, "Errors (2)"), (bob, "Errors"), (bob, "x" * 60)):
            View.objects.create(team=team, owner=owner, name=name, text="by:me" if owner else "")
        client.post(address(bob), {"views": "give"})
        assert set(View.objects.values_list("text", flat=True)) == {"", "by:bob@example.com"}
        assert set(View.objects.values_list("name", "owner")) == {
            ("Errors", None),
            ("Errors (2)", None),
            ("Errors (3)", None),
            ("x" * 60, None),
        }

    def test_or_is_deleted_with_the_pins_of_others_left_alone(
        self, client: Client, alice: User, bob: User, team: Team
    ) -> None:
        ours = View.objects.create(team=team, name="Ours")
        mine = View.objects.create(team=team, owner=bob, name="Mine")
        for view, user in ((ours, alice), (ours, bob), (mine, bob)):
            view.pin(user, True)
        client.post(address(bob), {"views": "delete"})
        assert list(View.objects.all()) == [ours]
        assert [choice.user for choice in ours.choices.all()] == [alice]

    def test_of_a_viewer_who_leaves_never_becomes_the_teams(self, as_user: AsUser, vera: User, team: Team) -> None:
        View.objects.create(team=team, owner=vera, name="Mine")
        just_confirmed(as_user(vera)).post(address(vera), {"views": "give"})
        assert not View.objects.exists()


class UnderWayTests:
    def test_an_unsettled_rename_is_settled_without_being_sent_again(
        self, client: Client, bob: User, bobs: ApiKey, order: Order, upstream: Upstream
    ) -> None:
        Order.objects.update(key=bobs)
        write = renaming(bobs, bob, order, "14 Rosewood Ave")
        client.post(address(bob))
        writes.settle(write.pk)
        write.refresh_from_db()
        assert (write.state, write.reason) == ("refused", "The API key was deleted before this was sent.")
        assert {seen.method for seen in upstream.calls()} == {"GET"}

    def test_a_running_batch_sends_nothing_more(
        self, client: Client, bob: User, order: Order, upstream: Upstream
    ) -> None:
        batch = Batch.objects.create(team=order.team, actor=bob, state="running", started_at=now())
        line = BatchLine.objects.create(batch=batch, order=order, before=order.name, after="5 Elm Row")
        client.post(address(bob))
        batches.run(batch.pk)
        line.refresh_from_db()
        assert (line.state, line.reason) == ("failed", "Bob may no longer rename orders of this team.")
        assert upstream.calls() == []


def renaming(key: ApiKey, actor: User, order: Order, name: str) -> Write:
    """A rename that is not confirmed, and old enough to be settled."""
    at = now() - timedelta(minutes=1)
    times = {"created_at": at, "deadline": at}
    facts = {"order_id": order.order_id, "before": order.name, "text": name, "state": "unclear", "sends": 1}
    return Write.objects.create(kind="rename", team=key.team, target=order, key=key, actor=actor, **facts, **times)
