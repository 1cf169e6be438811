"""Searching contacts and companies: chips, the drawer of filters, orders and pages, all in the address."""

import re

from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.stack import Stack


def shown(page: Page) -> str:
    """Return the line above the table."""
    return page.locator(".ch-listbar:not([data-selection-cleared])").inner_text()


def test_narrows_contacts_by_chips_and_comes_back(page: Page) -> None:
    page.goto("/contacts/")
    expect(page.get_by_role("heading", name="Contacts")).to_be_visible()
    everybody = shown(page)
    assert re.match(r"1–50 of \d+", everybody)
    assert "@haldenrobotics.example" in page.content()
    assert "ingrid1@" not in page.content()
    page.get_by_role("link", name="Filters", exact=True).click()
    drawer = page.get_by_role("form", name="Filters")
    drawer.locator("#facet-more > summary").click()
    drawer.get_by_label("E-mail", exact=True).select_option("no")
    expect(page).to_have_url(re.compile(r"/contacts/\?filters=open&has_email=no$"))
    seniority = drawer.locator("#facet-seniority")
    expect(seniority.locator("[aria-busy=true]")).to_have_count(0)
    seniority.locator("label:has(#not-seniority-Director)").click()
    both = r"(has_email=no&seniority_not=Director|seniority_not=Director&has_email=no)$"
    expect(page).to_have_url(re.compile(rf"filters=open&{both}"))
    # The keyboard stays where it was, and pressing again takes it back.
    expect(page.locator("#not-seniority-Director")).to_be_focused()
    expect(drawer.get_by_role("status")).to_contain_text("contacts match")
    drawer.get_by_role("link", name="Done").click()
    expect(drawer).to_be_hidden()
    expect(page).to_have_url(re.compile(rf"/contacts/\?{both}"))
    expect(page.get_by_text("No record").or_(page.get_by_text("No address")).first).to_be_visible()
    expect(page.locator(".ch-listbar:not([data-selection-cleared])")).not_to_contain_text(
        everybody.splitlines()[0]
    )
    page.get_by_role("link", name="Remove filter Seniority").click()
    expect(page).to_have_url(re.compile(r"/contacts/\?has_email=no$"))
    page.get_by_role("link", name="Clear all").click()
    expect(page).to_have_url(re.compile(r"/contacts/$"))
    expect(page.locator(".ch-listbar:not([data-selection-cleared])")).to_contain_text(
        everybody.splitlines()[0]
    )
    page.go_back()
    expect(page.get_by_role("link", name="Remove filter E-mail")).to_be_visible()


def test_facets_by_keyboard_recount_each_other(page: Page, watch: Watch) -> None:
    watch.allowed.add(422)
    page.goto("/contacts/")
    page.keyboard.press("f")
    director = page.locator("#in-seniority-Director")
    director.focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(r"\?filters=open&seniority=Director$"))
    expect(director).to_be_focused()
    expect(director).to_be_checked()
    expect(page.locator("#summary-seniority")).to_have_text("1 of 2")
    expect(page.locator("#rows-country")).not_to_contain_text("Norway")
    # The other direction takes the place of the first.
    held: list[Route] = []
    seniority = "**/facets/seniority/"
    page.route(seniority, lambda route: route.continue_() if held else held.append(route))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(r"\?filters=open&seniority_not=Director$"))
    expect(director).not_to_be_checked()
    expect(page.locator("#rows-seniority")).to_have_attribute("aria-busy", "true")
    # Counts that arrive while somebody types take no typed text away.
    find = page.get_by_placeholder("Find a seniority")
    find.fill("vpp")
    held[0].continue_()
    fault = page.locator("#fault-seniority")
    expect(fault).to_contain_text("No seniority matches “vpp”. The nearest is:")
    expect(page.locator("#rows-seniority")).to_contain_text("VP")
    expect(find).to_have_attribute("aria-invalid", "true")
    find.fill("vp")
    expect(fault).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("form", name="Filters")).to_be_hidden()


def test_facets_without_scripts_are_forms(chromium: Browser, stack: Stack, watch: Watch) -> None:
    context = open_context(chromium, stack, watch, java_script_enabled=False)
    plain = context.new_page()
    sign_in(plain, stack, "bob@acme.example")
    plain.goto("/contacts/")
    plain.get_by_role("link", name="Filters", exact=True).click()
    plain.locator("#facet-seniority").get_by_role("link", name="Show values").click()
    # The page jumps to the facet once it is there.
    expect(plain).to_have_url(re.compile("#facet-seniority$"))
    plain.wait_for_load_state()
    plain.locator("#in-seniority-VP").check()
    plain.locator("label:has(#not-seniority-Director)").click()
    plain.locator("#facet-seniority").get_by_role("button", name="Apply").click()
    expect(plain.get_by_role("link", name="Remove filter Seniority")).to_have_count(2)
    expect(plain.locator("#in-seniority-VP")).to_be_checked()
    plain.get_by_role("link", name="Done").click()
    expect(plain.locator("tbody tr").first).to_be_visible()
    context.close()


