"""Rename in place in a real browser: features.md section 4.1 and its rows R1 to R5 and R9."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from dashboard.accounts.models import Session, User
from orders.models import Order, Pace, now
from orders.sandbox.store import Store
from tests.browser.conftest import LogIn, Watch
from tests.cast import PASSWORD
from tests.upstream import Step, Upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OLD, NEW = "12 Rosewood Ave", "14 Rosewood Ave"
WITHOUT_SCRIPTS = pytest.mark.browser_context_args(java_script_enabled=False)


class Editor:
    """The one order on a page, its name and the form that the name becomes."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.form = page.locator("form[data-rename]")
        self.field = page.get_by_role("textbox", name=f"New name for {OLD}")
        self.error = self.form.get_by_role("alert")
        self.said = page.locator("#announce")

    def button(self, name: str = OLD) -> Locator:
        """What starts a rename; its accessible name says of what."""
        return self.page.get_by_role("link", name=f"Rename {name}", exact=True)

    def open(self) -> None:
        self.button().click()
        expect(self.field).to_be_focused()

    def save(self, name: str = NEW) -> None:
        self.open()
        self.field.fill(name)
        self.field.press("Enter")

    def leave(self) -> None:
        """Put the focus elsewhere, by a click on something that does nothing."""
        self.page.locator("main :is(h1, h2):not(.vh):visible").first.click()

    def is_closed(self, name: str) -> None:
        """The name is there to read, and the focus is back where the rename began (4.1.9)."""
        expect(self.button(name)).to_be_focused()
        expect(self.form).to_have_count(0)

    def sends_nothing(self) -> None:
        """Nothing has left before a request that was made now; so there was no race to look too early."""
        with self.page.expect_response("**/healthz"):
            self.page.evaluate("() => { fetch('/healthz') }")


