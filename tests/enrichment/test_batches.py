"""A list is answered row by row in its order; page, counts and file say the same."""

import csv
import hashlib
import io
import json
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest

from contacthub.contacts.models import Contact
from contacthub.core.errors import Conflict, Invalid
from contacthub.enrichment import runner
from contacthub.enrichment.actions import batches, drafts
from contacthub.enrichment.models import EnrichmentAnswer, EnrichmentBatch
from contacthub.enrichment.queries.batches import count_states, list_batches
from contacthub.enrichment.queries.results import list_results
from contacthub.formats import FORMATS
from contacthub.jobs.models import Fragment, Job
from contacthub.organizations.models import AuditEvent, Organization
from tests.enrichment.builders import (
    EMPTY,
    FULL,
    NO_ADDRESS,
    NOTHING,
    ONLY_PHONE,
    SOMEBODY,
    UNKNOWN,
    cid,
    content,
    csv_of,
    draft,
    make_contact,
    run,
    start,
)

pytestmark = pytest.mark.django_db

ALL = ("pii", "emails", "phones")
MIXED = csv_of(
    cid(FULL), cid(NO_ADDRESS), "x", cid(ONLY_PHONE), cid(EMPTY), "", cid(NOTHING), cid(UNKNOWN),
    cid(FULL),
)  # fmt: skip


def table(batch: EnrichmentBatch) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(batch).decode(), newline="")))


def outcomes(batch: EnrichmentBatch) -> list[tuple[str, ...]]:
    answers = EnrichmentAnswer.objects.filter(batch=batch).order_by("ordinal")
    return list(answers.values_list("outcome", "pii", "emails", "phones"))


EXPECTED = [
    ("found", "found", "found", "found"),
    ("found", "found", "empty", "no_record"),
    ("malformed", "malformed", "malformed", "malformed"),
    ("found", "no_record", "no_record", "found"),
    ("empty", "empty", "empty", "empty"),
    ("malformed", "malformed", "malformed", "malformed"),
    ("no_record", "no_record", "no_record", "no_record"),
    ("no_record", "no_record", "no_record", "no_record"),
    ("found", "found", "found", "found"),
]


def test_outcome_per_row_and_section(catalog: Organization) -> None:
    batch = run(start(draft(catalog, MIXED)))
    assert outcomes(batch) == EXPECTED
    assert batch.state == "completed"
    assert (batch.found_count, batch.empty_count, batch.no_record_count, batch.unusable_count) == (
        4, 1, 2, 2,
    )  # fmt: skip
    assert batch.answered_count == batch.row_count
    assert batch.job is not None
    assert (batch.job.state, batch.job.done, batch.job.total) == ("completed", 9, 9)


def test_row_is_judged_by_the_asked_sections_only(catalog: Organization) -> None:
    batch = run(start(draft(catalog, MIXED), sections=["emails"]))
    assert [row[0] for row in outcomes(batch)] == [
        "found", "empty", "malformed", "no_record", "empty", "malformed", "no_record", "no_record",
        "found",
    ]  # fmt: skip
    assert {row[1] for row in outcomes(batch)} == {"not_asked"}
    assert {row[3] for row in outcomes(batch)} == {"not_asked"}


