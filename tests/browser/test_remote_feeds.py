"""A vendor's feed from the list to the file. Another organization of the same instance is the vendor."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, Watch, open_context, sign_in, write_intent
from tests.stack import Stack

CONNECT = """
from contacthub.credentials.connections.actions import add_connection
from contacthub.organizations.actions import COMMAND_LINE
from contacthub.organizations.models import Organization
add_connection(
    organization=Organization.objects.get(slug="acme"), actor=COMMAND_LINE, vendor="contactbased",
    name="Our ContactBased", credentials={{"api_key": "{key}"}}, base_url="{url}",
)
"""


@pytest.fixture(scope="module")
def remote_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Acme with a local feed and a connection to the organization vendor, which has a feed of 6,000 rows."""
    stack = Stack(tmp_path_factory.mktemp("remote"), OUTBOUND_ALLOW_PRIVATE="1")
    try:
        for slug in ("acme", "vendor"):
            stack.manage("create_organization", slug)
        stack.manage(
            "create_user", "bob@acme.example", "--organization", "acme", "--role", "admin",
            "--name", "Bob", "--password", PASSWORD,
        )  # fmt: skip
        for slug, name, limit in (("acme", "Payroll", 500), ("vendor", "Cloud cost", 20_000)):
            feed = stack.manage(
                "create_feed", "--organization", slug, "--description", name, "--lookback-days",
                60, "--pii", "--export-row-limit", limit,
            )  # fmt: skip
            per_day = 5 if slug == "acme" else 200
            write_intent(stack.folder / "rows.csv", days=30, per_day=per_day)
            stack.manage("import_intent", "--feed", feed, stack.folder / "rows.csv")
        printed = stack.manage("issue_key", "--organization", "vendor", "--scopes", "all")
        key = next(word for word in printed.split() if word.startswith("chub_live_"))
        stack.manage("shell", "-c", CONNECT.format(key=key, url=stack.base_url))
        stack.start("web", "worker", "beat")
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def tab(remote_stack: Stack, chromium: Browser, watch: Watch) -> Iterator[Page]:
    context = open_context(chromium, remote_stack, watch)
    page = context.new_page()
    sign_in(page, remote_stack, "bob@acme.example")
    yield page
    context.close()
    assert watch.complaints == []


def test_from_the_vendors_feed_to_its_file(tab: Page, remote_stack: Stack, tmp_path: Path) -> None:
    tab.goto("/feeds/")
    # The list asks the vendor by itself; nobody waits for it in front of an empty page.
    row = tab.get_by_role("row", name=re.compile("Cloud cost"))
    expect(row.get_by_text("Our ContactBased")).to_be_visible()
    expect(row.get_by_text("of 20,000")).to_be_visible()
    expect(tab.get_by_text("2 feeds that acme may use")).to_be_visible()
    row.get_by_role("link", name="Cloud cost").click()
    expect(tab.get_by_role("heading", name="30 days in numbers")).to_be_visible()
    expect(tab.get_by_text("ContactBased's own numbers")).to_be_visible()
    tab.get_by_role("button", name="7 days").click()
    expect(tab.get_by_text("1,400 records")).to_be_visible()
    tab.get_by_role("button", name="Run search").click()
    tab.locator("#past tr[aria-selected=true] a[href$='/export/']").click()
    expect(tab.get_by_text("ContactBased charges this export")).to_be_visible()
    tab.get_by_role("button", name="Export 1,400 rows").click()
    expect(tab.get_by_role("link", name=re.compile("^Download"))).to_be_visible(timeout=60_000)
    expect(tab.get_by_text("by ContactBased, once")).to_be_visible()
    with tab.expect_download() as download:
        tab.get_by_role("link", name=re.compile("^Download")).click()
    path = tmp_path / "rows.csv"
    download.value.save_as(path)
    with path.open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 1400
    charged = remote_stack.query(
        "SELECT o.slug, g.export_rows_used FROM feeds_feedgrant g "
        "JOIN organizations_organization o ON o.id = g.organization_id "
        "JOIN feeds_feed f ON f.id = g.feed_id WHERE f.name = 'Cloud cost' ORDER BY 1"
    )
    assert charged == [("acme", 1400), ("vendor", 1400)]


def test_paused_connection_says_why(tab: Page, remote_stack: Stack) -> None:
    remote_stack.query("UPDATE credentials_connection SET state = 'paused'")
    try:
        tab.goto("/feeds/")
        tab.get_by_role("link", name="Cloud cost").click()
        expect(tab.get_by_role("alert")).to_contain_text(
            "The connection Our ContactBased is paused."
        )
        expect(tab.get_by_role("button", name="Run search")).to_have_count(0)
    finally:
        remote_stack.query("UPDATE credentials_connection SET state = 'active'")
