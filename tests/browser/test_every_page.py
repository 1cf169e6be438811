"""Every page, wide and narrow, light and dark: nothing in the console, nothing sideways, nothing that axe finds."""

import json
import re
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.stack import Stack

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def addresses(stack: Stack, chromium: Browser) -> list[str]:
    """One address of every page, with an export and a batch that exist."""
    watch = Watch()
    context = open_context(chromium, stack, watch)
    page = context.new_page()
    sign_in(page, stack, "alice@acme.example")
    page.goto("/feeds/")
    feed = page.get_by_role("link", name="Payroll modernisation").first.get_attribute("href") or ""
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
    page.get_by_role("button", name="Check ids").click()
    page.get_by_role("button", name="Run 1 lookup, free").click()
    expect(page.get_by_role("link", name=re.compile("^Download"))).to_be_visible(timeout=60_000)
    batch = page.url.removeprefix(stack.base_url)
    context.close()
    return [
        "/", "/more/", "/find/?q=pay", "/feeds/", feed, "/searches/", checkout, "/exports/", export,
        f"{export}rows", "/contacts/", "/contacts/id_0000000000000001/?include=pii,emails,phones", "/enrichment/",
        "/enrichment/new/", batch, "/settings/profile/", "/settings/members/", "/settings/members/invite/",
        "/settings/keys/", "/settings/keys/new/", "/settings/feeds/", "/settings/audit/", "/accounts/password/change/",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
)
def test_every_page_is_clean(
    stack: Stack, chromium: Browser, watch: Watch, addresses: list[str], width: int, scheme: str
) -> None:
    context = open_context(
        chromium, stack, watch, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    found: list[str] = []
    check(page, "/accounts/login/", width, found)
    sign_in(page, stack, "alice@acme.example")
    for address in addresses:
        check(page, address, width, found)
    context.close()
    assert found == []
    assert watch.complaints == []


def check(page: Page, address: str, width: int, found: list[str]) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        found.append(f"{address} is {wide} wide")
    page.evaluate(AXE)
    result = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(RULES)}}})")
    found.extend(
        f"{address}: {violation['id']} {violation['nodes'][0]['html'][:140]}"
        for violation in result["violations"]
    )


def test_pages_work_without_htmx(stack: Stack, chromium: Browser) -> None:
    """Links and forms are links and forms: with scripts off a person can search, export and read the status."""
    context = open_context(chromium, stack, Watch(), java_script_enabled=False)
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    page.goto("/feeds/")
    page.get_by_role("link", name="Payroll modernisation").first.click()
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_role("heading", name="7 days in numbers")).to_be_visible()
    page.get_by_role("button", name="Run search").click()
    page.locator("#past tr[aria-selected=true] a[href$='/export/']").click()
    page.get_by_role("button", name="Export 35 rows", exact=True).click()
    expect(page).to_have_url(re.compile("/exports/[0-9a-f-]{36}/$"))
    context.close()
