"""What somebody outside of a team can try, where it is about more than one address (T23, T26, T28, T39)."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.accounts.models import Invitation, Membership, Team, User
from dashboard.accounts.roles import Role
from orders import sync
from orders.models import ApiKey, Batch, Order, ShareLink
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, CHARLIES_KEY, HTMX, AsUser, MakeKey, mirrored, place_upstream
from tests.confirmed import just_confirmed
from tests.guests import Share, ask

WORD = "zebraquartz"


@pytest.fixture
def charlies(charlie: User, make_key: MakeKey) -> ApiKey:
    """Charlie's key in his own team, where he has an order as well."""
    key = make_key(charlie, Team.objects.get(slug="faraway"), CHARLIES_KEY, "Own")
    mirrored(key, "1 Elm Row")
    return key


@pytest.fixture
def stranger(as_user: AsUser, charlies: ApiKey) -> Client:
    """Charlie's browser, which has been here before."""
    client = as_user(charlies.user)
    client.get("/teams/faraway/orders/")
    return client


class StrangerTests:
    @pytest.mark.parametrize("below", ["", "name/", "status/?v=1", "links/", "images/1/", "strip/"])
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_t23_an_order_of_others_costs_as_much_as_none(
        self, stranger: Client, order: Order, below: str, headers: dict[str, str]
    ) -> None:
        """Counted, because what takes as many questions to the database takes as long."""
        answers, queries = [], []
        for pk in (order.pk, 999_999_999):
            with CaptureQueriesContext(connection) as asked:
                answers.append(stranger.get(f"/orders/{pk}/{below}", headers={"X-Request-Id": "same-same", **headers}))
            queries.append([re.sub(r"\d+", "?", query["sql"]) for query in asked.captured_queries])
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        assert queries[0] == queries[1]

    @pytest.mark.parametrize("q", [WORD, "zebraquarzt", "zebra", f"name:{WORD}", "by:alice", "key:studio", "-name:elm"])
    def test_t26_no_search_finds_counts_or_suggests_it(self, stranger: Client, key: ApiKey, q: str) -> None:
        theirs = mirrored(key, f"12 {WORD} Ave")
        for more in ("", "&sort=name", "&sort=-images", "&after=zzz"):
            page = stranger.get(f"/teams/faraway/orders/?q={q}{more}")
            assert (page.context["count"], page.context["similar"], page.context["rows"]) == ("0 orders", [], [])
            assert [tab.count for tab in page.context["tabs"] if tab.count not in ("", "0")] == []
            assert f"/orders/{theirs.pk}/" not in page.content.decode()
        assert stranger.get(f"/teams/faraway/orders.csv?q={q}").getvalue().count(b"\n") == 1

    def test_t26_nor_is_its_id_known(self, stranger: Client, key: ApiKey) -> None:
        theirs = mirrored(key, f"12 {WORD} Ave")
        page = stranger.get("/teams/faraway/orders/", {"q": theirs.order_id})
        assert page.status_code == 200
        assert WORD not in page.content.decode()

    def test_t28_who_has_the_id_first_does_not_stand_in_the_way(
        self, key: ApiKey, charlies: ApiKey, store: Store
    ) -> None:
        order_id = place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
        theirs = mirrored(charlies, "Theirs", order_id=order_id)
        sync.import_orders(key)
        assert Order.objects.get(team=key.team).name == "12 Rosewood Ave"
        theirs.refresh_from_db()
        assert theirs.name == "Theirs"


@pytest.mark.parametrize(
    "below",
    [
        "people/{user}/role/",
        "people/{user}/leave/",
        "invitations/{invitation}/resend/",
        "invitations/{invitation}/cancel/",
        "orders/names/{batch}/",
        "orders/names/{batch}/again/",
        "orders/names/{batch}/undo/",
    ],
)
def test_t29_two_ids_that_disagree_name_nothing(
    as_user: AsUser, alice: User, team: Team, charlies: ApiKey, below: str
) -> None:
    """Alice runs both teams; what is named is of one of them, and the address of the other."""
    faraway = charlies.team
    Membership.objects.create(user=alice, team=faraway, role=Role.OWNER)
    invitation, _ = Invitation.objects.invite(faraway, alice, "dora@example.com", Role.VIEWER)
    batch = Batch.objects.create(team=faraway, actor=alice, rule={})
    path = below.format(user=charlies.user_id, invitation=invitation.pk, batch=batch.pk)
    browser, form = just_confirmed(as_user(alice)), {"role": "viewer"}
    assert browser.post(f"/teams/{team.slug}/{path}", form).status_code == 404
    assert browser.post(f"/teams/{faraway.slug}/{path}", form).status_code in (200, 302, 422)


class GrantTests:
    def test_t39_what_was_granted_is_listed_and_can_be_ended(self, as_user: AsUser, alice: User, share: Share) -> None:
        browser, granted = as_user(alice), [share(), share("tulips"), share(reveals="status")]
        browser.post("/teams/northlight/people/", {"email": "dora@example.com", "role": "viewer"})
        invitation = str(mail.outbox[0].body).split("/invitations/")[1].split("/")[0]
        listed = [card.link for card in browser.get("/teams/northlight/links/").context["cards"]]
        assert {link.pk for link in listed} == {shared.link.pk for shared in granted}
        assert b"dora@example.com" in browser.get("/teams/northlight/people/").content

        browser.post("/teams/northlight/links/", {"pick": [link.pk for link in listed], "sure": "1"})
        browser.post(f"/teams/northlight/invitations/{Invitation.objects.get().pk}/cancel/")
        assert not ShareLink.objects.live().exists()
        opened = [(method, url) for shared in granted for url, method in shared.everything.items()]
        assert {ask(url, method).status_code for method, url in opened} == {404}
        assert ask(f"/invitations/{invitation}/").status_code == 404
