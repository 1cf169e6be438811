"""The sandbox of the demo as a newcomer meets it: a vendor's feed, a live search, a waterfall, all without an account.

The stack is made by the code that makes the demo.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from playwright.sync_api import Browser, Page, expect

from contacthub.core.public_ids import format_contact_id
from tests.browser.conftest import Watch, open_context, sign_in
from tests.browser.test_every_page import check
from tests.stack import Stack

FEED = "Sustainability reporting"
WHY = "because the catalog had none and this vendor was the first with one."
BAND = "This vendor is made up: nothing real is called and nothing real is charged."


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("demo"), OUTBOUND_ALLOW_PRIVATE="1", SANDBOX="1")
    try:
        stack.manage("load_demo", "--scale", "0.01")
        stack.start("web", "worker", "beat")
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def tab(demo: Stack, chromium: Browser, watch: Watch) -> Iterator[Page]:
    """A tab of acme's admin, who has done nothing but sign in."""
    context = open_context(chromium, demo, watch)
    page = context.new_page()
    log_ins = orjson.loads((demo.folder / "var/demo.json").read_bytes())
    admin = log_ins["organizations"][0]["admin"]
    sign_in(page, demo, admin["email"], admin["password"])
    yield page
    context.close()
    assert watch.complaints == []


def test_from_the_vendors_feed_to_its_file(tab: Page, demo: Stack, tmp_path: Path) -> None:
    tab.goto("/feeds/")
    # The list asks the vendor by itself; nobody waits for it in front of an empty page.
    row = tab.get_by_role("row", name=re.compile(FEED))
    expect(row.get_by_text("ContactBased (sandbox)")).to_be_visible()
    expect(row.get_by_text("of 25,000")).to_be_visible()
    expect(tab.get_by_text("8 feeds that Acme Revenue may use")).to_be_visible()
    expect(tab.get_by_text(BAND)).to_be_visible()
    row.get_by_role("link", name=FEED).click()
    expect(tab.get_by_role("heading", name="30 days in numbers")).to_be_visible()
    expect(tab.get_by_text("ContactBased's own numbers")).to_be_visible()
    expect(tab.get_by_text(BAND)).to_be_visible()
    tab.get_by_role("button", name="60", exact=True).click()
    expect(tab.get_by_role("heading", name="60 days in numbers")).to_be_visible()
    tab.get_by_role("button", name="Run search").click()
    tab.locator("#past tr[aria-selected=true] a[href$='/export/']").click()
    expect(tab.get_by_text("ContactBased charges this export")).to_be_visible()
    export = tab.get_by_role("button", name=re.compile(r"^Export \d+ rows$"))
    count = int(re.sub(r"\D", "", export.inner_text()))
    assert count > 20
    export.click()
    expect(tab.get_by_role("link", name=re.compile("^Download"))).to_be_visible(timeout=60_000)
    expect(tab.get_by_text("by ContactBased, once")).to_be_visible()
    with tab.expect_download() as download:
        tab.get_by_role("link", name=re.compile("^Download")).click()
    path = tmp_path / "rows.csv"
    download.value.save_as(path)
    with path.open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == count
    charged = demo.query(
        "SELECT o.slug, g.export_rows_used FROM feeds_feedgrant g "
        "JOIN organizations_organization o ON o.id = g.organization_id "
        "JOIN feeds_feed f ON f.id = g.feed_id WHERE f.name = %s ORDER BY 1",
        FEED,
    )
    assert charged == [("acme", count), ("northgate", count)]


def test_paused_connection_says_why(tab: Page, demo: Stack) -> None:
    demo.query("UPDATE credentials_connection SET state = 'paused' WHERE vendor = 'contactbased'")
    try:
        tab.goto("/feeds/")
        tab.get_by_role("link", name=FEED).click()
        expect(tab.get_by_role("alert")).to_contain_text(
            "The connection ContactBased (sandbox) is paused."
        )
        expect(tab.get_by_role("button", name="Run search")).to_have_count(0)
    finally:
        demo.query("UPDATE credentials_connection SET state = 'active'")


def test_live_search_brings_somebody_whom_the_waterfall_completes(tab: Page, demo: Stack) -> None:
    tab.goto("/contacts/?country=ES")
    expect(tab.get_by_text("No contacts match")).to_be_visible()
    expect(tab.get_by_text(BAND)).to_have_count(0)
    tab.goto("/contacts/")
    tab.get_by_role("link", name="Letrics (sandbox)").click()
    expect(tab.get_by_text(BAND)).to_be_visible()
    tab.get_by_role("link", name="Search without these 2 filters").click()
    first = tab.locator("tbody tr").first
    name = first.locator("th").inner_text()
    first.get_by_role("checkbox").check()
    tab.get_by_role("button", name="Save chosen").click()
    tab.get_by_role("link", name=name).click()
    expect(tab.get_by_text("Phones: not asked.")).to_be_visible()
    expect(tab.get_by_text(BAND)).to_be_visible()
    tab.get_by_role("button", name="Ask vendors, up to 1 lookup").click()
    expect(tab.get_by_text("ContactBased (sandbox): profile found, phones found.")).to_be_visible()
    phones = tab.get_by_role("region", name="Phones")
    phones.locator("details.ch-from > summary").first.click()
    expect(phones.get_by_text(WHY).first).to_be_visible()


