"""Selecting rows of the lists and looking at them: with the mouse, by keyboard alone, on a phone, without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.stack import Stack

ALL = 399


def bar(page: Page) -> Locator:
    return page.get_by_role("form", name="Selection")


def boxes(page: Page) -> Locator:
    return page.locator("tbody input[type=checkbox]")


def select_all(page: Page) -> None:
    page.get_by_label("Select all rows of this page").check()
    expect(bar(page)).to_contain_text("50 selected on this page")
    page.get_by_role("button", name=f"Select all {ALL} matching").click()
    expect(bar(page)).to_contain_text(f"{ALL} selected: all matching")


def copied(page: Page) -> list[str]:
    bar(page).get_by_role("button", name="Copy ids").click()
    return page.get_by_label("Contact ids, one a line").input_value().split()


def test_all_but_some_are_selected_across_pages_and_orders(page: Page) -> None:
    page.goto("/contacts/?stale=show&speculative=show")
    expect(bar(page)).to_be_hidden()
    select_all(page)
    left_out = boxes(page).nth(3).get_attribute("value")
    boxes(page).nth(3).uncheck()
    expect(bar(page)).to_contain_text(f"{ALL - 1} selected: all {ALL} matching, 1 excepted")

    page.get_by_role("link", name="Next").click()
    expect(page.locator("[data-first-row='51']")).to_be_visible()
    expect(bar(page)).to_contain_text("1 excepted")
    expect(page.locator("tbody input:checked")).to_have_count(50)
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.locator("th[aria-sort]")).to_contain_text("Name")
    expect(bar(page)).to_contain_text(f"{ALL - 1} selected")

    page.get_by_role("button", name="1 excepted").click()
    dialog = page.get_by_role("dialog", name="Not selected")
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    ids = copied(page)
    assert len(ids) == ALL - 1
    assert left_out not in ids
    page.go_back()
    expect(bar(page)).to_contain_text(f"{ALL - 1} selected: all {ALL} matching, 1 excepted")


def test_another_filter_ends_the_selection_and_undo_brings_it_back(page: Page) -> None:
    page.goto("/contacts/?stale=show&speculative=show&decision_maker=no")
    page.goto("/contacts/?stale=show&speculative=show")
    boxes(page).nth(1).check()
    expect(bar(page)).to_contain_text("1 selected")
    page.get_by_label(re.compile("^Name, ")).fill("Solheim1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Selection cleared: the filters changed.")).to_be_visible()
    expect(bar(page)).to_be_hidden()

    page.get_by_role("link", name="Undo").click()
    expect(bar(page)).to_contain_text("1 selected")
    expect(boxes(page).nth(1)).to_be_checked()


def test_a_changed_number_stops_and_goes_on_with_the_new_one(
    stack: Stack, chromium: Browser, watch: Watch
) -> None:
    """Contacts of one company, three of which arrive between the count and the action."""
    watch.allowed.add(409)
    write(stack, "planted-1", 2)
    context = open_context(chromium, stack, watch)
    page = context.new_page()
    sign_in(page, stack, "charlie@globex.example")
    page.goto("/contacts/?company_name=Plantation")
    # All of a list of one page are its page: more rows than that are offered only where there are more.
    page.evaluate("document.querySelector('form[data-selection]').dataset.total = 3")
    page.get_by_label("Select all rows of this page").check()
    page.get_by_role("button", name="Select all 3 matching").click()
    write(stack, "planted-2", 5)
    bar(page).get_by_role("button", name="Copy ids").click()
    expect(bar(page)).to_contain_text("5 contacts match now, 2 more than you saw.")
    expect(bar(page)).to_contain_text("Nothing was done.")
    assert stack.query("SELECT count(*) FROM contacts_selection WHERE count = 3") == [(0,)]
    assert len(copied(page)) == 5
    context.close()


def write(stack: Stack, name: str, count: int) -> None:
    path = stack.folder / f"{name}.csv"
    rows = [f"id_{number + 0xABC0000:016x},Person {number},Plantation" for number in range(count)]
    path.write_text("\n".join(["contact_id,full_name,company_name", *rows]) + "\n")
    stack.manage("import_contacts", "--organization", "globex", path)


def test_by_keyboard_alone(page: Page) -> None:
    page.goto("/contacts/")
    page.get_by_role("link", name="Contacts", exact=True).first.focus()
    for key in ("j", "j", "j", "k", "x"):
        page.keyboard.press(key)
    expect(bar(page)).to_contain_text("1 selected")
    expect(page.locator("tr.ch-row-focus")).to_have_attribute("aria-selected", "true")
    expect(boxes(page).nth(1)).to_be_checked()

    page.keyboard.press("Space")
    look = page.get_by_role("complementary", name="Quick look")
    first = page.locator("tr.ch-row-focus th a").inner_text()
    expect(look.get_by_role("heading", name=first)).to_be_visible()
    expect(look).to_contain_text(f"2 of {ALL}")
    page.keyboard.press("j")
    expect(look).to_contain_text(f"3 of {ALL}")
    expect(page).to_have_url(re.compile(r"look=id_"))
    page.keyboard.press("Escape")
    expect(look).to_be_hidden()
    expect(page).not_to_have_url(re.compile(r"look="))
    expect(bar(page)).to_contain_text("1 selected")

    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys for contacts")
    expect(keys).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    expect(bar(page)).to_contain_text("1 selected")

    name = page.locator("tr.ch-row-focus th a").inner_text()
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    page.go_back()
    expect(page.locator("tr.ch-row-focus th a")).to_have_text(name)
    expect(bar(page)).to_contain_text("1 selected")


def test_keys_are_letters_where_somebody_types(page: Page) -> None:
    page.goto("/contacts/")
    field = page.get_by_label(re.compile("^Name, "))
    field.focus()
    page.keyboard.type("jxkol e")
    expect(field).to_have_value("jxkol e")
    expect(page.locator("tr.ch-row-focus")).to_have_count(0)
    expect(bar(page)).to_be_hidden()


def test_the_last_row_leads_to_the_next_page(page: Page) -> None:
    page.goto("/contacts/")
    page.locator("tbody th a").last.focus()
    page.keyboard.press("j")
    expect(page.locator("[data-first-row='51']")).to_be_visible()
    expect(page.locator("tbody tr").first).to_have_class(re.compile("ch-row-focus"))


def test_a_reveal_beside_the_list_is_recorded(page: Page, stack: Stack) -> None:
    def count() -> int:
        ((number,),) = stack.query(
            "SELECT count(*) FROM organizations_auditevent WHERE action LIKE 'Revealed%%'"
        )
        return int(number)

    before = count()
    page.goto(f"/contacts/?look=id_{1:016x}")
    look = page.get_by_role("complementary", name="Quick look")
    expect(look).to_contain_text("i•••@haldenrobotics.example")
    assert "ingrid1@haldenrobotics.example" not in page.content()
    look.get_by_role("button", name=re.compile("Reveal .*e-mail")).first.click()
    expect(look).to_contain_text("ingrid1@haldenrobotics.example")
    assert count() == before + 1


@pytest.fixture
def phone(stack: Stack, chromium: Browser, watch: Watch) -> Iterator[Page]:
    context = open_context(
        chromium, stack, watch, viewport={"width": 390, "height": 844}, has_touch=True
    )
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    yield page
    context.close()
    assert watch.complaints == []


def test_on_a_phone(phone: Page) -> None:
    phone.goto("/contacts/")
    boxes(phone).first.check()
    expect(bar(phone)).to_contain_text("1 selected")
    phone.locator("tbody tr").nth(1).locator("td.ch-wide").tap()
    look = phone.get_by_role("complementary", name="Quick look")
    expect(look).to_be_visible()
    box = look.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    assert round(box["y"] + box["height"]) == 844
    look.get_by_role("link", name="Close quick look").tap()
    expect(look).to_be_hidden()
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


@pytest.fixture
def plain(stack: Stack, chromium: Browser, watch: Watch) -> Iterator[Page]:
    context = open_context(chromium, stack, watch, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    yield page
    context.close()
    assert watch.complaints == []


def test_without_scripts(plain: Page) -> None:
    plain.goto("/contacts/")
    expect(plain.get_by_label("Select all rows of this page")).to_be_hidden()
    ticked = [boxes(plain).nth(number).get_attribute("value") for number in (0, 2)]
    for number in (0, 2):
        boxes(plain).nth(number).check()
    assert sorted(copied(plain)) == sorted(filter(None, ticked))

    plain.goto("/contacts/")
    plain.get_by_label(f"All {ALL} matching").check()
    assert len(copied(plain)) == ALL

    plain.goto(f"/contacts/?look=id_{1:016x}")
    expect(plain.get_by_role("heading", name="Ingrid Solheim1", exact=True)).to_be_visible()
    plain.get_by_role("link", name="Close quick look").click()
    expect(plain).to_have_url(re.compile(r"/contacts/$"))
