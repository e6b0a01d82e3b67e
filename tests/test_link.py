"""/links/<id>/: change, extend, renew and revoke a share link, and see it as a guest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts.models import User
from orders import tokens
from orders.models import ApiKey, Event, Order, ShareLink
from orders.offers import offer
from tests.cast import HTMX, AsUser, mirrored

pytestmark = pytest.mark.django_db
DEEDS = ("", "extend/", "renew/", "revoke/")


@pytest.fixture
def client(as_user: AsUser, bob: User) -> Client:
    """Bob's browser: what a teammate made is his as well."""
    return as_user(bob)


@pytest.fixture
def token() -> str:
    """What the address of `link` ends with."""
    return tokens.issue()


@pytest.fixture
def link(key: ApiKey, alice: User, token: str) -> ShareLink:
    """Alice's, for an order of the team."""
    order = mirrored(key, "12 Rosewood Ave")
    until = timezone.now() + timedelta(days=2)
    return ShareLink.make(token, order, alice, "sesame", label="Client", expires_at=until)


def opens(token: str) -> bool:
    return ShareLink.objects.opened_with(token) is not None


def form_of(client: Client, link: ShareLink, **fields: Any) -> dict[str, Any]:
    """The form as the page has it, with these fields."""
    form = client.get(f"/links/{link.pk}/").context["form"]
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in {**shown, **fields}.items() if value}


class ChangeTests:
    def test_as_it_is_it_stays(self, client: Client, link: ShareLink) -> None:
        answer = client.post(f"/links/{link.pk}/", form_of(client, link))
        assert "Its address stays as it is." in answer.content.decode()
        fresh = ShareLink.objects.get()
        assert (fresh.password, fresh.expires_at) == (link.password, link.expires_at)
        assert not Event.objects.filter(kind=Event.Kind.LINK_CHANGED).exists()

    def test_takes_other_settings(self, client: Client, link: ShareLink, token: str) -> None:
        changes = {"label": "Owner", "reveals": "status", "expiry": "never", "guard": "none", "names_team": "on"}
        client.post(f"/links/{link.pk}/", form_of(client, link, **changes))
        fresh = ShareLink.objects.get()
        assert (fresh.label, fresh.reveals, fresh.expires_at, fresh.has_password) == ("Owner", "status", None, False)
        assert fresh.names_team
        assert opens(token)

    def test_another_password_is_shown_once_and_ends_the_visits(self, client: Client, link: ShareLink) -> None:
        form = form_of(client, link, guard="made")
        first, second = (client.post(f"/links/{link.pk}/", form).context["password"] for _ in range(2))
        fresh = ShareLink.objects.get()
        assert first == second
        assert fresh.password_fits(first)
        assert fresh.visit != link.visit
        assert first not in client.get(f"/links/{link.pk}/").content.decode()

    def test_the_form_says_what_is_wrong(self, client: Client, link: ShareLink) -> None:
        answer = client.post(f"/links/{link.pk}/", form_of(client, link, guard="own", password=" sesame"))
        assert answer.status_code == 422
        assert "begins or ends with a blank" in answer.content.decode()
        assert ShareLink.objects.get().password == link.password


