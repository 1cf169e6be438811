"""Workers die while they write files of the catalog or match uploaded lists: the result is the undisturbed one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent, indent

import pytest

from tests.faults.conftest import Session, hash_file, signed_in
from tests.stack import Stack

CONTACTS, LISTED = 60_000, 40_000
FILL = """
INSERT INTO contacts_contact (key, source_number, full_name, email, phone, created_at)
SELECT n, n, 'Person ' || n, 'person' || n || '@acme.example', '+47' || n, '2026-03-01' FROM generate_series(1, %s) AS n
"""
FILL_EMAILS = """
INSERT INTO contacts_contactemail (contact_id, position, address, md5, sha1, sha256)
SELECT id, 0, email, decode(md5(email), 'hex'), substring(sha256(email::bytea) FOR 20), sha256(email::bytea)
FROM contacts_contact
"""
FACTS = "from contacthub.contacts.sql import facts; facts.save_all_facts()"
# As the pages do it; what is printed is the id.
BEGIN = """
import io
from contacthub.core.tenancy import within
from contacthub.organizations.audit import COMMAND_LINE
from contacthub.organizations.models import Organization
acme = Organization.objects.get(slug="acme")
with within(acme.pk):
"""
EXPORT = f"""
from contacthub.contacts import selections
from contacthub.contacts.filters import ContactFilters
from contacthub.exports import actions
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
question = selections.Question(
    of_companies=False, filters=ContactFilters(), sort="full_name", is_descending=False
)
selection = selections.save_selection(
    organization=acme, actor=COMMAND_LINE, question=question, shown={CONTACTS}
)
order = ExportOrder(options=ExportOptions(), selection_id=selection.pk, format="FORMAT")
print(actions.create_export(organization=acme, actor=COMMAND_LINE, order=order)[0].pk)
"""
MATCH = f"""
from contacthub.enrichment.actions import drafts, mapping
rows = [f"PERSON{{n % 30000 + 1 if n % 3 else -n}}@Acme.example;{{n}}" for n in range({LISTED})]
text = chr(10).join(["email;note", *rows])
batch = drafts.create_draft_from_upload(
    organization=acme, actor=COMMAND_LINE, stream=io.BytesIO(text.encode()), file_name="people.csv"
)
mapping.map_columns(
    organization=acme, actor=COMMAND_LINE, batch_id=batch.pk, uses=["email", ""], may_see_values=True
)
print(batch.pk)
"""


def run(stack: Stack, script: str) -> str:
    return stack.manage("shell", "-v0", "-c", BEGIN + indent(dedent(script), "    "))


@contextmanager
def worker(stack: Stack, failpoint: str = "", once: str = "") -> Iterator[None]:
    """A worker that dies at a named point, once; another of its processes goes on."""
    stack.environment |= {"CONTACTHUB_FAILPOINTS": failpoint, "CONTACTHUB_FAILPOINTS_ONCE": once}
    stack.start("worker")
    try:
        yield
    finally:
        stack.environment |= {"CONTACTHUB_FAILPOINTS": "", "CONTACTHUB_FAILPOINTS_ONCE": ""}
        stack.kill("worker")


@pytest.fixture(scope="module")
def catalog(stack: Stack) -> None:
    stack.query(FILL, CONTACTS)
    stack.query(FILL_EMAILS)
    stack.manage("shell", "-v0", "-c", FACTS)
    stack.start("web", "beat")


# --- Files of selected contacts ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def undisturbed_files(stack: Stack, catalog: None) -> Callable[[str], str]:
    """The hash of a file by its format, as a worker writes it that nobody disturbs."""
    hashes: dict[str, str] = {}

    def find(format: str) -> str:
        if format not in hashes:
            with worker(stack), signed_in(stack, "bob@acme.example") as session:
                export = run(stack, EXPORT.replace("FORMAT", format))
                stack.await_jobs()
                hashes[format] = hash_file(session, export)
        return hashes[format]

    return find


@pytest.mark.parametrize(
    ("format", "failpoint"),
    [
        ("csv", "selection_frozen:kill"),
        ("csv", "before_checkpoint_commit:kill:1"),
        ("csv", "before_checkpoint_commit:kill:4"),
        ("csv", "after_checkpoint_commit:kill:5"),
        ("csv", "before_complete_commit:kill"),
        ("csv", "after_complete_commit:kill"),
        ("xlsx", "after_checkpoint_commit:kill:3"),
        ("parquet", "before_checkpoint_commit:kill:1"),
    ],
)
def test_file_of_the_catalog_is_whole(
    stack: Stack,
    bob: Session,
    undisturbed_files: Callable[[str], str],
    format: str,
    failpoint: str,
    tmp_path: Path,
) -> None:
    expected = undisturbed_files(format)
    with worker(stack, failpoint, str(tmp_path)):
        export = run(stack, EXPORT.replace("FORMAT", format))
        stack.await_jobs()
    assert list(tmp_path.iterdir()), "the failpoint was never passed"
    assert hash_file(bob, export) == expected
    (((state, rows, charged),), fragments) = (
        stack.query(
            "SELECT state, total_rows, charged_rows FROM exports_export WHERE id = %s", export
        ),
        stack.query(
            "SELECT number, raw_offset, raw_size, row_count FROM jobs_fragment"
            " JOIN exports_export AS export USING (job_id) WHERE export.id = %s ORDER BY number",
            export,
        ),
    )
    assert (state, rows, charged) == ("completed", CONTACTS, 0)
    # Rows of Parquet wait for their group, and are not counted with the fragment that holds them.
    assert format == "parquet" or sum(count for *_, count in fragments) == CONTACTS
    assert [number for number, *_ in fragments] == list(range(len(fragments)))
    ends = [0, *(offset + size for _, offset, size, _ in fragments)]
    assert [offset for _, offset, *_ in fragments] == ends[:-1]


# --- Lists that are matched -------------------------------------------------------------------------

MATCHED = """
SELECT count(*), count(*) FILTER (WHERE matched_by = 'email'), count(*) FILTER (WHERE problem = 'duplicate'),
    md5(string_agg(concat_ws('|', contact_key, matched_by, problem, cells[2]), ',' ORDER BY ordinal))