def log_in_by_form(page: Page) -> None:
    page.get_by_label("E-mail address").fill("alice@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


@pytest.fixture
def in_list(order: Order, alice: User, log_in: LogIn, orders_url: str) -> Editor:
    page = log_in(alice)
    page.goto(orders_url)
    return Editor(page)


@pytest.fixture(params=["in the list", "on its page"])
def editor(request: pytest.FixtureRequest, order: Order, alice: User, log_in: LogIn, orders_url: str) -> Editor:
    page = log_in(alice)
    page.goto(orders_url if request.param == "in the list" else order.get_absolute_url())
    return Editor(page)


class SavingTests:
    def test_enter_saves_and_the_focus_returns(self, editor: Editor, order: Order, store: Store) -> None:
        editor.save()
        editor.is_closed(NEW)
        expect(editor.said).to_have_text(f"Renamed to {NEW}")
        assert store.order(order.order_id).name == NEW
        editor.page.reload()
        expect(editor.button(NEW)).to_be_visible()

    def test_opens_with_the_text_selected_and_buttons_in_sight(self, editor: Editor) -> None:
        editor.open()
        assert editor.field.evaluate("field => getSelection().toString()") == OLD
        expect(editor.form.get_by_role("button", name="Save")).to_be_visible()
        expect(editor.form.get_by_role("link", name="Cancel")).to_be_visible()

    @pytest.mark.parametrize("stroke", ["F2", "e"])
    def test_a_key_on_the_row_opens_it(self, in_list: Editor, stroke: str) -> None:
        in_list.page.get_by_role("link", name=OLD, exact=True).focus()
        in_list.page.keyboard.press(stroke)
        expect(in_list.field).to_be_focused()
        expect(in_list.field).to_have_value(OLD)

    def test_the_save_button_saves(self, in_list: Editor) -> None:
        in_list.open()
        in_list.field.fill(NEW)
        in_list.form.get_by_role("button", name="Save").click()
        in_list.is_closed(NEW)

    def test_leaving_the_field_saves_a_changed_name(self, editor: Editor, watch: Watch) -> None:
        editor.open()
        editor.field.fill(NEW)
        editor.leave()
        expect(editor.button(NEW)).to_be_visible()
        assert len(watch.sent("POST")) == 1

    def test_leaving_the_field_with_an_empty_name_keeps_the_editor(self, in_list: Editor, watch: Watch) -> None:
        in_list.open()
        in_list.field.fill("  ")
        in_list.leave()
        in_list.sends_nothing()
        expect(in_list.field).to_be_visible()
        assert watch.sent("POST") == []

    def test_white_space_is_tidied(self, in_list: Editor, order: Order, store: Store) -> None:
        in_list.save("  14   Rosewood \t Ave ")
        in_list.is_closed(NEW)
        assert store.order(order.order_id).name == NEW

    def test_enter_twice_sends_one(self, in_list: Editor, upstream: Upstream, watch: Watch) -> None:
        answer = threading.Event()
        upstream.script("PATCH", "*", Step(process=True, hold=answer))
        in_list.save()
        in_list.field.press("Enter")
        expect(in_list.field).not_to_be_editable()
        expect(in_list.form.get_by_text("Saving…")).to_be_visible()
        answer.set()
        in_list.is_closed(NEW)
        assert len(watch.sent("POST")) == 1
        assert len(upstream.calls("PATCH")) == 1


class CancellingTests:
    def test_escape_restores_and_sends_nothing_also_when_the_focus_leaves(self, editor: Editor, watch: Watch) -> None:
        editor.open()
        editor.field.fill(NEW)
        editor.field.press("Escape")
        editor.is_closed(OLD)
        expect(editor.said).to_have_text("Rename cancelled")
        editor.leave()
        editor.sends_nothing()
        assert watch.sent("POST") == []

    def test_the_cancel_button_sends_nothing(self, in_list: Editor, watch: Watch) -> None:
        in_list.open()
        in_list.field.fill(NEW)
        in_list.form.get_by_role("link", name="Cancel").click()
        in_list.is_closed(OLD)
        in_list.sends_nothing()
        assert watch.sent("POST") == []

    @pytest.mark.parametrize("same", [OLD, "  12   Rosewood  Ave "])
    def test_enter_on_the_same_name_closes_without_a_request(self, in_list: Editor, watch: Watch, same: str) -> None:
        in_list.save(same)
        in_list.is_closed(OLD)
        in_list.sends_nothing()
        assert watch.sent("POST") == []

    def test_leaving_the_field_unchanged_closes_without_a_request(self, in_list: Editor, watch: Watch) -> None:
        in_list.open()
        in_list.leave()
        expect(in_list.form).to_have_count(0)
        in_list.sends_nothing()
        assert watch.sent("POST") == []

    def test_can_be_opened_again_after_it_was_cancelled(self, in_list: Editor) -> None:
        in_list.open()
        in_list.field.press("Escape")
        in_list.save()
        in_list.is_closed(NEW)


class ComposingTests:
    """Enter that picks a word of an input method is not Enter that saves (R3)."""

    ENTER = {"type": "keyDown", "key": "Enter", "code": "Enter", "text": "\r", "unmodifiedText": "\r"}

    def test_enter_while_composing_does_not_save(self, in_list: Editor, context: BrowserContext, watch: Watch) -> None:
        in_list.open()
        keyboard = context.new_cdp_session(in_list.page)
        keyboard.send("Input.imeSetComposition", {"text": "さくら", "selectionStart": 3, "selectionEnd": 3})
        keyboard.send("Input.dispatchKeyEvent", {**self.ENTER, "windowsVirtualKeyCode": 13})
        in_list.sends_nothing()
        expect(in_list.field).to_be_focused()
        assert watch.sent("POST") == []

    def test_enter_that_went_to_the_input_method_does_not_save(
        self, in_list: Editor, context: BrowserContext, watch: Watch
    ) -> None:
        in_list.open()
        in_list.field.fill(NEW)
        keyboard = context.new_cdp_session(in_list.page)
        keyboard.send("Input.dispatchKeyEvent", {**self.ENTER, "windowsVirtualKeyCode": 229})
        in_list.sends_nothing()
        expect(in_list.field).to_have_value(NEW)
        assert watch.sent("POST") == []


class RefusedTests:
    def test_what_was_typed_stays_with_the_reason_beside_it(self, editor: Editor, watch: Watch, order: Order) -> None:
        long = "x" * 256
        editor.save(long)
        expect(editor.error.first).to_contain_text("A name has at most 255 characters; this one has 256.")
        expect(editor.field).to_be_focused()
        expect(editor.field).to_have_value(long)
        expect(editor.field).to_have_attribute("aria-invalid", "true")
        expect(editor.field).to_have_accessible_description(re.compile("A name has at most 255 characters"))
        watch.forgive("422")
        editor.field.press("Escape")
        editor.is_closed(OLD)

    def test_a_full_rate_says_when_to_try_again(self, in_list: Editor, upstream: Upstream, watch: Watch) -> None:
        upstream.script("PATCH", "*", Step(status=429, headers={"Retry-After": "30"}))
        in_list.save()
        expect(in_list.error.first).to_contain_text("try again in a little while")
        expect(in_list.field).to_have_value(NEW)
        watch.forgive("422")
        Pace.objects.update(limited_until=now(), free_at=now())  # it is over
        in_list.field.press("Enter")
        in_list.is_closed(NEW)

    def test_leaving_a_refused_field_does_not_send_it_again(
        self, in_list: Editor, upstream: Upstream, watch: Watch
    ) -> None:
        upstream.script("PATCH", "*", Step(status=422))
        in_list.save()
        expect(in_list.error.first).to_be_visible()
        in_list.leave()
        in_list.sends_nothing()
        expect(in_list.field).to_have_value(NEW)
        assert len(watch.sent("POST")) == 1
        watch.forgive("422")

    def test_an_unclear_outcome_is_not_confirmed_yet(self, editor: Editor, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", Step(process=True, reset="before"))
        editor.save()
        expect(editor.page.locator(".name")).to_contain_text(f"“{NEW}” is not confirmed yet")
        expect(editor.said).to_contain_text("not confirmed yet")
        expect(editor.form).to_have_count(0)


class ConflictTests:
    """Somebody renamed the order at Autoenhance while alice was typing."""

    THEIRS = "12 Rosewood Avenue, front"

    @pytest.fixture
    def clash(self, editor: Editor, order: Order, store: Store, watch: Watch) -> Editor:
        editor.open()
        there = store.order(order.order_id)
        store.edit_order(there, self.THEIRS, there.sort_order)
        editor.field.fill(NEW)
        editor.field.press("Enter")
        expect(editor.form).to_contain_text("Nothing was overwritten")
        watch.forgive("409")
        return editor

    def test_shows_yours_now_and_before(self, clash: Editor, order: Order, store: Store) -> None:
        terms = clash.form.get_by_role("term").all_inner_texts()
        texts = clash.form.get_by_role("definition").all_inner_texts()
        assert dict(zip(terms, texts, strict=True)) == {"Yours": NEW, "Now": self.THEIRS, "Before": OLD}
        assert store.order(order.order_id).name == self.THEIRS

    def test_enter_chooses_neither(self, clash: Editor, watch: Watch) -> None:
        expect(clash.error.first).to_be_focused()
        clash.page.keyboard.press("Enter")
        clash.sends_nothing()
        expect(clash.form).to_be_visible()
        assert len(watch.sent("POST")) == 1

    def test_use_mine_saves_mine(self, clash: Editor, order: Order, store: Store) -> None:
        clash.form.get_by_role("button", name="Use mine").click()
        clash.is_closed(NEW)
        assert store.order(order.order_id).name == NEW

    def test_keep_theirs_shows_theirs_and_sends_nothing(self, clash: Editor, watch: Watch) -> None:
        clash.form.get_by_role("link", name="Keep theirs").click()
        clash.is_closed(self.THEIRS)
        clash.sends_nothing()
        assert len(watch.sent("POST")) == 1


class CutOffTests:
    def test_no_answer_is_said_at_the_field_and_the_text_stays(
        self, editor: Editor, context: BrowserContext, watch: Watch
    ) -> None:
        editor.open()
        context.set_offline(True)
        editor.field.fill(NEW)
        editor.field.press("Enter")
        expect(editor.error).to_contain_text("Proofsheet did not answer")
        expect(editor.field).to_have_value(NEW)
        expect(editor.field).to_be_editable()
        watch.forgive("ERR_INTERNET_DISCONNECTED|htmx:")
        context.set_offline(False)
        editor.field.press("Enter")
        editor.is_closed(NEW)

    def test_opening_without_a_server_says_so(self, in_list: Editor, context: BrowserContext, watch: Watch) -> None:
        context.set_offline(True)
        in_list.button().click()
        expect(in_list.page.locator("#toasts")).to_contain_text("Proofsheet did not answer")
        watch.forgive("ERR_INTERNET_DISCONNECTED|htmx:")

    def test_opening_after_the_session_ended_goes_by_the_login_and_back(self, in_list: Editor, orders_url: str) -> None:
        page = in_list.page
        page.goto(f"{orders_url}?q=rosewood")
        Session.objects.all().delete()
        in_list.button().click()
        log_in_by_form(page)
        expect(page).to_have_url(re.compile(r"\?q=rosewood$"))
        expect(in_list.button()).to_be_visible()

    def test_saving_after_the_session_ended_keeps_the_text_until_it_is_saved(
        self, in_list: Editor, context: BrowserContext, watch: Watch, upstream: Upstream
    ) -> None:
        in_list.open()
        Session.objects.all().delete()
        in_list.field.fill(NEW)
        in_list.field.press("Enter")
        expect(in_list.error).to_contain_text("You are logged out. Nothing was saved")
        expect(in_list.field).to_have_value(NEW)
        watch.forgive("401")
        assert upstream.calls("PATCH") == []
        with context.expect_page() as opened:
            in_list.form.get_by_role("link", name="Log in in a new tab").click()
        log_in_by_form(opened.value)
        in_list.field.press("Enter")
        expect(in_list.error).to_contain_text("This page was out of date")
        watch.forgive("403")
        in_list.field.press("Enter")
        in_list.is_closed(NEW)


class WithoutScriptsTests:
    """The pencil is a plain link to a page with the form (R9)."""

    @WITHOUT_SCRIPTS
    def test_returns_to_the_same_list_at_the_row(self, in_list: Editor, order: Order, orders_url: str) -> None:
        page = in_list.page
        page.goto(f"{orders_url}?q=rosewood")
        in_list.button().click()
        expect(in_list.field).to_be_focused()
        in_list.field.fill(NEW)
        in_list.field.press("Enter")
        expect(page.get_by_role("link", name=NEW, exact=True)).to_be_visible()
        address = urlsplit(page.url)
        assert (address.path, address.query, address.fragment) == (orders_url, "q=rosewood", f"order-{order.pk}")

    @WITHOUT_SCRIPTS
    def test_a_refusal_keeps_what_was_typed(self, in_list: Editor, upstream: Upstream, watch: Watch) -> None:
        upstream.script("PATCH", "*", Step(status=422))
        in_list.button().click()
        in_list.field.fill(NEW)
        in_list.field.press("Enter")
        expect(in_list.error.first).to_be_visible()
        expect(in_list.field).to_have_value(NEW)
        expect(in_list.field).to_have_attribute("aria-invalid", "true")
        watch.forgive("422")

    @WITHOUT_SCRIPTS
    @pytest.mark.parametrize(("choice", "name"), [("Use mine", NEW), ("Keep theirs", "Theirs")])
    def test_a_conflict_is_decided_by_plain_buttons(
        self, in_list: Editor, order: Order, store: Store, watch: Watch, choice: str, name: str
    ) -> None:
        in_list.button().click()
        there = store.order(order.order_id)
        store.edit_order(there, "Theirs", there.sort_order)
        in_list.field.fill(NEW)
        in_list.field.press("Enter")
        in_list.form.get_by_text(choice).click()
        expect(in_list.page.get_by_role("link", name=name, exact=True)).to_be_visible()
        assert store.order(order.order_id).name == name
        watch.forgive("409")


class HistoryTests:
    def test_back_to_a_search_gives_the_whole_page(self, in_list: Editor) -> None:
        page = in_list.page
        search = page.get_by_role("searchbox", name="Search")
        search.press_sequentially("nowhere")
        search.press("Enter")
        expect(page.get_by_text("Nothing found for “nowhere”")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("link", name=OLD, exact=True)).to_be_visible()
        page.go_forward()
        expect(page.get_by_text("Nothing found for “nowhere”")).to_be_visible()
        expect(page.get_by_role("navigation", name="Main")).to_be_visible()
        expect(search).to_have_value("nowhere")

    def test_back_from_an_order_gives_the_search_it_came_from(self, in_list: Editor, orders_url: str) -> None:
        page = in_list.page
        page.get_by_role("searchbox", name="Search").press_sequentially("rosewood")
        expect(page).to_have_url(re.compile(r"\?q=rosewood$"))
        page.get_by_role("link", name=OLD, exact=True).click()
        expect(page.get_by_role("heading", name=OLD)).to_be_visible()
        page.go_back()
        expect(page).to_have_url(re.compile(r"\?q=rosewood$"))
        expect(page.get_by_role("heading", name="Orders")).to_be_visible()
        in_list.save()
        in_list.is_closed(NEW)


def test_two_people_do_not_overwrite_each_other(
    in_list: Editor, bob: User, order: Order, watch: Watch, as_user: Callable[[User], object], store: Store
) -> None:
    in_list.open()
    order.key.open_to_teammates(True)
    as_user(bob).post(f"/orders/{order.pk}/name/", {"name": "Bob was here", "seen": OLD})
    in_list.field.fill(NEW)
    in_list.field.press("Enter")
    expect(in_list.form).to_contain_text("Bob renamed this order while you were typing.")
    assert store.order(order.order_id).name == "Bob was here"
    watch.forgive("409")