def test_file_has_input_then_outcome_then_values(catalog: Organization) -> None:
    data = f"note,id\n=1+1,{cid(FULL)}\n-5,x\n".encode()
    batch = run(start(draft(catalog, data)))
    first, second = table(batch)
    assert first == {
        "note": "=1+1",
        "id": cid(FULL),
        "outcome": "found",
        "first_name": "Ingrid",
        "last_name": "Solheim",
        "gender": "",
        "age_range": "45-54",
        "address": "Storgata 12",
        "city": "Oslo",
        "state": "",
        "postal_code": "0150",
        "country": "",
        "email_1": "ingrid.solheim@haldenrobotics.example",
        "email_1_status": "valid",
        "email_1_checked_on": "2026-11-12",
        "email_1_md5": hashlib.md5(b"ingrid.solheim@haldenrobotics.example").hexdigest(),
        "email_1_sha1": hashlib.sha1(b"ingrid.solheim@haldenrobotics.example").hexdigest(),
        "email_1_sha256": hashlib.sha256(b"ingrid.solheim@haldenrobotics.example").hexdigest(),
        "email_2": "ingrid@halden.example",
        "email_2_status": "catch_all",
        "email_2_checked_on": "",
        "email_3": "",
        "email_3_status": "",
        "email_3_checked_on": "",
        "phone_1": "+4722334418",
        "phone_1_type": "landline",
        "phone_1_do_not_call": "yes",
        **{f"phone_{n}{part}": "" for n in (2, 3) for part in ("", "_type", "_do_not_call")},
        "pii_outcome": "found",
        "emails_outcome": "found",
        "phones_outcome": "found",
    }
    assert list(first)[:3] == ["note", "id", "outcome"]
    assert list(first)[-3:] == ["pii_outcome", "emails_outcome", "phones_outcome"]
    assert (second["note"], second["id"], second["outcome"]) == ("-5", "x", "malformed")
    assert {value for name, value in second.items() if "outcome" not in name} == {"-5", "x", ""}


def test_words_of_the_file(catalog: Organization) -> None:
    rows = table(run(start(draft(catalog, MIXED), sections=["pii", "emails"])))
    assert [row["outcome"] for row in rows][:5] == [
        "found", "found", "malformed", "no record", "empty record",
    ]  # fmt: skip
    assert [row["emails_outcome"] for row in rows][:4] == [
        "found", "empty record", "malformed", "no record",
    ]  # fmt: skip
    assert {row["phones_outcome"] for row in rows} == {"not asked"}
    assert "phone_1" not in rows[0]


def test_at_most_three_values_in_their_order(catalog: Organization) -> None:
    (row,) = table(run(start(draft(catalog, csv_of(cid(ONLY_PHONE))))))
    assert [row[f"phone_{n}"] for n in (1, 2, 3)] == [
        "+4791000001", "+4791000002", "+4791000003",
    ]  # fmt: skip


def test_duplicates_get_the_answer_of_the_first_and_keep_their_place(
    catalog: Organization,
) -> None:
    ids = [cid(FULL), cid(UNKNOWN), cid(FULL).replace("id_", "cb_"), cid(FULL)]
    batch = run(start(draft(catalog, csv_of(*ids))))
    rows = table(batch)
    assert [row["id"] for row in rows] == ids
    answers = [{k: v for k, v in row.items() if k != "id"} for row in rows]
    assert answers[0] == answers[2] == answers[3] != answers[1]
    assert batch.lookup_count == 2


def test_own_contact_takes_the_place_of_the_shared_one(
    catalog: Organization, globex: Organization
) -> None:
    make_contact(FULL, organization=catalog, emails=["own@halden.example"])
    make_contact(UNKNOWN, organization=globex, emails=["theirs@globex.example"])
    data = csv_of(cid(FULL), cid(UNKNOWN))
    ours = table(run(start(draft(catalog, data))))
    assert [row["email_1"] for row in ours] == ["own@halden.example", ""]
    # Whole contacts take each other's place: what the own one lacks does not come from the shared one.
    assert [row["outcome"] for row in ours] == ["found", "no record"]
    assert ours[0]["pii_outcome"] == "no record"
    theirs = table(run(start(draft(globex, data))))
    assert [row["email_1"] for row in theirs] == [
        "ingrid.solheim@haldenrobotics.example", "theirs@globex.example",
    ]  # fmt: skip


def test_columns_of_the_input_never_hide_those_of_the_answer(catalog: Organization) -> None:
    long = "ø" * 80
    header = f"id,outcome,email_1,id,,Email_1,{long},{long}"
    batch = run(start(draft(catalog, f"{header}\n{cid(FULL)},a,b,c,d,e,f,g\n".encode())))
    names = next(csv.reader(io.StringIO(content(batch).decode(), newline="")))
    assert names[:8] == [
        "id", "outcome (2)", "email_1 (2)", "id (2)", "Column 5", "Email_1 (3)",
        "ø" * 31, "ø" * 29 + " (2)",
    ]  # fmt: skip
    assert len({name.casefold() for name in names}) == len(names)
    assert all(len(name.encode()) <= 63 for name in names)


