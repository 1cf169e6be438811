"""What a sales user comes for: find intent, export it, download it, enrich it."""

import contextlib
import csv
import hashlib
import io
import re
import zipfile
from pathlib import Path

import httpx
import openpyxl
from playwright.sync_api import Browser, Page, expect

from contacthub.core import clock
from tests.browser.conftest import PASSWORD, Watch, open_context, sign_in
from tests.stack import Stack


def open_feed(page: Page, name: str = "Cloud cost optimization") -> None:
    page.goto("/feeds/")
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def run_search(page: Page, days: int) -> None:
    page.get_by_label("Days", exact=True).fill(str(days))
    page.get_by_label("Days", exact=True).press("Tab")
    expect(page.get_by_role("heading", name=f"{days} days in numbers")).to_be_visible()
    page.get_by_role("button", name="Run search").click()
    expect(page.locator("#past tr[aria-selected=true]")).to_be_visible()


def number(text: str) -> int:
    return int(re.sub(r"[^0-9]", "", text))


def test_signs_in_changes_the_password_and_signs_out(
    stack: Stack, chromium: Browser, watch: Watch
) -> None:
    stack.manage(
        "create_user",
        "paula@acme.example",
        "--organization",
        "acme",
        "--name",
        "Paula",
        "--password",
        PASSWORD,
    )
    context = open_context(chromium, stack, watch)
    page = context.new_page()
    page.goto("/exports/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_label("E-mail").fill("paula@acme.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{stack.base_url}/exports/")
    page.get_by_label("Paula, your account").click()
    page.get_by_role("link", name="Change password").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("another long password")
    page.get_by_label("New password (again)").fill("another long password")
    page.get_by_role("button", name="Save the new password").click()
    page.goto("/")
    page.get_by_label("Paula, your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/feeds/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    context.close()
    assert watch.complaints == []


def test_preview_follows_the_lookback_and_saves_nothing(page: Page, stack: Stack) -> None:
    before = stack.query("SELECT count(*) FROM feeds_search")
    open_feed(page)
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_role("heading", name="7 days in numbers")).to_be_visible()
    expect(page).to_have_url(re.compile(r"days=7"))
    page.get_by_text("Show the numbers as a table").click()
    rows = page.locator("figure table tbody tr")
    expect(rows).to_have_count(7)
    totals = [number(text) for text in rows.locator("td:nth-child(2)").all_inner_texts()]
    (expected,) = stack.query(
        "SELECT count(*) FROM feeds_intentrecord r JOIN feeds_feed f ON f.id = r.feed_id"
        " WHERE f.name = 'Cloud cost optimization' AND observed_on > %s",
        clock.today().fromordinal(clock.today().toordinal() - 7),
    )[0]
    assert sum(totals) == expected
    numbers = page.get_by_role("region", name="7 days in numbers")
    expect(numbers).to_contain_text(f"{expected:,} records")
    expect(rows.last).to_contain_text("partial")
    expect(page.locator(".ch-plot canvas")).to_be_visible()
    expect(page.get_by_role("button", name="60")).to_be_disabled()
    assert stack.query("SELECT count(*) FROM feeds_search") == before


def test_enter_in_the_lookback_previews_what_was_typed(page: Page) -> None:
    open_feed(page)
    days = page.get_by_label("Days", exact=True)
    days.fill("12")
    days.press("Enter")
    expect(page.get_by_role("heading", name="12 days in numbers")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page).to_have_url(re.compile(r"days=12$"))
    expect(page.get_by_role("heading", name="12 days in numbers")).to_be_visible()


def test_exports_through_the_checkout_and_downloads(
    page: Page, stack: Stack, tmp_path: Path
) -> None:
    open_feed(page)
    run_search(page, 21)
    page.locator("#past tr[aria-selected=true]").get_by_role("link", name="Export…").click()
    drawer = page.get_by_role("dialog", name="Export search")
    expect(drawer).to_be_visible()
    expect(page).to_have_url(re.compile("/export/$"))
    spend = drawer.get_by_role("button", name=re.compile("^Export .* rows$"))
    everything = number(spend.inner_text())
    drawer.get_by_text("Only rows with contact_id").click()
    expect(spend).not_to_have_text(re.compile(f"{everything:,}"))
    drawer.get_by_text("Include PII").click()
    expect(drawer.get_by_label("Include business info")).to_be_disabled()
    drawer.get_by_label("At most").fill("12000")
    expect(spend).to_have_text("Export 12,000 rows")
    drawer.get_by_text("XLSX").click()
    drawer.get_by_text("Choose and order…").click()
    drawer.get_by_role("checkbox", name="address").uncheck()
    expect(drawer.get_by_text("Columns: 15 of 20")).to_be_visible()
    drawer.get_by_label("Move domain up").click()
    drawer.get_by_label("Purpose").fill("Webinar follow-up")
    left_before = stack.query(
        "SELECT export_rows_used FROM feeds_feedgrant WHERE export_row_limit = 60000"
    )[0][0]
    spend.click()
    expect(page).to_have_url(re.compile("/exports/[0-9a-f-]{36}/$"))
    expect(page.get_by_text("Completed, limited to 12,000 of")).to_be_visible(timeout=60_000)
    used = stack.query(
        "SELECT export_rows_used, export_rows_held FROM feeds_feedgrant WHERE export_row_limit = 60000"
    )[0]
    assert used == (left_before + 12_000, 0)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Download XLSX")).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert "_first-12000-of-" in path.name
    shown = page.locator("#sha256").inner_text()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == shown
    assert zipfile.ZipFile(path).testzip() is None
    with contextlib.closing(openpyxl.load_workbook(path, read_only=True)) as book:
        rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert len(rows) == 12_001
    assert rows[0][:3] == ("contact_id", "domain", "observed_on")
    assert "address" not in rows[0]
    assert all(row[0] for row in rows)
    expect(page.get_by_role("cell", name="Ingrid").first).to_be_visible()
    page.get_by_role("link", name="Last").click()
    expect(page.get_by_text("11,976–12,000 of 12,000")).to_be_visible()


def test_a_second_export_of_the_search_is_free(page: Page, stack: Stack, tmp_path: Path) -> None:
    open_feed(page, "Payroll modernization")
    run_search(page, 30)
    page.locator("#past tr[aria-selected=true]").get_by_role("link", name="Export…").click()
    page.get_by_role("button", name=re.compile("^Export 150 rows$")).click()
    expect(page.locator("#export").get_by_text("Completed", exact=True)).to_be_visible(
        timeout=60_000
    )
    page.go_back()
    open_feed(page, "Payroll modernization")
    page.get_by_role("link", name="Export again").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("0 rows are charged for any choice here.")).to_be_visible()
    expect(drawer.get_by_role("link", name="Download")).to_be_visible()
    drawer.get_by_text("JSON Lines").click()
    drawer.get_by_role("button", name="Export 150 rows again · 0 rows charged").click()
    expect(page.locator("#export").get_by_text("Completed", exact=True)).to_be_visible(
        timeout=60_000
    )
    expect(page.get_by_text("the search was already paid for")).to_be_visible()


