"""Looking contacts up and enriching lists of them."""

import csv
import io
import re
from pathlib import Path

import openpyxl
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.stack import Stack

# tests.browser.conftest.write_contacts: number % 4 is 1: everything; 2: empty e-mails, no phone, no PII; 3: no e-mails.
WHOLE, EMPTY, WITHOUT = (f"id_{number:016x}" for number in (1, 2, 3))


def look_up(page: Page, contact_id: str) -> None:
    page.goto("/contacts/look-up/")
    page.get_by_label("E-mail, name and company").fill(contact_id)
    page.get_by_role("button", name="Look up, free").click()


def count_reveals(stack: Stack) -> int:
    """Return how many reveals the audit log holds, those of other tests too."""
    ((count,),) = stack.query(
        "SELECT count(*) FROM organizations_auditevent WHERE action LIKE 'Revealed%%'"
    )
    return int(count)


def test_looks_up_a_contact_and_reveals_one_value(page: Page, stack: Stack) -> None:
    before = count_reveals(stack)
    look_up(page, WHOLE.replace("id_", "cb_"))
    expect(page.get_by_role("heading", name="Ingrid Solheim1")).to_be_visible()
    expect(page.get_by_text(WHOLE, exact=True)).to_be_visible()
    emails = page.get_by_role("region", name="E-mails")
    expect(emails.get_by_text("i•••@haldenrobotics.example")).to_be_visible()
    expect(emails.get_by_text("8 days ago")).to_be_visible()
    assert "ingrid1@haldenrobotics.example" not in page.content()
    emails.get_by_role("button", name=re.compile("Reveal")).first.click()
    expect(emails.get_by_text("ingrid1@haldenrobotics.example")).to_be_visible()
    assert count_reveals(stack) == before + 1
    page.reload()
    assert "ingrid1@haldenrobotics.example" not in page.content(), "masked again"


def test_each_section_has_its_own_kind_of_empty(
    page: Page, stack: Stack, chromium: Browser, watch: Watch
) -> None:
    look_up(page, EMPTY)
    expect(page.get_by_text("E-mails: empty record.")).to_be_visible()
    expect(page.get_by_text("Phones: no record.")).to_be_visible()
    look_up(page, WITHOUT)
    expect(page.get_by_text("E-mails: no record.")).to_be_visible()
    page.goto(f"/contacts/{WHOLE}/")
    expect(
        page.get_by_role("region", name="E-mails").get_by_text("i•••@haldenrobotics.example")
    ).to_be_visible()
    watch.allowed.add(403)
    context = open_context(chromium, stack, watch)
    viewer = context.new_page()
    sign_in(viewer, stack, "vera@acme.example")
    viewer.goto(f"/contacts/{WHOLE}/?include=emails")
    expect(viewer.get_by_text("E-mails: blocked.")).to_be_visible()
    context.close()


def test_unknown_contact_is_no_record(page: Page, watch: Watch) -> None:
    watch.allowed.add(404)
    look_up(page, "id_ffffffffffffffff")
    expect(page.get_by_role("heading", name=re.compile("No record"))).to_be_visible()


def test_mistyped_id_is_explained_beside_the_field(page: Page, watch: Watch) -> None:
    watch.allowed.add(422)
    look_up(page, "id_123")
    expect(page.get_by_text("After id_ come 16 hex digits; here are 3.")).to_be_visible()
    expect(page.get_by_label("E-mail, name and company")).to_have_value("id_123")


def expect_figures(page: Page, **figures: str) -> None:
    """Wait for the page that says how many ids are of which kind."""
    for place, (kind, figure) in enumerate(figures.items()):
        expect(page.locator(".ch-figure").nth(place), kind).to_have_text(figure)


