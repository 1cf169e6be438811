"""A list is taken in whole, row by row in its place, and its ids are checked."""

import pyarrow as pa
import pytest

from contacthub.core.errors import Conflict, Invalid, NotFound, TooLarge
from contacthub.core.tabular import clean_column
from contacthub.core.tabular.values import clean_contact_id
from contacthub.enrichment import intake
from contacthub.enrichment.actions import batches, drafts
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow
from contacthub.enrichment.queries.batches import get_batch, list_batches, list_rejects
from contacthub.enrichment.rejects import format_rejects
from contacthub.enrichment.uploads.table import InputRow
from contacthub.organizations.models import AuditEvent, Organization
from tests.enrichment.builders import SOMEBODY, cid, csv_of, draft, start, xlsx_of

pytestmark = pytest.mark.django_db

A, B = cid(1), cid(-2)


def rows_of(batch: EnrichmentBatch) -> list[tuple[int, int, list[str], int | None, str]]:
    fields = ("ordinal", "line", "cells", "contact_key", "problem")
    return list(EnrichmentRow.objects.filter(batch=batch).order_by("ordinal").values_list(*fields))


def counts_of(batch: EnrichmentBatch) -> tuple[int, ...]:
    return (
        batch.row_count,
        batch.valid_count,
        batch.malformed_count,
        batch.duplicate_count,
        batch.missing_count,
    )


def test_every_row_keeps_its_place_and_is_judged(acme: Organization) -> None:
    legacy = A.replace("id_", "cb_")
    batch = draft(
        acme,
        f"name;id\nx;{A}\n\nx; {B}\u00a0\ny;{legacy}\nz;\n;ID_{A[3:]}\nw;{A.upper()}\n".encode(),
    )
    assert rows_of(batch) == [
        (1, 2, ["x", A], 1, ""),
        (2, 4, ["x", f" {B}\u00a0"], -2, ""),
        (3, 5, ["y", legacy], 1, "duplicate"),
        (4, 6, ["z"], None, "empty"),
        (5, 7, ["", f"ID_{A[3:]}"], None, "malformed"),
        (6, 8, ["w", A.upper()], None, "malformed"),
    ]
    assert counts_of(batch) == (6, 2, 2, 1, 1)
    assert (batch.header, batch.id_column, batch.fit_counts) == (["name", "id"], 1, [0, 3])
    assert (batch.state, batch.is_mapped) == ("draft", False)


def test_cells_come_in_as_they_are(acme: Organization) -> None:
    odd = [
        '"',
        "\\",
        "\\n",
        "{a,b}",
        "NULL",
        "tab\there",
        "line\nend",
        "\x1f",
        "=1+1",
        "ø🙂",
        "\\.",
        "",
    ]
    rows = [InputRow(1, [A, *odd, "x"]), InputRow(2, [B, "\x00", "\\x"])]
    batch = drafts.create_draft_from_ids(organization=acme, actor=SOMEBODY, rows=rows, name="Odd")
    stored = [cells for _, _, cells, _, _ in rows_of(batch)]
    assert stored == [[A, *odd, "x"], [B, "\N{REPLACEMENT CHARACTER}", "\\x"]]


def test_column_with_the_most_ids_is_the_guess(acme: Organization) -> None:
    batch = draft(acme, f"contact_id,other\n{A},{A}\nx,{B}\n".encode())
    assert (batch.id_column, batch.fit_counts) == (1, [1, 2])


@pytest.mark.parametrize(
    ("header", "guess"),
    [
        ("name,Contact ID", 1),
        ("Kontakt-ID,x", 0),
        ("name,cb_id", 1),
        ("a,b", None),
        ("anything", 0),
    ],
)
def test_without_any_id_the_name_is_the_guess(
    acme: Organization, header: str, guess: int | None
) -> None:
    batch = draft(acme, f"{header}\n{','.join('x' * len(header.split(',')))}\n".encode())
    assert batch.id_column == guess
    assert counts_of(batch) in [(1, 0, 1, 0, 0), (1, 0, 0, 0, 1)]


def test_columns_without_names_are_called_by_their_places(acme: Organization) -> None:
    assert draft(acme, f",\u202eb\tb,\n{A},2,3,4\n".encode()).header == [
        "Column 1",
        "b b",
        "Column 3",
        "Column 4",
    ]
    assert draft(acme, f"{A}\n".encode()).header == ["contact_id"]
    assert draft(acme, f"{A},x\n".encode()).header == ["Column 1", "Column 2"]


