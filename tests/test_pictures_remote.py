"""Pictures: free of charge, only where they may come from, and only what a browser may show (decisions 8 and 9)."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests.adapters
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from orders import wire
from orders.answers import read_picture
from orders.remote import Autoenhance, KeyRejected, NotFound, NotSent, Refused, Unavailable
from tests.certificates import certificate
from tests.remote_calls import KEY
from tests.upstream import Step, Upstream, flood


def picture(kind: str = "JPEG", size: tuple[int, int] = (30, 20)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, kind)
    return made.getvalue()


JPEG = Step(raw=picture(), headers={"Content-Type": "text/html"}, forever=True)
PREVIEW = "/v3/images/i1/preview"


def to(address: str, status: int = 302) -> Step:
    return Step(status=status, headers={"Location": address})


@pytest.fixture
def service() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def client(service: Upstream) -> Autoenhance:
    return Autoenhance(service.url, "2025-08-31")


class AddressesTests:
    @pytest.mark.parametrize("kind", ["preview", "watermark"])
    def test_preview_and_watermark_send_no_key(self, service: Upstream, client: Autoenhance, kind: str) -> None:
        service.script("GET", f"/v3/images/i1/{kind}", JPEG)
        assert getattr(client, kind)("i1").media_type == "image/jpeg"
        assert "x-api-key" not in service.journal[0].headers

    def test_enhanced_is_always_the_free_preview(self, service: Upstream, client: Autoenhance) -> None:
        service.script("GET", "/v3/images/i1/enhanced", JPEG)
        assert client.enhanced(KEY, "i1").data == picture()
        (seen,) = service.journal
        assert (seen.query, seen.headers["x-api-key"]) == ({"preview": "true"}, KEY)

    def test_a_purchase_occurs_nowhere_in_the_code(self) -> None:
        sources = [path for path in Path(wire.__file__).parent.glob("*.py") if "preview=false" in path.read_text()]
        assert sources == []

    def test_json_is_not_asked_for(self, service: Upstream, client: Autoenhance) -> None:
        service.script("GET", PREVIEW, JPEG)
        client.preview("i1")
        assert service.journal[0].headers["accept"] == "image/*"

    @pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (402, Refused), (401, KeyRejected)])
    def test_a_refusal_is_told(self, service: Upstream, client: Autoenhance, status: int, kind: type[Refused]) -> None:
        service.script("GET", "*", Step(status=status))
        with pytest.raises(Refused) as caught:
            client.enhanced(KEY, "i1")
        assert type(caught.value) is kind


class RedirectsTests:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_are_followed_at_home(self, service: Upstream, client: Autoenhance, status: int) -> None:
        service.script("GET", PREVIEW, to("/stored/i1.jpg", status))
        service.script("GET", "/stored/i1.jpg", JPEG)
        assert client.preview("i1").data == picture()

    @pytest.mark.parametrize(("hops", "succeeds"), [(3, True), (4, False)])
    def test_are_followed_three_times(self, service: Upstream, client: Autoenhance, hops: int, succeeds: bool) -> None:
        service.script("GET", PREVIEW, *[to(PREVIEW)] * hops, JPEG)
        if succeeds:
            assert client.preview("i1").data == picture()
        else:
            with pytest.raises(Unavailable):
                client.preview("i1")
        assert len(service.calls()) == 4

    @pytest.mark.parametrize(
        "location",
        ["http://example.invalid/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "javascript:alert(1)",
         "//example.invalid/x", "https://", "https://[", "https://a:b@example.invalid/", "http://127.0.0.1:x/",
         "data:image/png;base64,AA==",
         "https://example.invalid:99999/", "gopher://127.0.0.1/"],
    )  # fmt: skip
    def test_lead_nowhere_else(self, service: Upstream, client: Autoenhance, location: str) -> None:
        service.script("GET", PREVIEW, to(location))
        with pytest.raises(Unavailable) as caught:
            client.preview("i1")
        assert (type(caught.value), len(service.calls())) == (Unavailable, 1)

    @pytest.mark.parametrize("step", [Step(status=302), Step(status=304, headers={"Location": "/x"}), Step(status=300)])
    def test_without_a_direction_are_unavailable(self, service: Upstream, client: Autoenhance, step: Step) -> None:
        service.script("GET", PREVIEW, step)
        with pytest.raises(Unavailable):
            client.preview("i1")

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_never_reach_a_private_address(
        self, service: Upstream, client: Autoenhance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
    ) -> None:
        """Whatever its name, and although its certificate is good."""
        tls, trust = certificate(tmp_path)
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(trust))
        with Upstream(tls=tls) as inside:
            service.script("GET", PREVIEW, to(f"https://{host}:{inside.port}/x"))
            with pytest.raises(NotSent):
                client.preview("i1")
            assert inside.journal == []

    @pytest.mark.parametrize("location", ["http://localhost:{}/x", "http://127.0.0.2:{}/x", "https://2130706433:{}/x"])
    def test_never_reach_home_under_another_name(self, service: Upstream, client: Autoenhance, location: str) -> None:
        service.script("GET", PREVIEW, to(location.format(service.port)))
        with pytest.raises(Unavailable):
            client.preview("i1")
        assert len(service.calls()) == 1


class KeyOnRedirectsTests:
    @pytest.mark.parametrize(
        ("location", "goes_along"),
        [("/elsewhere?preview=true", True), ("/elsewhere?a=b&preview=true", True), ("/elsewhere", False),
         ("/elsewhere?preview=True1", False), ("/elsewhere?preview=false", False), ("/elsewhere?xpreview=true", False)],
    )  # fmt: skip
    def test_at_home_it_goes_to_free_previews_only(
        self, service: Upstream, client: Autoenhance, location: str, goes_along: bool
    ) -> None:
        service.script("GET", "/v3/images/i1/enhanced", to(location))
        service.script("GET", "/elsewhere", JPEG)
        client.enhanced(KEY, "i1")
        assert service.journal[1].headers["x-api-key"] == (KEY if goes_along else None)

    def test_another_host_gets_neither_key_nor_cookie_nor_version(
        self, service: Upstream, client: Autoenhance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing on this machine is public or has a certificate, so the two judgements are told otherwise."""
        tls, trust = certificate(tmp_path)
        monkeypatch.setattr(wire, "is_public", lambda _: True)
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(trust))
        with Upstream(tls=tls) as store:
            cookie = {"Set-Cookie": "u=A", "Location": f"{store.url}/p.jpg?preview=true"}
            service.script("GET", "*", Step(status=302, headers=cookie))
            store.script("GET", "/p.jpg", JPEG)
            assert client.enhanced(KEY, "i1").data == picture()
            (seen,) = store.journal
        assert {name.lower() for name in seen.headers} == {"host", "accept", "accept-encoding", "user-agent"}


