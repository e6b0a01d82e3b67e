"""/orders/<id>/follow/ and /views/<id>/follow/: a mail when an order is finished, or none (N2)."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from dashboard.accounts.models import Membership, User
from orders.leaving import leave
from orders.models import ApiKey, Follow, Order, ShareLink, View
from tests.cast import HTMX, AsUser, mirrored

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(key: ApiKey) -> Order:
    return mirrored(key, "12 <b>Rosewood Ave")


@pytest.fixture
def view(order: Order) -> View:
    """The team's."""
    return View.objects.create(team=order.team, name="Errors", text="status:error")


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


class SwitchTests:
    @pytest.mark.parametrize("which", ["order", "view"])
    def test_follows_and_follows_no_more(self, client: Client, order: Order, view: View, which: str) -> None:
        thing = {"order": order, "view": view}[which]
        back = {"order": order.get_absolute_url(), "view": f"/teams/northlight/views/#view-{view.pk}"}[which]
        for on in (True, True, False, False):
            answer = client.post(f"/{which}s/{thing.pk}/follow/", {"on": "1"} if on else {})
            assert (answer.status_code, answer.url) == (302, back)
            assert Follow.objects.filter(**{which: thing}).count() == on

    @pytest.mark.parametrize("which", ["order", "view"])
    def test_answers_htmx_with_the_button_as_it_is_now(
        self, client: Client, order: Order, view: View, which: str
    ) -> None:
        address = f"/{which}s/{ {'order': order, 'view': view}[which].pk }/follow/"
        for data, pressed in (({"on": "1"}, "true"), ({}, "false")):
            part = client.post(address, data, headers=HTMX).content.decode()
            assert f'aria-pressed="{pressed}"' in part
            assert ('name="on"' in part) == (pressed == "false")
            assert f'hx-post="{address}"' in part
            assert "<b>" not in part
            assert "<html" not in part

    def test_is_everybodys_own_also_a_viewers(self, as_user: AsUser, alice: User, vera: User, order: Order) -> None:
        as_user(vera).post(f"/orders/{order.pk}/follow/", {"on": "1"})
        assert Follow.there(vera, order)
        assert not Follow.there(alice, order)

    def test_somebody_elses_view_is_not_there(self, as_user: AsUser, alice: User, bob: User, order: Order) -> None:
        mine = View.objects.create(team=order.team, owner=alice, name="Mine")
        assert as_user(bob).post(f"/views/{mine.pk}/follow/", {"on": "1"}).status_code == 404
        assert not Follow.objects.exists()


class PageTests:
    def test_the_page_of_an_order_has_the_button(self, client: Client, alice: User, order: Order) -> None:
        page = client.get(order.get_absolute_url()).content.decode()
        assert f'action="/orders/{order.pk}/follow/"' in page
        assert 'aria-pressed="false"' in page
        Follow.switch(alice, order, True)
        assert 'aria-pressed="true"' in client.get(order.get_absolute_url()).content.decode()

    def test_the_page_of_views_has_one_for_each(self, client: Client, alice: User, view: View) -> None:
        assert f'action="/views/{view.pk}/follow/"' in client.get("/teams/northlight/views/").content.decode()
        Follow.switch(alice, view, True)
        cards = client.get("/teams/northlight/views/").context["groups"][0][1]
        assert [card.following for card in cards] == [True]


class ModelTests:
    def test_one_thing_is_followed_once(self, alice: User, order: Order, view: View) -> None:
        Follow.switch(alice, order, True)
        for what in ({"order": order}, {}, {"order": mirrored(order.key, "Other"), "view": view}):  # type: ignore[arg-type]
            with pytest.raises(IntegrityError), transaction.atomic():
                Follow.objects.create(user=alice, team=order.team, **what)

    def test_whoever_leaves_follows_nothing_there_any_more(self, alice: User, bob: User, order: Order) -> None:
        for user in (alice, bob):
            Follow.switch(user, order, True)
        leave(Membership.objects.get(user=bob), alice, revoke=ShareLink.objects.none(), give_views=False)
        assert [follow.user for follow in Follow.objects.all()] == [alice]

    def test_only_those_who_still_see_what_they_follow_are_able(self, alice: User, bob: User, view: View) -> None:
        for user in (alice, bob):
            Follow.switch(user, view, True)
        view.give(alice, to_team=False, text=view.text)
        assert [follow.user for follow in Follow.objects.able()] == [alice]
        Membership.objects.filter(user=alice).delete()
        assert not Follow.objects.able().exists()
