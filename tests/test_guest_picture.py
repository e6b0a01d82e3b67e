"""/s/<token>/pictures/<n>/: one picture as a link shows it, and as the team's people see that (T30 to T38, P3, P10)."""

from __future__ import annotations

import dataclasses

import pytest

from dashboard.accounts.models import User
from orders.models import OrderDetail, ShareLink
from tests.cast import HTMX, AsUser
from tests.guests import FILE, IMAGE_ID, ORDER_ID, PERSON, Share, Shared, ask
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db


class PageTests:
    def test_shows_the_picture_by_its_number(self, shared: Shared) -> None:
        text = ask(f"{shared.url}pictures/1/").content.decode()
        assert "Picture 1</h1>" in text
        assert f'src="{shared.url}images/1/"' in text
        assert 'data-place="1 of 3"' in text
        assert f'rel="next" href="{shared.url}pictures/2/"' in text
        assert f'href="{shared.url}#picture-1"' in text

    def test_every_picture_of_the_link_leads_to_its_page(self, shared: Shared) -> None:
        text = ask(shared.url).content.decode()
        assert [f'href="{shared.url}pictures/{n}/"' in text for n in (1, 2, 3, 4)] == [True, True, True, False]

    def test_htmx_gets_the_part(self, shared: Shared) -> None:
        part = ask(f"{shared.url}pictures/1/", headers=HTMX)
        assert part.content.strip().startswith(b'<article class="viewer"')
        assert "no-store" in part["Cache-Control"]

    def test_says_that_a_picture_failed_and_not_why(self, shared: Shared) -> None:
        images = [{"n": 1, "id": "i1", "name": FILE, "status": "error", "reason": "Ana's camera", "scene": "hall"}]
        OrderDetail.objects.update(images=images)
        text = ask(f"{shared.url}pictures/1/").content.decode()
        assert "Picture 1, which could not be improved" in text
        assert not [word for word in ("camera", "hall", FILE) if word in text]

    def test_counts_who_opens_it_like_who_opens_the_page(self, shared: Shared) -> None:
        assert f'data-opened="{shared.url}opened/"' in ask(f"{shared.url}pictures/1/").content.decode()


class NothingMoreTests:
    def test_t38_knows_no_original_no_id_and_no_file_name(self, shared: Shared) -> None:
        answer = ask(f"{shared.url}pictures/1/")
        picture = dataclasses.asdict(answer.context["picture"])
        assert (picture["before"], picture["reason"], picture["scene"], picture["status"]) == ("", "", "", "")
        assert "before" not in answer.content.decode()
        assert not [secret for secret in (IMAGE_ID, FILE, ORDER_ID) if secret in repr(picture)]
        assert ask(f"{shared.url}images/1/before/").status_code == 404

    def test_t33_sets_no_cookie_and_asks_autoenhance_nothing(self, shared: Shared, upstream: Upstream) -> None:
        assert not ask(f"{shared.url}pictures/1/", headers=PERSON).cookies
        assert upstream.calls() == []

    def test_t37_a_robot_that_draws_a_card_learns_nothing(self, shared: Shared) -> None:
        text = ask(f"{shared.url}pictures/1/", headers={"User-Agent": "Slackbot-LinkExpanding 1.0"}).content.decode()
        assert "Open this link in a browser" in text
        assert "Rosewood" not in text


class ClosedTests:
    @pytest.mark.parametrize("n", ["0", "4", "9" * 30, "image-1", "-1"])
    def test_a_picture_that_the_order_has_not_is_not_found(self, shared: Shared, n: str) -> None:
        assert ask(f"{shared.url}pictures/{n}/").status_code == 404

    def test_a_link_that_shows_the_status_alone_has_none(self, share: Share) -> None:
        shared = share(reveals=ShareLink.Reveals.STATUS)
        assert ask(f"{shared.url}pictures/1/").status_code == 404
        assert ask(f"{shared.url}pictures/1/").content == ask(f"{shared.url}pictures/99/").content

    def test_p3_a_password_closes_it_too(self, share: Share) -> None:
        shared = share("tulips")
        assert ask(f"{shared.url}pictures/1/")["Location"] == f"{shared.url}unlock/"
        assert "Rosewood" not in ask(f"{shared.url}pictures/1/", headers=HTMX).content.decode()

    def test_p5_a_revoked_link_has_none_any_more(self, shared: Shared, alice: User) -> None:
        shared.link.revoke(alice)
        assert ask(f"{shared.url}pictures/1/").status_code == 404


class TeamTests:
    def test_p10_the_teams_people_see_what_guests_see_without_the_token(
        self, as_user: AsUser, vera: User, charlie: User, shared: Shared
    ) -> None:
        url = f"/links/{shared.link.pk}/"
        text = as_user(vera).get(f"{url}pictures/1/").content.decode()
        assert f'src="{url}images/1/"' in text
        assert f'href="{url}guest/#picture-1"' in text
        assert not [word for word in ("/s/", "data-opened", "before") if word in text]
        assert as_user(vera).get(f"{url}pictures/9/").status_code == 404
        assert as_user(charlie).get(f"{url}pictures/1/").status_code == 404