class BytesTests:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
    def test_decide_the_media_type(self, service: Upstream, client: Autoenhance, kind: str) -> None:
        service.script("GET", PREVIEW, Step(raw=picture(kind), headers={"Content-Type": "image/svg+xml"}))
        assert client.preview("i1").media_type == f"image/{kind.lower()}"

    def test_of_a_camera_with_a_second_picture_inside_are_a_jpeg(self) -> None:
        made = io.BytesIO()
        Image.new("RGB", (30, 20)).save(made, "MPO", save_all=True, append_images=[Image.new("RGB", (30, 20))])
        assert read_picture(made.getvalue()).media_type == "image/jpeg"

    @pytest.mark.parametrize(
        "body",
        [b"", b"<svg onload='alert(1)'/>", b'{"image_url": "https://x"}', picture("GIF"), picture("BMP"),
         picture("TIFF"), picture("ICO"), picture()[:3], b"GIF89a" + picture(), picture("PNG", (1, 1))[:20]],
    )  # fmt: skip
    def test_of_anything_else_are_unavailable(self, service: Upstream, client: Autoenhance, body: bytes) -> None:
        service.script("GET", PREVIEW, Step(raw=body, headers={"Content-Type": "image/jpeg"}))
        with pytest.raises(Unavailable):
            client.preview("i1")

    @pytest.mark.parametrize("side", [7_800, 10_000, 16_000, 60_000])
    def test_of_absurd_size_are_unavailable(self, side: int) -> None:
        header = bytearray(picture("PNG", (1, 1)))
        header[16:24] = side.to_bytes(4, "big") * 2
        with pytest.raises(Unavailable):
            read_picture(bytes(header))

    @given(st.sampled_from(["MPO", "JPEG", "PNG", "WEBP", "AVIF"]), st.data())
    def test_that_are_damaged_raise_nothing_else(self, kind: str, data: st.DataObject) -> None:
        whole = bytearray(picture(kind))
        for place in data.draw(st.lists(st.integers(0, min(len(whole), 120) - 1), max_size=8)):
            whole[place] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(whole)))
        try:
            assert read_picture(bytes(whole[cut:]))
        except Unavailable:
            return

    def test_beyond_ten_megabytes_are_unavailable(self, service: Upstream, client: Autoenhance) -> None:
        service.script("GET", PREVIEW, Step(stream=lambda: flood(1_000_000_000)))
        with pytest.raises(Unavailable):
            client.preview("i1")

    def test_up_to_ten_megabytes_are_taken(self, service: Upstream, client: Autoenhance) -> None:
        service.script("GET", PREVIEW, Step(raw=picture().ljust(10_000_000, b"\0")))
        assert len(client.preview("i1").data) == 10_000_000


@pytest.mark.parametrize("call", [lambda c: c.preview("i1"), lambda c: c.enhanced(KEY, "i1")])
def test_a_picture_with_its_redirects_has_one_deadline(
    service: Upstream, call: Callable[[Autoenhance], object]
) -> None:
    service.script(
        "GET", "*", Step(status=302, headers={"Location": "/next"}, delay=0.2), Step(drip=0.1, raw=picture())
    )
    began = time.monotonic()
    with pytest.raises(Unavailable):
        call(Autoenhance(service.url, "", picture_deadline=0.5))
    assert time.monotonic() - began < 1.0