@pytest.mark.parametrize("format", list(FORMATS))
def test_every_format_holds_every_row_in_order(catalog: Organization, format: str) -> None:
    data = MIXED.replace(b"id\n", b'id,=x%s{}"\n', 1).replace(b"\n\n", b"\n,\n")
    batch = run(start(draft(catalog, data), format=format))
    assert batch.state == "completed", batch.job and batch.job.error
    ids, words, headings = _read(content(batch), format)
    assert [word or "" for word in words] == [
        "found", "found", "malformed", "found", "empty record", "malformed", "no record",
        "no record", "found",
    ]  # fmt: skip
    assert ids[0] == cid(FULL)
    assert ids[-1] == cid(FULL)
    assert headings[1] == ('="=x%s{}"""' if format == "csv_excel" else '=x%s{}"')
    assert batch.job is not None
    result = batch.job.result
    assert result.row_count == 9
    assert result.sha256 == hashlib.sha256(content(batch)).hexdigest()


def _read(data: bytes, format: str) -> tuple[list[str], list[str], list[str]]:
    if format == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        headings, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    elif format == "jsonl":
        objects = [json.loads(line) for line in data.splitlines()]
        headings, rows = list(objects[0]), [list(o.values()) for o in objects]
    elif format == "parquet":
        read = pyarrow.parquet.read_table(io.BytesIO(data))
        headings, rows = read.column_names, [list(row.values()) for row in read.to_pylist()]
    else:
        text = data.decode("utf-8-sig")
        headings, *rows = list(csv.reader(io.StringIO(text, newline="")))
    at = headings.index("outcome")
    return [row[0] for row in rows], [row[at] for row in rows], headings


def test_text_of_the_input_stays_text_for_excel(catalog: Organization) -> None:
    data = (Path(__file__).parent / "cases" / "excel_dates.csv").read_bytes()
    notes = [row["note"] for row in csv.DictReader(io.StringIO(data.decode()))]
    excel = content(run(start(draft(catalog, data), format="csv_excel"))).decode("utf-8-sig")
    cells = [row["note"] for row in csv.DictReader(io.StringIO(excel, newline=""))]
    assert len(notes) == 16
    assert cells == [f'="{note}"' for note in notes]
    systems = content(run(start(draft(catalog, data), format="csv"))).decode()
    assert [row["note"] for row in csv.DictReader(io.StringIO(systems, newline=""))] == notes


def test_texts_that_a_format_cannot_hold_are_counted(catalog: Organization) -> None:
    data = f"id,note,more\n{cid(FULL)},{'x' * 40_000},{'y' * 32_767}\n".encode()
    for format, cut_count in (("xlsx", 1), ("csv", 0)):
        batch = run(start(draft(catalog, data), format=format))
        assert batch.job is not None
        assert batch.job.result.cut_count == cut_count


def test_widest_list_fits_every_format(catalog: Organization) -> None:
    data = ",".join(["id", *(f"c{n}" for n in range(249))]) + f"\n{cid(FULL)}" + ",=x" * 249
    for format in FORMATS:
        batch = run(start(draft(catalog, data.encode()), format=format))
        assert batch.state == "completed", (format, batch.job and batch.job.error)


# --- Steps ----------------------------------------------------------------------------------------


