"""From a pasted id or a file to a job and its file, as people see it."""

import csv
import datetime as dt
import html
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from contacthub.enrichment.actions.drafts import create_draft_from_text
from contacthub.enrichment.models import (
    EnrichmentAnswer,
    EnrichmentBatch,
    Outcome,
    Upload,
    UploadPart,
)
from contacthub.feeds.models import FeedGrant
from contacthub.jobs.models import Job, Result
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Organization, User
from tests.conftest import sign_in
from tests.enrichment.builders import (
    EMPTY,
    FULL,
    NO_ADDRESS,
    UNKNOWN,
    cid,
    csv_of,
    draft,
    make_catalog,
    read,
    run,
    start,
    with_sheet,
    xlsx_of,
)
from tests.exports.builders import make_export, render, run_search
from tests.feeds.builders import fill_days

pytestmark = pytest.mark.django_db

NEW = "/enrichment/new/"
LIST = csv_of(cid(FULL), "x", cid(EMPTY), cid(UNKNOWN), cid(FULL))


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def done(acme: Organization) -> EnrichmentBatch:
    make_catalog()
    return run(start(draft(acme, LIST, "Leads.csv")))


def text_of(response: Any) -> str:
    body = response.content.decode()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def upload(client: Client, data: bytes, name: str = "list.csv") -> Any:
    """Upload a file, let the job read it, and return where its page leads to; or the form with its error."""
    response = client.post(NEW, {"door": "file", "file": SimpleUploadedFile(name, data)})
    kept = Upload.objects.order_by("created_at").last()
    if response.status_code != 302 or kept is None:
        return response
    read(kept)
    return client.get(response["Location"])


def at(name: str, batch: EnrichmentBatch) -> str:
    return reverse(f"enrichment-{name}", args=[batch.pk])


# --- Input ----------------------------------------------------------------------------------------


def test_pasted_ids_go_straight_to_the_check(bob: User) -> None:
    client = sign_in(bob)
    response = client.post(NEW, {"door": "ids", "ids": f"{cid(1)}\n{cid(2)}, x"})
    batch = EnrichmentBatch.objects.get()
    assert response.status_code == 302
    assert response["Location"] == at("check", batch)
    assert (batch.valid_count, batch.malformed_count, batch.created_by) == (2, 1, bob)
    page = text_of(client.get(at("check", batch)))
    assert "2 different contacts in 3 rows." in page
    assert "Map columns" not in page


def test_file_goes_to_the_map_and_then_to_the_check(bob: User) -> None:
    client = sign_in(bob)
    data = f"Firma;Kontakt-ID\nMüller;{cid(1)}\nÅs;{cid(2)}\n<s>;x\n".encode("cp1252")
    response = upload(client, data, "Messe.csv")
    batch = EnrichmentBatch.objects.get()
    assert response["Location"] == at("map", batch)
    page = client.get(at("map", batch))
    text = text_of(page)
    assert "3 rows, 2 columns, Windows-1252, separated by semicolons." in text
    assert "1 column recognized: “Kontakt-ID” as contact id." in text
    assert "Müller, Ås, <s>" in text
    assert "<s>" not in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert re.search(r'value="contact_id"\s+selected', page.content.decode())
    answer = client.post(at("map", batch), {"uses": ["", "contact_id"]})
    assert answer["Location"] == at("check", batch)
    text = text_of(client.get(at("check", batch)))
    assert "Valid 2" in text
    assert "Malformed 1" in text
    assert "Run 2 lookups, free" in text
    assert "is not id_ followed by 16 lower-case hex digits" in text


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"id\n", "a.csv", "There are no rows below the header."),
        (bytes(range(256)) * 300, "a.csv", "This is not a text file."),
        (b"PK\x03\x04junk", "a.xlsx", "This workbook is damaged."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "a.xls", "This is an old workbook format"),
        (b"a,b\n1,\"" + b"x\n" * 9, "a.csv", "opens a quotation mark that is not closed"),
        (b",".join([b"c"] * 300) + b"\n", "a.csv", "has 300 columns"),
        (with_sheet(b"<worksheet/>"), "a.xlsx", "no visible sheet with cells"),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_says_why_beside_the_field(
    bob: User, data: bytes, name: str, said: str
) -> None:
    client = sign_in(bob)
    body = client.get(upload(client, data, name)["Location"]).content.decode()
    assert said in html.unescape(body.split('id="file-error"')[1].split("</div>")[0])
    assert 'aria-invalid="true"' in body
    assert not EnrichmentBatch.objects.exists()


