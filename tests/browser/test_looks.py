"""What holds on every page, whatever it shows: no jump while it loads, any theme, width, contrast, and on paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from dashboard.accounts.models import Team, User
from orders import strips
from orders.models import ApiKey, Order
from tests.browser.conftest import LogIn
from tests.browser.test_guest import wide
from tests.guests import Shared
from tests.pages import fill
from tests.upstream import Step, Upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WITHOUT_SCRIPTS = pytest.mark.browser_context_args(java_script_enabled=False)
PHONE = pytest.mark.browser_context_args(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
# Notes what jumps, and what it was; a jump that follows a press is no surprise.
SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    if (!hadRecentInput) shifts.push([value, sources.map(({ node }) => node?.outerHTML?.slice(0, 80))]);
  }
}).observe({ type: "layout-shift", buffered: true });"""
BLOCKING = """() => performance.getEntriesByType("resource").filter((each) => each.renderBlockingStatus === "blocking")
  .map((each) => new URL(each.name).pathname)"""


@pytest.fixture
def places(key: ApiKey, upstream: Upstream, alice: User, shared: Shared, log_in: LogIn) -> dict[str, str]:
    """The pages that people look at all day; alice is logged in, with views in her side bar and a strip in her list."""
    for kind in ("preview", "watermark"):
        upstream.script("GET", f"*/{kind}", Step(raw=wide(), forever=True))
    fill(key)
    order = Order.objects.filter(failed__gt=0, ready__gt=1).earliest("pk")
    strips.make(order)
    log_in(alice)
    return {"list": f"/teams/{key.team.slug}/orders/", "order": order.get_absolute_url(), "guest": shared.url}


@pytest.fixture
def released(sheet: Path, context: BrowserContext) -> None:
    """The style sheet comes as a release has it."""
    context.route("**/static/css/site.css", lambda route: route.fulfill(path=sheet))


class ShiftTests:
    @pytest.mark.parametrize("width", [1280, 360])
    def test_nothing_jumps_when_parts_and_pictures_arrive(
        self, page: Page, released: None, places: dict[str, str], width: int
    ) -> None:
        page.add_init_script(SHIFTS)
        page.set_viewport_size({"width": width, "height": 800})
        for path in places.values():
            page.goto(path, wait_until="networkidle")
            assert page.evaluate("shifts") == []

    def test_a_release_holds_the_first_paint_up_for_one_sheet_alone(
        self, page: Page, released: None, places: dict[str, str]
    ) -> None:
        """Issue 6 allows six requests before the list is readable, three of them style sheets."""
        for path in places.values():
            page.goto(path)
            assert page.evaluate(BLOCKING) == ["/static/css/site.css"]


class ThemeTests:
    def test_a_choice_holds_on_the_page_that_it_was_made_on(self, page: Page, places: dict[str, str]) -> None:
        page.emulate_media(color_scheme="light")
        page.goto(f"{places['list']}?q=mill")
        choose(page, "Dark")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.url.endswith("?q=mill")
        assert lightness(page) < 0.3
        choose(page, "System")
        expect(page.locator("html:not([data-theme])")).to_be_attached()
        assert lightness(page) > 0.9

    @WITHOUT_SCRIPTS
    def test_a_choice_needs_no_scripts(self, page: Page, places: dict[str, str]) -> None:
        page.goto(f"{places['list']}?q=mill")
        choose(page, "Dark")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.url.endswith("?q=mill")

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_login_and_guests_follow_their_system(self, page: Page, shared: Shared, scheme: str) -> None:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for path in ("/accounts/login/", shared.url):
            page.goto(path)
            assert (lightness(page) < 0.3) == (scheme == "dark")


def choose(page: Page, theme: str) -> None:
    page.locator(".rail__foot summary").click()
    page.locator(".rail__foot").get_by_role("button", name=theme, exact=True).click()


def lightness(page: Page) -> float:
    """Of what is behind the text: 0 is black, 1 is white."""
    colour = str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    return float(colour.removeprefix("oklch(").split()[0])