def test_turns_pages_and_opens_a_contact(page: Page) -> None:
    page.goto("/contacts/?sort=name")
    first = page.locator("tbody th a").first.inner_text()
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".ch-listbar:not([data-selection-cleared])")).to_contain_text("51–100 of")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".ch-listbar:not([data-selection-cleared])")).to_contain_text("1–50 of")
    expect(page.locator("tbody th a").first).to_have_text(first)
    page.get_by_role("link", name="Vendor quality").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Vendor quality")
    name = page.locator("tbody th a").first.inner_text()
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_search_field_finds_names_and_says_what_hides_them(page: Page) -> None:
    page.goto("/contacts/?title=Nosuchware")
    expect(page.get_by_role("heading", name="No contacts match")).to_be_visible()
    page.get_by_role("link", name=re.compile("Title .*Nosuchware")).click()
    expect(page.locator("tbody tr").first).to_be_visible()
    page.get_by_role("searchbox", name="Name, title, company, e-mail or id").fill("solheim17")
    page.get_by_role("searchbox", name="Name, title, company, e-mail or id").press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=solheim17$"))
    expect(page.locator("tbody tr").first).to_contain_text("Solheim17")
    page.get_by_role("searchbox", name="Name, title, company, e-mail or id").fill(
        "id_0000000000000001"
    )
    page.get_by_role("searchbox", name="Name, title, company, e-mail or id").press("Enter")
    expect(page).to_have_url(re.compile(r"/contacts/id_0000000000000001/$"))


def test_company_leads_to_its_people(page: Page) -> None:
    page.get_by_role("navigation", name="Main", exact=True).get_by_role(
        "link", name="Companies"
    ).click()
    expect(page.get_by_role("heading", name="Companies")).to_be_visible()
    page.get_by_role("link", name="Halden Robotics").first.click()
    expect(page.get_by_role("heading", name="Halden Robotics")).to_be_visible()
    expect(page.get_by_role("region", name="Intent")).to_be_visible()
    page.get_by_role("link", name=re.compile(r"^Show its [\d,+]+ (people|person)$")).click()
    expect(page.get_by_role("link", name="Remove filter Company")).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("Halden Robotics")


def test_viewer_sees_that_addresses_are_blocked(
    chromium: Browser, stack: Stack, watch: Watch
) -> None:
    context = open_context(chromium, stack, watch)
    viewer = context.new_page()
    sign_in(viewer, stack, "vera@acme.example")
    viewer.goto("/contacts/")
    expect(viewer.locator("tbody tr").first).to_contain_text("Halden Robotics")
    for hidden in ("E-mail", "Phone"):
        expect(viewer.get_by_role("columnheader", name=hidden)).to_have_count(0)
    expect(
        viewer.get_by_text(re.compile("E-mail, Phone.* are blocked for your role"))
    ).to_be_visible()
    viewer.locator("#list-columns > summary").click()
    columns = viewer.get_by_role("form", name="Columns")
    expect(columns.get_by_role("checkbox", name="Title")).to_be_visible()
    for hidden in ("E-mail", "Phone"):
        expect(columns.get_by_role("checkbox", name=hidden)).to_have_count(0)
    # Nor do they come where an address asks for them.
    viewer.goto("/contacts/?columns=name,email,phone,company")
    expect(viewer.locator("tbody tr").first).to_contain_text("Halden Robotics")
    assert "@haldenrobotics" not in viewer.content()
    assert "•••" not in viewer.content()
    expect(viewer.get_by_role("searchbox", name="Name, title, company or id")).to_be_visible()
    context.close()


def test_phone_shows_cards_and_nothing_wider_than_the_screen(
    chromium: Browser, stack: Stack, watch: Watch
) -> None:
    context = open_context(chromium, stack, watch)
    phone = context.new_page()
    phone.set_viewport_size({"width": 390, "height": 844})
    sign_in(phone, stack, "bob@acme.example")
    for address in ("/contacts/", "/companies/"):
        phone.goto(address)
        expect(phone.locator("tbody tr").first).to_be_visible()
        assert phone.evaluate("document.documentElement.scrollWidth") == 390, address
        phone.get_by_role("link", name="Filters", exact=True).click()
        sheet = phone.get_by_role("form", name="Filters")
        expect(sheet.locator("#rows-country .ch-pick").first).to_be_visible()
        expect(sheet.get_by_role("status")).to_contain_text("match")
        assert phone.evaluate("document.documentElement.scrollWidth") == 390, address
        sheet.get_by_role("link", name="Done").click()
        expect(sheet).to_be_hidden()
    context.close()


def test_address_that_is_typed_never_stands_in_an_address(page: Page) -> None:
    """Not in the tab, its history, a request or a Referer; reload, back and forward go on working."""
    seen: list[str] = []
    page.on("request", lambda request: seen.extend([request.url, *request.headers.values()]))
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    typed = "@haldenrobotics.example"
    page.goto("/contacts/?has_email=yes")
    field = page.get_by_role("searchbox", name="Name, title, company, e-mail or id")
    field.fill(typed)
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/contacts/\?has_email=yes&view=[\w-]+$"))
    sealed = page.url
    page.reload()
    expect(field).to_have_value(typed)
    expect(page.get_by_role("link", name="Remove filter E-mail").first).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/contacts/\?has_email=yes$"))
    # htmx has the page loaded again. The field stands there before the scripts do, which answer to the next step.
    expect(field).to_have_value("")
    page.wait_for_load_state()
    page.go_forward()
    expect(page).to_have_url(sealed)
    expect(field).to_have_value(typed)
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    menu = page.get_by_role("dialog", name="Search everything")
    # An address that nobody has leads to the list, one of a contact to the contact.
    menu.get_by_role("combobox").fill(f"nobody{typed}")
    expect(menu.get_by_role("option", name=f"Search “nobody{typed}” in Contacts")).to_be_visible()
    menu.get_by_role("combobox").press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/contacts/\?stale=show&speculative=show&view=[\w-]+$"))
    page.go_back()
    expect(page).to_have_url(sealed)
    expect(field).to_have_value(typed)
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    menu.get_by_role("combobox").fill(f"ingrid1{typed}")
    expect(menu.get_by_role("group", name="This contact").get_by_role("option")).to_be_visible()
    menu.get_by_role("combobox").press("Enter")
    expect(page).to_have_url(re.compile(r"/contacts/id_0000000000000001/$"))
    assert len(seen) > 10
    assert [each for each in seen if "haldenrobotics" in each] == []
