"""What a job writes: the right contacts, as of one moment, in fragments that are whole files and one."""

import csv
import datetime as dt
import io
import json
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from contacthub.contact_jobs import queries
from contacthub.contact_jobs.models import FrozenRow
from contacthub.contact_jobs.records import DETAILS, EXTRACT
from contacthub.contact_jobs.runner import WriteContacts
from contacthub.contacts.models import Contact
from contacthub.core.errors import Invalid, NotReady
from contacthub.jobs import sql as job_sql
from contacthub.jobs.lease import Lease
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization
from tests.contact_jobs.builders import (
    MARCH,
    START,
    content,
    details,
    extract,
    fragments,
    make_contact,
    make_contacts,
    make_full_contact,
    run,
)

pytestmark = pytest.mark.django_db


def names_of(organization: Organization, **conditions: Any) -> list[str]:
    """Return the last names in an extract."""
    job = run(extract(organization, replace(MARCH, **conditions), "json"))
    return [row["last_name"] for row in json.loads(content(job))]


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


# --- Fragments ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize("extra", [-1, 0, 1, 7])
@pytest.mark.parametrize("format", ["csv", "json"])
def test_fragments_are_files_and_their_rows_are_the_whole_ones(
    acme: Organization, settings: Any, size: int, extra: int, format: str
) -> None:
    settings.BACKSTORY_FRAGMENT_ROWS = size
    make_contacts(size + extra)
    job = run(extract(acme, format=format))
    pieces, whole = fragments(job), content(job)
    assert len(pieces) == job.fragment_count == max(1, -(-(size + extra) // size))
    assert queries.get_result(job=job).size == len(whole)
    if format == "json":
        rows = [row for piece in pieces for row in json.loads(piece)]
        assert rows == json.loads(whole)
        assert [list(row) for row in rows] == [list(EXTRACT)] * (size + extra)
    else:
        tables = [rows_of(piece) for piece in pieces]
        assert [table[0] for table in tables] == [list(EXTRACT)] * len(pieces)
        assert [row for table in tables for row in table[1:]] == rows_of(whole)[1:]
        assert whole.count(b"first_name") == 1
        assert whole.endswith(b"\r\n")
    assert len(rows_of(whole)) == size + extra + 1 or format == "json"


def test_fragment_that_is_not_there_is_refused(acme: Organization) -> None:
    job = extract(acme)
    with pytest.raises(NotReady):
        queries.get_fragment(job=job, number=0)
    job = run(job)
    for number in (-1, 1, 2**40):
        with pytest.raises(Invalid):
            queries.get_fragment(job=job, number=number)


def test_record_of_an_extract(acme: Organization) -> None:
    make_full_contact()
    row = json.loads(content(run(extract(acme, format="json"))))[0]
    assert row == {
        "first_name": "Ingrid", "last_name": "Solheim", "email": "ingrid@h.example", "phone": "+4722334418",
        "job_title": "VP Supply Chain", "department": "Operations", "seniority": "VP", "country": "United States",
        "state": "New York", "account_name": "Halden", "account_type": "Customer", "account_domain": "halden",
        "account_crm_id": "0015", "source_peopleai_id": "p-1", "response_activity_id": "a-1",
        "source_email": "rep@acme.example", "from_cc": False, "total_inbound": 12, "total_inbound_30d": None,
        "total_outbound": None, "total_outbound_30d": None, "total_meetings": None, "total_meetings_30d": None,
        "total_time_spent": None, "total_time_spent_30d": 0,
    }  # fmt: skip
    header, cells = rows_of(content(run(extract(acme))))
    assert header == list(EXTRACT)
    assert cells[-9:] == ["false", "12", "", "", "", "", "", "", "0"]


def test_states_are_those_of_the_united_states(acme: Organization) -> None:
    make_contact(1, country="Germany", state="Bayern")
    make_contact(2, country="united states", state="Ohio")
    rows = json.loads(content(run(extract(acme, format="json"))))
    assert [row["state"] for row in rows] == [None, "Ohio"]


def test_record_of_details(acme: Organization) -> None:
    make_full_contact()
    make_contact(2, job_title="Clerk", email="x@y.example", email_status="catch_all")
    header, full, small, unknown = rows_of(content(run(details(acme, 13496440, 2, 999))))
    assert header == list(DETAILS)
    assert full == [
        "13496440", "Found", "Ingrid", "Solheim", "Ingrid Solheim", "700", "Halden, Robotics",
        "VP Supply Chain|Board Member", "VP|Director", "Operations", "ingrid@h.example", "ValidEmail", "97.5",
        "+4722334418", "ingrids", "ingrid.s", "@ingrid", "https://h.example/i.png", 'Says "hi",\nthen leaves',
    ]  # fmt: skip
    assert small[:2] + small[7:8] + small[10:12] == ["2", "Found", "Clerk", "x@y.example", "ValidDomain"]  # fmt: skip
    assert unknown == ["999", "NotFound", *[""] * 17]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("valid", "ValidEmail"),
        ("catch_all", "ValidDomain"),
        ("invalid", "Invalid"),
        ("pending", "Unknown"),
        (None, "Unknown"),
    ],
)
def test_email_status_has_the_vendors_word(
    acme: Organization, status: str | None, word: str
) -> None:
    make_contact(1, email="a@b.example", email_status=status)
    make_contact(2, email_status=status)
    _, with_email, without = rows_of(content(run(details(acme, 1, 2))))
    assert (with_email[11], without[11]) == (word, "")


