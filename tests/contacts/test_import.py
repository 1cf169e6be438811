"""What an import makes of a file: new, changed, known and rejected rows."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.range import Range

from contacthub.contacts import actions
from contacthub.contacts.models import (
    FIRST_OWN_NUMBER,
    Company,
    Contact,
    ContactDocument,
    ContactEmail,
    ContactPhone,
)
from contacthub.core.errors import Invalid
from contacthub.organizations.models import Organization
from tests.contacts.files import (
    ID,
    KEY,
    WRITERS,
    Row,
    counts,
    read_rejects,
    take_in,
    write_csv,
    write_jsonl,
    write_parquet,
)

pytestmark = pytest.mark.django_db

WHOLE: Row = {
    "contact_id": ID,
    "id": 13496440,
    "full_name": "Ingrid Solheim",
    "first_name": "Ingrid",
    "last_name": "Solheim",
    "job_title": "VP Supply Chain",
    "department": "Operations",
    "seniority": "VP",
    "seniority_level": "executive",
    "titles": ["VP Supply Chain", "Board | member"],
    "job_levels": ["VP"],
    "job_functions": ["Operations", "Procurement"],
    "is_decision_maker": True,
    "emails": [
        {
            "email": "Ingrid@Halden.no",
            "type": "work",
            "status": "valid",
            "checked_on": "2026-11-12",
            "confidence": 0.97,
            "source": "Backstory",
            "first_seen": "2026-01-02",
            "last_seen": "2026-11-12",
            "observations": 4,
        },
        {"email": "ingrid@mail.example", "type": "personal"},
    ],
    "phones": [{"phone": "+47 22 12 34 56", "type": "switchboard", "is_do_not_call": True}],
    "linkedin_url": "https://www.linkedin.com/in/ingrid-solheim",
    "linkedin_handle": "ingrid-solheim",
    "facebook_handle": "ingrid",
    "twitter_handle": "ingrid",
    "image_url": "https://example.com/ingrid.png",
    "description": "Moves things.\nQuickly.",
    "education": [{"degree": "MSc"}],
    "source": "linkedin",
    "source_url": "https://example.com/team",
    "verified": True,
    "quality_score": 86,
    "confidence": 0.5,
    "is_stale": True,
    "is_speculative": True,
    "created_at": "2026-01-02T03:04:05Z",
    "updated_at": "2026-02-03T04:05:06Z",
    "country": "Norway",
    "state": "Oslo",
    "gender": "female",
    "age_range": "45-54",
    "address": "Storgata 1",
    "city": "Oslo",
    "postal_code": "0150",
    "has_opportunity": True,
    "exists_in_crm": True,
    "is_sourced_by_people_ai": True,
    "account_name": "Halden",
    "account_type": "Customer",
    "account_domain": "halden",
    "account_crm_id": "001A",
    "source_peopleai_id": "p1",
    "response_activity_id": "r1",
    "source_email": "Tom@example.com",
    "from_cc": False,
    "total_inbound": 5,
    "total_time_spent_30d": 60,
    "company": {
        "id": 77,
        "name": "Halden Robotics",
        "domain": "halden.no",
        "industries": ["Robotics", "Software"],
        "functions": ["B2B"],
        "technologies": ["ROS"],
        "keywords": ["welding", "arms"],
        "employees": "51-200",
        "revenue": "$10M-$50M",
        "nace_codes": ["28.99"],
        "location": {"city": "Oslo", "state": "Oslo", "country": "Norway"},
        "country_code": "NO",
        "linkedin_url": "https://www.linkedin.com/company/halden",
        "has_generic_email": True,
        "created_at": "2025-05-06T07:08:09Z",
    },
}
SPARSE: Row = {"email": "only@example.com"}
PII = {name: WHOLE[name] for name in ("gender", "age_range", "address", "city", "postal_code")}


def state() -> dict[str, list[Any]]:
    """Return everything that is stored about contacts."""
    models = (Company, Contact, ContactEmail, ContactPhone, ContactDocument)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


# --- New contacts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", WRITERS)
def test_every_column_arrives(tmp_path: Path, format: str) -> None:
    report = take_in(tmp_path, WHOLE, SPARSE, format=format)
    assert counts(report) == (2, 0, 0, 0)
    assert (report.companies_inserted, report.unknown_columns) == (1, [])
    contact = Contact.objects.select_related("company").get(key=KEY)
    for name in (
        "full_name", "first_name", "last_name", "job_title", "department", "seniority", "seniority_level", "titles",
        "job_levels", "job_functions", "is_decision_maker", "linkedin_url", "linkedin_handle", "facebook_handle",
        "twitter_handle", "image_url", "description", "education", "source", "source_url", "verified", "quality_score",
        "confidence", "is_stale", "is_speculative", "country", "state", "has_opportunity", "is_sourced_by_people_ai",
    ):  # fmt: skip
        assert getattr(contact, name) == WHOLE[name], name
    assert contact.number == 13496440
    assert (contact.is_in_crm, contact.has_account) == (True, True)
    assert contact.created_at == dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert contact.updated_at == dt.datetime(2026, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
    assert (contact.email, contact.email_status) == ("ingrid@halden.no", "valid")
    assert (contact.email_checked_on, contact.has_personal_email) == (dt.date(2026, 11, 12), True)
    assert contact.phone == "+4722123456"
    assert contact.pii == PII
    assert contact.crm == {
        "account_name": "Halden", "account_type": "Customer", "account_domain": "halden", "account_crm_id": "001A",
        "source_peopleai_id": "p1", "response_activity_id": "r1", "source_email": "tom@example.com", "from_cc": False,
        "total_inbound": 5, "total_time_spent_30d": 60,
    }  # fmt: skip
    _check_company(contact.company)
    _check_observations(contact)


def _check_company(company: Company | None) -> None:
    assert company is not None
    given = WHOLE["company"]
    for name in (
        "name",
        "domain",
        "industries",
        "functions",
        "technologies",
        "keywords",
        "nace_codes",
        "country_code",
    ):
        assert getattr(company, name) == given[name], name
    assert (company.linkedin_url, company.has_generic_email) == (given["linkedin_url"], True)
    assert (company.city, company.state, company.country) == ("Oslo", "Oslo", "Norway")
    assert (company.number, company.tld) == (77, "no")
    assert (company.employees, company.revenue) == (
        Range(51, 201),
        Range(10_000_000, 50_000_001),
    )
    assert company.created_at == dt.datetime(2025, 5, 6, 7, 8, 9, tzinfo=dt.UTC)


def _check_observations(contact: Contact) -> None:
    first, second = ContactEmail.objects.filter(contact=contact).order_by("position")
    assert (first.address, first.type, first.status) == ("ingrid@halden.no", "work", "valid")
    assert (first.checked_on, first.first_seen) == (dt.date(2026, 11, 12), dt.date(2026, 1, 2))
    assert (first.last_seen, first.observations) == (dt.date(2026, 11, 12), 4)
    assert (first.confidence, first.source) == (0.97, "Backstory")
    assert (second.address, second.type, second.observations) == (
        "ingrid@mail.example",
        "personal",
        None,
    )
    phone = ContactPhone.objects.get(contact=contact)
    assert (phone.phone, phone.type, phone.is_do_not_call) == ("+4722123456", "switchboard", True)


def test_contact_with_nothing_but_an_address_has_defaults(tmp_path: Path) -> None:
    take_in(tmp_path, SPARSE)
    contact = Contact.objects.get()
    assert (contact.full_name, contact.source, contact.quality_score, contact.confidence) == (
        "",
        "manual",
        0,
        0.0,
    )
    assert (contact.titles, contact.crm, contact.pii, contact.company) == ([], {}, None, None)
    assert (contact.verified, contact.is_stale, contact.has_account) == (False, False, False)
    assert contact.organization is None
    assert contact.number == FIRST_OWN_NUMBER + contact.pk
    assert contact.created_at == contact.updated_at == contact.imported_at


def test_half_a_name_serves_as_the_full_name_of_a_new_contact(tmp_path: Path) -> None:
    take_in(tmp_path, {**SPARSE, "last_name": "Solheim"})
    assert Contact.objects.get().full_name == "Solheim"


# --- The same again --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", WRITERS)
@pytest.mark.parametrize("second", WRITERS)
def test_same_contacts_in_any_format_change_nothing(
    tmp_path: Path, first: str, second: str
) -> None:
    rows: list[Row] = [
        WHOLE,
        SPARSE,
        {"full_name": "Ann Lee", "company": {"domain": "x.no"}},
        {"id": 5, "company": {"name": "Y"}},
    ]
    assert counts(take_in(tmp_path, *rows, format=first)) == (4, 0, 0, 0)
    before = state()
    report = take_in(tmp_path, *rows, format=second)
    assert counts(report) == (0, 0, 4, 0)
    assert (report.companies_inserted, report.companies_updated) == (0, 0)
    assert state() == before


def test_legacy_id_is_the_same_contact(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    assert counts(take_in(tmp_path, {**WHOLE, "contact_id": ID.replace("id_", "cb_")})) == (
        0,
        0,
        1,
        0,
    )


def test_row_twice_counts_once(tmp_path: Path) -> None:
    report = take_in(tmp_path, WHOLE, SPARSE, WHOLE)
    assert counts(report) == (2, 0, 1, 0)


def test_of_rows_about_one_contact_the_last_counts_and_the_others_are_rejected(
    tmp_path: Path,
) -> None:
    rows = [{**WHOLE, "job_title": "CEO"}, SPARSE, {**WHOLE, "phones": []}, WHOLE]
    report = take_in(tmp_path, *rows)
    assert counts(report) == (2, 0, 0, 2)
    reason = "is about the same contact as a later row, which counts"
    assert read_rejects(tmp_path) == [(1, reason), (3, reason)]
    assert Contact.objects.get(key=KEY).job_title == "VP Supply Chain"
    assert counts(take_in(tmp_path, *rows)) == (0, 0, 2, 2)


# --- Changes ---------------------------------------------------------------------------------------------------------


def test_latest_file_wins_and_leaves_what_it_does_not_say(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    before = Contact.objects.get()
    report = take_in(
        tmp_path,
        {"contact_id": ID, "job_title": "CEO", "department": None, "titles": [], "verified": False},
    )
    assert counts(report) == (0, 1, 0, 0)
    after = Contact.objects.get()
    assert (after.job_title, after.titles, after.verified) == ("CEO", [], False)
    kept = (
        "pk",
        "number",
        "full_name",
        "department",
        "email",
        "phone",
        "pii",
        "crm",
        "company_id",
        "created_at",
    )
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.updated_at > before.updated_at
    assert after.imported_at > before.imported_at


def test_phones_get_the_code_of_the_country_and_a_type_that_no_source_gave(tmp_path: Path) -> None:
    row = {
        "contact_id": ID,
        "country": "NO",
        "phones": ["\u202a22 12 34 56\u202c", "+47 22123456", "912 34 567", "12345"],
        "company": {"name": "X", "country_code": "SE"},
    }
    take_in(tmp_path, row)
    phones = ContactPhone.objects.order_by("position").values_list("phone", "type")
    known = [("+4722123456", "landline"), ("+4791234567", "mobile"), ("12345", None)]
    assert list(phones) == known
    assert counts(take_in(tmp_path, row)) == (0, 0, 1, 0)
    take_in(tmp_path, {"contact_id": ID, "phones": [{"phone": "+4791234567", "type": "voip"}]})
    take_in(tmp_path, {"contact_id": ID, "phones": ["+4791234567"]})
    assert list(phones.all()) == [("+4791234567", "voip")]
    ContactPhone.objects.update(type=None)
    assert counts(take_in(tmp_path, {"contact_id": ID, "phone": "+4791234567"})) == (0, 1, 0, 0)
    assert list(phones.all()) == [("+4791234567", "mobile")]


def test_company_s_country_helps_where_the_contact_has_none(tmp_path: Path) -> None:
    company = {"domain": "x.example", "location": {"country": "Norge"}}
    take_in(tmp_path, {"email": "a@x.example", "phone": "22123456", "company": company})
    swede = {"email": "b@x.example", "phone": "22123456", "country": "Sweden", "company": company}
    take_in(tmp_path, swede)
    assert set(Contact.objects.values_list("phone", flat=True)) == {
        "+4722123456",
        "+4622123456",
    }


def test_given_time_of_a_change_is_kept(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    take_in(tmp_path, {"contact_id": ID, "job_title": "CEO", "updated_at": "2026-03-03T00:00:00Z"})
    assert Contact.objects.get().updated_at == dt.datetime(2026, 3, 3, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("first", "then", "created", "updated"),
    [
        ({"created_at": "2026-03-04", "updated_at": "2026-03-01"}, {}, "2026-03-04", "2026-03-04"),
        # What was changed then was known by then.
        ({"updated_at": "2026-03-01"}, {}, "2026-03-01", "2026-03-01"),
        ({"created_at": "2026-03-04"}, {"updated_at": "2026-03-01"}, "2026-03-04", "2026-03-04"),
        (
            {"created_at": "2026-02-01", "updated_at": "2026-03-01"},
            {"created_at": "2026-03-04"},
            "2026-03-04",
            "2026-03-04",
        ),
    ],
)
def test_no_contact_is_changed_before_it_is_known(
    tmp_path: Path, acme: Organization, first: Row, then: Row, created: str, updated: str
) -> None:
    take_in(tmp_path, {**SPARSE, **first})
    if then:
        take_in(tmp_path, {**SPARSE, **then, "updated_at": then.get("updated_at", "2026-03-01")})
    again = {**SPARSE, **first, **then}
    take_in(tmp_path, again, organization=acme)
    for contact in Contact.objects.all():
        assert contact.created_at.date().isoformat() == created
        if contact.organization_id is None:
            assert contact.updated_at.date().isoformat() == updated
        assert contact.updated_at >= contact.created_at


@pytest.mark.parametrize(
    ("change", "name", "expected"),
    [
        ({"pii": {"city": "Bergen"}}, "pii", {**PII, "city": "Bergen"}),
        ({"total_inbound": 6}, "crm", 6),
        ({"id": 9}, "number", 9),
        ({"education": []}, "education", []),
        ({"has_personal_email": False}, "has_personal_email", False),
        ({"updated_at": "2026-03-03T00:00:00Z"}, "updated_at", dt.datetime(2026, 3, 3, tzinfo=dt.UTC)),
    ],
)  # fmt: skip
def test_one_value_is_a_change(tmp_path: Path, change: Row, name: str, expected: object) -> None:
    take_in(tmp_path, WHOLE)
    assert counts(take_in(tmp_path, {"contact_id": ID, **change})) == (0, 1, 0, 0)
    value = getattr(Contact.objects.get(), name)
    assert (value["total_inbound"] if name == "crm" else value) == expected
    assert counts(take_in(tmp_path, {"contact_id": ID, **change})) == (0, 0, 1, 0)


def addresses() -> list[tuple[str, str | None, str | None]]:
    return list(ContactEmail.objects.order_by("position").values_list("address", "type", "status"))


def test_named_addresses_replace_the_others_and_keep_what_is_known_of_them(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    report = take_in(
        tmp_path, {"contact_id": ID, "emails": ["ingrid@mail.example", "new@halden.no"]}
    )
    assert counts(report) == (0, 1, 0, 0)
    assert addresses() == [("ingrid@mail.example", "personal", None), ("new@halden.no", None, None)]
    contact = Contact.objects.get()
    assert (contact.email, contact.email_status, contact.email_checked_on) == (
        "ingrid@mail.example",
        None,
        None,
    )
    assert contact.has_personal_email


def test_other_order_of_addresses_is_a_change(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    assert counts(
        take_in(tmp_path, {"contact_id": ID, "emails": ["ingrid@mail.example", "ingrid@halden.no"]})
    ) == (0, 1, 0, 0)
    assert Contact.objects.get().email == "ingrid@mail.example"
    # Its own first address again, with what was observed of it.
    assert counts(take_in(tmp_path, WHOLE)) == (0, 1, 0, 0)
    assert Contact.objects.get().email_status == "valid"


def test_first_address_alone_is_the_only_one(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    assert counts(take_in(tmp_path, {"contact_id": ID, "email": "new@halden.no"})) == (0, 1, 0, 0)
    assert addresses() == [("new@halden.no", None, None)]
    assert not Contact.objects.get().has_personal_email


def test_new_check_of_an_address_is_a_change(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    emails = [{"email": "ingrid@halden.no", "status": "invalid"}, "ingrid@mail.example"]
    assert counts(take_in(tmp_path, {"contact_id": ID, "emails": emails})) == (0, 1, 0, 0)
    assert addresses()[0] == ("ingrid@halden.no", "work", "invalid")
    contact = Contact.objects.get()
    assert (contact.email_status, contact.email_checked_on) == ("invalid", dt.date(2026, 11, 12))


def test_change_of_any_address_is_a_change_of_the_contact(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    before = Contact.objects.get()
    emails = ["ingrid@halden.no", {"email": "ingrid@mail.example", "status": "valid"}]
    assert counts(take_in(tmp_path, {"contact_id": ID, "emails": emails})) == (0, 1, 0, 0)
    after = Contact.objects.get()
    assert after.updated_at > before.updated_at
    assert after.imported_at > before.imported_at


def test_empty_list_empties_the_record(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    assert counts(take_in(tmp_path, {"contact_id": ID, "emails": [], "phones": []})) == (0, 1, 0, 0)
    contact = Contact.objects.get()
    assert (contact.email, contact.email_status, contact.phone) == (None, None, None)
    assert (contact.has_email_record, contact.has_phone_record) == (True, True)
    assert not ContactEmail.objects.exists()
    assert not ContactPhone.objects.exists()


def test_do_not_call_stays_when_a_file_does_not_say(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    assert counts(take_in(tmp_path, {"contact_id": ID, "phone": "+4722123456"})) == (0, 0, 1, 0)
    assert ContactPhone.objects.get().is_do_not_call is True
    take_in(
        tmp_path, {"contact_id": ID, "phones": [{"phone": "+4722123456", "is_do_not_call": False}]}
    )
    assert ContactPhone.objects.get().is_do_not_call is False


# --- Numbers ---------------------------------------------------------------------------------------------------------


def test_number_of_a_file_never_meets_one_of_ours(tmp_path: Path) -> None:
    take_in(tmp_path, SPARSE)
    given = Contact.objects.get().number
    assert counts(take_in(tmp_path, {"contact_id": ID, "id": given})) == (0, 0, 0, 1)
    assert read_rejects(tmp_path) == [(1, "id is not between 1 and 999,999,999,999")]


def test_contact_without_id_is_the_one_with_its_number(tmp_path: Path) -> None:
    take_in(tmp_path, {"id": 5, "email": "old@x.no", "full_name": "Ann"})
    assert counts(take_in(tmp_path, {"id": 5, "email": "new@x.no", "job_title": "CEO"})) == (
        0,
        1,
        0,
        0,
    )
    contact = Contact.objects.get()
    assert (contact.email, contact.full_name, contact.job_title) == ("new@x.no", "Ann", "CEO")


def test_number_of_another_contact_rejects_the_row(tmp_path: Path) -> None:
    take_in(tmp_path, {"contact_id": ID, "id": 5})
    rows = [{"contact_id": "id_0000000000000001", "id": 5}, {"contact_id": ID, "id": 5}, SPARSE]
    assert counts(take_in(tmp_path, *rows)) == (1, 0, 1, 1)
    assert read_rejects(tmp_path) == [(1, "id belongs to another contact")]


def test_number_twice_in_a_file_rejects_the_later_row(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"id": 5, "email": "a@x.no"},
        {"id": 5, "email": "b@x.no"},
        {"id": 5, "email": "c@x.no"},
    ]
    assert counts(take_in(tmp_path, *rows)) == (1, 0, 0, 2)
    reason = "id stands in an earlier row about another contact"
    assert read_rejects(tmp_path) == [(2, reason), (3, reason)]
    assert Contact.objects.get().email == "a@x.no"


def test_late_rejects_have_the_right_lines_in_every_format(tmp_path: Path) -> None:
    """Contradictions are found after the file was read; lines and texts are looked up in it again."""
    rows: list[Row] = [
        {"contact_id": ID, "description": "two\nlines"},
        {"contact_id": "wrong", "description": ""},
        {"contact_id": "id_0000000000000001", "description": "x"},
        {"contact_id": ID, "description": "other"},
    ]
    reason = "is about the same contact as a later row, which counts"
    wrong = "contact_id is not id_ or cb_ followed by 16 lower-case hex digits"
    for format, lines in (("csv", (4, 2)), ("jsonl", (2, 1)), ("parquet", (2, 1))):
        assert take_in(tmp_path, *rows, format=format).rejected == 2
        assert read_rejects(tmp_path, format) == [(lines[0], wrong), (lines[1], reason)]
    text = (tmp_path / "contacts.csv.rejects.csv").read_text()
    assert f'"{ID},""two\nlines"""' in text