def test_forms_without_anything_in_them_say_so(bob: User) -> None:
    client = sign_in(bob)
    for fields, said in (
        ({"door": "file"}, "Choose a file."),
        ({"door": "file", "file": SimpleUploadedFile("a.csv", b"")}, "The file is empty."),
        ({"door": "ids", "ids": "  \n"}, "Paste at least one key, such as an e-mail address."),
        ({}, "Paste at least one key, such as an e-mail address."),
    ):
        response = client.post(NEW, fields)
        assert response.status_code == 422, fields
        assert said in text_of(response)
    for export in ("", "x"):
        assert client.post(NEW, {"door": "export", "export": export}).status_code == 404
    assert client.get(NEW, {"export": "x"}).status_code == 404


def test_pasted_text_comes_back_with_its_error(bob: User) -> None:
    body = sign_in(bob).post(NEW, {"door": "ids", "ids": ", ;"}).content.decode()
    assert "There are no rows" in html.unescape(body)
    assert ">, ;</textarea>" in body


def test_contents_count_and_not_the_name(bob: User) -> None:
    client = sign_in(bob)
    assert upload(client, xlsx_of(["id"], [cid(1)]), "a.csv").status_code == 302
    assert upload(client, csv_of(cid(1)), "a.xlsx").status_code == 302
    assert {batch.reading for batch in EnrichmentBatch.objects.all()} == {
        "XLSX, sheet “Sheet”", "UTF-8",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\u202ecsv.exe", "acsv.exe"),
        ("x" * 300 + ".csv", None),
        ('<img src=x onerror="alert(1)">.csv', None),
    ],
)
def test_names_of_files_are_only_names(bob: User, name: str, kept: str | None) -> None:
    client = sign_in(bob)
    assert upload(client, csv_of(cid(1)), name).status_code == 302
    batch = EnrichmentBatch.objects.get()
    assert len(batch.name) <= 200
    assert kept is None or batch.name == kept
    assert "<img" not in client.get(at("map", batch)).content.decode()


@override_settings(UPLOAD_MAX_BYTES=100_000)
def test_file_past_the_limit_is_stopped_while_it_comes(bob: User) -> None:
    client = sign_in(bob)
    for size in (100_001, 1_300_000):
        response = upload(client, b"id\n" + b"x" * size)
        assert response.status_code == 422
        assert "The file is larger than 0 MB." in text_of(response)
    assert not EnrichmentBatch.objects.exists()
    assert upload(client, csv_of(cid(1))).status_code == 302


@override_settings(UPLOAD_MAX_BYTES=100_000)
def test_form_that_uploads_still_needs_its_token(bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    assert upload(client, csv_of(cid(1))).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(NEW).content.decode())
    assert token
    fields = {"csrfmiddlewaretoken": token[1], "door": "file"}
    file = SimpleUploadedFile("a.csv", csv_of(cid(1)))
    assert client.post(NEW, {**fields, "file": file}).status_code == 302
    large = SimpleUploadedFile("a.csv", b"x" * 200_000)
    assert client.post(NEW, {**fields, "file": large}).status_code == 422


def test_limits_are_said_before(bob: User) -> None:
    text = text_of(sign_in(bob).get(NEW))
    assert "Up to 1,000,000 rows and" in text
    assert "deleted after 7 days" in text


# --- Reading --------------------------------------------------------------------------------------


