"""The page of one contact: values revealed and hidden again, with keyboard and without JavaScript."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.browser.test_every_page import AXE, RULES, RUN
from tests.stack import Stack

# tests.browser.conftest.write_contacts: contact 5 has a valid e-mail, a phone and a profile.
ADDRESS = "ingrid5@haldenrobotics.example"
MASKED = "i•••@haldenrobotics.example"
PATH = f"/contacts/id_{5:016x}/"


def test_reveal_is_said_and_hides_again_after_five_minutes(page: Page) -> None:
    page.clock.install()
    page.goto(PATH)
    emails = page.get_by_role("region", name="E-mails")
    button = emails.get_by_role("button", name="Reveal work e-mail, logged")
    button.focus()
    page.keyboard.press("Enter")
    shown = emails.get_by_text(ADDRESS)
    expect(shown).to_be_visible()
    # The place of the value is a live region, so that screen readers say what comes into it.
    expect(emails.locator("[aria-live=polite]").filter(has_text=ADDRESS)).to_have_count(1)
    expect(page.get_by_role("region", name="Activity")).to_contain_text("You: revealed e-mail")
    assert page.evaluate("document.activeElement !== document.body"), "the keyboard stays there"
    page.clock.fast_forward("04:30")
    expect(shown).to_be_visible()
    page.clock.fast_forward("00:31")
    expect(shown).to_have_count(0)
    expect(emails.get_by_text(MASKED)).to_be_visible()
    page.clock.run_for(100)
    expect(page.get_by_role("status").filter(has_text="hidden again")).to_have_count(1)
    assert ADDRESS not in page.content()
    # The button works as before.
    button.click()
    expect(shown).to_be_visible()


def test_all_values_are_revealed_at_once_and_hide_together(page: Page) -> None:
    page.clock.install()
    page.goto(PATH)
    page.get_by_role("button", name=re.compile("^Reveal 2 values")).click()
    for value in (ADDRESS, "+4722555018"):
        expect(page.get_by_text(value)).to_be_visible()
    page.clock.fast_forward("05:01")
    for value in (ADDRESS, "+4722555018"):
        expect(page.get_by_text(value)).to_have_count(0)


def test_values_are_revealed_without_javascript(
    stack: Stack, chromium: Browser, watch: Watch
) -> None:
    context = open_context(chromium, stack, watch, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    page.goto(PATH)
    page.get_by_role("button", name="Reveal work e-mail, logged").click()
    expect(page.get_by_text(ADDRESS)).to_be_visible()
    assert "ingrid5" not in page.url
    page.goto(PATH)
    expect(page.get_by_text(ADDRESS)).to_have_count(0)
    context.close()
    assert watch.complaints == []


def test_source_card_opens_by_keyboard_beside_its_value_and_settles(page: Page) -> None:
    page.goto(PATH)
    source = page.locator("#from-emails-" + first_email(page)).locator("summary")
    source.focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("group", name="Where the work e-mail comes from")
    expect(card).to_be_visible()
    expect(card).to_contain_text("contacts.jsonl, because it is the only source with a value.")
    panel = page.get_by_role("region", name="E-mails").bounding_box()
    box = card.bounding_box()
    assert panel
    assert box
    assert box["x"] > panel["x"] + panel["width"] / 2, "beside the panel"
    assert box["x"] + box["width"] <= 1440
    found = find_violations(page)
    assert found == [], found
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(source).to_be_focused()
    page.set_viewport_size({"width": 1000, "height": 900})
    page.keyboard.press("Enter")
    expect(card).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "flips to the left"
    page.set_viewport_size({"width": 390, "height": 800})
    box = card.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "in the flow"
    card.get_by_role("button", name="Close").click()
    expect(card).to_be_hidden()


def find_violations(page: Page) -> list[str]:
    """Return what axe finds on the page as it is now."""
    page.evaluate(AXE)
    return [each["id"] for each in page.evaluate(RUN, RULES)["violations"]]


def first_email(page: Page) -> str:
    place = page.locator("[id^=value-emails-]").first.get_attribute("id")
    assert place
    return place.removeprefix("value-emails-")


def test_source_card_needs_no_javascript(stack: Stack, chromium: Browser, watch: Watch) -> None:
    context = open_context(chromium, stack, watch, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    page.goto(PATH)
    page.locator("details.ch-from summary").first.click()
    expect(page.get_by_text("Where this value comes from").first).to_be_visible()
    context.close()
    assert watch.complaints == []


def test_settled_value_is_undone_from_its_card(
    stack: Stack, chromium: Browser, watch: Watch
) -> None:
    """Without JavaScript: the same forms as with it."""
    stack.query(
        "INSERT INTO contacts_candidate (contact_id, field, value, source_name, status, type) "
        "SELECT id, 'seniority', word, 'Letrics', '', '' FROM contacts_contact, "
        "(VALUES ('Director')) AS given (word) WHERE key = 9 AND organization_id IS NULL"
    )
    stack.query("UPDATE contacts_contact SET seniority = 'VP' WHERE key = 9")
    context = open_context(chromium, stack, watch, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    page.goto(f"/contacts/id_{9:016x}/")
    expect(page.get_by_text("2 sources disagree")).to_be_visible()
    page.locator("#from-seniority summary").click()
    page.get_by_role("button", name="Use this seniority, from Letrics").click()
    expect(page.get_by_text("The value from Letrics is used everywhere")).to_be_visible()
    expect(page.get_by_text("2 sources disagree")).to_have_count(0)
    page.locator("#from-seniority summary").click()
    page.get_by_role("button", name="Undo: back to the rule").click()
    expect(page.get_by_text("The rule decides again.")).to_be_visible()
    expect(page.get_by_text("2 sources disagree")).to_be_visible()
    context.close()
    assert watch.complaints == []
