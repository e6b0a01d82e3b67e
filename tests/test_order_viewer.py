"""/orders/<id>/pictures/<n>/: one picture, and the sheet that it is on as people arrange it (M1, M2, M5, M6)."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.models import User
from orders.models import ApiKey, Order, OrderDetail, Shown
from orders.views import sheet
from orders.views.viewer import Picture, place
from tests.cast import HTMX, AsUser, mirrored
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db

IMAGES = [
    {"name": "room 10.jpg", "status": "processed", "scene": "living_room"},
    {"name": "room 2.jpg", "status": "error", "reason": "Too dark <b>"},
    {"name": "", "status": "developing"},
    {"name": "Room 1.jpg", "status": "error"},
    {"name": "hall.jpg", "status": "processing"},
]


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def order(key: ApiKey) -> Order:
    """12 Rosewood Ave with five pictures, of which two failed."""
    return mirrored(key, "12 Rosewood Ave", images=IMAGES, shown=Shown.PROCESSING, pictures=5, ready=1, failed=2)


@pytest.fixture
def url(order: Order) -> str:
    return order.get_absolute_url()


def picture(client: Client, address: str) -> Picture:
    """What the page at this address shows."""
    answer = client.get(address)
    assert answer.status_code == 200
    shown: Picture = answer.context["picture"]
    return shown


class PageTests:
    def test_shows_the_picture_with_its_name_scene_and_status(self, client: Client, url: str) -> None:
        text = client.get(f"{url}pictures/1/").content.decode()
        assert 'id="viewer-title" dir="auto">room 10.jpg</h1>' in text
        assert "living room" in text
        assert "chip--ready" in text
        assert 'alt="room 10.jpg, living room, ready"' in text
        assert f'src="{url}images/1/"' in text
        assert 'data-place="1 of 5"' in text

    def test_says_why_a_picture_failed_also_when_autoenhance_does_not(self, client: Client, url: str) -> None:
        """M5: failed, visible, with the reason."""
        assert "Too dark &lt;b&gt;" in client.get(f"{url}pictures/2/").content.decode()
        assert picture(client, f"{url}pictures/4/").reason == "Autoenhance gave no reason."

    @pytest.mark.parametrize(("n", "word"), [(1, "Ready"), (2, "Error"), (3, "Unknown"), (5, "Processing")])
    def test_says_the_status_in_our_words(self, client: Client, url: str, n: int, word: str) -> None:
        assert picture(client, f"{url}pictures/{n}/").shown_word == word

    def test_calls_a_picture_without_a_name_by_its_number(self, client: Client, url: str) -> None:
        shown = picture(client, f"{url}pictures/3/")
        assert (shown.title, shown.status) == ("Picture 3", "developing")

    @pytest.mark.parametrize(("n", "offered"), [(1, True), (2, False), (5, False)])
    def test_offers_before_and_after_where_there_is_an_after(
        self, client: Client, url: str, n: int, offered: bool
    ) -> None:
        text = client.get(f"{url}pictures/{n}/").content.decode()
        assert (f'src="{url}images/{n}/before/"' in text) == ("loupe__range" in text) == offered
        assert (f'src="{url}images/{n}/"' in text) == offered

    def test_htmx_gets_the_part(self, client: Client, url: str) -> None:
        page, part = client.get(f"{url}pictures/1/"), client.get(f"{url}pictures/1/", headers=HTMX)
        assert part.content.strip().startswith(b'<article class="viewer"')
        assert b"<html" in page.content
        assert {page["Vary"].count("HX-Request"), part["Vary"].count("HX-Request")} == {1}

    def test_never_asks_autoenhance_and_tells_no_id_of_it(self, client: Client, url: str, upstream: Upstream) -> None:
        assert "image-1" not in client.get(f"{url}pictures/1/").content.decode()
        assert upstream.calls() == []


class PlaceTests:
    def test_leads_to_its_neighbours_both_ends_and_back(self, client: Client, url: str) -> None:
        shown = picture(client, f"{url}pictures/3/")
        at = shown.place
        assert [at.first, at.previous, at.next, at.last] == [f"{url}pictures/{n}/" for n in (1, 2, 4, 5)]
        assert (at.number, at.total, shown.back) == (3, 5, f"{url}#picture-3")
        assert 'id="picture-3"' in client.get(url).content.decode()

    def test_an_end_leads_no_further(self, client: Client, url: str) -> None:
        text = client.get(f"{url}pictures/5/").content.decode()
        assert re.search(r'<a class="button" role="link" aria-disabled="true">Next', text)
        assert 'rel="last"' not in text

    @given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.data())
    def test_every_picture_is_reached_from_every_other(self, pages: list[str], data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(pages) - 1))
        here = place(pages, at)
        assert (here.number, here.total) == (at + 1, len(pages))
        assert (here.first == "") == (here.previous == "") == (at == 0)
        assert (here.last == "") == (here.next == "") == (at == len(pages) - 1)
        assert not here.next or place(pages, at + 1).previous == pages[at]

    def test_goes_along_with_the_way_the_sheet_is_arranged(self, client: Client, url: str) -> None:
        shown = picture(client, f"{url}pictures/4/?pictures=failed")
        at = shown.place
        assert (at.number, at.total, at.previous) == (2, 2, f"{url}pictures/2/?pictures=failed")
        assert shown.back == f"{url}?pictures=failed#picture-4"

    def test_a_picture_that_the_sheet_does_not_show_is_among_all(self, client: Client, url: str) -> None:
        assert picture(client, f"{url}pictures/1/?pictures=failed").place.total == 5


class ArrangeTests:
    """M6: plain links, and the address is the whole state."""

    @pytest.mark.parametrize(
        ("by", "numbers"),
        [
            ("", [1, 2, 3, 4, 5]),
            ("name", [3, 5, 4, 2, 1]),
            ("status", [2, 4, 3, 5, 1]),
            ("failed", [2, 4]),
            ("<script>", [1, 2, 3, 4, 5]),
        ],
    )
    def test_puts_the_pictures_in_the_order_that_was_asked_for(
        self, client: Client, url: str, by: str, numbers: list[int]
    ) -> None:
        text = client.get(url, {"pictures": by}).content.decode()
        assert [int(n) for n in re.findall(r'id="picture-(\d+)"', text)] == numbers

    def test_offers_failed_ones_only_while_there_are_some(self, client: Client, url: str, order: Order) -> None:
        assert "?pictures=failed#sheet" in client.get(url).content.decode()
        Order.objects.update(failed=0)
        OrderDetail.objects.update(images=[order.detail.image(1), order.detail.image(5)])
        text = client.get(f"{url}?pictures=failed").content.decode()
        assert 'href="/orders' in text
        assert "?pictures=failed#sheet" not in text
        assert len(re.findall(r'id="picture-', text)) == 2

    def test_says_which_way_it_is_arranged(self, client: Client, url: str) -> None:
        text = client.get(f"{url}?pictures=name").content.decode()
        assert f'<a href="{url}?pictures=name#sheet" aria-current="true">Name</a>' in text
        assert text.count('#sheet" aria-current="true"') == 1

    def test_news_and_a_refresh_keep_the_way(self, client: Client, url: str) -> None:
        assert "&amp;pictures=name" in client.get(f"{url}?pictures=name").content.decode()
        text = client.get(f"{url}status/?v=0&pictures=status", headers=HTMX).content.decode()
        assert re.findall(r'id="picture-(\d)"', text) == ["2", "4", "3", "5", "1"]
        assert f"{url}refresh/?pictures=status" in client.get(f"{url}?pictures=status").content.decode()

    @given(st.lists(st.text(), max_size=20))
    def test_any_names_can_be_sorted(self, names: list[str]) -> None:
        images = [{"n": n, "name": name, "status": None} for n, name in enumerate(names)]
        order = Order()
        OrderDetail(order=order, images=images)
        sorted_names = [image["name"] for image in sheet.arranged(order, "name")]
        assert sorted(sorted_names) == sorted(names)

    def test_a_failed_picture_says_why_in_its_place(self, client: Client, url: str) -> None:
        text = client.get(url).content.decode()
        assert '<p class="frame__why" dir="auto">Too dark &lt;b&gt;</p>' in text


class AccessTests:
    @pytest.mark.parametrize("n", ["0", "6", "9" * 30, "image-1", "-1"])
    def test_a_picture_that_the_order_has_not_is_not_found(self, client: Client, url: str, n: str) -> None:
        assert client.get(f"{url}pictures/{n}/").status_code == 404

    def test_a_stranger_gets_what_an_unknown_order_gets(self, as_user: AsUser, charlie: User, url: str) -> None:
        client = as_user(charlie)
        same = {"X-Request-Id": "the-same-id"}
        theirs, unknown = (client.get(f"{of}pictures/1/", headers=same) for of in (url, "/orders/999999999/"))
        assert (theirs.status_code, unknown.status_code) == (404, 404)
        assert theirs.content == unknown.content

    def test_a_viewer_sees_it(self, as_user: AsUser, vera: User, url: str) -> None:
        assert as_user(vera).get(f"{url}pictures/1/").status_code == 200

    def test_refuses_other_methods(self, client: Client, url: str) -> None:
        methods = ("post", "put", "patch", "delete")
        assert {getattr(client, method)(f"{url}pictures/1/").status_code for method in methods} == {405}