def test_page_of_a_file_asks_until_it_is_read(bob: User, globex: Organization) -> None:
    client = sign_in(bob)
    posted = client.post(NEW, {"door": "file", "file": SimpleUploadedFile("a.csv", csv_of(cid(1)))})
    kept = Upload.objects.get()
    assert kept.created_by == bob
    assert "Starting shortly." in text_of(client.get(posted["Location"]))
    polled = client.get(posted["Location"], headers={"HX-Request": "true"})
    assert "data-poll" in polled.content.decode()
    assert "<html" not in polled.content.decode()
    batch = read(kept).batch
    assert batch is not None
    polled = client.get(posted["Location"], headers={"HX-Request": "true"})
    assert polled["HX-Redirect"] == at("map", batch)


def test_guessed_encoding_is_said_and_can_be_changed(bob: User) -> None:
    client = sign_in(bob)
    data = f"imię;id\nŁukasz Żółw;{cid(1)}\nIvo,x;{cid(1)}\n".encode("cp1250")
    page = client.get(upload(client, data, "Targi.csv")["Location"])
    assert "Read as Windows-1252, a guess" in text_of(page)
    assert "Łukasz" not in text_of(page)
    kept = Upload.objects.get()
    again = reverse("enrichment-upload-again", args=[kept.pk])
    answer = client.post(again, {"encoding": "cp1250", "delimiter": ""})
    assert answer["Location"] == reverse("enrichment-upload", args=[kept.pk])
    batch = read(kept).batch
    assert batch is not None
    assert client.get(answer["Location"])["Location"] == at("map", batch)
    page = client.get(at("map", batch))
    assert "Łukasz Żółw" in text_of(page)
    assert "2 rows, 2 columns, Windows-1250, separated by semicolons." in text_of(page)
    assert '<option value="cp1250" selected>Windows-1250</option>' in page.content.decode()
    assert "a guess" not in text_of(page)
    assert (EnrichmentBatch.objects.count(), batch.duplicate_count) == (1, 1)
    client.post(again, {"encoding": "cp1250", "delimiter": ","})
    batch = read(kept).batch
    assert batch is not None
    assert (batch.header[0], batch.is_mapped) == ("imię;id", False)


def test_file_of_two_encodings_can_be_read_in_the_one_that_is_chosen(bob: User) -> None:
    client = sign_in(bob)
    failed = upload(client, f"n,id\nM\u00fcller,{cid(1)}\n".encode() + b"M\xfcller,x\n")["Location"]
    page = client.get(failed)
    assert "Line 3 is not UTF-8, line 2 is." in text_of(page)
    kept = Upload.objects.get()
    again = reverse("enrichment-upload-again", args=[kept.pk])
    assert again in page.content.decode()
    client.post(again, {"encoding": "utf-8"})
    batch = read(kept).batch
    assert batch is not None
    assert "M\ufffdller" in text_of(client.get(at("map", batch)))


def test_list_stays_as_it_is_where_reading_it_again_fails(bob: User) -> None:
    client = sign_in(bob)
    mapped = upload(client, f'a;b\n"x;{cid(1)}"\n'.encode())["Location"]
    kept = Upload.objects.get()
    EnrichmentBatch.objects.filter(upload=kept).update(is_mapped=True)
    client.post(reverse("enrichment-upload-again", args=[kept.pk]), {"encoding": "utf-16-le"})
    read(kept)
    page = client.get(mapped)
    assert page.status_code == 200
    assert "The file could not be read that way." in text_of(page)
    assert EnrichmentBatch.objects.get().row_count == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"encoding": "klingon"}, 422), ({"delimiter": "x"}, 422), ({"encoding": "\0"}, 422)],
)
def test_encoding_that_is_no_choice_is_refused(
    bob: User, fields: dict[str, str], status: int
) -> None:
    client = sign_in(bob)
    upload(client, csv_of(cid(1)))
    again = reverse("enrichment-upload-again", args=[Upload.objects.get().pk])
    assert client.post(again, fields).status_code == status
    assert Upload.objects.get().encoding == ""


