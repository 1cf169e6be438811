"""Where the keyboard is after a dialog, a page of a list or a filter: at the opener, at the head, never nowhere."""

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.browser.test_main_job import open_feed, run_search
from tests.stack import Stack

# What a poll does, without waiting for a job.
SWAP = "([part, address]) => htmx.ajax('GET', address, {target: part, swap: 'outerHTML'})"
KEYS = """
INSERT INTO credentials_apikey (
    organization_id, name, public_id, key_hash, last_four, scopes, allowed_addresses,
    rate_per_minute, created_by_name, revoked_by_name
)
SELECT id, 'Key ' || number, 'many' || to_char(number, 'FM000000'), sha256(number::text::bytea), 'abcd',
    ARRAY['contactbased:read'], ARRAY[]::text[], 60, 'Charlie', ''
FROM organizations_organization, generate_series(1, 60) AS number WHERE slug = 'globex' RETURNING 1
"""


def enter(control: Locator) -> None:
    """Use a control as the keyboard does."""
    control.focus()
    control.press("Enter")


def test_lists_give_focus_to_their_head_or_back_to_the_control(page: Page) -> None:
    page.goto("/contacts/?sort=name")
    head = page.locator("#contacts [data-head]")
    for name, line in (
        ("Next", "51–100 of"),
        ("Previous", "1–50 of"),
        ("Vendor quality", "1–50 of"),
    ):
        enter(page.get_by_role("link", name=name))
        expect(head).to_contain_text(line)
        expect(head).to_be_focused()
        expect(head).to_be_in_viewport()
    opener = page.locator("#filters-opener")
    drawer = page.get_by_role("form", name="Filters")
    enter(opener)
    expect(drawer).to_be_visible()
    expect(opener).to_be_focused()
    enter(page.locator("#facets-close"))
    expect(drawer).to_be_hidden()
    expect(opener).to_be_focused()
    page.goto("/contacts/?country_not=NO;SE")
    remove = page.get_by_role("link", name="Remove filter Country")
    turn = page.locator("#turn-country-not")
    enter(turn)
    expect(page.locator("#turn-country")).to_have_text("is")
    enter(page.locator("#turn-country"))
    expect(turn).to_have_text("is not")
    change = page.get_by_role("link", name="change filter Country")
    enter(change)
    expect(drawer).to_be_visible()
    expect(change).to_be_focused()
    enter(drawer.get_by_role("link", name="Done"))
    expect(opener).to_be_focused()
    enter(remove)
    expect(remove).to_have_count(0)
    expect(head).to_be_focused()


def test_part_that_is_drawn_again_keeps_the_focus(page: Page) -> None:
    page.goto("/feeds/")
    expect(page.locator("#feeds tbody tr").first).to_be_visible()
    feed = page.get_by_role("link", name="Payroll modernization")
    feed.focus()
    page.evaluate(SWAP, ["#feeds", "/feeds/"])
    expect(feed).to_be_focused()
    # A button that the new part has no more, such as "Cancel" of a job that has ended.
    feed.evaluate(
        "feed => { const it = document.createElement('button'); it.textContent = 'Gone'; feed.after(it); it.focus(); }"
    )
    page.evaluate(SWAP, ["#feeds", "/feeds/"])
    expect(page.get_by_role("button", name="Gone")).to_have_count(0)
    expect(page.locator("#feed-q")).to_be_focused()


def test_checkout_gives_focus_back_to_its_link(page: Page) -> None:
    open_feed(page)
    run_search(page, 3)
    opener = page.locator("#past tr[aria-selected=true]").get_by_role("link", name="Export…")
    for leave in ("Escape", "Close"):
        enter(opener)
        drawer = page.get_by_role("dialog", name="Export search")
        expect(drawer).to_be_visible()
        if leave == "Escape":
            page.keyboard.press("Escape")
        else:
            enter(drawer.get_by_role("button", name="Close"))
        expect(drawer).to_be_hidden()
        expect(opener).to_be_focused()


def test_drawers_of_settings_give_focus_back(chromium: Browser, stack: Stack, watch: Watch) -> None:
    stack.query(KEYS)
    context = open_context(chromium, stack, watch)
    page = context.new_page()
    sign_in(page, stack, "charlie@globex.example")
    page.goto("/settings/keys/")
    opener = page.get_by_role("link", name="Create key")
    enter(opener)
    expect(page.get_by_role("dialog", name="Create key")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    # The page of the dialog itself, which was not opened from a list.
    page.goto("/settings/members/invite/")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Invite", exact=True)).to_be_focused()
    enter(page.get_by_role("link", name="Invite", exact=True))
    page.locator("#id_email").fill("focus@globex.example")
    enter(page.get_by_role("dialog").get_by_role("button", name="Invite"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="Invite", exact=True)).to_be_focused()
    # A list whose pages are loaded whole.
    page.goto("/settings/keys/")
    enter(page.get_by_role("navigation", name="Pages").get_by_role("link", name="Older"))
    expect(page).to_have_url(re.compile(r"\?page=2$"))
    table = page.get_by_role("group", name="Table, scrolls sideways when narrow")
    expect(table).to_be_focused()
    expect(table).to_have_accessible_description(re.compile(r"^51–\d+ of \d+$"))
    context.close()