def test_chunks_join_to_the_same_file(
    catalog: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {f: content(run(start(draft(catalog, MIXED), format=f))) for f in ("csv", "xlsx")}
    monkeypatch.setattr(runner, "CHUNK_ROWS", 2)
    batch = run(start(draft(catalog, MIXED)))
    assert content(batch) == whole["csv"]
    assert Fragment.objects.filter(job=batch.job).count() == 5
    assert outcomes(batch) == EXPECTED
    sheet = run(start(draft(catalog, MIXED), format="xlsx"))
    assert _read(content(sheet), "xlsx") == _read(whole["xlsx"], "xlsx")


def test_personal_values_do_not_stay_in_the_session(catalog: Organization) -> None:
    run(start(draft(catalog, MIXED)))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_temp.enrichment_chunk')")
        assert cursor.fetchone() == (None,)


# --- Starting -------------------------------------------------------------------------------------


def ready(organization: Organization) -> EnrichmentBatch:
    batch = draft(organization, MIXED)
    return drafts.map_column(organization=organization, actor=SOMEBODY, batch_id=batch.pk, column=0)


def begin(batch: EnrichmentBatch, **options: object) -> tuple[EnrichmentBatch, bool]:
    values = {"sections": ALL, "format": "csv"} | options
    return batches.start_batch(  # type: ignore[arg-type]
        organization=batch.organization, actor=SOMEBODY, batch_id=batch.pk, **values
    )


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"sections": []}, "sections"),
        ({"sections": ["pii", "shoes"]}, "sections"),
        ({"format": "pdf"}, "format"),
    ],
)
def test_start_refuses_what_it_does_not_know(
    catalog: Organization, options: dict[str, object], field: str
) -> None:
    batch = ready(catalog)
    with pytest.raises(Invalid) as caught:
        begin(batch, **options)
    assert caught.value.field == field
    assert not Job.objects.exists()


def test_start_needs_a_mapped_column_and_an_id(catalog: Organization) -> None:
    with pytest.raises(Conflict, match="Choose the column"):
        begin(draft(catalog, MIXED))
    hopeless = drafts.map_column(
        organization=catalog, actor=SOMEBODY, batch_id=draft(catalog, csv_of("x")).pk, column=0
    )
    with pytest.raises(Conflict, match="nothing to look up"):
        begin(hopeless)


def test_same_request_starts_one_job(
    catalog: Organization,
    quiet_doorbell: list[object],
    django_capture_on_commit_callbacks: object,
) -> None:
    batch = ready(catalog)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        first, is_first = begin(batch, request_key="k")
        again, is_again = begin(batch, request_key="k")
    assert (is_first, is_again) == (True, False)
    assert first.job_id == again.job_id
    assert Job.objects.count() == 1
    assert len(quiet_doorbell) == 1
    with pytest.raises(Conflict):
        begin(batch, request_key="another")
    with pytest.raises(Conflict, match="another list"):
        begin(ready(catalog), request_key="k")


# --- Ending ---------------------------------------------------------------------------------------


def test_cancelled_before_it_began(catalog: Organization) -> None:
    batch = start(draft(catalog, MIXED))
    state = batches.cancel_batch(organization=catalog, actor=SOMEBODY, batch_id=batch.pk)
    assert state == Job.State.CANCELLED
    batch = run(batch)
    assert (batch.state, batch.answered_count) == ("cancelled", 0)
    with pytest.raises(Conflict):
        batches.cancel_batch(organization=catalog, actor=SOMEBODY, batch_id=batch.pk)