def test_bytes_of_a_file_go_when_its_list_is_started(bob: User) -> None:
    client = sign_in(bob)
    upload(client, LIST)
    batch = EnrichmentBatch.objects.get()
    assert UploadPart.objects.count() == 1
    start(batch)
    assert not UploadPart.objects.exists()
    again = reverse("enrichment-upload-again", args=[Upload.objects.get().pk])
    late = client.post(again, {"encoding": "cp1250"}, follow=True)
    assert "This list has already started." in text_of(late)


def test_reading_can_be_cancelled(bob: User) -> None:
    client = sign_in(bob)
    posted = client.post(NEW, {"door": "file", "file": SimpleUploadedFile("a.csv", csv_of(cid(1)))})
    kept = Upload.objects.get()
    cancel = reverse("enrichment-upload-cancel", args=[kept.pk])
    assert client.post(cancel).status_code == 302
    assert client.get(posted["Location"])["Location"] == NEW
    assert read(kept).batch is None
    assert not UploadPart.objects.exists()
    late = client.post(cancel, follow=True)
    assert "Already finished. This job is cancelled" in text_of(late)


def test_ten_files_wait_and_not_more(bob: User, charlie: User) -> None:
    client = sign_in(bob)
    for _ in range(10):
        file = SimpleUploadedFile("a.csv", csv_of(cid(1)))
        assert client.post(NEW, {"door": "file", "file": file}).status_code == 302
    file = SimpleUploadedFile("a.csv", csv_of(cid(1)))
    answer = client.post(NEW, {"door": "file", "file": file})
    assert answer.status_code == 422
    assert "10 files of your organization are being read." in text_of(answer)
    file = SimpleUploadedFile("a.csv", csv_of(cid(1)))
    assert sign_in(charlie).post(NEW, {"door": "file", "file": file}).status_code == 302


# --- From an export -------------------------------------------------------------------------------


@pytest.fixture
def export(grant: FeedGrant, as_bob: Actor, tmp_path: Path, today: dt.date) -> Any:
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    return make_export(run_search(grant, as_bob), as_bob)


def test_contacts_of_an_export_are_taken_in_its_order(bob: User, export: Any) -> None:
    rendered = render(export)
    client = sign_in(bob)
    assert rendered.name in text_of(client.get(NEW, {"export": str(export.pk)}))
    response = client.post(NEW, {"door": "export", "export": str(export.pk)})
    batch = EnrichmentBatch.objects.get()
    assert response["Location"] == at("check", batch)
    assert batch.name == f"Contacts of {rendered.name}"
    from tests.exports.builders import read_file

    rows = csv.DictReader(io.StringIO(read_file(rendered).decode()))
    expected = [row["contact_id"] for row in rows if row["contact_id"]]
    assert expected
    cells = batch.rows.order_by("ordinal").values_list("cells", flat=True)
    assert [cell for (cell,) in cells] == expected


def test_running_export_says_to_wait(bob: User, export: Any) -> None:
    response = sign_in(bob).post(NEW, {"door": "export", "export": str(export.pk)})
    assert response.status_code == 422
    assert "This export is not complete" in text_of(response)


def test_export_of_another_organization_is_not_there(charlie: User, export: Any) -> None:
    client = sign_in(charlie)
    assert client.get(NEW, {"export": str(export.pk)}).status_code == 404
    assert client.post(NEW, {"door": "export", "export": str(export.pk)}).status_code == 404
    assert not EnrichmentBatch.objects.exists()


# --- Check and start ------------------------------------------------------------------------------


def begin(client: Client, batch: EnrichmentBatch, **fields: Any) -> Any:
    asked = {"sections": ["emails"], "format": "csv", "name": ""} | fields
    return client.post(at("check", batch), asked)


