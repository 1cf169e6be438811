"""Where the values of contacts came from: what imports write down, and what they leave of settled values."""

import datetime as dt
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contacthub.contacts.actions import add_found, add_observed
from contacthub.contacts.models import FILES, Candidate, Contact, Load, SourceRecord
from contacthub.contacts.observed import Observed
from contacthub.contacts.origins import Origin
from contacthub.contacts.value_fields import BY_NAME
from contacthub.core import clock
from contacthub.organizations.models import Organization
from tests.contacts.files import ID, KEY, take_in

pytestmark = pytest.mark.django_db
LETRICS = Origin(Load.Kind.SEARCH, "Letrics", UUID(int=7), "letrics", "req-1")
BACKSTORY = Origin(Load.Kind.ENRICHMENT, "Backstory", UUID(int=8), "backstory", "req-2")
ROW = {
    "contact_id": ID,
    "full_name": "Ingrid Solheim",
    "job_title": "VP",
    "emails": ["a@x.example"],
}


def record_of(source: UUID = FILES) -> SourceRecord:
    return SourceRecord.objects.get(contact__key=KEY, source=source)


def has_given(record: SourceRecord, *names: str) -> bool:
    return record.given == sum(BY_NAME[name].mask for name in names)


def candidates(field: str) -> list[tuple[str, UUID | None]]:
    found = Candidate.objects.filter(contact__key=KEY, field=field).order_by("pk")
    return [(each.value, each.source) for each in found]


def test_import_writes_one_row_a_contact_and_no_value(tmp_path: Path) -> None:
    take_in(tmp_path, {**ROW, "pii": {"city": "Oslo"}})
    record = record_of()
    assert has_given(record, "full_name", "job_title", "pii.city")
    assert (record.load.kind, record.load.name) == ("file", "contacts.jsonl")
    assert not Candidate.objects.exists()


def test_same_file_on_another_day_was_seen_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(tmp_path, ROW)
    first = record_of()
    SourceRecord.objects.update(
        first_seen=first.first_seen - dt.timedelta(days=3),
        last_seen=first.last_seen - dt.timedelta(days=3),
    )
    take_in(tmp_path, ROW)
    again = record_of()
    assert (again.first_seen, again.last_seen) == (
        first.first_seen - dt.timedelta(days=3),
        first.last_seen,
    )
    assert not Candidate.objects.exists()


def test_value_that_is_replaced_is_kept_with_its_source(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, ROW, organization=acme)
    found = {"contact_id": ID, "full_name": "Ingrid Solheim", "job_title": "SVP"}
    add_found(organization=acme, rows=[found], origin=LETRICS)
    assert Contact.objects.get(key=KEY).job_title == "SVP"
    assert candidates("job_title") == [("VP", FILES)]
    assert Candidate.objects.get().replaced_on == clock.today()
    assert has_given(record_of(), "full_name"), "the title is not the file's any more"
    assert has_given(record_of(LETRICS.source), "full_name", "job_title")
    assert record_of(LETRICS.source).load.request_id == "req-1"


def test_addresses_that_a_newer_file_lacks_are_kept_as_candidates(tmp_path: Path) -> None:
    first = {"email": "a@x.example", "status": "valid", "checked_on": "2026-01-02", "source": "Old"}
    take_in(tmp_path, {**ROW, "emails": [first], "phones": ["+4722334418"]})
    take_in(tmp_path, {**ROW, "emails": ["b@x.example"], "phones": ["+4722334419"]})
    (email,) = Candidate.objects.filter(field="email")
    assert (email.value, email.status, email.source_name) == ("a@x.example", "valid", "Old")
    assert email.checked_on == dt.date(2026, 1, 2)
    assert candidates("phone") == [("+4722334418", None)]


def test_answer_of_a_vendor_gives_its_profile_only(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, ROW, organization=acme)
    answer = Observed(KEY, pii={"city": "Oslo"}, emails=[{"email": "b@x.example"}])
    add_observed(organization=acme, observed=[answer], origin=BACKSTORY)
    assert has_given(record_of(BACKSTORY.source), "pii.city")


def test_pages_of_one_search_are_one_load(acme: Organization) -> None:
    for number in (1, 2):
        row: dict[str, Any] = {"contact_id": f"id_{number:016x}", "full_name": "A"}
        add_found(organization=acme, rows=[row], origin=LETRICS)
    assert Load.objects.count() == 1


def test_own_import_writes_nothing_about_the_shared_contact(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, ROW)
    take_in(tmp_path, {**ROW, "job_title": "SVP"}, organization=acme)
    shared, own = Contact.objects.order_by("pk")
    assert (shared.job_title, own.job_title) == ("VP", "SVP")
    assert [each.organization for each in SourceRecord.objects.order_by("contact")] == [None, acme]
    take_in(tmp_path, {**ROW, "job_title": "EVP"}, organization=acme)
    assert set(Candidate.objects.values_list("contact", "organization")) == {(own.pk, acme.pk)}
