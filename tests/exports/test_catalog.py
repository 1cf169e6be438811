"""Files of contacts and companies: free, of what was counted, in every format, the same whoever wrote them."""

import csv
import datetime as dt
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet
import pytest
from django.db import IntegrityError, transaction

from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Contact, Selection, SelectionPart
from contacthub.contacts.sql import selections as selections_sql
from contacthub.core import clock
from contacthub.core.errors import (
    Conflict,
    CountChanged,
    Invalid,
    NotAllowed,
    NotFound,
    QuoteChanged,
    StorageFull,
)
from contacthub.exports import actions, queries
from contacthub.exports.catalog_columns import find_fields, list_fields
from contacthub.exports.models import Export
from contacthub.exports.rows import iterate_contact_ids
from contacthub.exports.runner import RenderFile
from contacthub.exports.sources import selections as source
from contacthub.feeds.models import FeedGrant, QuotaEntry
from contacthub.formats import FORMATS
from contacthub.jobs import sql as job_sql
from contacthub.jobs.actions import expire_results
from contacthub.jobs.lease import Lease
from contacthub.jobs.models import Fragment, Job, Result
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Organization, User
from tests.contacts.files import take_in
from tests.exports.builders import make_export, read_file, render, run_search
from tests.exports.catalog import VPS, fill_catalog, make_catalog_export, make_person, select
from tests.exports.test_pages_and_files import crash_on_save