# --- Companies -------------------------------------------------------------------------------------------------------


def company_of(email: str) -> Company:
    company = Contact.objects.select_related("company").get(email=email).company
    assert company is not None
    return company


def test_company_is_known_by_its_domain_then_number_then_name(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"email": "a@x.no", "company": {"domain": "acme.no", "id": 5, "name": "Acme"}},
        {"email": "b@x.no", "company": {"domain": "ACME.no"}},
        {"email": "c@x.no", "company_id": 5},
        {"email": "d@x.no", "company": {"name": "Other", "id": 6}},
        {"email": "e@x.no", "companyId": 6},
        {"email": "f@x.no", "company": "Third AS"},
        {"email": "g@x.no", "company": "third  as"},
        {"email": "h@x.no", "company": "Acme"},
    ]
    report = take_in(tmp_path, *rows)
    assert report.companies_inserted == 4
    assert {company_of(f"{letter}@x.no").number for letter in "abc"} == {5}
    assert {company_of(f"{letter}@x.no").number for letter in "de"} == {6}
    assert company_of("f@x.no") == company_of("g@x.no")
    assert company_of("h@x.no").domain is None
    assert counts(take_in(tmp_path, *rows)) == (0, 0, 8, 0)
    assert Company.objects.count() == 4


def test_company_is_what_all_rows_say_of_it_the_last_one_first(tmp_path: Path) -> None:
    take_in(
        tmp_path,
        {
            "email": "a@x.no",
            "company": {"domain": "acme.no", "name": "Old", "industries": ["Retail"]},
        },
        {"email": "b@x.no", "company": {"domain": "acme.no", "name": "New", "country": None}},
        {"email": "c@x.no", "company": {"domain": "acme.no", "location": {"city": "Oslo"}}},
    )
    company = Company.objects.get()
    assert (company.name, company.industries, company.city) == ("New", ["Retail"], "Oslo")


