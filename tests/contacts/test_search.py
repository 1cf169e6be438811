"""Each filter of contacts and companies, the orders, the pages and who sees what."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from contacthub.contacts import search
from contacthub.contacts.filters import CompanyFilters, ContactFilters, Location
from contacthub.contacts.models import Contact
from contacthub.organizations.models import Organization
from tests.contacts.files import Row, take_in

pytestmark = pytest.mark.django_db


def contact(number: int, company: dict[str, Any] | None = None, **values: Any) -> Row:
    """A contact that no filter keeps, but for what is said."""
    row: Row = {
        "contact_id": f"id_{number:016x}",
        "id": number,
        "full_name": f"Person {number}",
        "created_at": "2020-06-01T00:00:00Z",
        **values,
    }
    if company is not None:
        row["company"] = {
            "domain": f"company{number}.example",
            "created_at": "2020-06-01T00:00:00Z",
        } | company
    return row


def numbers(organization: Organization, **asked: Any) -> list[int]:
    """Return the numbers of the contacts that a filter keeps; the four ways to read them must agree."""
    filters = ContactFilters(**asked)
    page = search.list_contacts(organization=organization, filters=filters, limit=100)
    found = sorted(each.number for each in page.items)
    by_number, total = search.list_contacts_by_number_page(
        organization=organization, filters=filters, page=1, per_page=100
    )
    ids = [
        each
        for ids in search.iterate_contact_ids(organization=organization, filters=filters)
        for each in ids
    ]
    assert [each.number for each in by_number] == found
    assert search.count_contacts(organization=organization, filters=filters) == (len(found), False)
    assert sorted(Contact.objects.filter(pk__in=ids).values_list("number", flat=True)) == found
    assert total == len(found) == len(ids)
    return found


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


# The field, what is asked, a contact that it keeps and one that it does not.
CONTACT_CASES: list[tuple[str, Any, Row, Row]] = [
    ("is_stale", True, {"is_stale": True}, {}),
    ("is_stale", False, {}, {"is_stale": True}),
    ("is_speculative", False, {}, {"is_speculative": True}),
    ("verified", True, {"verified": True}, {}),
    ("verified", False, {}, {"verified": True}),
    ("has_email", True, {"email": "a@x.no"}, {}),
    ("has_email", False, {}, {"email": "a@x.no"}),
    ("has_phone", True, {"phone": "+4712345678"}, {}),
    ("has_phone", False, {}, {"phone": "+4712345678"}),
    (
        "has_personal_email",
        True,
        {"emails": [{"email": "a@x.no", "type": "personal"}]},
        {"email": "b@x.no"},
    ),
    ("has_linkedin", True, {"linkedin_url": "https://www.linkedin.com/in/a"}, {}),
    ("is_decision_maker", True, {"is_decision_maker": True}, {}),
    ("min_quality_score", 60, {"quality_score": 60}, {"quality_score": 59}),
    ("max_quality_score", 60, {"quality_score": 60}, {"quality_score": 61}),
    ("min_confidence", 0.35, {"confidence": 0.35}, {"confidence": 0.3499}),
    ("max_confidence", 0.35, {"confidence": 0.35}, {"confidence": 0.3501}),
    ("created_from", moment("2021-01-01"), {"created_at": "2021-01-01T00:00:00Z"}, {}),
    ("created_before", moment("2020-06-02"), {}, {"created_at": "2020-06-02T00:00:00Z"}),
    ("sources", ("website",), {"source": "website"}, {"source": "linkedin"}),
    (
        "seniority_levels",
        ("senior", "staff"),
        {"seniority_level": "senior"},
        {"seniority_level": "manager"},
    ),
    (
        "email_statuses",
        ("valid",),
        {"email": "a@x.no", "email_status": "valid"},
        {"email": "b@x.no"},
    ),
    ("departments", ("Sales",), {"department": "Sales"}, {"department": "sales"}),
    ("department", "SALES", {"department": "sales"}, {"department": "Sales Operations"}),
    ("seniorities", ("VP",), {"seniority": "VP"}, {"seniority": "vp"}),
    ("country", "united states", {"country": "United States"}, {"country": "United Kingdom"}),
    ("state", "NEW YORK", {"state": "New York"}, {"state": "New"}),
    ("is_in_crm", False, {}, {"is_in_crm": True}),
    ("is_sourced_by_people_ai", True, {"is_sourced_by_people_ai": True}, {}),
    ("has_account_or_opportunity", True, {"has_account": True}, {}),
    ("has_account_or_opportunity", True, {"has_opportunity": True}, {}),
    ("text", "VIRTA", {"full_name": "Ingrid Virtanen"}, {}),
    ("text", "åsa", {"full_name": "ÅSA Berg"}, {}),
    ("text", "Ingrid@", {"email": "ingrid@x.no"}, {"email": "x@ingrid.no"}),
    (
        "job_titles",
        ("manager",),
        {"job_title": "Finance Manager"},
        {"job_title": "Managing Director"},
    ),
    ("job_titles", ("cfo", "MANAGER"), {"job_title": "Finance Manager"}, {"job_title": "CTO"}),
    ("exclude_sources", ("manual",), {"source": "website"}, {}),
    ("exclude_seniority_levels", ("staff",), {}, {"seniority_level": "staff"}),
    ("exclude_email_statuses", ("invalid",), {}, {"email": "a@x.no", "email_status": "invalid"}),
    ("exclude_departments", ("Sales",), {}, {"department": "Sales"}),
    ("exclude_seniorities", ("VP",), {"seniority": "C-Level"}, {"seniority": "VP"}),
    ("exclude_job_titles", ("intern", "trainee"), {}, {"job_title": "Sales Trainee"}),
    # Wildcards of LIKE stand for themselves.
    ("text", "100%", {"full_name": "Mr 100% Sure"}, {"full_name": "Mr 1000 Sure"}),
    ("text", "a_b", {"full_name": "a_b"}, {"full_name": "axb"}),
    ("job_titles", ("c\\o",), {"job_title": "c\\o"}, {"job_title": "co"}),
    ("job_titles", ("%",), {"job_title": "50% Nurse"}, {"job_title": "Nurse"}),
]
NORWAY = {"city": "Halden", "state": "Viken", "country": "Norway"}
COMPANY_CASES: list[tuple[str, Any, Row, Row]] = [
    ("numbers", (7, 8), {"id": 7}, {"id": 9}),
    ("text", "ROBOT", {"name": "Halden Robotics"}, {"name": "Halden Paper"}),
    ("text", "halden.", {"domain": "halden.example"}, {"name": "Halden"}),
    ("text", "1_0%", {"name": "1_0% Ltd"}, {"name": "1x00 Ltd"}),
    ("created_from", moment("2021-01-01"), {"created_at": "2021-01-01T00:00:00Z"}, {}),
    ("created_until", moment("2020-06-01"), {}, {"created_at": "2020-06-01T00:00:00.000001Z"}),
    ("has_generic_email", True, {"has_generic_email": True}, {}),
    ("has_linkedin", True, {"linkedin_url": "https://www.linkedin.com/company/a"}, {}),
    ("country_codes", ("NO", "SE"), {"country_code": "NO"}, {"country_code": "DK"}),
    ("tlds", (".NO",), {"domain": "halden.no"}, {"domain": "halden.com"}),
    ("tlds", ("co.uk",), {"domain": "halden.co.uk"}, {"domain": "halden.uk"}),
    ("tlds", ("uk",), {"domain": "halden.co.uk"}, {"domain": "halden.com"}),
    ("functions", ("Sales",), {"functions": ["Sales", "IT"]}, {"functions": ["sales"]}),
    (
        "industries",
        ("Software", "Retail"),
        {"industries": ["Retail"]},
        {"industries": ["Retail Trade"]},
    ),
    (
        "technologies",
        ("dbt", "Kafka"),
        {"technologies": ["Snowflake", "dbt"]},
        {"technologies": ["Snowflake"]},
    ),
    ("locations", (Location("norway"),), {"location": NORWAY}, {"location": {"country": "Sweden"}}),
    (
        "locations",
        (Location("NORWAY", "viken"),),
        {"location": NORWAY},
        {"location": NORWAY | {"state": "Oslo"}},
    ),
    (
        "locations",
        (Location("Norway", city="HALDEN"),),
        {"location": NORWAY},
        {"location": NORWAY | {"city": "Moss"}},
    ),
    (
        "locations",
        (Location("Norway", "Viken", "Halden"),),
        {"location": NORWAY},
        {"location": {"city": "Halden", "country": "Norway"}},
    ),
    ("nace_codes", ("62.01",), {"nace_codes": ["62.01"]}, {"nace_codes": ["62.010"]}),
    ("nace_sections", ("J",), {"nace_codes": ["01", "62.01"]}, {"nace_codes": ["64.19"]}),
    ("nace_sections", ("J",), {"nace_codes": ["J"]}, {"nace_codes": ["K"]}),
    ("nace_levels", (1,), {"nace_codes": ["J"]}, {"nace_codes": ["62"]}),
    ("nace_levels", (2,), {"nace_codes": ["62"]}, {"nace_codes": ["62.0"]}),
    ("nace_levels", (3,), {"nace_codes": ["62.0"]}, {"nace_codes": ["62.01"]}),
    ("nace_levels", (4,), {"nace_codes": ["62.01"]}, {"nace_codes": ["62.010"]}),
    ("nace_levels", (5, 1), {"nace_codes": ["62.010"]}, {"nace_codes": ["62.01"]}),
    ("exclude_country_codes", ("NO",), {}, {"country_code": "NO"}),
    ("exclude_tlds", ("no",), {"domain": "halden.com"}, {"domain": "halden.no"}),
    ("exclude_functions", ("Sales",), {}, {"functions": ["Sales", "IT"]}),
    (
        "exclude_industries",
        ("Retail",),
        {"industries": ["Software"]},
        {"industries": ["Retail", "Software"]},
    ),
    ("exclude_technologies", ("dbt",), {}, {"technologies": ["dbt"]}),
    ("exclude_locations", (Location("Norway"),), {}, {"location": NORWAY}),
    (
        "exclude_nace_codes",
        ("62.01",),
        {"nace_codes": ["62.02"]},
        {"nace_codes": ["62.01", "62.02"]},
    ),
    ("exclude_nace_sections", ("J",), {"nace_codes": ["64"]}, {"nace_codes": ["62.01", "64"]}),
]


@pytest.mark.parametrize(("name", "asked", "kept", "dropped"), CONTACT_CASES)
def test_filter_of_contacts(
    tmp_path: Path, acme: Organization, name: str, asked: Any, kept: Row, dropped: Row
) -> None:
    take_in(tmp_path, contact(1, **kept), contact(2, **dropped))
    assert numbers(acme) == [1, 2]
    assert numbers(acme, **{name: asked}) == [1]


@pytest.mark.parametrize(("name", "asked", "kept", "dropped"), COMPANY_CASES)
def test_filter_of_companies_and_of_contacts_by_their_company(
    tmp_path: Path, acme: Organization, name: str, asked: Any, kept: Row, dropped: Row
) -> None:
    take_in(tmp_path, contact(1, kept), contact(2, dropped), contact(3))
    filters = CompanyFilters(**{name: asked})
    # Whoever has no company has nothing that could be excluded.
    assert numbers(acme, company=filters) == ([1, 3] if name.startswith("exclude_") else [1])
    page = search.list_companies(organization=acme, filters=filters)
    by_number, total = search.list_companies_by_number_page(
        organization=acme, filters=filters, page=1, per_page=10
    )
    assert [company.contacts.get().number for company in page.items] == [1]
    assert (by_number, total) == (page.items, 1)
    assert search.count_companies(organization=acme, filters=filters) == (1, False)