def test_enriches_pasted_ids(page: Page, tmp_path: Path) -> None:
    page.goto("/enrichment/new/")
    page.get_by_role("textbox").last.fill(
        f"{WHOLE}\n{EMPTY}, {WITHOUT}\n{WHOLE}\nid_zz\nid_ffffffffffffffff"
    )
    page.get_by_role("button", name="Match them").click()
    expect_figures(page, valid="4", duplicate="1", malformed="1")
    page.get_by_role("button", name="Run 4 lookups, free").click()
    link = page.get_by_role("link", name=re.compile("^Download"))
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "file.csv")
    text = (tmp_path / "file.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["outcome"] for row in rows] == [
        "found",
        "empty record",
        "found",
        "found",
        "malformed",
        "no record",
    ]
    assert rows[0]["email_1"] == rows[3]["email_1"] == "ingrid1@haldenrobotics.example"


def test_enriches_an_uploaded_workbook(page: Page, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Firma", "Kontakt-ID", "Notiz"])
    ids = [f"id_{number:016x}" for number in range(1, 301)]
    for place, contact_id in enumerate(ids):
        sheet.append([f"Firma {place}", contact_id, "=1+1"])
    sheet.append(["Letzte", "kaputt", "ruft an"])
    book.save(tmp_path / "messe.xlsx")
    page.goto("/enrichment/new/")
    page.set_input_files("input[type=file]", tmp_path / "messe.xlsx")
    expect(page.get_by_role("heading", name="Enrich messe.xlsx")).to_be_visible()
    expect(page.get_by_text("“Kontakt-ID” as contact id")).to_be_visible(timeout=60_000)
    expect(page.get_by_label("Kontakt-ID")).to_have_value("contact_id")
    page.get_by_role("button", name="Match 301 rows").click()
    expect_figures(page, valid="300", duplicate="0", malformed="1")
    page.get_by_role("radio", name=re.compile("^XLSX")).check()
    page.get_by_role("button", name="Run 300 lookups, free").click()
    link = page.get_by_role("link", name=re.compile("^Download"))
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "result.xlsx")
    read = list(
        openpyxl.load_workbook(tmp_path / "result.xlsx").worksheets[0].iter_rows(values_only=True)
    )
    header, rows = read[0], read[1:]
    assert header[:3] == ("Firma", "Kontakt-ID", "Notiz")
    assert [row[1] for row in rows] == [*ids, "kaputt"]
    assert rows[-1][header.index("outcome")] == "malformed"
    assert "i•••" in page.content(), "the page shows results masked"
    assert "ingrid5@haldenrobotics.example" not in page.content()


def test_reads_an_uploaded_file_again_in_another_encoding(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "targi.csv"
    file.write_bytes(f"imię;id\nŁukasz Żółw;{WHOLE}\n".encode("cp1250"))
    page.goto("/enrichment/new/")
    page.set_input_files("input[type=file]", file)
    expect(page.get_by_text("Read as Windows-1252, a guess")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Łukasz Żółw").first).to_be_hidden()
    page.get_by_label("Encoding").select_option(label="Windows-1250")
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("Łukasz Żółw").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Read as Windows-1250")).to_be_visible()
    file.write_bytes(b"name,id\nM\xc3\xbcller,1\nM\xfcller,2\n")
    page.goto("/enrichment/new/")
    page.set_input_files("input[type=file]", file)
    error = page.locator("#file-error")
    expect(error).to_contain_text("Line 3 is not UTF-8, line 2 is.", timeout=60_000)
    page.get_by_label("Encoding").select_option(label="Windows-1252")
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_role("button", name="Match 2 rows")).to_be_visible(timeout=60_000)


def test_enriches_the_contacts_of_an_export(page: Page) -> None:
    page.goto("/feeds/")
    page.get_by_role("link", name="Payroll modernization").first.click()
    page.get_by_label("Days", exact=True).fill("2")
    page.get_by_label("Days", exact=True).press("Tab")
    expect(page.get_by_role("heading", name="2 days in numbers")).to_be_visible()
    page.get_by_role("button", name="Run search").click()
    page.locator("#past tr[aria-selected=true]").get_by_role("link", name="Export…").click()
    page.get_by_role("button", name=re.compile("^Export 10 rows$")).click()
    page.get_by_role("link", name="Enrich its contacts").click(timeout=60_000)
    expect(page).to_have_url(re.compile("/enrichment/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Enrich")
