"""The keyboard alone: single keys, palette, help sheet, the way back from a rename, whole journeys (X2, X3, R6)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from dashboard.accounts.models import Team, User
from orders import sync
from orders.models import ApiKey, Order, ShareLink, View
from orders.sandbox.store import Store
from tests.browser.conftest import LogIn, Watch
from tests.browser.test_pages import go_to, look
from tests.cast import ALICES_KEY, place_upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WITHOUT_SCRIPTS = pytest.mark.browser_context_args(java_script_enabled=False)
FIRST, SECOND = "14 Rosewood Ave", "12 Rosewood Ave"


@pytest.fixture
def two(order: Order, key: ApiKey, store: Store) -> list[Order]:
    """FIRST above SECOND, which is the order of the cast."""
    place_upstream(store, ALICES_KEY, FIRST)
    sync.import_orders(key)
    return [Order.objects.get(name=name) for name in (FIRST, SECOND)]


@pytest.fixture
def page(two: list[Order], alice: User, log_in: LogIn, orders_url: str) -> Page:
    """Alice's list."""
    page = log_in(alice)
    page.goto(orders_url)
    return page


def name_link(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=name, exact=True)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def combobox(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Order, saved view or page")


def ask(page: Page, text: str) -> None:
    """Type it at one go, after the first answer: one that is overtaken would be a word in the console."""
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.insert_text(text)


def option(page: Page, name: str) -> Locator:
    return page.get_by_role("option", name=name)


def marked(page: Page) -> Locator:
    return page.get_by_role("option", selected=True)


class SingleKeyTests:
    def test_j_and_k_go_through_the_rows_and_enter_opens(self, page: Page, two: list[Order]) -> None:
        press(page, "k")
        expect(page.locator("body")).to_be_focused()
        press(page, "j")
        expect(name_link(page, FIRST)).to_be_focused()
        press(page, "j", "j")
        expect(name_link(page, SECOND)).to_be_focused()
        press(page, "k", "Enter")
        expect(page).to_have_url(re.compile(f"/orders/{two[0].pk}/$"))

    def test_x_selects_the_row_with_the_focus_and_no_other(self, page: Page) -> None:
        press(page, "x")
        expect(page.locator("#bulk")).to_be_hidden()
        press(page, "j", "x", "j", "x", "k", "x")
        expect(page.locator("#announce")).to_have_text("1 selected")
        expect(page.get_by_role("checkbox", name=f"Select {SECOND}")).to_be_checked()
        expect(name_link(page, FIRST)).to_be_focused()

    def test_slash_searches_and_escape_clears_then_leaves(self, page: Page) -> None:
        box = page.get_by_role("searchbox", name="Search")
        press(page, "/")
        expect(box).to_be_focused()
        expect(box).to_have_value("")
        page.keyboard.type("14")
        expect(page.locator("#announce")).to_have_text("1 order")
        press(page, "Escape")
        expect(box).to_have_value("")
        press(page, "Escape")
        expect(box).not_to_be_focused()

    def test_c_creates_and_s_shares(self, page: Page, two: list[Order]) -> None:
        press(page, "c")
        expect(page.get_by_role("textbox", name="Name")).to_be_focused()
        page.goto(two[0].get_absolute_url())
        press(page, "s")
        expect(page.get_by_role("dialog", name=f"Share {FIRST}")).to_be_visible()

    def test_e_renames_on_the_orders_page(self, page: Page, two: list[Order]) -> None:
        page.goto(two[0].get_absolute_url())
        press(page, "e")
        expect(page.get_by_role("textbox", name=f"New name for {FIRST}")).to_be_focused()

    def test_none_fires_while_somebody_types(self, page: Page, watch: Watch) -> None:
        press(page, "/")
        page.keyboard.type("jkxecsz?/")
        expect(page.get_by_role("searchbox", name="Search")).to_have_value("jkxecsz?/")
        expect(page.locator("#announce")).to_have_text("0 orders")
        press(page, "Escape", "Escape")
        expect(page.locator("#announce")).to_have_text("2 orders")
        press(page, "j", "e")
        expect(page.get_by_role("textbox", name=f"New name for {FIRST}")).to_be_focused()
        page.keyboard.type("jkxecsz?/")
        expect(page.get_by_role("textbox", name=f"New name for {FIRST}")).to_have_value("jkxecsz?/")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert watch.sent("POST") == []

    def test_none_fires_with_a_modifier_while_composing_or_under_a_dialog(
        self, page: Page, context: BrowserContext, two: list[Order]
    ) -> None:
        press(page, "Alt+j", "Shift+J")
        keyboard = context.new_cdp_session(page)
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": "j", "windowsVirtualKeyCode": 229})
        expect(page.locator("body")).to_be_focused()
        press(page, "?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        press(page, "c", "j", "Control+k")
        expect(page.get_by_role("button", name="Close")).to_be_focused()
        press(page, "?")
        expect(page.get_by_role("dialog")).to_have_count(0)

    def test_turned_off_only_those_stay_that_type_nothing(
        self, page: Page, alice: User, watch: Watch, orders_url: str
    ) -> None:
        User.objects.filter(pk=alice.pk).update(single_keys=False)
        page.reload()
        press(page, "j", "x", "c", "?", "/")
        expect(page.locator("body")).to_be_focused()
        name_link(page, FIRST).focus()
        press(page, "e")
        expect(page.locator("form[data-rename]")).to_have_count(0)
        press(page, "F2")
        expect(page.get_by_role("textbox", name=f"New name for {FIRST}")).to_be_focused()
        press(page, "Escape", "Control+k")
        expect(combobox(page)).to_be_focused()


class HelpTests:
    def test_opens_over_the_page_and_gives_the_focus_back(self, page: Page) -> None:
        press(page, "j", "?")
        sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(sheet.get_by_text("Next order")).to_be_visible()
        look(page)
        press(page, "Escape")
        expect(name_link(page, FIRST)).to_be_focused()

    @WITHOUT_SCRIPTS
    def test_is_a_page_without_scripts(self, page: Page) -> None:
        page.get_by_text("my account").locator("..").click()
        page.get_by_role("link", name="Keyboard shortcuts").click()
        expect(page.get_by_role("heading", name="Keyboard shortcuts", level=1)).to_be_visible()


class PaletteTests:
    def test_opens_an_order_by_its_letters(self, page: Page, two: list[Order]) -> None:
        press(page, "Control+k")
        expect(combobox(page)).to_be_focused()
        ask(page, "12 rose")
        expect(marked(page)).to_have_text(re.compile(SECOND))
        expect(page.get_by_role("dialog", name="Go to").get_by_role("status")).to_have_text("2 results")
        press(page, "Enter")
        expect(page).to_have_url(re.compile(f"/orders/{two[1].pk}/$"))

    def test_the_arrows_home_and_end_go_round(self, page: Page) -> None:
        press(page, "Control+k")
        expect(marked(page)).to_have_text(re.compile(FIRST))
        press(page, "ArrowDown")
        expect(marked(page)).to_have_text(re.compile(SECOND))
        assert combobox(page).get_attribute("aria-activedescendant") == marked(page).get_attribute("id")
        press(page, "ArrowUp", "ArrowUp")
        last = marked(page).inner_text()
        press(page, "Home")
        expect(marked(page)).to_have_text(re.compile(FIRST))
        press(page, "End")
        assert marked(page).inner_text() == last
        press(page, "ArrowDown")
        expect(marked(page)).to_have_text(re.compile(FIRST))
        expect(combobox(page)).to_be_focused()
        look(page)

    def test_enter_before_the_answer_opens_the_first_of_it(self, page: Page, team: Team, watch: Watch) -> None:
        press(page, "Control+k")
        expect(option(page, FIRST)).to_be_visible()
        page.keyboard.type("members")
        press(page, "Enter")
        expect(page).to_have_url(re.compile(f"/teams/{team.slug}/people/$"))
        watch.complaints = [text for text in watch.complaints if "htmx:" not in text]  # what it overtook

    def test_escape_and_its_own_key_close_it_where_it_was_opened(self, page: Page) -> None:
        press(page, "j")
        for close in ("Escape", "Control+k"):
            press(page, "Control+k")
            expect(option(page, FIRST)).to_be_visible()
            press(page, close)
            expect(page.get_by_role("dialog")).to_have_count(0)
            expect(name_link(page, FIRST)).to_be_focused()

    def test_opens_from_the_search_box_views_and_themes(self, page: Page, team: Team, orders_url: str) -> None:
        View.objects.create(team=team, name="Elms of the day", text="elm")
        press(page, "/", "Control+k")
        ask(page, "of the day")
        expect(marked(page)).to_have_text(re.compile("Elms of the day"))
        press(page, "Enter")
        expect(page).to_have_url(re.compile(r"\?q=elm$"))
        page.get_by_role("link", name=re.compile("^Go to…")).click()
        ask(page, "dark")
        expect(marked(page)).to_have_text("Dark theme")
        press(page, "Enter")
        expect(page.locator("html[data-theme=dark]")).to_have_count(1)
        expect(page).to_have_url(re.compile(r"\?q=elm$"))

    @WITHOUT_SCRIPTS
    def test_is_a_page_without_scripts(self, page: Page, two: list[Order]) -> None:
        page.get_by_role("link", name=re.compile("^Go to…")).click()
        expect(page.get_by_role("searchbox", name="Order, saved view or page")).to_be_focused()
        page.keyboard.type("12 rose")
        press(page, "Enter")
        page.get_by_role("link", name=SECOND).click()
        expect(page).to_have_url(re.compile(f"/orders/{two[1].pk}/$"))


class UndoTests:
    NEW = "Oak House"

    @pytest.fixture(params=["in the list", "on its page"])
    def renamed(self, request: pytest.FixtureRequest, page: Page, two: list[Order]) -> Page:
        """FIRST has just been called NEW."""
        if request.param == "on its page":
            page.goto(two[0].get_absolute_url())
        else:
            press(page, "j")
        press(page, "e")
        expect(page.get_by_role("textbox", name=f"New name for {FIRST}")).to_be_focused()
        page.keyboard.type(self.NEW)
        press(page, "Enter")
        expect(page.get_by_text(f"Renamed to {self.NEW}.")).to_be_visible()
        return page

    def test_is_the_next_stop_of_tab_and_takes_it_back(self, renamed: Page, two: list[Order], store: Store) -> None:
        expect(renamed.get_by_role("link", name=f"Rename {self.NEW}")).to_be_focused()
        expect(renamed.locator("#announce")).to_have_text(f"Renamed to {self.NEW}")
        press(renamed, "Tab")
        expect(renamed.get_by_role("button", name=f"Undo the rename to {self.NEW}")).to_be_focused()
        press(renamed, "Enter")
        expect(renamed.get_by_text(f"Renamed to {FIRST}.")).to_be_visible()
        expect(renamed.locator(".undo")).to_have_count(1)
        expect(renamed.get_by_role("link", name=f"Rename {FIRST}")).to_be_focused()
        assert store.order(two[0].order_id).name == FIRST

    def test_z_takes_it_back_from_anywhere(self, renamed: Page, two: list[Order], store: Store) -> None:
        renamed.get_by_role("link", name="Links", exact=True).focus()
        press(renamed, "z")
        expect(renamed.get_by_text(f"Renamed to {FIRST}.")).to_be_visible()
        assert store.order(two[0].order_id).name == FIRST

    def test_goes_by_itself_but_not_under_the_focus(self, renamed: Page) -> None:
        press(renamed, "Tab")
        toast = renamed.locator(".undo")
        assert toast.evaluate("toast => toast.getAnimations()[0].effect.getComputedTiming().delay") >= 10_000
        toast.evaluate("toast => { toast.getAnimations()[0].currentTime = 11_990; }")
        assert toast.evaluate("toast => toast.getAnimations()[0].playState") == "paused"
        press(renamed, "Shift+Tab")
        expect(toast).to_have_count(0)

    def test_escape_and_a_button_send_it_away(self, renamed: Page) -> None:
        press(renamed, "Tab", "Escape")
        expect(renamed.locator(".undo")).to_have_count(0)
        expect(renamed.get_by_role("link", name=f"Rename {self.NEW}")).to_be_focused()

    def test_of_two_renames_the_later_can_be_undone(self, renamed: Page) -> None:
        press(renamed, "Enter")
        expect(renamed.get_by_role("textbox", name=f"New name for {self.NEW}")).to_be_focused()
        renamed.keyboard.type("Elm House")
        press(renamed, "Enter")
        expect(renamed.locator(".undo")).to_have_text(re.compile("Renamed to Elm House"))
        look(renamed)
        renamed.get_by_role("button", name="Dismiss").click()
        expect(renamed.locator(".undo")).to_have_count(0)

    def test_a_conflict_is_shown_in_its_place(
        self, renamed: Page, two: list[Order], store: Store, watch: Watch
    ) -> None:
        there = store.order(two[0].order_id)
        store.edit_order(there, "Theirs", there.sort_order)
        press(renamed, "z")
        expect(renamed.locator("form[data-rename]")).to_contain_text("Nothing was overwritten")
        watch.forgive("409")
        assert store.order(two[0].order_id).name == "Theirs"


class WithoutScriptsTests:
    @WITHOUT_SCRIPTS
    def test_a_rename_is_taken_back_by_a_form(self, page: Page, two: list[Order], store: Store) -> None:
        page.get_by_role("link", name=f"Rename {FIRST}").click()
        page.get_by_role("textbox", name=f"New name for {FIRST}").fill("Oak House")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Undo the rename to Oak House").click()
        expect(name_link(page, FIRST)).to_be_visible()
        assert store.order(two[0].order_id).name == FIRST


class JourneyTests:
    def test_create_search_rename_share_and_revoke(self, page: Page, store: Store) -> None:
        press(page, "c")
        expect(page.get_by_role("textbox", name="Name")).to_be_focused()
        page.keyboard.type("3 Oak Lane")
        press(page, "Enter")
        expect(page.get_by_role("heading", name="3 Oak Lane")).to_be_visible()
        press(page, "Control+k")
        ask(page, "orders")
        expect(option(page, "Orders")).to_be_visible()
        go_down_to(page, "Orders")
        press(page, "Enter")
        expect(page.get_by_role("searchbox", name="Search")).to_be_visible()
        press(page, "/")
        page.keyboard.type("oak")
        expect(page.locator("#announce")).to_have_text("1 order")
        press(page, "Tab", "j", "e")
        expect(page.get_by_role("textbox", name="New name for 3 Oak Lane")).to_be_focused()
        page.keyboard.type("5 Oak Lane")
        press(page, "Enter")
        expect(page.get_by_role("link", name="Rename 5 Oak Lane")).to_be_focused()
        press(page, "Shift+Tab", "Enter")
        expect(page.get_by_role("heading", name="5 Oak Lane")).to_be_visible()
        press(page, "s")
        dialog = page.get_by_role("dialog", name="Share 5 Oak Lane")
        expect(dialog.get_by_label("Label")).to_be_focused()
        press(page, "Enter")
        expect(dialog.get_by_role("heading", name="is ready")).to_be_focused()
        go_to(page, dialog.get_by_role("button", name="Revoke Link 1"))
        press(page, "Enter")
        expect(dialog.locator(".share__link")).to_contain_text("Revoked")
        assert not ShareLink.objects.live().exists()
        assert store.order(Order.objects.get(name="5 Oak Lane").order_id).name == "5 Oak Lane"


def go_down_to(page: Page, name: str) -> None:
    """Press the arrow until that option is marked."""
    for _ in range(20):
        if marked(page).inner_text().strip() == name:
            return
        press(page, "ArrowDown")
    pytest.fail(f"the arrow does not lead to {name}")


class FocusOrderTests:
    STOP = """() => {
        const at = document.activeElement;
        const text = at.getAttribute("aria-label") ?? at.innerText ?? "";
        return [at.closest("header, main, dialog")?.tagName, text.trim()];
    }"""

    def stops(self, page: Page) -> list[list[str]]:
        """Where Tab leads, once round the page."""
        found: list[list[str]] = []
        for _ in range(60):
            press(page, "Tab")
            stop = page.evaluate(self.STOP)
            if stop[0] is None and found and found[-1][0] == "MAIN":
                return found
            found.append(stop)
        raise AssertionError(found)

    def test_of_the_list_is_the_order_of_reading(self, page: Page) -> None:
        stops = self.stops(page)
        assert stops[0][1] == "Skip to the content"
        places = [place for place, _text in stops[1:]]
        assert places == sorted(places)  # HEADER, MAIN
        texts = [text for _place, text in stops]
        row = [f"Select {FIRST}", FIRST, f"Rename {FIRST}"]
        at = texts.index(row[0])
        assert texts[at : at + 3] == row
        assert texts.index("New order") < at < texts.index(f"Select {SECOND}")
