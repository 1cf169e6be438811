"""A file of e-mail addresses becomes an enriched file in six clicks; choices and lists work without JavaScript, too."""

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.stack import Stack

ADDRESS = "Ingrid1@HALDENROBOTICS.example"


def test_file_of_e_mails_to_enriched_file_in_six_clicks(page: Page, tmp_path: Path) -> None:
    (tmp_path / "fair.csv").write_text(f"Mail;Note\n{ADDRESS};a\nnobody@nowhere.example;b\nx;c\n")
    clicks = 0

    def click(role: str, name: str | re.Pattern[str]) -> None:
        nonlocal clicks
        clicks += 1
        page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]

    page.goto("/")
    click("link", "Enrichment")
    click("link", "New enrichment")
    # Choosing a file sends it; the system's own dialog is one click.
    clicks += 1
    page.set_input_files("#file", tmp_path / "fair.csv")
    expect(page.get_by_label("Mail", exact=True)).to_have_value("email", timeout=60_000)
    click("button", "Match 3 rows")
    expect(page.get_by_text("1 different contact in 3 rows.")).to_be_visible()
    click("button", "Run 1 lookup, free")
    link = page.get_by_role("link", name=re.compile("^Download"))
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        click("link", re.compile("^Download"))
    assert clicks <= 6
    download.value.save_as(tmp_path / "file.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "file.csv").read_text("utf-8-sig"))))
    assert [(row["Note"], row["match"], row["matched_by"]) for row in rows] == [
        ("a", "matched", "E-mail"),
        ("b", "no match", ""),
        ("c", "rejected", ""),
    ]
    assert rows[0]["email_1"] == ADDRESS.lower()


def test_pasted_keys_are_matched_on_a_phone_without_javascript(
    stack: Stack, chromium: Browser, watch: Watch
) -> None:
    context = open_context(
        chromium, stack, watch, java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    page.goto("/enrichment/new/")
    page.get_by_label("Keys of contacts").fill(f"{ADDRESS}\nnobody@nowhere.example")
    page.get_by_role("button", name="Match them").click()
    expect(page.get_by_text("1 different contact in 2 rows.")).to_be_visible()
    page.get_by_role("link", name="See the matches").click()
    expect(page.get_by_role("heading", name="Matched rows")).to_be_visible()
    page.get_by_role("link", name=re.compile("^No match 1")).click()
    expect(page.get_by_text("n•••@nowhere.example")).to_be_visible()
    page.goto("/contacts/look-up/")
    page.get_by_label("E-mail, name and company").fill(ADDRESS)
    page.get_by_role("button", name="Look up, free").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ingrid")
    assert "@" not in page.url
    context.close()