def test_start_runs_the_job_once(bob: User, acme: Organization) -> None:
    client = sign_in(bob)
    batch = create_draft_from_text(organization=acme, actor=Actor.of(bob), text=cid(1))
    key = re.search(
        r'name="request_key" value="([0-9a-f-]+)"', client.get(at("check", batch)).content.decode()
    )
    assert key
    for _ in range(2):
        response = begin(client, batch, request_key=key[1], name="My <i>list</i>")
        assert response["Location"] == at("detail", batch)
    batch.refresh_from_db()
    assert Job.objects.count() == 1
    assert (batch.state, batch.sections, batch.name) == ("running", ["emails"], "My <i>list</i>")
    page = client.get(at("detail", batch)).content.decode()
    assert "<i>" not in page
    assert 'hx-trigger="every 2s"' in page
    assert "Cancel enrichment" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sections": []}, "Choose at least one section."),
        ({"sections": ["shoes"]}, "Select a valid choice"),
        ({"format": "exe"}, "Select a valid choice"),
        ({"name": "x" * 201}, "at most 200 characters"),
    ],
)
def test_start_that_cannot_be_comes_back_with_its_fields(
    bob: User, acme: Organization, fields: dict[str, Any], said: str
) -> None:
    batch = create_draft_from_text(organization=acme, actor=Actor.of(bob), text=cid(1))
    response = begin(sign_in(bob), batch, **fields)
    assert response.status_code == 422
    assert said in text_of(response)
    assert not Job.objects.exists()


def test_steps_lead_where_the_list_is(bob: User, acme: Organization) -> None:
    client = sign_in(bob)
    batch = draft(acme, LIST)
    assert client.get(at("check", batch))["Location"] == at("map", batch)
    assert client.get(at("detail", batch))["Location"] == at("map", batch)
    assert client.get(at("status", batch))["Location"] == at("map", batch)
    assert client.get(at("rows", batch)).status_code == 200
    assert client.get(at("download", batch)).status_code == 422
    start(batch)
    assert client.get(at("check", batch))["Location"] == at("detail", batch)
    assert client.get(at("map", batch))["Location"] == at("detail", batch)


@pytest.mark.parametrize(
    ("uses", "words"),
    [
        ([], "Choose a use for every column."),
        (["x"], "Choose a use for every column."),
        (["contact_id", ""], "Choose a use for every column."),
        ([""], "Choose at least one key"),
        (["full_name"], "A name needs the company or its domain beside it."),
        (["company"], "A company alone is no key."),
    ],
)
def test_map_needs_a_key(bob: User, acme: Organization, uses: list[str], words: str) -> None:
    batch = draft(acme, LIST)
    response = sign_in(bob).post(at("map", batch), {"uses": uses})
    assert response.status_code == 422
    assert words in text_of(response)


def test_hopeless_list_cannot_be_run_and_says_why(bob: User, acme: Organization) -> None:
    batch = create_draft_from_text(organization=acme, actor=Actor.of(bob), text="x y")
    client = sign_in(bob)
    assert "No row is a contact of your catalog" in text_of(client.get(at("check", batch)))
    assert begin(client, batch).status_code == 422


def test_rejects_are_downloaded_with_line_and_reason(bob: User, acme: Organization) -> None:
    batch = draft(acme, LIST)
    response = sign_in(bob).get(at("rejects", batch))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert text == "line,reason,id\r\n3,is not id_ followed by 16 lower-case hex digits,x\r\n"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Cache-Control"] == "no-store"
    assert AuditEvent.objects.get(action="Downloaded rejected rows").rows == 1


def test_draft_can_be_deleted(bob: User, acme: Organization) -> None:
    batch = draft(acme, LIST)
    assert sign_in(bob).post(at("delete", batch))["Location"] == "/enrichment/"
    assert not EnrichmentBatch.objects.exists()


# --- Job ------------------------------------------------------------------------------------------


