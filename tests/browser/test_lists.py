"""Lists: filtered contacts become a list, two lists are compared, and a part of them becomes a new one."""

import re

from playwright.sync_api import Page, expect


def put_on_new_list(page: Page, address: str, name: str) -> int:
    """Select all contacts of an address and put them on a new list. Returns how many they are."""
    page.goto(address)
    page.get_by_label("Select all rows of this page").check()
    every = page.get_by_role("button", name=re.compile("^Select all"))
    if every.is_visible():
        every.click()
    add = page.get_by_role("button", name=re.compile(r"^Add [\d,]+ to a list…$"))
    count = int(re.sub(r"\D", "", add.inner_text()))
    add.click()
    expect(page.get_by_role("heading", name=f"Add {count:,} people to a list")).to_be_visible()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name=f"Make a list of {count:,}").click()
    expect(page.get_by_text(f"Added {count:,} people to {name}.")).to_be_visible()
    return count


def test_filtered_contacts_become_lists_that_are_compared(page: Page) -> None:
    addressed = put_on_new_list(page, "/contacts/?has_email=yes", "With an address")
    expect(page.get_by_role("link", name=f"Members {addressed:,}")).to_be_visible()
    called = put_on_new_list(page, "/contacts/?has_phone=yes", "With a phone")

    page.goto("/lists/")
    page.get_by_label("Compare With an address").check()
    page.get_by_label("Compare With a phone").check()
    expect(
        page.get_by_text(f"2 lists of people selected: {addressed + called:,} members")
    ).to_be_visible()
    page.get_by_role("button", name="Compare and combine 2").click()
    table = page.get_by_role("table", name="Overlap of two lists, exact")
    both = table.get_by_role("row", name=re.compile("In both"))
    part = both.get_by_role("link", name=re.compile("^Make a list of"))
    count = int(re.sub(r"\D", "", part.inner_text()))
    assert 0 < count < min(addressed, called)
    part.click()
    drawer = page.get_by_role("dialog", name=f"New list of {count:,}")
    drawer.get_by_label("Name", exact=True).fill("With both")
    drawer.get_by_role("button", name=f"Make a list of {count:,}").click()
    expect(page.get_by_role("heading", name="With both")).to_be_visible()
    expect(page.locator("#contacts")).to_contain_text(f"of {count:,}")

    page.get_by_role("link", name="History").click()
    page.get_by_role("button", name=f"Undo: take off {count:,}").click()
    expect(page.get_by_text(f"Undone: {count:,} taken off the list again.")).to_be_visible()