FROM enrichment_enrichmentrow WHERE batch_id = %s
"""
COUNTS = """
SELECT row_count, matched_count, duplicate_count, unmatched_count, is_mapped
FROM enrichment_enrichmentbatch WHERE id = %s
"""


@pytest.fixture(scope="module")
def undisturbed_list(stack: Stack, catalog: None) -> list[tuple[object, ...]]:
    with worker(stack):
        batch = run(stack, MATCH)
        stack.await_jobs()
    return stack.query(MATCHED, batch) + stack.query(COUNTS, batch)


@pytest.mark.parametrize(
    "failpoint",
    [
        "list_rows_read:kill:1",
        "list_rows_read:kill:5",
        "before_checkpoint_commit:kill",
        "after_checkpoint_commit:kill",
        "before_complete_commit:kill",
        "after_complete_commit:kill",
    ],
)
def test_list_is_matched_once(
    stack: Stack, undisturbed_list: list[tuple[object, ...]], failpoint: str, tmp_path: Path
) -> None:
    rows, matched, *_ = undisturbed_list[0]
    assert (rows, matched) == (LISTED, LISTED * 2 // 3)
    with worker(stack, failpoint, str(tmp_path)):
        batch = run(stack, MATCH)
        stack.await_jobs()
    assert list(tmp_path.iterdir()), "the failpoint was never passed"
    assert stack.query(MATCHED, batch) + stack.query(COUNTS, batch) == undisturbed_list
    jobs = stack.query(
        "SELECT job.state, done FROM jobs_job AS job JOIN enrichment_enrichmentbatch AS batch ON match_job_id = job.id"
        " WHERE batch.id = %s",
        batch,
    )
    assert jobs == [("completed", LISTED)]