def test_workbook_and_text_give_the_same_list(acme: Organization) -> None:
    table = [["id", "n"], [A, "1"], [B, "x"], ["", ""], [A, "2"]]
    text = draft(acme, "\n".join(",".join(row) for row in table).encode())
    book = draft(acme, xlsx_of(*table), "list.xlsx")
    assert [(r[2][0], r[3], r[4]) for r in rows_of(text)] == [
        (r[2][0], r[3], r[4]) for r in rows_of(book)
    ]
    assert counts_of(text) == counts_of(book)


def test_header_without_rows_is_refused_and_nothing_stays(acme: Organization) -> None:
    with pytest.raises(Invalid, match="no rows below the header"):
        draft(acme, b"id,name\n")
    assert not EnrichmentBatch.objects.exists()
    assert not EnrichmentRow.objects.exists()


def test_row_past_the_limit_refuses_the_list(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_ROWS", 3)
    assert draft(acme, csv_of(A, B, A)).row_count == 3
    with pytest.raises(TooLarge, match="A list has up to 3 rows"):
        draft(acme, csv_of(A, B, A, B))
    assert EnrichmentBatch.objects.count() == 1


def test_limit_is_a_million() -> None:
    assert intake.MOST_ROWS == 1_000_000


def test_list_longer_than_a_block_is_numbered_through(acme: Organization) -> None:
    count = 2 * intake.BLOCK_ROWS + 5
    batch = draft(acme, csv_of(*(cid(key % 1000) for key in range(count))))
    assert counts_of(batch) == (count, 1000, 0, count - 1000, 0)
    ordinals = EnrichmentRow.objects.filter(batch=batch).order_by("ordinal")
    assert list(ordinals.values_list("ordinal", flat=True)) == list(range(1, count + 1))


def test_pasted_ids_need_no_mapping(acme: Organization) -> None:
    rows = intake.split_ids(f'{A}, {B};\n"{A}"\tx\r\n\n[{B}]')
    batch = drafts.create_draft_from_ids(organization=acme, actor=SOMEBODY, rows=rows, name="P")
    assert batch.is_mapped
    assert [(line, cells[0], problem) for _, line, cells, _, problem in rows_of(batch)] == [
        (1, A, ""),
        (1, B, ""),
        (2, A, "duplicate"),
        (2, "x", "malformed"),
        (4, B, "duplicate"),
    ]


@pytest.mark.parametrize(
    "around", [" {}\t", "\xa0{}", "{}\u202f", "\u3000{}\x85", "\u200e{}\u200f", "\u2060{}\ufeff"]
)
def test_id_is_read_as_an_import_reads_it(acme: Organization, around: str) -> None:
    cell = around.format(A.replace("_", "_\u00ad"))
    assert clean_column(pa.array([cell]), clean_contact_id)[1] == {}
    batch = draft(acme, csv_of(cell, B, A))
    assert (batch.id_column, batch.fit_counts) == (0, [3])
    assert [(cells[0], problem) for _, _, cells, _, problem in rows_of(batch)] == [
        (cell, ""),
        (B, ""),
        (A, "duplicate"),
    ]


def test_cell_that_shows_nothing_is_empty(acme: Organization) -> None:
    batch = draft(acme, f"id,n\n{A},1\n\u200b\u202f,2\n,3\nx\u200b,4\n".encode())
    assert [problem for _, _, _, _, problem in rows_of(batch)] == [
        "",
        "empty",
        "empty",
        "malformed",
    ]


def test_header_is_normalized_as_values_are(acme: Organization) -> None:
    assert draft(acme, f"con\u00adtact_id,Gro\u0308\u00dfe\n{A},2\n".encode()).header == [
        "contact_id",
        "Gr\u00f6\u00dfe",
    ]


def test_mapping_another_column_checks_again(acme: Organization) -> None:
    batch = draft(acme, f"a,b\n{A},{B}\n{A},x\n{A},{B}\n".encode())
    assert counts_of(batch) == (3, 1, 0, 2, 0)
    mapped = drafts.map_column(organization=acme, actor=SOMEBODY, batch_id=batch.pk, column=1)
    assert mapped.is_mapped
    assert counts_of(mapped) == (3, 1, 1, 1, 0)
    assert [(r[0], r[1], r[3], r[4]) for r in rows_of(batch)] == [
        (1, 2, -2, ""),
        (2, 3, None, "malformed"),
        (3, 4, -2, "duplicate"),
    ]


def test_mapping_a_column_that_is_not_there(acme: Organization) -> None:
    batch = draft(acme, csv_of(A))
    for column in (-1, 1):
        with pytest.raises(Invalid):
            drafts.map_column(organization=acme, actor=SOMEBODY, batch_id=batch.pk, column=column)


def test_rejects_name_line_reason_and_row_and_can_be_uploaded_again(acme: Organization) -> None:
    data = f'id,note,=x\n{A},ok,\n=cmd(),-5,00123\n,+47 22,"a;=1"\n"two\nlines",x,"\'q\'"\n'
    batch = draft(acme, data.encode())
    text = b"".join(format_rejects(batch))
    assert text.startswith(b"\xef\xbb\xbf")
    assert text[3:].decode() == (
        'line,reason,id,note,"=""=x"""\r\n'
        '3,is not id_ followed by 16 lower-case hex digits,"=""=cmd()""","=""-5""","=""00123"""\r\n'
        '4,has no id,,"=""+47 22""",a;\'=1\r\n'
        "5,is not id_ followed by 16 lower-case hex digits,\"two\nlines\",x,'q'\r\n"
    )
    again = draft(acme, text)
    assert again.header == ["line", "reason", "id", "note", "=x"]
    rows = EnrichmentRow.objects.filter(batch=again).order_by("ordinal")
    assert [row.cells[2:] for row in rows] == [
        ["=cmd()", "-5", "00123"],
        ["", "+47 22", "a;=1"],
        ["two\nlines", "x", "'q'"],
    ]


def test_rejects_are_read_in_pieces(acme: Organization) -> None:
    batch = draft(acme, csv_of(*("x" for _ in range(25))))
    first = list_rejects(batch=batch, most=10)
    second = list_rejects(batch=batch, after=first[-1].ordinal, most=100)
    assert [row.ordinal for row in first + second] == list(range(1, 26))


def test_draft_can_be_deleted_with_its_rows(acme: Organization) -> None:
    batch = draft(acme, csv_of(A))
    drafts.delete_draft(organization=acme, actor=SOMEBODY, batch_id=batch.pk)
    assert not EnrichmentBatch.objects.exists()
    assert not EnrichmentRow.objects.exists()


def test_started_list_is_no_draft_any_more(acme: Organization) -> None:
    batch = start(draft(acme, csv_of(A)))
    whose = {"organization": acme, "actor": SOMEBODY, "batch_id": batch.pk}
    with pytest.raises(Conflict):
        drafts.delete_draft(**whose)
    with pytest.raises(Conflict):
        drafts.map_column(column=0, **whose)


def test_lists_of_another_organization_are_unknown(
    acme: Organization, globex: Organization
) -> None:
    batch = draft(acme, csv_of(A))
    theirs = {"organization": globex, "batch_id": batch.pk}
    for call in (
        lambda: get_batch(**theirs),
        lambda: drafts.map_column(actor=SOMEBODY, column=0, **theirs),
        lambda: drafts.delete_draft(actor=SOMEBODY, **theirs),
        lambda: batches.start_batch(actor=SOMEBODY, sections=["pii"], format="csv", **theirs),
        lambda: batches.cancel_batch(actor=SOMEBODY, **theirs),
        lambda: batches.retry_batch(actor=SOMEBODY, **theirs),
    ):
        with pytest.raises(NotFound):
            call()
    assert not list_batches(organization=globex).exists()
    assert EnrichmentBatch.objects.get().state == "draft"


def test_writes_are_recorded_without_values(acme: Organization) -> None:
    batch = draft(acme, csv_of(A, "secret@example.com"))
    start(batch)
    drafts.delete_draft(organization=acme, actor=SOMEBODY, batch_id=draft(acme, csv_of(B)).pk)
    events = AuditEvent.objects.filter(organization=acme).order_by("at")
    assert [event.action for event in events if "organization" not in event.action] == [
        "Uploaded list to enrich",
        "Chose column of ids",
        "Started enrichment",
        "Uploaded list to enrich",
        "Deleted list to enrich",
    ]
    assert "secret" not in " ".join(f"{event.target} {event.detail}" for event in events)


@pytest.mark.parametrize(
    ("body", "is_personal"),
    [
        (csv_of(A, B), False),
        (csv_of(A, "sigrid@nordhavn.example"), True),
        (f"name;id\nSigrid Nordmann;{A}\n".encode(), True),
    ],
)
def test_lines_about_an_upload_say_whether_it_may_name_people(
    acme: Organization, body: bytes, is_personal: bool
) -> None:
    batch = draft(acme, body)
    batches.record_rejects_download(batch=batch, actor=SOMEBODY)
    drafts.delete_draft(organization=acme, actor=SOMEBODY, batch_id=batch.pk)
    events = AuditEvent.objects.filter(subject=str(batch.pk)).order_by("at")
    assert [(event.action, event.has_personal_data) for event in events] == [
        ("Uploaded list to enrich", is_personal),
        ("Downloaded rejected rows", is_personal),
        ("Deleted list to enrich", is_personal),
    ]