def test_live_search_is_refined_in_place(tab: Page, demo: Stack) -> None:
    tab.goto("/contacts/")
    tab.get_by_role("link", name="Letrics (sandbox)").click()
    # What Letrics neither applies nor sends refuses the search; each can be removed.
    expect(tab.get_by_text("Letrics was not searched")).to_be_visible()
    tab.get_by_role("link", name="Remove filter Speculative").last.click()
    expect(
        tab.get_by_text("Letrics cannot filter by whether contacts are speculative")
    ).to_have_count(0)
    tab.get_by_role("link", name="Search without this filter").click()
    expect(tab.get_by_role("button", name=re.compile("^Save these"))).to_be_visible()
    # By keyboard alone: the drawer, a value of a facet, the way back.
    tab.keyboard.press("f")
    drawer = tab.get_by_role("form", name="Filters")
    expect(drawer).to_be_visible()
    box = drawer.locator("#rows-seniority .form-check-input").first
    expect(box).to_be_visible()
    expect(drawer.locator(".ch-counting")).to_have_count(0)
    box.focus()
    tab.keyboard.press("Space")
    chip = tab.get_by_role("link", name="Remove filter Seniority")
    expect(chip).to_be_visible()
    expect(tab).to_have_url(re.compile("seniority="))
    # A filter that ContactHub applies is said before anything is sent.
    drawer.locator("#facet-city > summary").click()
    first = drawer.locator("#rows-city .form-check-input").first
    expect(first).to_be_visible()
    expect(drawer.locator("#rows-city")).to_contain_text("ContactHub filters what comes back")
    first.check()
    expect(tab.get_by_role("heading", name="Not searched yet")).to_be_visible()
    tab.get_by_role("link", name="Search, up to 1,000 rows").click()
    expect(tab.locator("#results")).to_contain_text(
        re.compile(r"of the [\d,]+ rows? that Letrics sent match|Letrics has no match")
    )
    tab.get_by_role("link", name="Remove filter City").click()
    expect(tab.get_by_role("link", name="Remove filter City")).to_have_count(0)
    expect(drawer).to_be_visible()
    tab.go_back()
    expect(tab.get_by_role("link", name="Remove filter City")).to_be_visible()
    expect(tab.locator("#results")).to_contain_text("Letrics")


def test_rows_that_contacthub_filtered_are_saved_and_no_others(tab: Page, demo: Stack) -> None:
    tab.goto("/contacts/?stale=show&speculative=show&linkedin=no")
    tab.get_by_role("link", name="Letrics (sandbox)").click()
    tab.get_by_role("link", name="Search, up to 1,000 rows").click()
    words = tab.locator(".ch-listbar [data-head]").inner_text()
    matching, sent = re.findall(r"[\d,]+", words)[:2]
    assert int(matching.replace(",", "")) < int(sent.replace(",", ""))
    tab.get_by_role("link", name="Save all matching").click()
    expect(tab.get_by_text("before ContactHub filters")).to_be_visible()
    tab.get_by_label("Fetch at most").fill("10,000")
    tab.get_by_label("Save at most").fill("10,000")
    tab.get_by_label("Put them on a list").fill("Without a profile")
    tab.get_by_role("button", name="Start saving").click()
    expect(tab.get_by_role("status").get_by_text("Completed")).to_be_visible(timeout=60_000)
    [(fetched, seen, counted)] = demo.query(
        "SELECT fetched_count, seen_count, counted FROM enrichment_livesave WHERE job_id IS NOT NULL"
    )
    assert (fetched, seen < counted) == (counted, True)
    assert demo.query(
        "SELECT count(*) FROM enrichment_livesaverow row JOIN contacts_contact contact "
        "ON contact.key = row.contact_key AND contact.organization_id IS NOT NULL "
        "JOIN organizations_organization o ON o.id = contact.organization_id AND o.slug = 'acme' "
        "JOIN enrichment_livesave save ON save.id = row.save_of_id AND save.job_id IS NOT NULL "
        "WHERE contact.linkedin_url IS NOT NULL"
    ) == [(0,)]
    expect(tab.get_by_role("link", name="Open the list")).to_be_visible()


def test_live_search_without_scripts_is_links_and_forms(
    tab: Page, demo: Stack, chromium: Browser, watch: Watch
) -> None:
    context = open_context(chromium, demo, watch, java_script_enabled=False)
    context.add_cookies(tab.context.cookies())  # type: ignore[arg-type]
    plain = context.new_page()
    plain.goto("/contacts/")
    plain.get_by_role("link", name="Letrics (sandbox)").click()
    plain.get_by_role("link", name="Search without these 2 filters").click()
    plain.get_by_role("link", name="Filters", exact=True).click()
    plain.locator("#facet-seniority").get_by_role("link", name="Show values").click()
    # The page jumps to the facet once it is there.
    expect(plain).to_have_url(re.compile("#facet-seniority$"))
    plain.wait_for_load_state()
    plain.locator("#rows-seniority .form-check-input").first.check()
    plain.locator("#facet-seniority").get_by_role("button", name="Apply").click()
    expect(plain.get_by_role("link", name="Remove filter Seniority")).to_be_visible()
    plain.get_by_role("link", name="Remove filter Seniority").click()
    expect(plain.get_by_role("button", name=re.compile("^Save these"))).to_be_visible()
    context.close()