def test_download_resumes_where_it_stopped(page: Page, stack: Stack) -> None:
    page.goto("/exports/")
    page.get_by_role("link", name="Cloud cost optimization").first.click()
    address = page.get_by_role("link", name=re.compile("^Download")).get_attribute("href")
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    with httpx.Client(base_url=stack.base_url, cookies=cookies) as client:
        whole = client.get(address)
        tag = whole.headers["ETag"]
        middle = len(whole.content) // 3
        rest = client.get(address, headers={"Range": f"bytes={middle}-", "If-Range": tag})
        assert rest.status_code == 206
        assert whole.content[:middle] + rest.content == whole.content
        assert client.get(address).content == whole.content, "the same bytes every time"
        assert tag == f'"{hashlib.sha256(whole.content).hexdigest()}"'


def test_cancels_a_running_export_and_runs_it_again(page: Page, stack: Stack) -> None:
    stack.kill("worker")
    try:
        open_feed(page, "Payroll modernization")
        run_search(page, 60)
        page.locator("#past tr[aria-selected=true]").get_by_role("link", name="Export…").click()
        page.get_by_role("button", name=re.compile("^Export 300 rows$")).click()
        expect(page.locator("#export").get_by_text("Queued").first).to_be_visible()
        page.get_by_role("button", name="Cancel export").click()
        expect(page.get_by_text("The export was cancelled.")).to_be_visible()
        page.goto("/")
        page.get_by_role("link", name="Payroll modernization").first.click()
        page.goto("/exports/")
        page.get_by_role("link", name="Payroll modernization").first.click()
        page.get_by_role("button", name="Run again · 300 rows charged").click()
        expect(page.locator("#export").get_by_text("Queued").first).to_be_visible()
    finally:
        stack.start("worker")
    expect(page.locator("#export").get_by_text("Completed", exact=True)).to_be_visible(
        timeout=60_000
    )


def test_another_organization_finds_nothing(
    stack: Stack, chromium: Browser, watch: Watch, page: Page
) -> None:
    page.goto("/exports/")
    address = page.get_by_role("link", name="Cloud cost optimization").first.get_attribute("href")
    watch.allowed.add(404)
    context = open_context(chromium, stack, watch)
    theirs = context.new_page()
    sign_in(theirs, stack, "charlie@globex.example")
    theirs.goto(address or "")
    expect(theirs.get_by_role("heading", name="Page not found")).to_be_visible()
    theirs.goto("/exports/")
    expect(theirs.get_by_role("heading", name="No exports yet")).to_be_visible()
    context.close()


def test_csv_for_systems_holds_the_rows_of_the_page(page: Page, tmp_path: Path) -> None:
    open_feed(page, "Payroll modernization")
    run_search(page, 3)
    page.locator("#past tr[aria-selected=true]").get_by_role("link", name="Export…").click()
    page.get_by_role("button", name=re.compile("^Export 15 rows$")).click()
    expect(page.locator("#export").get_by_text("Completed", exact=True)).to_be_visible(
        timeout=60_000
    )
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Download CSV")).click()
    download.value.save_as(tmp_path / "file.csv")
    rows = list(
        csv.DictReader(io.StringIO((tmp_path / "file.csv").read_bytes().decode(), newline=""))
    )
    expect(page.locator("#rows tbody tr")).to_have_count(15)
    domains = page.locator("#rows tbody td:nth-child(3)").all_inner_texts()
    assert [row["domain"] for row in rows] == domains


def test_days_typed_before_the_page_listens_count(page: Page) -> None:
    open_feed(page, "Payroll modernization")
    # Scripts that come late, as on a slow line: what is typed meanwhile is heard by nobody.
    page.route("**/*.js", lambda route: (page.wait_for_timeout(1500), route.continue_()))
    page.reload(wait_until="commit")
    page.get_by_label("Days", exact=True).fill("3")
    page.get_by_label("Days", exact=True).press("Tab")
    expect(page.get_by_role("heading", name="3 days in numbers")).to_be_visible(timeout=15_000)
