"""Every page, wide and narrow, light and dark: nothing in the console, nothing sideways, nothing that axe finds."""

import re
import time
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.browser.test_lists import put_on_new_list
from tests.stack import Stack

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    # axe keeps these apart: one as experimental, the others as best practice.
    "rules": {
        rule: {"enabled": True}
        for rule in (
            "label-content-name-mismatch",
            "landmark-unique",
            "landmark-one-main",
            "landmark-no-duplicate-banner",
            "landmark-no-duplicate-contentinfo",
            "landmark-no-duplicate-main",
        )
    },
}
# Swagger UI's own markup is not ours to mend.
RUN = "rules => axe.run({exclude: ['.swagger-ui']}, rules)"
FITS = "document.documentElement.scrollWidth <= window.innerWidth"


# Saved from a vendor that is not there: its page needs none.
SAVE = """
INSERT INTO enrichment_livesave (
    id, organization_id, connection_key, connection_name, vendor, of_companies, asked, words, state, row_limit,
    counted, seen_count, saved_count, refused_count, new_count, changed_count, is_limited, list_name, created_by_name
)
SELECT gen_random_uuid(), id, gen_random_uuid(), 'Letrics', 'letrics', false, '{}', 'Title contains VP', 'completed',
    40, 399, 40, 38, 2, 30, 8, true, 'Prospects', 'Alice'
FROM organizations_organization WHERE slug = 'acme' RETURNING id
"""


@pytest.fixture(scope="module")
def addresses(stack: Stack, chromium: Browser) -> list[str]:
    """One address of every page, with an export and a batch that exist."""
    watch = Watch()
    context = open_context(chromium, stack, watch)
    page = context.new_page()
    sign_in(page, stack, "alice@acme.example")
    page.goto("/feeds/")
    feed = page.get_by_role("link", name="Payroll modernization").first.get_attribute("href") or ""
    page.goto(f"{feed}?days=5")
    page.get_by_role("button", name="Run search").click()
    checkout = (
        page.locator("#past tr[aria-selected=true] a[href$='/export/']").get_attribute("href") or ""
    )
    page.goto(checkout)
    page.get_by_role("button", name=re.compile("^Export 25 rows$")).click()
    expect(page.get_by_role("link", name=re.compile("^Download"))).to_be_visible(timeout=60_000)
    export = page.url.removeprefix(stack.base_url)
    page.goto("/enrichment/new/")
    page.get_by_role("textbox").last.fill("id_0000000000000001 id_zz")
    page.get_by_role("button", name="Match them").click()
    page.get_by_role("button", name="Run 1 lookup, free").click()
    expect(page.get_by_role("link", name=re.compile("^Download"))).to_be_visible(timeout=60_000)
    batch = page.url.removeprefix(stack.base_url)
    lists = []
    for asked in ("has_email", "has_phone"):
        put_on_new_list(page, f"/contacts/?{asked}=yes", f"Every page, {asked}")
        lists.append(page.url.removeprefix(stack.base_url).partition("?")[0])
    listed = lists[0]
    compared = "/lists/compare/?" + "&".join(f"list={each.split('/')[2]}" for each in lists)
    page.goto("/contacts/")
    page.get_by_label("Select all rows of this page").check()
    page.get_by_role("button", name=re.compile(r"^Export \d+")).click()
    expect(page.get_by_role("heading", name=re.compile(r"^Export \d+ contacts$"))).to_be_visible()
    chosen = page.url.removeprefix(stack.base_url)
    page.goto("/views/contacts/new/?has_email=yes")
    page.get_by_label("Name", exact=True).fill("Every page")
    page.get_by_role("button", name="Save view").click()
    expect(page).to_have_url(re.compile(r"/contacts/\?saved=\d+$"))
    view = page.url.removeprefix(stack.base_url)
    view_id = view.rpartition("=")[2]
    page.goto("/companies/")
    company = page.locator("tbody th a").first.get_attribute("href") or ""
    context.close()
    [(saved,)] = stack.query(SAVE)
    return [
        "/", "/more/", "/find/?q=pay", "/feeds/", feed, "/searches/", checkout, "/exports/", export,
        f"{export}rows", "/exports/jobs/", "/contacts/", "/contacts/?country=NO&has_email=no",
        "/contacts/?look=id_0000000000000001", "/contacts/?filters=open", "/companies/?filters=open",
        view, "/views/contacts/new/?has_email=yes", f"/views/{view_id}/edit/", f"/views/{view_id}/delete/", chosen,
        "/contacts/duplicates/", "/contacts/duplicates/?show=shared",
        "/contacts/look-up/", "/contacts/id_0000000000000001/?include=pii,emails,phones",
        "/contacts/pulls/", "/contacts/pulls/new/", f"/live/{saved}/",
        "/lists/", "/lists/new/", listed, f"{listed}history/", f"{listed}removed/", f"{listed}edit/",
        f"{listed}delete/", compared,
        "/companies/", company, "/enrichment/", "/enrichment/new/", batch, "/reference/",
        "/reference/components/", "/reference/components/?over=dialog", "/reference/components/?over=drawer",
        "/settings/profile/", "/settings/members/", "/settings/members/invite/", "/settings/keys/",
        "/settings/keys/new/", "/settings/feeds/", "/settings/audit/", "/settings/webhooks/",
        "/settings/connections/", "/settings/connections/new/?vendor=contactbased",
        "/settings/waterfall/", "/accounts/password/change/",
    ]  # fmt: skip


def test_every_page_is_clean(
    stack: Stack, chromium: Browser, watch: Watch, addresses: list[str]
) -> None:
    # Colours on their way from light to dark are neither.
    context = open_context(chromium, stack, watch, reduced_motion="reduce")
    page = context.new_page()
    found = check(page, "/accounts/login/")
    sign_in(page, stack, "alice@acme.example")
    for address in addresses:
        found += check(page, address)
    context.close()
    assert found == []
    assert watch.complaints == []


def check(page: Page, address: str) -> list[str]:
    """List what is wrong with a page: wide and light, narrow and dark."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE)
    found = []
    for width, scheme in ((1440, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        if not fits(page):
            found.append(f"{address} is wider than {width}")
        result = page.evaluate(RUN, RULES)
        found += [
            f"{address} at {width}, {scheme}: {each['id']} {each['nodes'][0]['html'][:140]}"
            for each in result["violations"]
        ]
    return found


def fits(page: Page) -> bool:
    """Return whether nothing reaches beyond the window; a chart is drawn anew a moment after that has changed."""
    until = time.monotonic() + 1
    while not page.evaluate(FITS):
        if time.monotonic() > until:
            return False
        page.wait_for_timeout(50)
    return True


def test_pages_work_without_htmx(stack: Stack, chromium: Browser) -> None:
    """Links and forms are links and forms: with scripts off a person can search, export and read the status."""
    context = open_context(chromium, stack, Watch(), java_script_enabled=False)
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    page.goto("/feeds/")
    page.get_by_role("link", name="Payroll modernization").first.click()
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_role("heading", name="7 days in numbers")).to_be_visible()
    page.get_by_role("button", name="Run search").click()
    page.locator("#past tr[aria-selected=true] a[href$='/export/']").click()
    page.get_by_role("button", name="Export 35 rows", exact=True).click()
    expect(page).to_have_url(re.compile("/exports/[0-9a-f-]{36}/$"))
    context.close()