def test_finished_list_shows_outcomes_and_file(bob: User, done: EnrichmentBatch) -> None:
    response = sign_in(bob).get(at("detail", done))
    body, text = response.content.decode(), text_of(response)
    assert "5 of 5 rows" in text
    assert "Found 2 Empty record 1 No record 1 Malformed 1" in text
    assert done.job
    assert done.job.result.sha256 in body
    assert "every 2s" not in body
    assert response["Cache-Control"] == "no-store"
    assert 'hx-history="false"' in body
    # Names are shown to everybody (organizations/rights.py).
    for secret in ("ingrid.solheim@", "4722334418", "Storgata"):
        assert secret not in body
    assert "i•••@haldenrobotics.example" in text
    assert "+47 ••• 18" in text
    Result.objects.filter(job=done.job).update(cut_count=1)
    text = text_of(sign_in(bob).get(at("detail", done)))
    assert text.count("Texts cut 1, to 32,767 characters") == 2, (
        "beside the file and in the manifest"
    )


def test_results_are_filtered_by_outcome(bob: User, done: EnrichmentBatch) -> None:
    client = sign_in(bob)
    for outcome, ids in (
        ("", [cid(FULL), "x", cid(EMPTY), cid(UNKNOWN), cid(FULL)]),
        ("found", [cid(FULL), cid(FULL)]),
        ("empty", [cid(EMPTY)]),
        ("no_record", [cid(UNKNOWN)]),
        ("malformed", ["x"]),
        ("shoes", []),
    ):
        page = client.get(
            at("rows", done), {"outcome": outcome}, headers={"HX-Request": "true"}
        ).content.decode()
        cells = re.findall(r'<th scope="row" class="ch-mono">(.*?)</th>', page, re.DOTALL)
        assert [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells] == ids, outcome
    assert client.get(at("rows", done)).content.decode().startswith("<!doctype html>")
    assert client.get(at("rows", done), {"after": "x", "before": "-1"}).status_code == 200


@pytest.mark.parametrize("outcome", ["blocked", "failed", "not_asked", "empty", "no_record"])
def test_rows_say_each_outcome_by_its_word(bob: User, done: EnrichmentBatch, outcome: str) -> None:
    answers = EnrichmentAnswer.objects.filter(batch=done, outcome="found")
    changes = dict.fromkeys((*done.sections, "outcome"), outcome)
    assert answers.filter(pk__in=answers[:1]).update(**changes)
    page = text_of(sign_in(bob).get(at("rows", done)))
    word = Outcome(outcome).label
    assert f"{word.capitalize()} {' '.join([word] * len(done.sections))}" in page
    assert page.count("Malformed") == 2, "the tab and the row of a malformed id"


