"""What a slip of the hand does to the feed's page, the checkout and the filters: nothing that cannot be mended."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.test_main_job import open_feed, run_search


def test_a_wrong_look_back_keeps_the_page(page: Page, watch: Watch) -> None:
    watch.allowed.add(422)
    open_feed(page)
    days = page.get_by_label("Days", exact=True)
    for typed in ("0", "31", "abc"):
        days.fill(typed)
        # The same words stand there from the value before; what is looked at next is this answer.
        with page.expect_response(lambda answer: answer.status == 422):
            days.press("Tab")
        expect(page.locator("#days-fault")).to_have_text("Look-back must be between 1 and 30 days.")
        expect(days).to_have_value(typed)
        expect(days).to_have_attribute("aria-invalid", "true")
        expect(page.locator(".ch-plot canvas")).to_be_visible()
        expect(page.get_by_role("heading", name="30 days in numbers")).to_be_visible()
        expect(page.get_by_role("button", name="Run search")).to_be_disabled()
    days.fill("12")
    days.press("Tab")
    expect(page.get_by_role("heading", name="12 days in numbers")).to_be_visible()
    expect(page.get_by_role("button", name="Run search")).to_be_enabled()
    expect(page).to_have_url(re.compile(r"/\?days=12$"))
    page.go_back()
    expect(page.get_by_role("heading", name="30 days in numbers")).to_be_visible()


def test_an_answer_leaves_the_newer_text_in_its_field(page: Page) -> None:
    open_feed(page)
    days = page.get_by_label("Days", exact=True)
    held: list[Route] = []
    page.route(re.compile(r"[?&]days=7\b"), lambda route: held.append(route))
    days.fill("7")
    days.press("Tab")
    while not held:
        page.wait_for_timeout(20)
    days.fill("12")
    with page.expect_response(re.compile(r"[?&]days=7\b")):
        held[0].continue_()
    # Longer than it takes to draw an answer.
    page.wait_for_timeout(500)
    expect(days).to_have_value("12")
    days.press("Tab")
    expect(page.get_by_role("heading", name="12 days in numbers")).to_be_visible()


def test_the_checkout_survives_a_wrong_limit_and_escape(page: Page) -> None:
    open_feed(page)
    run_search(page, 3)
    feed = page.url
    page.locator("#past tr[aria-selected=true]").get_by_role("link", name="Export…").click()
    drawer = page.get_by_role("dialog", name="Export search")
    limit = drawer.get_by_label("At most")
    limit.press_sequentially("abc")
    expect(drawer.locator("#max_rows-note")).to_have_text("Enter a whole number.")
    expect(limit).to_have_attribute("aria-invalid", "true")
    expect(limit).to_be_focused()
    expect(drawer.get_by_role("button", name="Export rows")).to_be_disabled()
    limit.fill("50")
    expect(drawer.get_by_role("button", name="Export 50 rows")).to_be_enabled()
    expect(limit).not_to_have_attribute("aria-invalid", "true")
    chooser = drawer.locator("summary", has_text="Columns:")
    chooser.click()
    first = drawer.locator(".ch-columns input[type=checkbox]").first
    first.focus()
    page.keyboard.press("Escape")
    expect(drawer.locator("details.ch-columns")).not_to_have_attribute("open", "")
    expect(drawer).to_be_visible()
    expect(chooser).to_be_focused()
    expect(limit).to_have_value("50")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page).to_have_url(feed)


def test_a_wrong_filter_lists_nobody_until_it_is_mended(page: Page, watch: Watch) -> None:
    watch.allowed.add(422)
    counted: list[str] = []
    page.on(
        "request",
        lambda sent: counted.append(sent.url) if "/contacts/facets/" in sent.url else None,
    )
    page.goto("/contacts/")
    page.get_by_role("link", name="Filters", exact=True).click()
    page.locator("#facet-more > summary").click()
    field = page.get_by_label("Vendor quality from")
    field.fill("500")
    field.press("Tab")
    wrong = "Vendor quality from must be a whole number from 0 to 100."
    expect(page.get_by_role("alert")).to_have_text(re.compile(re.escape(wrong)))
    expect(page.get_by_role("heading", name="No contacts listed")).to_be_visible()
    expect(field).to_have_value("500")
    expect(page.locator("#h-quality_from")).to_have_text(wrong)
    # What is around the list stays, and three facets count once for each answer, not without end.
    for part in ("#list-views", "#list-bar", "#facets-head", "#facets-foot"):
        expect(page.locator(part)).to_be_visible()
    field.fill("50")
    field.press("Tab")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("tbody tr").first).to_be_visible()
    assert len(counted) <= 9
