"""Each filter of contacts and companies, the orders, the pages and who sees what."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from contacthub.contacts import nace, search
from contacthub.contacts.filters import INTENT, CompanyFilters, ContactFilters, Location
from contacthub.contacts.models import Company, Contact, ContactFacts
from contacthub.contacts.sql import save_facts
from contacthub.contacts.sql import search_pages as plans
from contacthub.contacts.sql.conditions import COMPANY_CONDITIONS, CONDITIONS, IS_EMPTY
from contacthub.core import clock
from contacthub.core.errors import Invalid
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


def checked(days: int) -> Row:
    """A contact whose address was checked so many days ago."""
    day = clock.today() - dt.timedelta(days=days)
    return {"email": f"checked{days}@x.no", "email_status": "valid", "email_checked_on": str(day)}


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
    ("text", "Garnier, Nathalie", {"full_name": "Nathalie Garnier"}, {"full_name": "Nathalie"}),
    ("name", "berg asa", {"full_name": "Åsa  Ann Bergström"}, {"full_name": "Åsa Ek"}),
    (
        "words",
        "HALDEN ingrid",
        {"full_name": "Ingrid Berg", "company": {"domain": "halden.example"}},
        {"full_name": "Ingrid Berg"},
    ),
    ("words", "cfo berg", {"full_name": "Ingrid Berg", "job_title": "CFO"}, {"job_title": "CFO"}),
    ("words", "berg i@x.no", {"full_name": "Berg", "email": "i@x.no"}, {"full_name": "Berg"}),
    (
        "public_words",
        "ingrid cfo",
        {"full_name": "Ingrid Berg", "job_title": "CFO"},
        {"full_name": "Ingrid Berg", "email": "cfo@x.no"},
    ),
    ("text", "ingrid x.no", {"full_name": "Ingrid Berg", "email": "i@x.no"}, {"email": "i@x.no"}),
    ("state", "Île-de-France", {"state": "ILE-DE-FRANCE"}, {"state": "Ile"}),
    ("department", "CAFÉ", {"department": "Café"}, {"department": "Cafés"}),
    ("text", "Ingrid@", {"email": "ingrid@x.no"}, {"email": "x@ingrid.no"}),
    (
        "job_titles",
        ("manager",),
        {"job_title": "Finance Manager"},
        {"job_title": "Managing Director"},
    ),
    ("job_titles", ("cfo", "MANAGER"), {"job_title": "Finance Manager"}, {"job_title": "CTO"}),
    ("email_checks", ("within:30",), checked(30), checked(31)),
    ("email_checks", ("over:180",), checked(181), checked(180)),
    ("email_checks", ("over:180", "within:7"), checked(0), checked(90)),
    ("exclude_email_checks", ("over:180",), {}, checked(200)),
    ("quality_bands", ("0-39", "80-100"), {"quality_score": 39}, {"quality_score": 40}),
    ("exclude_quality_bands", ("80-100",), {"quality_score": 79}, {"quality_score": 80}),
    ("empty", ("departments",), {}, {"department": "Sales"}),
    ("exclude_empty", ("departments",), {"department": "Sales"}, {}),
    ("exclude_sources", ("manual",), {"source": "website"}, {}),
    ("exclude_seniority_levels", ("staff",), {}, {"seniority_level": "staff"}),
    ("exclude_email_statuses", ("invalid",), {}, {"email": "a@x.no", "email_status": "invalid"}),
    ("exclude_departments", ("Sales",), {}, {"department": "Sales"}),
    ("exclude_seniorities", ("VP",), {"seniority": "C-Level"}, {"seniority": "VP"}),
    ("exclude_job_titles", ("intern", "trainee"), {}, {"job_title": "Sales Trainee"}),
    ("name", "VIRTA", {"full_name": "Ingrid Virtanen"}, {"email": "virta@x.no"}),
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
    ("text", "strasse rote", {"name": "Rote Straße"}, {"name": "Rote Gasse"}),
    ("text", "müll", {"domain": "xn--mllers-3ya.example"}, {"name": "Mill"}),
    ("text", "xn--mll", {"domain": "xn--mllers-3ya.example"}, {"domain": "mullers.example"}),
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
        (Location("Sverige", city="GOTEBORG"),),
        {"location": {"city": "Göteborg", "country": "SE"}},
        {"location": {"city": "Göteborg", "country": "Norway"}},
    ),
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
    ("nace_branches", ("J",), {"nace_codes": ["01", "62.01"]}, {"nace_codes": ["64.19"]}),
    ("nace_branches", ("62",), {"nace_codes": ["62.010"]}, {"nace_codes": ["63.11"]}),
    ("nace_branches", ("62.0",), {"nace_codes": ["62.010"]}, {"nace_codes": ["62"]}),
    ("nace_branches", ("62.01", "10"), {"nace_codes": ["62.019"]}, {"nace_codes": ["62.02"]}),
    ("regions", (Location("NO", "viken"),), {"location": NORWAY}, {"location": {"country": "NO"}}),
    ("cities", (Location("NO", city="Halden"),), {"location": NORWAY}, {"city": "Halden"}),
    ("empty", ("regions",), {"location": {"country": "Norway"}}, {"location": NORWAY}),
    ("empty", ("technologies",), {}, {"technologies": ["dbt"]}),
    ("exclude_empty", ("cities",), {"location": NORWAY}, {"location": {"country": "Norway"}}),
    ("exclude_nace_branches", ("62",), {"nace_codes": ["63"]}, {"nace_codes": ["62.0", "63"]}),
    ("exclude_regions", (Location("NO", "Viken"),), {}, {"location": NORWAY}),
    ("exclude_cities", (Location("NO", city="Halden"),), {}, {"location": NORWAY}),
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
    ("keywords", ("Déjà Vu",), {"keywords": ["other", "deja vu"]}, {"keywords": ["deja vus"]}),
    ("sizes", ("51-200",), {"employees": "51-200"}, {"employees": "201-500"}),
    ("sizes", ("51-200", "1-10"), {"employees": 200}, {"employees": 11}),
    # A range that touches two bands is in both.
    ("sizes", ("201-500",), {"employees": "100-500"}, {"employees": "100-200"}),
    ("sizes", ("over-10000",), {"employees": "10,001+"}, {"employees": "10,000"}),
    ("revenues", ("10m-50m",), {"revenue": "$10M"}, {"revenue": "50M"}),
    ("revenues", ("over-1b",), {"revenue": "1B+"}, {"revenue": "999999999"}),
    ("exclude_keywords", ("cloud",), {}, {"keywords": ["Cloud"]}),
    ("exclude_sizes", ("1-10",), {}, {"employees": "1-10"}),
    ("exclude_revenues", ("under-1m",), {}, {"revenue": "999999"}),
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
    # Whoever has no company has nothing that could be excluded, and is empty in everything.
    has_none = name.startswith("exclude_") != (name in ("empty", "exclude_empty"))
    assert numbers(acme, company=filters) == ([1, 3] if has_none else [1])
    page = search.list_companies(organization=acme, filters=filters)
    by_number, total = search.list_companies_by_number_page(
        organization=acme, filters=filters, page=1, per_page=10
    )
    assert [company.contacts.get().number for company in page.items] == [1]
    assert (by_number, total) == (page.items, 1)
    assert search.count_companies(organization=acme, filters=filters) == (1, False)


# --- The table ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "conditions", "cases"),
    [
        (ContactFilters(), CONDITIONS, CONTACT_CASES),
        (CompanyFilters(), COMPANY_CONDITIONS, COMPANY_CASES),
    ],
)
def test_every_field_has_a_condition_and_a_case(filters: Any, conditions: Any, cases: Any) -> None:
    fields = set(filters.__dataclass_fields__) - {"company", "is_case_ignored"}
    # What feeds observed is one condition of several fields: see tests/feeds/test_catalog_intent.py.
    fields -= {*INTENT, "has_own_intent"}
    assert {name.removeprefix("exclude_") for name in fields} == {*conditions, "empty"}
    # Lists are made by people and not imported: see test_list_members.
    assert fields - {"lists", "exclude_lists"} == {name for name, *_ in cases}


@pytest.mark.parametrize("name", IS_EMPTY)
def test_having_no_value_is_a_value(tmp_path: Path, acme: Organization, name: str) -> None:
    """Beside other values any will do; left out, what is there must have one."""
    full = contact(
        2,
        {
            "country_code": "NO", "location": NORWAY, "industries": ["Retail"], "functions": ["Sales"],
            "technologies": ["dbt"], "nace_codes": ["62.01"], "keywords": ["cloud"], "employees": "11-50",
            "revenue": "1M-10M",
        },
        department="Sales", seniority="VP", seniority_level="senior", job_title="Head", **checked(1),
    )  # fmt: skip
    take_in(tmp_path, contact(1), full)
    is_own = name in CONDITIONS and name in ContactFilters.__dataclass_fields__
    values: Any = (Location("Narnia", "x", "y"),) if name in ("regions", "cities") else ("K",)
    values = ("over:900",) if name == "email_checks" else values

    def find(**asked: Any) -> list[int]:
        filters = asked if is_own else {"company": CompanyFilters(**asked)}
        return numbers(acme, **filters)

    assert find(empty=(name,)) == find(empty=(name,), **{name: values}) == [1]
    assert find(exclude_empty=(name,)) == [2]
    assert find(**{name: values}) == []


def test_no_filter_keeps_everybody(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, contact(1, is_stale=True, is_speculative=True), contact(2))
    assert numbers(acme) == [1, 2]


def test_filters_hold_together_and_exclusion_wins(tmp_path: Path, acme: Organization) -> None:
    norway, both = {"country_code": "NO"}, {"country_code": "NO", "technologies": ["dbt", "Kafka"]}
    take_in(
        tmp_path,
        contact(1, norway, verified=True),
        contact(2, both, verified=True),
        contact(3, both),
    )
    company = CompanyFilters(country_codes=("NO",), technologies=("dbt",))
    assert numbers(acme, verified=True, company=company) == [2]
    company = CompanyFilters(technologies=("dbt",), exclude_technologies=("Kafka",))
    assert numbers(acme, company=company) == []


# --- Who sees what --------------------------------------------------------------------------------


def test_private_contact_of_another_organization_is_unknown(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    take_in(tmp_path, contact(1))
    take_in(tmp_path, contact(2, {"domain": "theirs.example"}), organization=globex)
    assert numbers(acme) == [1]
    assert numbers(globex) == [1, 2]
    theirs = CompanyFilters(text="theirs")
    assert numbers(acme, company=theirs) == []
    assert search.list_companies(organization=acme, filters=theirs).items == []
    assert search.find_contact_position(organization=acme, sort="full_name", number=2) is None
    found = search.find_contact_position(organization=globex, sort="full_name", number=2)
    assert found == ("Person 2", 2)


def test_own_contact_takes_the_place_of_the_shared_one_everywhere(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    take_in(tmp_path, contact(1, quality_score=10), contact(2, quality_score=20))
    take_in(tmp_path, contact(1, quality_score=90), organization=acme)
    assert numbers(acme) == [1, 2]
    assert numbers(acme, max_quality_score=50) == [2]
    assert numbers(globex, max_quality_score=50) == [1, 2]
    page = search.list_contacts(organization=acme, filters=ContactFilters())
    assert [(each.number, each.quality_score) for each in page.items] == [(1, 90), (2, 20)]


def test_number_stands_for_one_contact_only(tmp_path: Path, acme: Organization) -> None:
    """An own contact may have the number that a shared one has; a program that asks for it gets the own one."""
    take_in(tmp_path, contact(1))
    take_in(
        tmp_path,
        contact(1) | {"contact_id": "id_00000000000000ff", "full_name": "Ours"},
        organization=acme,
    )
    page = search.list_contacts(organization=acme, filters=ContactFilters())
    assert [each.full_name for each in page.items] == ["Ours"]


def test_own_company_hides_the_shared_one(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    take_in(tmp_path, contact(1, {"domain": "halden.example", "name": "Halden"}))
    take_in(tmp_path, contact(1, {"domain": "halden.example", "name": "Ours"}), organization=acme)
    for organization, name in ((acme, "Ours"), (globex, "Halden")):
        page = search.list_companies(organization=organization, filters=CompanyFilters())
        assert [each.name for each in page.items] == [name]
        assert search.count_people(organization=organization, companies=page.items) == {
            page.items[0].pk: 1
        }


# --- What an import changes -----------------------------------------------------------------------


def test_search_follows_what_later_imports_say(tmp_path: Path, acme: Organization) -> None:
    halden = {"domain": "halden.example", "id": 5, "country_code": "NO"}
    take_in(tmp_path, contact(1, halden, job_title="Analyst"), contact(2, halden))
    assert numbers(acme, company=CompanyFilters(country_codes=("SE",))) == []
    # A row about one contact changes the company of both.
    take_in(tmp_path, contact(1, halden | {"country_code": "SE"}, job_title="Head"))
    assert numbers(acme, company=CompanyFilters(country_codes=("SE",))) == [1, 2]
    assert numbers(acme, job_titles=("head",)) == [1]
    assert numbers(acme, job_titles=("analyst",)) == []
    # The number moves to another company.
    take_in(tmp_path, contact(3, {"domain": "other.example", "id": 5}))
    assert numbers(acme, company=CompanyFilters(numbers=(5,))) == [3]


def test_shared_company_changes_for_the_private_contacts_too(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, contact(1, {"domain": "halden.example", "country_code": "NO"}))
    take_in(tmp_path, contact(1) | {"job_title": "Ours"}, organization=acme)
    take_in(tmp_path, contact(2, {"domain": "halden.example", "country_code": "SE"}))
    assert numbers(acme, company=CompanyFilters(country_codes=("SE",))) == [1, 2]


def test_facts_can_be_made_anew(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, contact(1, {"domain": "halden.example"}), contact(2))
    first = Contact.objects.get(number=1)
    Contact.objects.filter(pk=first.pk).update(verified=True)
    Company.objects.update(country_code="NO")
    save_facts(contacts=[first.pk])
    assert numbers(acme, verified=True, company=CompanyFilters(country_codes=("NO",))) == [1]
    assert numbers(acme) == [1, 2]


# --- Orders and pages -----------------------------------------------------------------------------


def walk(organization: Organization, limit: int, **asked: Any) -> list[int]:
    """Read every page forwards, and each back again, and return the numbers in order."""
    found: list[int] = []
    position = None
    before: list[int] = []
    while True:
        page = search.list_contacts(
            organization=organization,
            filters=ContactFilters(),
            after=position,
            limit=limit,
            **asked,
        )
        found += (items := [each.number for each in page.items])
        if before:
            assert page.previous_position is not None
            back = search.list_contacts(
                organization=organization, filters=ContactFilters(), before=page.previous_position,
                limit=limit, **asked,
            )  # fmt: skip
            assert [each.number for each in back.items] == before
        else:
            assert page.previous_position is None
        before, position = items, page.next_position
        if position is None:
            return found


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", search.CONTACT_SORTS)
def test_every_order_breaks_ties_by_number_in_its_direction(
    tmp_path: Path, acme: Organization, sort: str, descending: bool
) -> None:
    rows = [
        contact(
            n,
            {"name": f"Company {n % 3}"} if n % 4 else None,
            quality_score=(5, 40, 100)[n % 3],
            confidence=n % 3 / 10,
            full_name=f"Å{n % 4}",
            job_title=f"Title {n % 3}" if n % 5 else None,
        )
        | {"created_at": f"2020-06-0{1 + n % 3}T00:00:00.00000{n % 2}Z"}
        for n in range(1, 14)
    ]
    take_in(tmp_path, *rows[:9])
    take_in(tmp_path, *rows[9:], organization=acme)
    facts = ContactFacts.objects.all()
    key = {each.number: (getattr(each, sort), each.number) for each in facts}
    expected = sorted(key, key=lambda number: key[number], reverse=descending)
    for limit in (1, 4, 100):
        assert walk(acme, limit, sort=sort, descending=descending) == expected


def test_rows_that_come_between_pages_neither_repeat_nor_drop_others(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, *[contact(n, quality_score=50) for n in range(10, 30, 2)])
    first = search.list_contacts(organization=acme, filters=ContactFilters(), limit=4)
    # Before the place, after it, and at another quality; and one that was shown goes.
    take_in(
        tmp_path,
        contact(99, quality_score=50),
        contact(11, quality_score=50),
        contact(1, quality_score=90),
    )
    Contact.objects.filter(number=28).delete()
    rest = search.list_contacts(
        organization=acme, filters=ContactFilters(), after=first.next_position, limit=100
    )
    assert [each.number for each in first.items] == [28, 26, 24, 22]
    assert [each.number for each in rest.items] == [20, 18, 16, 14, 12, 11, 10]


def test_unknown_order_is_refused(acme: Organization) -> None:
    with pytest.raises(Invalid, match="Sort by one of"):
        search.list_contacts(organization=acme, filters=ContactFilters(), sort="email")


def test_all_plans_find_the_same_page(
    tmp_path: Path, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(tmp_path, *[contact(n, quality_score=n % 7, verified=n % 3 == 0) for n in range(1, 60)])
    take_in(tmp_path, *[contact(n, quality_score=n % 5) for n in range(50, 80)], organization=acme)
    asked = ContactFilters(verified=True, text="person")
    pages = []
    for cheap, most, entries in (
        (0, 0, 5),
        (0, 0, 500),
        (10**9, 5, 5),
        (10**9, 500, 5),
        (10**9, 5, 500),
    ):
        monkeypatch.setattr(plans, "CHEAP", cheap)
        monkeypatch.setattr(plans, "MOST_FOUND", most)
        monkeypatch.setattr(plans, "WALKED_ENTRIES", entries)
        first = search.list_contacts(organization=acme, filters=asked, limit=7)
        second = search.list_contacts(
            organization=acme, filters=asked, limit=50, after=first.next_position
        )
        numbered, total = search.list_contacts_by_number_page(
            organization=acme, filters=asked, page=2, per_page=6
        )
        assert len(first.items) == 7
        assert total == 7 + len(second.items) == 19
        pages.append([each.number for each in [*first.items, *second.items, *numbered]])
    assert pages == [pages[0]] * 5


def test_numbered_pages_are_in_order_and_end(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, *[contact(n, emails=["b@x.no", "a@x.no"]) for n in (5, 3, 9, 1, 7)])
    read = [
        search.list_contacts_by_number_page(
            organization=acme, filters=ContactFilters(), page=page, per_page=2
        )
        for page in (1, 2, 3, 4)
    ]
    assert [[each.number for each in items] for items, _ in read] == [[1, 3], [5, 7], [9], []]
    assert {total for _, total in read} == {5}
    assert [email.address for email in read[0][0][0].emails.all()] == ["b@x.no", "a@x.no"]


def test_page_is_a_bounded_number_of_statements(
    tmp_path: Path, acme: Organization, django_assert_max_num_queries: Any
) -> None:
    take_in(tmp_path, *[contact(n, {}, emails=[f"{n}@x.no"]) for n in range(1, 40)])
    with django_assert_max_num_queries(5):
        page, _ = search.list_contacts_by_number_page(
            organization=acme, filters=ContactFilters(), page=1, per_page=30
        )
        assert len([(each.company, list(each.emails.all())) for each in page]) == 30


def test_count_stops_at_its_cap(tmp_path: Path, acme: Organization) -> None:
    take_in(tmp_path, *[contact(n) for n in range(1, 6)])
    for cap, spelled in ((4, "4+"), (5, "5"), (6, "5")):
        assert (
            str(search.count_contacts(organization=acme, filters=ContactFilters(), cap=cap))
            == spelled
        )
    assert str(search.Count(10_000, True)) == "10,000+"


def test_bulk_comes_in_whole_chunks_and_goes_on_where_it_stopped(
    tmp_path: Path, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "STEP", 3)
    take_in(tmp_path, *[contact(n, verified=n % 4 > 0) for n in range(1, 20)])
    asked = {"organization": acme, "filters": ContactFilters(verified=True), "chunk": 4}
    chunks = list(search.iterate_contact_ids(**asked))  # type: ignore[arg-type]
    assert [len(chunk) for chunk in chunks] == [4, 4, 4, 3]
    every = [key for chunk in chunks for key in chunk]
    assert every == sorted(every)
    again = search.iterate_contact_ids(**asked, after=chunks[1][-1])  # type: ignore[arg-type]
    assert list(again) == chunks[2:]


# --- Industries -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "level", "section", "number"),
    [
        ("J", 1, "J", 10), ("A", 1, "A", 1), ("U", 1, "U", 21), ("01", 2, "A", 101), ("62", 2, "J", 162),
        ("62.0", 3, "J", 1620), ("62.01", 4, "J", 16201), ("62.010", 5, "J", 162010), ("99.00", 4, "U", 19900),
    ],
)  # fmt: skip
def test_industry_has_a_level_a_section_and_an_id(
    code: str, level: int, section: str, number: int
) -> None:
    found = nace.find_section(code)
    assert found is not None
    assert (nace.find_level(code), found.letter) == (level, section)
    assert nace.industry_id(code) == number
    assert nace.industry_code(number) == code


@pytest.mark.parametrize("number", [0, 22, 99, 100 * 10**6, 262, -1])
def test_no_industry_has_another_id(number: int) -> None:
    assert nace.industry_code(number) is None


def test_every_branch_of_nace_has_a_title_and_stands_below_another() -> None:
    levels = [nace.find_level(code) for code in (*nace.SECTIONS_BY_LETTER, *nace.TITLES)]
    assert [levels.count(level) for level in range(1, 5)] == [21, 88, 272, 615]
    for code, title in nace.TITLES.items():
        assert nace.CODE.fullmatch(code)
        assert nace.find_title(nace.find_parent(code)), code
        # As the regulation writes them: no capitals throughout, nothing cut, no blanks around.
        assert re.fullmatch(r"[A-Z][a-z].*[a-z).]", title), title
        assert title.isascii()
        assert "  " not in title
    # Each has something below it, down to the classes.
    parents = {nace.find_parent(code) for code in nace.TITLES}
    assert parents == {
        *nace.SECTIONS_BY_LETTER,
        *(code for code in nace.TITLES if nace.find_level(code) < 4),
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("computer programming activities", "62.01"),
        ("62.01", "62.01"),
        ("EDUCATION", "P"),
        # A group, its only class and both of one title: the widest.
        ("Plant propagation", "01.3"),
        ("Real estate activities", "L"),
        ("Growing of unicorns", None),
    ],
)
def test_a_branch_is_known_by_its_code_and_its_title(text: str, code: str | None) -> None:
    assert nace.find_code(text) == code


def test_a_national_subclass_is_called_as_its_class() -> None:
    assert nace.find_title("62.010") == ""
    assert nace.find_nearest_title("62.010") == ("62.01", "Computer programming activities")
    assert nace.find_nearest_title("00.1") == ("", "")


def test_sections_hold_the_88_divisions_once() -> None:
    divisions = [code for section in nace.SECTIONS for code in nace.list_divisions(section.letter)]
    assert len(divisions) == len(set(divisions)) == 88
    assert "".join(section.letter for section in nace.SECTIONS) == "ABCDEFGHIJKLMNOPQRSTU"
