"""The sandbox's pictures and uploads: contract 10 and 11."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient
from PIL import Image, ImageChops
from werkzeug.test import TestResponse

from orders.sandbox.paging import Cut
from orders.sandbox.seed import seed
from orders.sandbox.store import Store
from tests.sandbox.calls import MINE, NOON, PHOTO, THEIRS, announce, send


@pytest.fixture(autouse=True)
def _orders(store: Store) -> None:
    seed(store, "sk-mine", 40, NOON)


def ids(store: Store, status: str) -> list[str]:
    """The seeded images in this state."""
    page = store.page(store.open_account("sk-mine"), Cut("-date", None, "", 15))
    return [image.image_id for order in page.orders for image in order.images if image.status(store.now()) == status]


@pytest.fixture
def image_id(store: Store) -> str:
    return ids(store, "processed")[0]


def picture(answer: TestResponse) -> Image.Image:
    assert answer.status_code == 200
    return Image.open(io.BytesIO(answer.data))


def test_about_half_of_the_images_answer_behind_a_redirect(client: FlaskClient, store: Store) -> None:
    images = ids(store, "processed")
    statuses = [client.get(f"/v3/images/{image}/preview").status_code for image in images]
    assert set(statuses) == {200, 302}
    assert 0.3 < statuses.count(302) / len(images) < 0.7


def test_a_redirect_leads_to_a_picture_that_needs_no_key(client: FlaskClient, store: Store) -> None:
    addresses = [f"/v3/images/{image}/enhanced" for image in ids(store, "processed")]
    behind = next(
        answer for answer in (client.get(one, headers=MINE) for one in addresses) if answer.status_code == 302
    )
    assert behind.headers["Location"].startswith("http://localhost/pictures/")
    assert picture(client.get(behind.headers["Location"])).format == "JPEG"
    assert client.get(behind.headers["Location"] + "x").status_code == 403


@pytest.mark.parametrize("path", ["preview", "watermark"])
def test_previews_are_small_jpegs_without_a_key(client: FlaskClient, image_id: str, path: str) -> None:
    shown = picture(client.get(f"/v3/images/{image_id}/{path}", follow_redirects=True))
    assert (shown.format, shown.size) == ("JPEG", (600, 400))


def test_the_watermark_is_stamped(client: FlaskClient, image_id: str) -> None:
    plain, stamped = (
        picture(client.get(f"/v3/images/{image_id}/{path}", follow_redirects=True)) for path in ("preview", "watermark")
    )
    brighter = ImageChops.difference(plain, stamped).convert("L").point(lambda value: 255 * (value > 20))
    assert brighter.histogram()[255] > 600 * 400 / 50


def test_original_and_enhanced_differ_and_stay_the_same(client: FlaskClient, store: Store) -> None:
    shown = {
        client.get(f"/v3/images/{image}/{path}", headers=MINE, follow_redirects=True).data
        for image in ids(store, "processed")[:3]
        for path in ("original", "enhanced", "original", "enhanced")
    }
    assert len(shown) == 6


@pytest.mark.parametrize("path", ["original", "enhanced"])
def test_full_pictures_need_the_key_of_their_account(client: FlaskClient, image_id: str, path: str) -> None:
    address = f"/v3/images/{image_id}/{path}"
    assert client.get(address).status_code == 401
    assert client.get(address, headers=THEIRS).status_code == 404


def test_buying_is_402_and_development_mode_gives_a_stamped_picture(client: FlaskClient, image_id: str) -> None:
    address = f"/v3/images/{image_id}/enhanced"
    answer = client.get(f"{address}?preview=false", headers=MINE)
    assert (answer.status_code, answer.json) == (402, {"message": "Payment Required", "detail": {}})
    free = client.get(f"{address}?preview=false", headers=MINE | {"x-dev-mode": "true"}, follow_redirects=True)
    stamped = client.get(f"{address}?watermark=true", headers=MINE, follow_redirects=True)
    assert free.data == stamped.data


def test_parameters_shape_the_picture(client: FlaskClient, image_id: str) -> None:
    query = {"format": "webp", "max_width": 300, "scale": 0.5, "quality": 10, "preview": "true"}
    shown = picture(
        client.get(f"/v3/images/{image_id}/enhanced", query_string=query, headers=MINE, follow_redirects=True)
    )
    assert (shown.format, shown.width) == ("WEBP", 150)


@pytest.mark.parametrize("query", ["quality=91", "format=gif", "max_width=0", "scale=2", "dpi=71", "preview=maybe"])
def test_a_wrong_parameter_is_422(client: FlaskClient, image_id: str, query: str) -> None:
    answer = client.get(f"/v3/images/{image_id}/enhanced?{query}", headers=MINE)
    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json["detail"]["query"]) == [query.partition("=")[0]]


@pytest.mark.parametrize("status", ["processing", "error"])
def test_a_picture_that_is_not_done_is_404(client: FlaskClient, store: Store, status: str) -> None:
    assert client.get(f"/v3/images/{ids(store, status)[0]}/preview").status_code == 404


def test_an_uploaded_photo_comes_back(client: FlaskClient) -> None:
    image = send(client, {"image_name": "hall.jpg"}, PHOTO.read_bytes())
    original = f"/v3/images/{image['image_id']}/original"
    shown = picture(client.get(original, headers=MINE, follow_redirects=True))
    difference = ImageChops.difference(shown, Image.open(PHOTO).convert("RGB")).convert("L")
    assert sum(difference.histogram()[60:]) == 0


def test_an_upload_of_another_type_or_to_a_made_up_address_is_403(client: FlaskClient) -> None:
    image = announce(client, {"image_name": "hall.jpg"})
    assert client.put(image["upload_url"], data=b"x", content_type="image/jpeg").status_code == 403
    assert client.put("/uploads/made-up", data=b"x", content_type="application/octet-stream").status_code == 403


@pytest.mark.parametrize("body", [{}, {"image_name": ""}, {"image_name": "a.jpg", "enhance": "yes"}])
def test_an_image_without_a_name_or_with_a_wrong_setting_is_422(client: FlaskClient, body: dict[str, str]) -> None:
    assert client.post("/v3/images/", json=body, headers=MINE).status_code == 422