def test_company_changes_without_its_contacts(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE)
    report = take_in(tmp_path, {**WHOLE, "company": {"domain": "halden.no", "technologies": []}})
    assert counts(report) == (0, 0, 1, 0)
    assert (report.companies_inserted, report.companies_updated) == (0, 1)
    company = Company.objects.get()
    assert (company.technologies, company.name) == ([], "Halden Robotics")


def test_number_of_a_company_goes_where_the_latest_file_says(tmp_path: Path) -> None:
    take_in(tmp_path, {"email": "a@x.no", "company": {"id": 5, "domain": "old.no"}})
    rows = [{"email": "a@x.no", "company": {"id": 5, "domain": "new.no"}}]
    assert counts(take_in(tmp_path, *rows)) == (0, 1, 0, 0)
    old, new = Company.objects.get(domain="old.no"), Company.objects.get(domain="new.no")
    assert (old.number, new.number) == (FIRST_OWN_NUMBER + old.pk, 5)
    assert company_of("a@x.no") == new


def test_numbers_of_two_companies_may_swap(tmp_path: Path) -> None:
    def rows(first: int, second: int) -> list[Row]:
        return [
            {"email": "a@x.no", "company": {"id": first, "domain": "a.no"}},
            {"email": "b@x.no", "company": {"id": second, "domain": "b.no"}},
        ]

    take_in(tmp_path, *rows(5, 6))
    take_in(tmp_path, *rows(6, 5))
    assert dict(Company.objects.values_list("domain", "number")) == {"a.no": 6, "b.no": 5}
    take_in(tmp_path, *rows(7, 7))
    numbers = dict(Company.objects.values_list("domain", "number"))
    assert numbers["b.no"] == 7
    assert numbers["a.no"] == 6