def test_file_is_served_in_ranges_and_each_download_recorded(
    bob: User, done: EnrichmentBatch
) -> None:
    client = sign_in(bob)
    whole = client.get(at("download", done))
    data = b"".join(whole.streaming_content)
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert [row["outcome"] for row in rows] == [
        "found", "malformed", "empty record", "no record", "found",
    ]  # fmt: skip
    part = client.get(at("download", done), headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert b"".join(part.streaming_content) == data[10:20]
    assert AuditEvent.objects.filter(action="Downloaded enrichment", actor=bob).count() == 2
    assert client.head(at("download", done)).status_code == 200
    assert AuditEvent.objects.filter(action="Downloaded enrichment").count() == 2


def test_unfinished_list_has_no_file(bob: User, acme: Organization) -> None:
    assert sign_in(bob).get(at("download", start(draft(acme, LIST)))).status_code == 422


def test_status_swaps_progress_and_leaves_the_rows_alone(bob: User, done: EnrichmentBatch) -> None:
    body = sign_in(bob).get(at("status", done), headers={"HX-Request": "true"}).content.decode()
    assert 'id="progress"' in body
    assert 'id="side" hx-swap-oob="true"' in body
    assert 'id="file" hx-swap-oob="true"' in body
    assert 'id="rows"' not in body


def test_cancel_and_run_again(bob: User, acme: Organization) -> None:
    make_catalog()
    client = sign_in(bob)
    batch = start(draft(acme, LIST))
    assert client.post(at("cancel", batch)).status_code == 302
    assert "The enrichment was cancelled" in text_of(client.get(at("detail", batch)))
    late = client.post(at("cancel", batch), follow=True)
    assert "Already finished. This enrichment is cancelled" in text_of(late)
    assert client.post(at("retry", batch)).status_code == 302
    assert run(batch).state == "completed"
    late = client.post(at("retry", batch), follow=True)
    assert "Only a failed or cancelled enrichment can be run again." in text_of(late)


def test_failed_list_says_why(bob: User, done: EnrichmentBatch) -> None:
    Job.objects.filter(pk=done.job_id).update(state="failed", error="The shelf is empty.")
    EnrichmentBatch.objects.filter(pk=done.pk).update(state="failed")
    text = text_of(sign_in(bob).get(at("detail", done)))
    assert "The enrichment failed: The shelf is empty." in text
    assert "Run again, free" in text


def test_contact_of_a_row_opens_with_the_same_sections(bob: User, acme: Organization) -> None:
    make_catalog()
    batch = run(start(draft(acme, csv_of(cid(NO_ADDRESS))), sections=["emails", "phones"]))
    body = sign_in(bob).get(at("detail", batch)).content.decode()
    assert f"/contacts/{cid(NO_ADDRESS)}/?include=emails,phones" in body


# --- List and people ------------------------------------------------------------------------------


def test_list_shows_states_and_finds(bob: User, acme: Organization, done: EnrichmentBatch) -> None:
    client = sign_in(bob)
    waiting = draft(acme, LIST, "Waiting.csv")
    text = text_of(client.get("/enrichment/"))
    assert "All 1" in text
    assert "Not started 1" in text
    assert "Leads.csv" in text
    # What is not finished is no enrichment yet, and waits for anybody in a tab of its own.
    assert "Waiting.csv" not in text
    for query, found in (
        ({"q": "lead"}, 1),
        ({"show": "draft"}, 1),
        ({"show": "mine"}, 0),
        ({"q": "%"}, 0),
    ):
        body = client.get("/enrichment/", query, headers={"HX-Request": "true"}).content.decode()
        assert len(re.findall('<th scope="row"', body)) == found, query
    assert at("map", waiting) in client.get("/enrichment/", {"show": "draft"}).content.decode()


def test_viewer_learns_who_can_let_them_in(vera: User, alice: User, done: EnrichmentBatch) -> None:
    client = sign_in(vera)
    text = text_of(client.get("/enrichment/"))
    assert (
        "Enrichment: blocked. Your role (viewer) may not see it. Alice (admin) can change that."
        in text
    )
    assert "Leads.csv" not in text
    for name in ("detail", "status", "rows", "download", "rejects", "map", "check"):
        assert client.get(at(name, done)).status_code == 403, name
    for name in ("cancel", "retry", "delete"):
        assert client.post(at(name, done)).status_code == 403, name
    assert client.get(NEW).status_code == 403
    assert upload(client, LIST).status_code == 403
    assert EnrichmentBatch.objects.count() == 1


def test_lists_of_another_organization_are_not_there(charlie: User, done: EnrichmentBatch) -> None:
    client = sign_in(charlie)
    assert "Leads.csv" not in text_of(client.get("/enrichment/"))
    assert "Leads.csv" not in text_of(client.get("/enrichment/", {"q": str(done.pk)}))
    for name in ("detail", "status", "rows", "download", "rejects", "map", "check"):
        assert client.get(at(name, done)).status_code == 404, name
    for name in ("cancel", "retry", "delete", "map", "check"):
        assert client.post(at(name, done)).status_code == 404, name
    done.refresh_from_db()
    assert done.state == "completed"


def test_nobody_is_asked_to_sign_in(client: Client, done: EnrichmentBatch) -> None:
    for name in ("detail", "rows", "download"):
        assert client.get(at(name, done)).status_code == 302
    assert upload(client, LIST).status_code == 302
    assert EnrichmentBatch.objects.count() == 1


def test_empty_list_has_one_thing_to_do(bob: User) -> None:
    assert "No enrichments yet" in text_of(sign_in(bob).get("/enrichment/"))
