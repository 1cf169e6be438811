"""Saved views and the choice of columns: with the mouse, with the keyboard alone, and without a script."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.stack import Stack


def expect_heads(page: Page, words: list[str]) -> None:
    """Wait until the first columns have these heads, that of the boxes and the arrow of the order left out."""
    heads = page.locator("thead th:not(:has(input))")
    for place, word in enumerate(words):
        expect(heads.nth(place)).to_have_text(re.compile(rf"^\W*{word}\W*$"))


def test_a_view_is_saved_edited_and_reset(page: Page, watch: Watch) -> None:
    watch.allowed.add(422)
    page.goto("/contacts/?title=director&sort=name")
    views = page.get_by_role("navigation", name="Saved views")
    views.get_by_role("link", name="Save as…").click()
    dialog = page.get_by_role("dialog", name="Save view")
    dialog.get_by_role("button", name="Save view").click()
    expect(dialog.get_by_text("Enter a name.")).to_be_visible()
    dialog.get_by_label("Name").fill("Directors")
    dialog.get_by_role("button", name="Save view").click()
    current = views.locator("[aria-current]")
    expect(current).to_have_text(re.compile(r"Directors\s*mine"))
    expect(page).to_have_url(re.compile(r"/contacts/\?saved=\d+$"))
    address = page.url

    page.get_by_role("link", name="Remove filter Title").click()
    expect(current).to_have_text(re.compile(r"Directors\s*edited"))
    views.get_by_role("link", name="Reset").click()
    expect(current).to_have_text(re.compile(r"Directors\s*mine"))
    expect(page).to_have_url(address)
    expect(page.get_by_role("link", name="Remove filter Title")).to_be_visible()

    page.get_by_role("link", name="Remove filter Title").click()
    views.get_by_role("button", name="Save Directors").click()
    expect(current).to_have_text(re.compile(r"Directors\s*mine"))
    expect(page.get_by_role("link", name="Remove filter Title")).to_have_count(0)

    page.locator("#list-columns > summary").click()
    form = page.get_by_role("form", name="Columns")
    form.get_by_role("checkbox", name="Seniority").check()
    form.get_by_role("button", name="Save to Directors").click()
    expect(page.get_by_text("Saved the columns of “Directors”.")).to_be_visible()
    expect(page.locator("thead")).to_contain_text("Seniority")
    expect(current).to_have_text(re.compile(r"Directors\s*mine"))

    views.get_by_label("More actions on Directors").click()
    views.get_by_role("link", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete view").click()
    expect(page).to_have_url(re.compile(r"/contacts/$"))
    expect(views.get_by_role("link", name="Directors")).to_have_count(0)


def test_columns_are_chosen_and_ordered_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/contacts/?stale=show")
    page.locator("#list-columns > summary").focus()
    page.keyboard.press("Enter")
    form = page.get_by_role("form", name="Columns")
    form.get_by_label("Find a column").focus()
    page.keyboard.type("senior")
    expect(form.locator(".ch-column-list li:visible")).to_have_count(1)
    form.get_by_role("checkbox", name="Seniority").focus()
    page.keyboard.press("Space")
    form.get_by_label("Find a column").fill("")

    form.get_by_role("checkbox", name="Title").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(form.get_by_role("status")).to_have_text(re.compile(r"^Title, position 3 of \d+$"))
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    # The pinned column stays the first.
    expect(form.get_by_role("status")).to_have_text(re.compile(r"^Title, position 2 of \d+$"))
    page.keyboard.press("Alt+ArrowDown")
    form.get_by_role("checkbox", name="Phone").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("thead")).to_contain_text("Seniority")
    expect_heads(page, ["Name", "Company", "Title"])
    expect(page.locator("thead")).not_to_contain_text("Phone")
    expect(page.locator("thead th").last).to_contain_text("Seniority")
    expect(page).to_have_url(re.compile(r"stale=show.*columns=name,company,title,"))

    page.locator("#list-columns > summary").press("Enter")
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    expect(page.locator("#list-columns > summary")).to_be_focused()


def test_a_column_is_dragged_to_another_place(page: Page) -> None:
    page.goto("/companies/")
    page.locator("#list-columns > summary").click()
    rows = page.locator(".ch-column-list").first.locator("li")
    rows.filter(has_text="Contacts").drag_to(rows.filter(has_text="Industry"))
    page.get_by_role("form", name="Columns").get_by_role("button", name="Show columns").last.click()
    expect(page).to_have_url(re.compile(r"columns=name,people,industry,"))
    expect_heads(page, ["Name", "Contacts", "Industry"])


def test_views_and_columns_work_without_a_script(
    stack: Stack, chromium: Browser, watch: Watch
) -> None:
    context = open_context(chromium, stack, watch, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    page.goto("/contacts/?stale=show")
    page.locator("#list-columns > summary").click()
    form = page.get_by_role("form", name="Columns")
    form.get_by_role("checkbox", name="Department").check()
    form.get_by_role("button", name="Show columns").last.click()
    expect(page.locator("thead th").last).to_contain_text("Department")
    page.locator("#list-columns > summary").click()
    page.get_by_role("button", name="Move Company up").click()
    expect_heads(page, ["Name", "Company", "Title"])

    page.get_by_role("link", name="Save as…").click()
    page.get_by_label("Name").fill("Without a script")
    page.get_by_role("button", name="Save view").click()
    current = page.locator(".ch-views [aria-current]")
    expect(current).to_contain_text("Without a script")
    expect_heads(page, ["Name", "Company", "Title"])
    page.get_by_role("button", name="Compact").click()
    expect(current).to_contain_text("edited")
    expect(page.locator(".ch-table")).to_have_class(re.compile("ch-compact"))
    page.get_by_role("button", name="Compact").click()
    page.get_by_label("More actions on Without a script").click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete view").click()
    expect(page.locator(".ch-views")).not_to_contain_text("Without a script")
    context.close()