def test_cancelled_in_the_middle_stops_after_its_step(
    catalog: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CHUNK_ROWS", 2)
    batch = start(draft(catalog, MIXED))
    copy = runner.sql.copy_chunk
    steps: list[int] = []

    def cancel_in_the_second(**values: object) -> list[bytes]:
        steps.append(1)
        if len(steps) == 2:
            state = batches.cancel_batch(organization=catalog, actor=SOMEBODY, batch_id=batch.pk)
            assert state == Job.State.RUNNING
        return copy(**values)  # type: ignore[arg-type]

    monkeypatch.setattr(runner.sql, "copy_chunk", cancel_in_the_second)
    batch = run(batch)
    assert (batch.state, batch.answered_count, len(steps)) == ("cancelled", 4, 2)
    assert batch.job is not None
    assert batch.job.state == "cancelled"
    assert not Fragment.objects.filter(job=batch.job).exists()
    assert outcomes(batch) == EXPECTED[:4]


def test_run_again_begins_anew(catalog: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = start(draft(catalog, MIXED))
    copy = runner.sql.copy_chunk

    def fail(**values: object) -> list[bytes]:
        raise Invalid("The shelf is empty.")

    monkeypatch.setattr(runner.sql, "copy_chunk", fail)
    batch = run(batch)
    assert batch.job is not None
    assert (batch.state, batch.job.error) == ("failed", "The shelf is empty.")
    monkeypatch.setattr(runner.sql, "copy_chunk", copy)
    # What was learned meanwhile counts.
    Contact.objects.filter(key=FULL).delete()
    batches.retry_batch(organization=catalog, actor=SOMEBODY, batch_id=batch.pk)
    batch = run(batch)
    assert batch.state == "completed"
    assert (batch.found_count, batch.no_record_count) == (2, 4)
    with pytest.raises(Conflict):
        batches.retry_batch(organization=catalog, actor=SOMEBODY, batch_id=batch.pk)


def test_retry_forgets_the_answers_of_before(
    catalog: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = run(start(draft(catalog, MIXED)))
    Job.objects.filter(pk=batch.job_id).update(state="failed")
    EnrichmentBatch.objects.filter(pk=batch.pk).update(state="failed")
    again = batches.retry_batch(organization=catalog, actor=SOMEBODY, batch_id=batch.pk)
    assert (again.answered_count, EnrichmentAnswer.objects.count()) == (0, 0)


# --- Results --------------------------------------------------------------------------------------


def test_results_leaf_in_order_and_by_outcome(catalog: Organization) -> None:
    batch = run(start(draft(catalog, MIXED)))

    def places(**options: object) -> tuple[list[int], bool, bool]:
        page = list_results(batch=batch, most=4, **options)  # type: ignore[arg-type]
        return [row.row.ordinal for row in page.rows], page.has_earlier, page.has_later

    assert places() == ([1, 2, 3, 4], False, True)
    assert places(after=4) == ([5, 6, 7, 8], True, True)
    assert places(after=8) == ([9], True, False)
    assert places(before=9) == ([5, 6, 7, 8], True, True)
    assert places(before=5) == ([1, 2, 3, 4], False, True)
    assert places(before=0) == ([6, 7, 8, 9], True, False)
    assert places(outcome="no_record") == ([7, 8], False, False)
    assert places(outcome="found", after=2) == ([4, 9], True, False)


def test_results_are_masked(catalog: Organization) -> None:
    batch = run(start(draft(catalog, MIXED)))
    first, *_, last = list_results(batch=batch).rows
    assert (first.name, first.email, first.phone) == (
        "Ingrid Solheim", "i•••@haldenrobotics.example", "+47 ••• 18",
    )  # fmt: skip
    assert last.text == cid(FULL)


def test_malformed_row_shows_nothing_of_the_contact_with_key_zero(
    catalog: Organization,
) -> None:
    make_contact(0, emails=["zero@x.example"])
    batch = run(start(draft(catalog, csv_of("x", cid(0)))))
    first, second = list_results(batch=batch).rows
    assert (first.email, second.email) == ("", "z•••@x.example")


def test_states_are_counted_for_the_tabs(catalog: Organization, globex: Organization) -> None:
    draft(catalog, MIXED)
    run(start(draft(catalog, MIXED)))
    draft(globex, MIXED)
    counts = count_states(organization=catalog)
    assert (counts["all"], counts["draft"], counts["completed"], counts["failed"]) == (1, 1, 1, 0)


def test_lists_are_found_by_name_file_and_id(catalog: Organization) -> None:
    batch = draft(catalog, MIXED, "Hannover.csv")
    for text in ("hann", ".CSV", str(batch.pk)[:8].upper()):
        assert list_batches(organization=catalog, text=text).get() == batch
    assert not list_batches(organization=catalog, text="oslo").exists()


def test_log_says_who_asked_for_what(catalog: Organization) -> None:
    batch = start(draft(catalog, MIXED), sections=["emails", "phones"])
    event = AuditEvent.objects.get(action="Started enrichment")
    assert (event.subject, event.rows, event.has_personal_data) == (str(batch.pk), 9, True)
    assert event.detail == "e-mails, phones; 6 lookups, free"