pytestmark = pytest.mark.django_db
EVERY_COLUMN = list(find_fields(of_companies=False))


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 7 rows, so that 30 people are many of them."""
    monkeypatch.setattr(selections_sql, "PART_ROWS", 7)
    monkeypatch.setattr(source, "PART_ROWS", 7)
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def vps(acme: Organization, as_bob: Actor, tmp_path: Path) -> Selection:
    """The 30 VPs of 60 people."""
    fill_catalog(tmp_path, acme)
    return select(acme, as_bob)


def read_csv(export: Export) -> list[dict[str, str]]:
    text = read_file(export).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


# --- What is in a file -----------------------------------------------------------------------------


def test_file_has_the_selected_rows_in_their_order(vps: Selection, as_bob: Actor) -> None:
    export = render(make_catalog_export(vps, as_bob))
    assert export.job is not None
    assert [row["full_name"] for row in read_csv(export)] == [
        f"Person {number:03}" for number in range(1, 61, 2)
    ]
    assert (export.state, export.total_rows, export.matched_rows) == ("completed", 30, 30)
    assert export.job.result.row_count == 30
    assert export.job.result.sha256 == hashlib.sha256(read_file(export)).hexdigest()
    assert export.job.result.file_name.startswith(f"contacts_{clock.today()}_")


def read_rows(format: str, raw: bytes) -> list[dict[str, Any]]:
    if format == "jsonl":
        return [json.loads(line) for line in raw.decode().splitlines()]
    if format == "parquet":
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(raw)).to_pylist()
        return rows
    if format == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(raw)).active
        assert sheet is not None
        head, *lines = sheet.iter_rows(values_only=True)
        return [dict(zip(map(str, head), line, strict=True)) for line in lines]
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("format", list(FORMATS))
def test_every_format_has_every_column_of_every_row(
    vps: Selection, as_bob: Actor, format: str
) -> None:
    made = make_catalog_export(vps, as_bob, format=format, get_pii=True, columns=EVERY_COLUMN)
    rows = read_rows(format, read_file(render(made)))
    assert [list(row) for row in rows] == [EVERY_COLUMN] * 30
    first = rows[0]
    assert first["contact_id"] == "id_0000000000000001"
    assert first["email"] == "person.1@company1.example"
    assert first["email_2"] == "p1@mail.example"
    assert first["all_emails"] == "person.1@company1.example|p1@mail.example"
    assert first["email__source"] == "letrics"
    assert str(first["email__checked_at"])[:10] == "2026-11-20"
    assert float(first["email__confidence"]) == 0.9
    assert first["email_2__source"] == "upload"
    assert first["company_domain"] == "company1.example"
    assert first["address"].strip('="') == "Storgata 1"
    assert int(first["quality_score"]) == 1
    if format == "csv":
        assert (first["job_title"], first["phone"]) == ("VP, =Sales", "+4722200001")
    if format == "csv_excel":
        assert first["phone"] == '="+4722200001"'


def test_a_contact_without_anything_is_a_row_of_empty_cells(
    acme: Organization, as_bob: Actor, tmp_path: Path
) -> None:
    take_in(tmp_path, {"contact_id": "id_00000000000000aa", "full_name": "Ann"}, organization=acme)
    selection = select(acme, as_bob, ContactFilters(), "")
    made = make_catalog_export(
        selection, as_bob, format="jsonl", get_pii=True, columns=EVERY_COLUMN
    )
    (row,) = read_rows("jsonl", read_file(render(made)))
    assert {name for name, value in row.items() if value is not None} == {
        *("contact_id", "full_name", "source", "quality_score", "confidence"),
        *("verified", "is_stale", "is_decision_maker", "is_in_crm", "has_account"),
        *("has_opportunity", "created_on", "updated_on"),
    }


def test_every_address_is_in_one_of_the_columns(
    acme: Organization, as_bob: Actor, tmp_path: Path
) -> None:
    emails = [{"email": f"a{n}@x.example"} for n in range(1, 6)]
    person = {"contact_id": "id_00000000000000aa", "full_name": "Ann", "emails": emails}
    take_in(tmp_path, person, organization=acme)
    columns = ["email", "email_2", "email_3", "all_emails"]
    made = make_catalog_export(
        select(acme, as_bob, ContactFilters(), ""), as_bob, get_pii=True, columns=columns
    )
    (row,) = read_csv(render(made))
    assert [row[name] for name in columns[:3]] == ["a1@x.example", "a2@x.example", "a3@x.example"]
    assert row["all_emails"].split("|") == [item["email"] for item in emails]


def test_companies_have_columns_of_their_own(vps: Selection, as_bob: Actor) -> None:
    selection = select(vps.organization, as_bob, CompanyFilters(), "All companies")
    export = render(make_catalog_export(selection, as_bob, name="Targets"))
    rows = read_csv(export)
    assert [row["company_name"] for row in rows] == [f"Company {number}" for number in range(5)]
    assert rows[0]["company_domain"] == "company0.example"
    assert export.job is not None
    assert export.job.result.file_name.startswith("companies_")
    assert list(iterate_contact_ids(export=export)) == []


def test_size_and_revenue_are_written_as_imports_read_them(
    acme: Organization, as_bob: Actor, tmp_path: Path
) -> None:
    given = {
        "employees": ["250", "51-200", "10,001+", None],
        "revenue": ["12.5M", "0-1M", "1B+", None],
    }
    rows = [
        {"full_name": f"P{n}", "company": {"domain": f"c{n}.example", "name": f"C{n}", "employees": size,
         "revenue": given["revenue"][n], "keywords": ["a", "b"]}}
        for n, size in enumerate(given["employees"])
    ]  # fmt: skip
    take_in(tmp_path, *rows, organization=acme)
    selection = select(acme, as_bob, CompanyFilters(), "All companies")
    export = render(make_catalog_export(selection, as_bob, name="Targets"))
    written = read_csv(export)
    assert [row["company_employees"] for row in written] == ["250", "51-200", "10001+", ""]
    amounts = ["12500000", "0-1000000", "1000000000+", ""]
    assert [row["company_revenue"] for row in written] == amounts
    assert {row["company_keywords"] for row in written} == {"a|b"}


def test_contact_ids_can_be_used(vps: Selection, as_bob: Actor) -> None:
    export = render(make_catalog_export(vps, as_bob))
    ids = list(iterate_contact_ids(export=export))
    assert ids == [row["contact_id"] for row in read_csv(export)]


# --- Personal values -------------------------------------------------------------------------------


def test_without_personal_values_there_is_none_in_the_file(vps: Selection, as_bob: Actor) -> None:
    columns = list(list_fields(of_companies=False, with_personal=False, with_provenance=True))
    raw = read_file(render(make_catalog_export(vps, as_bob, columns=columns))).decode()
    for value in ("mail.example", "person.1@", "+47222", "Storgata", "0155", "linkedin.com/in"):
        assert value not in raw


@pytest.mark.parametrize("column", ["email", "phone", "address", "email__source", "linkedin_url"])
def test_a_personal_column_needs_the_option(vps: Selection, as_bob: Actor, column: str) -> None:
    with pytest.raises(Invalid, match=f"{column} is not part of this export"):
        make_catalog_export(vps, as_bob, columns=["full_name", column])


def test_personal_values_need_a_purpose(vps: Selection, as_bob: Actor) -> None:
    with pytest.raises(Invalid, match="what the personal data is for"):
        make_catalog_export(vps, as_bob, get_pii=True, purpose=" ")
    assert not Export.objects.exists()


def test_personal_values_need_the_right(vps: Selection, vera: User) -> None:
    with pytest.raises(NotAllowed, match="not part of your role"):
        make_catalog_export(vps, Actor.of(vera), get_pii=True)


# --- Tenancy ---------------------------------------------------------------------------------------


def test_anothers_selection_is_unknown(vps: Selection, globex: Organization, charlie: User) -> None:
    foreign = Selection(pk=vps.pk, organization=globex)
    with pytest.raises(NotFound):
        make_catalog_export(foreign, Actor.of(charlie))


def test_rows_of_another_organization_are_never_written(
    vps: Selection, as_bob: Actor, globex: Organization
) -> None:
    export = make_catalog_export(vps, as_bob)
    freeze(export)
    Contact.objects.filter(organization=vps.organization, key=1).update(organization=globex)
    names = [row["full_name"] for row in read_csv(render(export))]
    assert "Person 001" not in names
    assert len(names) == 29


def test_programs_see_exports_of_feeds_only(
    vps: Selection, grant: FeedGrant, as_bob: Actor
) -> None:
    export = render(make_catalog_export(vps, as_bob))
    of_feed = make_export(run_search(grant, as_bob), as_bob, format=None)
    assert [each.pk for each in queries.list_ready_exports(organization=vps.organization)] == [
        of_feed.pk
    ]
    with pytest.raises(NotFound):
        queries.get_ready_export(organization=vps.organization, export_id=export.pk)


# --- Money and audit -------------------------------------------------------------------------------


def test_nothing_is_charged(vps: Selection, grant: FeedGrant, as_bob: Actor) -> None:
    export = render(make_catalog_export(vps, as_bob, get_pii=True))
    grant.refresh_from_db()
    assert (grant.export_rows_used, grant.export_rows_held, export.charged_rows) == (0, 0, 0)
    assert not QuotaEntry.objects.exists()


def test_the_database_refuses_a_charge_for_the_catalog(vps: Selection, as_bob: Actor) -> None:
    export = make_catalog_export(vps, as_bob)
    with pytest.raises(IntegrityError, match="export_has_one_source"), transaction.atomic():
        Export.objects.filter(pk=export.pk).update(charged_rows=1)


def test_audit_says_what_was_exported_and_what_for(vps: Selection, as_bob: Actor) -> None:
    make_catalog_export(vps, as_bob, get_pii=True, purpose="Spring fair", name="VPs")
    line = AuditEvent.objects.filter(action="Exported").latest("pk")
    assert (line.target, line.rows, line.has_personal_data) == ("VPs", 30, True)
    assert line.detail == "Contacts, Seniority is VP, “Spring fair”"


def test_the_same_form_makes_one_export(vps: Selection, as_bob: Actor) -> None:
    first = make_catalog_export(vps, as_bob, request_key="k")
    assert make_catalog_export(vps, as_bob, request_key="k").pk == first.pk
    with pytest.raises(NotAllowed, match="other choices"):
        make_catalog_export(vps, as_bob, request_key="k", format="xlsx")


# --- What is counted is what is exported -----------------------------------------------------------


def test_another_count_than_was_shown_makes_nothing(
    vps: Selection, as_bob: Actor, tmp_path: Path
) -> None:
    take_in(tmp_path, make_person(101), organization=vps.organization)
    with pytest.raises(CountChanged, match="showed 30; there are 31"):
        make_catalog_export(vps, as_bob)
    assert not Export.objects.exists()
    assert render(make_catalog_export(vps, as_bob, shown_rows=31)).total_rows == 31


def test_a_job_that_counts_other_rows_stops_before_the_first(
    vps: Selection, as_bob: Actor, tmp_path: Path
) -> None:
    export = make_catalog_export(vps, as_bob)
    take_in(tmp_path, make_person(101), organization=vps.organization)
    export = render(export)
    assert export.job is not None
    assert (export.state, export.job.state) == ("failed", "failed")
    assert "showed 30; there are 31 now" in export.job.error
    assert not Fragment.objects.exists()

    with pytest.raises(QuoteChanged, match="31 rows instead of 30"):
        retry(export, as_bob, total_rows=30)
    again = render(retry(export, as_bob, total_rows=31))
    assert (again.state, again.total_rows, len(read_csv(again))) == ("completed", 31, 31)


def retry(export: Export, actor: Actor, **more: Any) -> Export:
    return actions.retry_export(
        organization=export.organization, actor=actor, export_id=export.pk, **more
    )


def test_what_comes_after_freezing_is_not_in_the_file(
    vps: Selection, as_bob: Actor, tmp_path: Path
) -> None:
    export = make_catalog_export(vps, as_bob)
    freeze(export)
    take_in(tmp_path, make_person(101), organization=vps.organization)
    assert len(read_csv(render(export))) == 30


def freeze(export: Export) -> None:
    """Let a worker die when it has frozen the selection and written nothing."""
    interrupt(export, crash_after=0)
    assert SelectionPart.objects.filter(selection=export.selection).exists()


def interrupt(export: Export, *, crash_after: int) -> None:
    assert export.job_id is not None
    token = job_sql.claim(job_id=export.job_id, lease_seconds=60, share=9)
    assert token is not None
    job = Job.objects.get(pk=export.job_id)
    lease = Lease(job, token)
    crash_on_save(lease, crash_after)
    with pytest.raises(KeyboardInterrupt):
        RenderFile(job).run(lease)
    Job.objects.filter(pk=export.job_id).update(lease_until=clock.now() - dt.timedelta(minutes=5))


@pytest.mark.parametrize("format", list(FORMATS))
def test_removed_contacts_are_left_out_counted_and_said(
    vps: Selection, as_bob: Actor, format: str
) -> None:
    export = make_catalog_export(vps, as_bob, format=format)
    interrupt(export, crash_after=1)
    Contact.objects.filter(key__in=(1, 31, 59)).delete()
    export = render(export)
    assert export.job is not None
    # The first part was written already; Parquet is written again from its first row.
    gone = 3 if format == "parquet" else 2
    assert (export.total_rows, export.matched_rows) == (30 - gone, 30)
    assert export.job.result.row_count == 30 - gone
    assert queries.status_of(export) == "limited"
    assert f"_limited-{30 - gone}-of-30_" in export.job.result.file_name
    assert len(read_rows(format, read_file(export))) == 30 - gone


# --- Interruptions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("format", list(FORMATS))
def test_interrupted_file_equals_an_undisturbed_one(
    vps: Selection, as_bob: Actor, format: str
) -> None:
    chosen = {"format": format, "get_pii": True, "columns": EVERY_COLUMN}
    undisturbed = render(make_catalog_export(vps, as_bob, **chosen))
    export = make_catalog_export(vps, as_bob, **chosen)
    for crash_after in (1, 2, 0, 1):
        interrupt(export, crash_after=crash_after)
    export = render(export)
    assert export.job is not None
    assert read_file(export) == read_file(undisturbed)
    assert export.job.result.row_count == 30
    assert (
        export.job.result.sha256 == undisturbed.job.result.sha256  # type: ignore[union-attr]
    )


def test_values_that_change_meanwhile_do_not_change_what_is_written(
    vps: Selection, as_bob: Actor
) -> None:
    export = make_catalog_export(vps, as_bob)
    interrupt(export, crash_after=2)
    Contact.objects.update(full_name="Changed")
    names = [row["full_name"] for row in read_csv(render(export))]
    assert names[:14] == [f"Person {number:03}" for number in range(1, 29, 2)]
    assert set(names[14:]) == {"Changed"}


def test_cancelled_export_keeps_nothing_and_runs_again(vps: Selection, as_bob: Actor) -> None:
    export = make_catalog_export(vps, as_bob)
    freeze(export)
    actions.cancel_export(organization=export.organization, actor=as_bob, export_id=export.pk)
    export = render(export)
    assert export.state == Export.State.CANCELLED
    assert not SelectionPart.objects.exists()
    assert render(retry(export, as_bob)).total_rows == 30


def test_each_export_freezes_for_itself(vps: Selection, as_bob: Actor, tmp_path: Path) -> None:
    first = render(make_catalog_export(vps, as_bob))
    take_in(tmp_path, make_person(101), organization=vps.organization)
    second = render(make_catalog_export(vps, as_bob, shown_rows=31))
    assert (len(read_csv(first)), len(read_csv(second))) == (30, 31)
    assert vps.pk not in {first.selection_id, second.selection_id}


def test_limits_of_storage_hold(vps: Selection, as_bob: Actor, settings: Any) -> None:
    settings.STORAGE_PER_ORGANIZATION = 1
    render(make_catalog_export(vps, as_bob))
    with pytest.raises(StorageFull):
        make_catalog_export(vps, as_bob)


def test_rows_are_forgotten_with_the_file(vps: Selection, as_bob: Actor) -> None:
    kept = render(make_catalog_export(vps, as_bob))
    over = render(make_catalog_export(vps, as_bob))
    Result.objects.filter(job=over.job).update(expires_at=clock.now() - dt.timedelta(days=1))
    assert expire_results() == 1
    assert actions.forget_selected_rows() == 1
    assert actions.forget_selected_rows() == 0
    frozen = set(SelectionPart.objects.values_list("selection_id", flat=True))
    assert frozen == {kept.selection_id}
    assert (
        queries.status_of(queries.get_export(organization=vps.organization, export_id=over.pk))
        == "expired"
    )


def test_question_with_a_filter_that_is_gone_is_refused(vps: Selection, as_bob: Actor) -> None:
    Selection.objects.filter(pk=vps.pk).update(filters={"shoe_size": 43})
    with pytest.raises(Conflict, match="filter that no longer exists"):
        make_catalog_export(vps, as_bob)


def test_only_chosen_rows(vps: Selection, as_bob: Actor) -> None:
    selection = select(vps.organization, as_bob, VPS, "Two people", chosen=(3, 5))
    rows = read_csv(render(make_catalog_export(selection, as_bob)))
    assert [row["full_name"] for row in rows] == ["Person 003", "Person 005"]