def test_waterfall_finds_what_the_catalog_lacks(tab: Page, demo: Stack) -> None:
    [(key,)] = demo.query(
        "SELECT shared.key FROM contacts_contact shared JOIN contacts_contact theirs "
        "ON theirs.key = shared.key AND theirs.organization_id IS NOT NULL "
        "WHERE shared.organization_id IS NULL AND NOT shared.has_email_record "
        "AND theirs.email IS NOT NULL ORDER BY shared.key LIMIT 1"
    )
    tab.goto(f"/contacts/{format_contact_id(key)}/?include=pii,emails,phones")
    expect(tab.get_by_text("E-mails: no record.")).to_be_visible()
    tab.get_by_role("button", name="Ask vendors, up to 1 lookup").click()
    expect(tab.get_by_role("status").get_by_text("e-mails found")).to_be_visible()
    emails = tab.get_by_role("region", name="E-mails")
    emails.locator("details.ch-from > summary").first.click()
    expect(emails.get_by_text(WHY).first).to_be_visible()
    tab.goto("/settings/connections/")
    tab.get_by_role("link", name="ContactBased (sandbox)").click()
    expect(tab.get_by_role("row", name=re.compile("^Enrich contacts 200 1")).first).to_be_visible()


def test_bulk_pull_is_tried_with_ten_ids_first(
    tab: Page, demo: Stack, chromium: Browser, watch: Watch
) -> None:
    tab.goto("/contacts/")
    tab.get_by_role("link", name="Pull from a vendor").click()
    tab.get_by_role("main").get_by_role("link", name="New pull").first.click()
    expect(tab.get_by_text(BAND)).to_be_visible()
    expect(tab.get_by_label("Created from")).to_be_visible()
    tab.get_by_role("link", name="InsideView (sandbox)").click()
    ids = tab.get_by_label("InsideView contact ids")
    ids.fill("\n".join(map(str, range(70000001, 70000031))) + "\nnobody")
    tab.get_by_role("button", name="Check ids").click()
    expect(tab.get_by_role("button", name="Pull 30, up to 30 transactions")).to_be_visible()
    tab.get_by_role("button", name="Try 10 ids, up to 10 transactions").click()
    expect(tab.get_by_text("This was a trial.")).to_be_visible(timeout=60_000)
    expect(tab.get_by_text("10 of 10 ids")).to_be_visible()
    trial = tab.url
    tab.get_by_role("link", name="Continue with the list").click()
    rest = tab.get_by_role("button", name="Pull 20, up to 20 transactions")
    expect(rest).to_be_visible()
    draft = tab.url
    found = check_apart(tab, demo, chromium, watch, [draft])
    rest.click()
    expect(tab.get_by_role("status").get_by_text("Completed")).to_be_visible(timeout=60_000)
    taken = tab.get_by_role("row", name=re.compile("^Taken"))
    expect(taken).to_contain_text("20")
    used = "SELECT used FROM contact_jobs_transactionaccount JOIN organizations_organization o"
    assert demo.query(f"{used} ON o.id = organization_id WHERE o.slug = 'northgate'") == [(30,)]
    pages = [trial, tab.url, "/contacts/pulls/", "/contacts/pulls/new/"]
    assert found + check_apart(tab, demo, chromium, watch, pages) == []


def check_apart(
    tab: Page, demo: Stack, chromium: Browser, watch: Watch, addresses: list[str]
) -> list[str]:
    """List what is wrong with some pages, looked at in a window of their own."""
    context = open_context(chromium, demo, watch, reduced_motion="reduce")
    context.add_cookies(tab.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    found = []
    for address in addresses:
        found += check(page, address)
        expect(page.get_by_text(BAND)).to_be_visible()
    context.close()
    return found


def test_pages_of_the_sandbox_are_clean(
    demo: Stack, chromium: Browser, tab: Page, watch: Watch
) -> None:
    tab.goto("/contacts/")
    search = tab.get_by_role("link", name="Rich Utilities (sandbox)").get_attribute("href") or ""
    letrics = tab.get_by_role("link", name="Letrics (sandbox)").get_attribute("href") or ""
    shown = f"{letrics}?stale=show&speculative=show"
    live = [
        search, letrics, f"{letrics}?quality=80-100&filters=open", f"{shown}&filters=open&title=manager",
        f"{shown}&linkedin=no", f"{shown}&linkedin=no&agreed=has_linkedin",
        f"{letrics}all?stale=show&speculative=show&linkedin=no&agreed=has_linkedin",
    ]  # fmt: skip
    addresses = ["/feeds/", *live, "/settings/waterfall/", "/settings/connections/"]
    assert check_apart(tab, demo, chromium, watch, addresses) == []
