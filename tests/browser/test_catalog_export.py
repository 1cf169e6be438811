"""From contacts that a filter leaves to their file, with few clicks."""

import csv
import io
import re

from playwright.sync_api import Page, expect


def test_filtered_contacts_become_a_file(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Contacts", exact=True).first.click()
    page.get_by_role("checkbox", name=re.compile("page", re.I)).first.check()
    page.get_by_role("form", name="Selection").get_by_role(
        "button", name=re.compile(r"^Export \d+")
    ).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Export \d+ contacts$"))
    expect(page.locator("#quote")).to_contain_text("free: your catalog")
    page.locator("#quote").get_by_role("button", name=re.compile(r"^Export \d+ rows$")).click()
    download = page.get_by_role("link", name=re.compile("^Download"))
    expect(download).to_be_visible(timeout=60_000)
    with page.expect_download() as begun:
        download.click()
    text = begun.value.path().read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    count = re.search(r"\d+", page.get_by_role("heading", level=1).inner_text())
    assert count is not None
    assert len(rows) == int(count[0])
    assert "@" not in text
