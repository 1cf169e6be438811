"""The search of everything by keyboard: opened from anywhere, chosen with arrows, followed with Enter."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.stack import Stack


def test_search_by_keyboard_alone(page: Page) -> None:
    page.goto("/feeds/")
    page.keyboard.press("/")
    menu = page.get_by_role("dialog", name="Search everything")
    field = menu.get_by_role("combobox")
    expect(field).to_be_focused()
    expect(menu.get_by_role("option", name="Contacts")).to_be_visible()
    field.fill("payroll")
    options = menu.get_by_role("option")
    expect(options.filter(has_text="Payroll modernization").first).to_be_visible()
    expect(field).to_have_attribute("aria-activedescendant", re.compile("."))
    first = field.get_attribute("aria-activedescendant")
    assert menu.locator(f"#{first}").get_attribute("aria-selected") == "true"
    field.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") != first
    field.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") == first
    wanted = menu.locator(f"#{first}").get_attribute("href") or ""
    field.press("Enter")
    expect(page).to_have_url(re.compile(re.escape(wanted) + "$"))
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).not_to_be_visible()


def test_person_is_two_steps_away(page: Page) -> None:
    """An address of a person known by name: the search from Home, then the contact with its address."""
    page.goto("/")
    page.get_by_role("searchbox", name="Search people, companies").click()
    menu = page.get_by_role("dialog", name="Search everything")
    menu.get_by_role("combobox").fill("ingrid")
    menu.get_by_role("option").filter(has_text="Ingrid").first.click()
    expect(page).to_have_url(re.compile("/contacts/id_[0-9a-f]{16}/"))


def test_search_is_a_form_without_scripts(stack: Stack, chromium: Browser) -> None:
    context = open_context(chromium, stack, Watch(), java_script_enabled=False)
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    page.goto("/")
    page.get_by_role("searchbox", name="Search people, companies").fill("payroll")
    page.get_by_role("searchbox", name="Search people, companies").press("Enter")
    expect(page.get_by_role("heading", name="Feeds and topics")).to_be_visible()
    context.close()