class WidthTests:
    def test_nothing_scrolls_sideways_at_four_times_the_size(self, page: Page, places: dict[str, str]) -> None:
        """WCAG 1.4.10: 1280 px at 400 % are 320."""
        page.set_viewport_size({"width": 320, "height": 640})
        team = places["list"].removesuffix("orders/")
        more = [
            "/keys/",
            "/settings/",
            "/accounts/login/",
            *(f"{team}{part}/" for part in ("people", "links", "views")),
        ]
        for path in (*places.values(), *more):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path

    def test_a_long_name_of_a_team_takes_no_more_than_its_place(
        self, page: Page, key: ApiKey, places: dict[str, str]
    ) -> None:
        Team.objects.filter(pk=key.team_id).update(name="Wolkensteinerpanoramafotografie" * 3)
        for width in (360, 1024):
            page.set_viewport_size({"width": width, "height": 800})
            for path in (places["list"], places["order"], "/keys/", "/settings/"):
                page.goto(path)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                rail = page.locator(".rail").evaluate("({ scrollWidth, clientWidth }) => scrollWidth - clientWidth")
                assert rail == 0, path

    def test_names_of_orders_keep_their_room_in_a_narrow_table(self, page: Page, places: dict[str, str]) -> None:
        page.goto(places["list"])
        for width in (768, 895, 896, 960, 1024, 1120, 1216, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            box = page.locator("thead .list__name").bounding_box()
            assert box
            assert box["width"] >= 200, width

    @PHONE
    def test_a_thumb_hits_what_is_to_be_pressed(self, page: Page, places: dict[str, str]) -> None:
        for path in (places["list"], places["order"], "/keys/", "/accounts/password/change/"):
            page.goto(path)
            for button in visible(page.locator(".button--primary, .rail__main .nav__item")):
                assert button["height"] >= 44, path
            for target in visible(page.locator(".page :is(.button, summary, input, select, [role=switch])")):
                assert min(target["width"], target["height"]) >= 16, path

    def test_it_is_the_same_from_right_to_left(self, page: Page, places: dict[str, str]) -> None:
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(places["list"])
            page.evaluate("document.documentElement.dir = 'rtl'")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            box = page.locator(".rail").bounding_box()
            assert box
            assert box["x"] + box["width"] == width


def visible(found: Locator) -> list[dict[str, float]]:
    """The boxes of those of them that are seen."""
    return [dict(box) for each in found.all() if each.is_visible() and (box := each.bounding_box())]


class ContrastTests:
    def test_forced_colours_keep_the_shape_of_things(self, page: Page, places: dict[str, str]) -> None:
        page.emulate_media(forced_colors="active")
        page.goto(places["list"])
        for thing in (".chip", ".page .button--primary", ".search", ".tabs__item[aria-current]"):
            assert has_edge(page.locator(thing).first), thing
        page.locator("#q").focus()
        assert page.locator(".search").evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
        icons = page.locator(".list .chip use").evaluate_all("uses => uses.map((use) => use.getAttribute('href'))")
        words = page.locator(".list .chip").all_inner_texts()
        assert len({*icons}) == len({word.split()[0] + ("failed" in word) * "!" for word in words})

    def test_who_wants_no_motion_gets_none(self, page: Page, places: dict[str, str]) -> None:
        page.emulate_media(reduced_motion="reduce")
        page.goto(places["list"])
        icon = page.locator(".chip--processing .icon").first
        style = "node => { const { animationDuration, animationIterationCount } = getComputedStyle(node);"
        assert icon.evaluate(f"{style} return [animationDuration, animationIterationCount]; }}") == ["0.001s", "1"]


def has_edge(thing: Locator) -> bool:
    """Whether a line is around or below it."""
    widths = "[getComputedStyle(node), getComputedStyle(node, '::after')].map((style) => style.borderBottomWidth)"
    return any(width != "0px" for width in thing.evaluate(f"node => {widths}"))


class PaperTests:
    def test_an_order_is_printed_black_on_white_without_what_only_a_screen_can_do(
        self, page: Page, context: BrowserContext, base_url: str, places: dict[str, str], sees: Callable[[str], bool]
    ) -> None:
        context.add_cookies([{"name": "theme", "value": "dark", "url": base_url}])
        page.goto(places["order"])
        page.emulate_media(media="print", color_scheme="dark")
        for kept in ("h1", ".chip", ".facts", ".sheet .photo", "#order-live time"):
            assert sees(kept), kept
        for dropped in (".rail", ".button", "form", ".crumbs", ".skip", ".menu"):
            assert not sees(dropped), dropped
        style = "(at) => { const { backgroundColor, color } = getComputedStyle(document.querySelector(at));"
        for part in (".page", ".sheet"):
            assert page.evaluate(f"{style} return backgroundColor; }}", part) == "rgb(255, 255, 255)"
        ink = page.evaluate(f"{style} return color; }}", "h1")
        assert float(str(ink).removeprefix("oklch(").split()[0]) < 0.3

    @pytest.fixture
    def sees(self, page: Page) -> Callable[[str], bool]:
        return lambda thing: any(each.is_visible() for each in page.locator(thing).all())