def test_company_gets_the_domain_it_lacked(tmp_path: Path) -> None:
    take_in(tmp_path, {"email": "a@x.no", "company_id": 5})
    take_in(tmp_path, {"email": "b@x.no", "company": {"id": 5, "domain": "acme.no"}})
    assert company_of("a@x.no") == company_of("b@x.no")
    assert Company.objects.get().domain == "acme.no"


def test_company_is_named_again_by_number_alone(tmp_path: Path) -> None:
    take_in(tmp_path, {"email": "a@x.no", "company": {"id": 5, "domain": "acme.no"}})
    take_in(tmp_path, {"email": "b@x.no", "company": {"id": 5, "name": "Acme"}})
    company = Company.objects.get()
    assert (company.name, company.domain, company.number) == ("Acme", "acme.no", 5)


# --- The file --------------------------------------------------------------------------------------------------------


def test_unknown_columns_are_named(tmp_path: Path) -> None:
    row = {
        "email": "a@x.no",
        "e-mail": "x",
        "favorite_color": "red",
        "has_linkedin_profile": True,
    }
    assert take_in(tmp_path, row).unknown_columns == ["e-mail", "favorite_color"]
    assert take_in(tmp_path, row, format="csv").unknown_columns == ["e-mail", "favorite_color"]