def test_details_keep_the_order_and_take_a_number_once(acme: Organization) -> None:
    make_contacts(5)
    job = run(details(acme, 4, 2, 4, 9, 1, 2))
    assert [row[0] for row in rows_of(content(job))[1:]] == ["4", "2", "9", "1"]
    assert (job.price, job.charged, job.job.done, job.job.total) == (4, 4, 4, 4)


def test_details_in_many_steps_are_one_file(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacthub.contact_jobs.actions.DETAILS_AT_ONCE", 2)
    make_contacts(5)
    job = run(details(acme, *range(1, 8)))
    assert [row[:2] for row in rows_of(content(job))[1:]] == [
        [str(n), "Found" if n < 6 else "NotFound"] for n in range(1, 8)
    ]
    assert job.fragment_count == 4


# --- Which contacts -------------------------------------------------------------------------------


def test_window_has_both_of_its_days_in_utc(acme: Organization) -> None:
    minute = dt.timedelta(microseconds=1)
    for n, moment in enumerate(
        [START - minute, START, START + dt.timedelta(days=2) - minute, START + dt.timedelta(days=2)]
    ):
        make_contact(n, last_name=str(n), created_at=moment)
    assert names_of(acme, end_on=dt.date(2026, 3, 2)) == ["1", "2"]


def test_contacts_without_account_and_opportunity_are_historical(acme: Organization) -> None:
    make_contact(1, last_name="neither")
    make_contact(2, last_name="account", has_account=True)
    make_contact(3, last_name="opportunity", has_opportunity=True)
    assert names_of(acme, include_historical=False) == ["account", "opportunity"]
    assert len(names_of(acme, include_historical=True)) == 3


def test_contacts_in_the_crm_are_existing(acme: Organization) -> None:
    make_contact(1, last_name="new")
    make_contact(2, last_name="known", is_in_crm=True)
    assert names_of(acme, include_existing=False) == ["new"]
    assert names_of(acme, include_existing=True) == ["new", "known"]


def test_sourced_by_the_vendor(acme: Organization) -> None:
    make_contact(1, last_name="ours")
    make_contact(2, last_name="theirs", is_sourced_by_people_ai=True)
    assert names_of(acme, is_sourced_by_people_ai=True) == ["theirs"]
    assert names_of(acme) == ["ours", "theirs"]


def test_country_and_state_are_whole_in_any_case(acme: Organization) -> None:
    make_contact(1, last_name="a", country="United States", state="New York")
    make_contact(2, last_name="b", country="United States", state="Ohio")
    make_contact(3, last_name="c", country="United Kingdom")
    make_contact(4, last_name="d")
    assert names_of(acme, country="united STATES") == ["a", "b"]
    assert names_of(acme, state="new york") == ["a"]
    assert names_of(acme, country="United Kingdom", state="Ohio") == []
    assert names_of(acme, country="United%") == []
    assert names_of(acme, country="", state="") == ["a", "b", "c", "d"]


def test_last_day_of_all_has_none_after_it(acme: Organization) -> None:
    late = dt.datetime(9999, 12, 31, 23, tzinfo=dt.UTC)
    make_contact(1, last_name="late", created_at=late, updated_at=late)
    days = {"start_on": dt.date(9999, 12, 31), "end_on": dt.date.max}
    assert names_of(acme, **days) == ["late"]


# --- Whose ----------------------------------------------------------------------------------------


def test_own_contact_takes_the_place_of_the_shared_one(
    acme: Organization, globex: Organization
) -> None:
    make_contact(1, last_name="shared")
    make_contact(1, last_name="own", organization=acme)
    make_contact(2, last_name="hidden by one that does not fit")
    make_contact(2, last_name="own", organization=acme, created_at=START - dt.timedelta(days=9))
    assert names_of(acme) == ["own"]
    assert names_of(globex) == ["shared", "hidden by one that does not fit"]


def test_another_organizations_contact_is_unknown(acme: Organization, globex: Organization) -> None:
    make_contact(1, last_name="Canary", organization=globex)
    assert names_of(acme) == []
    assert rows_of(content(run(details(acme, 1))))[1][1] == "NotFound"
    assert rows_of(content(run(details(globex, 1))))[1][3] == "Canary"


def test_details_of_an_own_contact_win(acme: Organization) -> None:
    make_contact(1, last_name="shared")
    make_contact(1, last_name="own", organization=acme)
    assert rows_of(content(run(details(acme, 1))))[1][3] == "own"


def test_number_of_a_shared_contact_that_is_hidden_is_unknown(acme: Organization) -> None:
    make_contact(1, last_name="shared")
    make_contact(1, last_name="own", organization=acme, source_number=50)
    found = rows_of(content(run(details(acme, 1, 50))))
    assert [row[1:4:2] for row in found[1:]] == [["NotFound", ""], ["Found", "own"]]


# --- When -----------------------------------------------------------------------------------------


def test_result_is_as_of_the_moment_of_the_start(acme: Organization, settings: Any) -> None:
    settings.BACKSTORY_FRAGMENT_ROWS = 2
    make_contacts(6)
    job = extract(acme, format="json")
    make_contact(7, first_name="Person", last_name="7", created_at=START + dt.timedelta(hours=1))
    token = job_sql.claim(job_id=job.job_id, lease_seconds=60, share=9)
    assert token is not None
    claimed = Job.objects.get(pk=job.job_id)
    lease, work = Lease(claimed, token), WriteContacts(claimed)
    write = work._write

    def write_and_change(*arguments: Any) -> None:
        write(*arguments)
        Contact.objects.update(first_name="Changed")
        Contact.objects.filter(key=6).delete()
        make_contact(100 + arguments[1], created_at=START)

    work._write = write_and_change  # type: ignore[method-assign]
    lease.complete(work, work.run(lease))
    rows = json.loads(content(queries.get_contact_job(organization=acme, public_id=job.public_id)))
    assert [row["last_name"] for row in rows] == list("1234567")
    assert {row["first_name"] for row in rows} == {"Person"}


def test_result_is_the_same_later(acme: Organization) -> None:
    make_contacts(3)
    job = run(extract(acme))
    before = content(job)
    Contact.objects.update(first_name="Changed")
    assert content(job) == before


def test_nothing_frozen_is_left_behind(acme: Organization) -> None:
    make_contacts(3)
    run(extract(acme))
    run(details(acme, 1, 2, 3))
    assert not FrozenRow.objects.exists()


def test_public_ids_have_their_shapes(acme: Organization) -> None:
    made = extract(acme).public_id
    assert str(UUID(made)) == made
    ids = {run(details(acme, 1)).public_id for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-v]{20}", public_id) for public_id in ids)