class ExtendTests:
    def test_one_click_near_the_end_gives_30_days_from_now(self, client: Client, link: ShareLink) -> None:
        page = f"/orders/{link.order_id}/links/"
        assert f"/links/{link.pk}/extend/" in client.get(page).content.decode()
        assert client.post(f"/links/{link.pk}/extend/").url == page
        fresh = ShareLink.objects.get()
        assert fresh.expires_at is not None
        assert abs(fresh.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
        assert f"/links/{link.pk}/extend/" not in client.get(page).content.decode()


class RenewTests:
    def renewal(self, client: Client, link: ShareLink) -> dict[str, str]:
        return {"offer": client.get(f"/links/{link.pk}/").context["renewal"]}

    def test_shows_the_new_address_and_the_old_one_is_dead(self, client: Client, link: ShareLink, token: str) -> None:
        form = self.renewal(client, link)
        first, second = (client.post(f"/links/{link.pk}/renew/", form) for _ in range(2))
        fresh = first.context["address"].split("/")[-2]
        assert first.context["address"] == second.context["address"]
        assert (opens(token), opens(fresh)) == (False, True)
        assert ShareLink.objects.get().password == link.password

    def test_an_old_form_brings_no_dead_address_back(self, client: Client, link: ShareLink) -> None:
        old, other = self.renewal(client, link), self.renewal(client, link)
        for form in (old, other):
            answer = client.post(f"/links/{link.pk}/renew/", form, follow=True)
        assert "another address since" in answer.content.decode()

    def test_t29_a_form_for_another_order_or_person_renews_nothing(
        self, client: Client, link: ShareLink, alice: User, bob: User, key: ApiKey
    ) -> None:
        other = mirrored(key, "7 Elm Row")
        seen = link.token_hash
        for made_for in (offer(alice, link.order, seen), offer(bob, other, seen), "x"):
            client.post(f"/links/{link.pk}/renew/", {"offer": made_for})
        assert ShareLink.objects.get().token_hash == seen


class RevokeTests:
    def test_is_one_click_and_over(self, client: Client, link: ShareLink, token: str) -> None:
        answer = client.post(f"/links/{link.pk}/revoke/", {"next": "/teams/northlight/links/"}, follow=True)
        assert answer.redirect_chain == [("/teams/northlight/links/", 302)]
        assert "Nobody can open it any more." in answer.content.decode()
        assert not opens(token)
        event = Event.objects.get(kind=Event.Kind.LINK_REVOKED)
        assert (event.actor, event.order_id, event.data["label"]) == ("Bob", link.order_id, "Client")

    def test_in_the_dialog_the_links_come_back_as_they_are_now(self, client: Client, link: ShareLink) -> None:
        answer = client.post(f"/links/{link.pk}/revoke/", headers=HTMX)
        text = answer.content.decode()
        assert ('id="share"' in text, "<html" in text, f"/links/{link.pk}/revoke/" in text) == (True, False, False)
        assert "Revoked" in text

    @pytest.mark.parametrize("deed", DEEDS)
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_what_a_colleague_has_revoked_is_not_changed_any_more(
        self, client: Client, link: ShareLink, alice: User, bob: User, deed: str, headers: dict[str, str]
    ) -> None:
        form = form_of(client, link) | ({"offer": offer(bob, link.order, link.token_hash)} if deed == "renew/" else {})
        link.revoke(alice)
        answer = client.post(f"/links/{link.pk}/{deed}", form, headers=headers, follow=True)
        assert (answer.status_code in (200, 422), "revoked" in answer.content.decode()) == (True, True)
        assert list(ShareLink.objects.filter(revoked_at=None)) == []
        assert "revoked for good" in client.get(f"/links/{link.pk}/").content.decode()


class AccessTests:
    @pytest.mark.parametrize("deed", DEEDS)
    def test_a_viewer_hears_why_not_and_a_stranger_nothing(
        self, as_user: AsUser, vera: User, charlie: User, link: ShareLink, token: str, deed: str
    ) -> None:
        refused = as_user(vera).post(f"/links/{link.pk}/{deed}")
        assert (refused.status_code, "make and revoke share links" in refused.content.decode()) == (403, True)
        assert as_user(charlie).post(f"/links/{link.pk}/{deed}").status_code == 404
        assert opens(token)

    def test_p10_everybody_in_the_team_sees_it_as_a_guest_without_counting(
        self, as_user: AsUser, vera: User, charlie: User, link: ShareLink
    ) -> None:
        page = as_user(vera).get(f"/links/{link.pk}/guest/")
        assert (page.status_code, "12 Rosewood Ave" in page.content.decode()) == (200, True)
        assert as_user(charlie).get(f"/links/{link.pk}/guest/").status_code == 404
        assert ShareLink.objects.get().opens == 0

    def test_no_page_or_event_says_anything_of_a_token_or_password(
        self, client: Client, link: ShareLink, token: str
    ) -> None:
        client.post(f"/links/{link.pk}/", form_of(client, link, label="Owner"))
        pages = (f"/links/{link.pk}/", f"/orders/{link.order_id}/links/", "/teams/northlight/links/")
        texts = [client.get(page).content.decode() for page in pages]
        texts += [str(event.data) for event in Event.objects.all()]
        for secret in (token, token[3:-6], link.token_hash, link.password, "sesame"):
            assert not any(secret in text for text in texts)


def test_an_order_that_is_deleted_at_autoenhance_keeps_its_links(client: Client, link: ShareLink, token: str) -> None:
    Order.objects.update(deleted=True)
    assert client.get(f"/orders/{link.order_id}/links/").context["cards"][0].link == link
    assert opens(token)