def test_file_without_a_known_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Ann;Lee\nBob;Ray\n")
    with pytest.raises(Invalid, match="no column of contacts"):
        actions.import_contacts(path=path)
    assert not Contact.objects.exists()


def test_rejects_go_to_a_file_that_is_gone_when_all_is_well(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "x.jsonl", SPARSE, {"email": "wrong"})
    report, rejects = actions.import_contacts(path=path)
    assert counts(report) == (1, 0, 0, 1)
    assert rejects == tmp_path / "x.jsonl.rejects.csv"
    write_jsonl(path, SPARSE)
    assert actions.import_contacts(path=path)[1] is None
    assert not (tmp_path / "x.jsonl.rejects.csv").exists()


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    for path in (
        write_csv(tmp_path / "x.csv", WHOLE),
        write_parquet(tmp_path / "x.parquet", WHOLE),
    ):
        seen: list[int] = []
        actions.import_contacts(path=path, on_start=seen.append, on_progress=seen.append)
        assert seen[0] == seen[-1] > 0


def test_damaged_file_leaves_nothing(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "x.parquet", *[{"id": n, "full_name": f"Person {n}"} for n in range(1, 60_000)]
    )
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 5000] = b"\xff" * 5000
    path.write_bytes(data)
    with pytest.raises(Invalid, match="is damaged"):
        actions.import_contacts(path=path)
    assert not Contact.objects.exists()


@pytest.mark.parametrize("format", WRITERS)
def test_empty_table_is_no_contacts(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"x.{format}"
    if format == "parquet":
        write_parquet(path, SPARSE)
        import pyarrow.parquet as pq

        pq.write_table(pq.read_table(path).slice(0, 0), path)
    else:
        path.write_text("email\n" if format == "csv" else "")
    report, rejects = actions.import_contacts(path=path)
    assert (counts(report), rejects) == ((0, 0, 0, 0), None)
