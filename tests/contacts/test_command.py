"""manage.py import_contacts, and what is left when it dies half way."""

import signal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from contacthub.contacts.models import Company, Contact, ContactDocument, ContactEmail
from contacthub.organizations.models import AuditEvent, Organization
from tests.contacts.files import counts, take_in, write_csv, write_jsonl
from tests.contacts.test_import import SPARSE, WHOLE
from tests.workers import Worker, run_command

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    output = StringIO()
    call_command("import_contacts", *map(str, arguments), stdout=output)
    return output.getvalue()


def test_command_says_what_became_of_the_rows(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "x.jsonl", WHOLE, SPARSE, SPARSE, {"email": "wrong", "shoe_size": 42}
    )
    assert run(path).splitlines() == [
        "2 contacts imported, 0 changed, 1 were there already, 1 rejected",
        "1 companies imported, 0 changed",
        "Ignored, unknown columns: shoe_size",
        f"Rejected rows, with line and reason: {path}.rejects.csv",
    ]
    write_jsonl(path, {**WHOLE, "job_title": "CEO"})
    assert run(path).splitlines() == [
        "0 contacts imported, 1 changed, 0 were there already, 0 rejected",
        "0 companies imported, 0 changed",
    ]


def test_command_imports_for_one_organization(tmp_path: Path, acme: Organization) -> None:
    run("--organization", "acme", write_csv(tmp_path / "x.csv", WHOLE))
    assert Contact.objects.get().organization == acme


def test_command_takes_format_encoding_and_place_of_the_rejects(tmp_path: Path) -> None:
    path = tmp_path / "x.dat"
    path.write_bytes("email;full_name\na@x.no;Bjørn\nwrong;Åse\n".encode("cp1252"))
    rejects = tmp_path / "elsewhere.csv"
    run("--format", "csv", "--encoding", "cp1252", "--rejects", rejects, path)
    assert Contact.objects.get().full_name == "Bjørn"
    assert "wrong;Åse" in rejects.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--organization", "nobody", "{path}"], "There is no organization nobody."),
        (["{path}.missing"], "name the format: csv, jsonl or parquet"),
        (["--format", "csv", "{path}.missing"], "there is no such file"),
        (["--format", "parquet", "{path}"], "is not a Parquet file"),
        (
            ["--format", "csv", "--encoding", "klingon", "{path}"],
            "There is no text encoding 'klingon'",
        ),
        (["--encoding", "cp1252", "{path}"], "An encoding is for CSV only"),
        (["--rejects", "{path}", "{path}"], "The reject file must not be the imported file."),
        (["--format", "csv", "{path}"], "The file has no column of contacts"),
    ],
)
def test_command_says_plainly_what_is_wrong(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    path = write_jsonl(tmp_path / "x.jsonl", SPARSE)
    with pytest.raises(CommandError, match=message):
        run(*[argument.format(path=path) for argument in arguments])
    assert not Contact.objects.exists()


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        call_command("import_contacts", "--help")
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    for word in (
        "--organization SLUG",
        "--format",
        "--encoding",
        "--rejects FILE",
        "docs/import-format.md",
    ):
        assert word in text


# --- Half way --------------------------------------------------------------------------------------------------------


def start_import(path: Path, failpoints: str) -> Worker:
    """Run the command as its own process on the tests' database."""
    return run_command("import_contacts", "--organization", "acme", path, failpoints=failpoints)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failpoint", ["contacts_staged", "contacts_saved"])
def test_killed_import_leaves_nothing_and_can_run_again(
    tmp_path: Path, acme: Organization, failpoint: str
) -> None:
    take_in(tmp_path, {**WHOLE, "job_title": "Before"}, organization=acme)
    rows = [
        WHOLE,
        *[{"email": f"p{n}@x.no", "company": {"domain": f"c{n}.no"}} for n in range(200)],
    ]
    path = write_jsonl(tmp_path / "x.jsonl", *rows)
    events = AuditEvent.objects.count()
    killed = start_import(path, f"{failpoint}:kill")
    assert killed.wait() == -signal.SIGKILL, killed.said()
    assert Contact.objects.get().job_title == "Before"
    assert (
        Company.objects.count(),
        ContactEmail.objects.count(),
        ContactDocument.objects.count(),
    ) == (1, 2, 1)
    assert AuditEvent.objects.count() == events
    finished = start_import(path, "")
    assert finished.wait() == 0, finished.said()
    assert finished.said().startswith(
        "200 contacts imported, 1 changed, 0 were there already, 0 rejected"
    )
    assert counts(take_in(tmp_path, *rows, organization=acme)) == (0, 0, 201, 0)
    assert (Company.objects.count(), ContactDocument.objects.count()) == (201, 201)
