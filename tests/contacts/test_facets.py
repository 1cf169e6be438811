"""What facets count: each value under the filters of the other fields, of rows that the organization sees."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from contacthub.contacts import facets
from contacthub.contacts.facets import FacetQuestion, count_facet, find_nearest
from contacthub.contacts.filters import CompanyFilters, ContactFilters, Filters, Location
from contacthub.contacts.search import count_companies, count_contacts
from contacthub.contacts.sql import facets as sql
from contacthub.core import clock
from contacthub.core.text import fold
from contacthub.organizations.models import Organization
from tests.contacts.files import Row, take_in

pytestmark = pytest.mark.django_db
NORWAY = {"city": "Halden", "state": "Viken", "country": "Norway"}
SWEDEN = {"city": "Gävle", "state": "Gävleborg", "country": "Sweden"}
HALDEN = {
    "domain": "halden.example", "name": "Halden", "country_code": "NO", "location": NORWAY, "industries": ["Paper"],
    "functions": ["Sales"], "technologies": ["dbt", "Kafka"], "nace_codes": ["17.12", "17.2", "62.01"],
    "keywords": ["Pulp", "Café"], "employees": "100-500", "revenue": "12M",
}  # fmt: skip
GAVLE = {
    "domain": "gavle.example", "name": "Gävle", "country_code": "SE", "location": SWEDEN,
    "industries": ["PAPER", "Steel"], "technologies": ["DBT"], "nace_codes": ["24"],
    "keywords": ["cafe"], "employees": 7,
}  # fmt: skip
PEOPLE: list[Row] = [
    {"department": "Sales", "seniority": "VP", "job_title": "VP of Sales", "company": HALDEN, "quality_score": 85,
     "email": "a@x.no", "email_status": "valid", "email_checked_on": 3, "is_decision_maker": True},
    {"department": "SALES", "seniority": "Director", "job_title": "Sales Director", "company": HALDEN,
     "quality_score": 60, "email": "b@x.no", "email_status": "invalid", "email_checked_on": 100},
    {"department": "Café", "seniority": "VP", "job_title": "Head of Data", "company": GAVLE, "quality_score": 59,
     "email": "c@x.no", "email_status": "valid", "email_checked_on": 400},
    {"department": "CAFE", "company": GAVLE},
    {},
]  # fmt: skip


def person(number: int, **values: Any) -> Row:
    row: Row = {
        "contact_id": f"id_{number:016x}",
        "id": number,
        "full_name": f"Person {number}",
        "source": "website",
        **values,
    }
    if days := row.get("email_checked_on"):
        row["email_checked_on"] = str(clock.today() - dt.timedelta(days=days))
    return row


@pytest.fixture
def catalog(acme: Organization, tmp_path: Path) -> Organization:
    take_in(tmp_path, *[person(n, **row) for n, row in enumerate(PEOPLE, 1)])
    return acme


def count(
    organization: Organization,
    name: str,
    filters: Filters | None = None,
    *,
    keys: Sequence[str] = (),
    find: str = "",
    limit: int = 8,
) -> tuple[dict[str, int], int]:
    """Return the counts by the words of their values, and that of having none."""
    question = FacetQuestion(
        organization=organization,
        filters=filters or ContactFilters(),
        name=name,
        keys=keys,
        find=find,
        limit=limit,
    )
    facet = count_facet(question)
    return {each.words: each.count for each in facet.values}, facet.empty


AGES = ("within:7", "within:180", "over:180")
BANDS = ("80-100", "60-79", "0-59")
CASES: list[tuple[str, Sequence[str], dict[str, int], int]] = [
    ("departments", (), {"Café": 2, "Sales": 2}, 1),
    ("seniorities", (), {"VP": 2, "Director": 1}, 2),
    ("sources", (), {"website": 5}, 0),
    ("email_statuses", (), {"valid": 2, "invalid": 1}, 2),
    ("email_checks", AGES, {"within:7": 1, "within:180": 2, "over:180": 1}, 2),
    ("quality_bands", BANDS, {"80-100": 1, "60-79": 1, "0-59": 3}, 0),
    ("is_decision_maker", (), {"false": 4, "true": 1}, 0),
    ("country_codes", (), {"Norway": 2, "Sweden": 2}, 1),
    ("industries", (), {"Paper": 4, "Steel": 2}, 1),
    ("functions", (), {"Sales": 2}, 3),
    ("technologies", (), {"dbt": 4, "Kafka": 2}, 1),
    ("regions", (), {"Gävleborg, Sweden": 2, "Viken, Norway": 2}, 1),
    ("cities", (), {"Gävle, Sweden": 2, "Halden, Norway": 2}, 1),
    ("job_titles", (), {"sales": 2, "data": 1, "director": 1, "head": 1}, 2),
]


@pytest.mark.parametrize(("name", "keys", "expected", "empty"), CASES)
def test_values_of_contacts(
    catalog: Organization, name: str, keys: Sequence[str], expected: dict[str, int], empty: int
) -> None:
    """Values in any case and with or without accents are one value."""
    assert count(catalog, name, keys=keys) == (expected, empty)


@pytest.mark.parametrize(("name", "keys", "expected", "empty"), CASES)
def test_a_sample_finds_the_same_where_it_is_everything(
    catalog: Organization,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    keys: Sequence[str],
    expected: dict[str, int],
    empty: int,
) -> None:
    monkeypatch.setattr(sql, "CHEAP", -1)
    monkeypatch.setattr(sql, "find_percent", lambda kind: 99.999999)
    monkeypatch.setattr(facets, "FEWEST_SAMPLED", 0)
    question = FacetQuestion(organization=catalog, filters=ContactFilters(), name=name, keys=keys)
    facet = count_facet(question)
    assert facet.is_estimate
    assert ({each.words: each.count for each in facet.values}, facet.empty) == (expected, empty)


def test_values_of_companies(catalog: Organization) -> None:
    nothing = CompanyFilters()
    assert count(catalog, "industries", nothing) == ({"PAPER": 2, "Steel": 1}, 0)
    assert count(catalog, "functions", nothing) == ({"Sales": 1}, 1)
    assert count(catalog, "cities", nothing) == ({"Gävle, Sweden": 1, "Halden, Norway": 1}, 0)
    assert count(catalog, "technologies", CompanyFilters(country_codes=("SE",))) == ({"DBT": 1}, 0)


def test_size_revenue_and_keywords_are_counted(catalog: Organization, globex: Organization) -> None:
    keys = ("1-10", "51-200", "over-10000")
    question = FacetQuestion(
        organization=catalog, filters=ContactFilters(), name="sizes", keys=keys
    )
    facet = count_facet(question)
    found = {each.key: each.count for each in facet.values}
    # A range that touches two bands counts in both.
    assert (found, facet.empty) == ({"1-10": 2, "51-200": 2, "201-500": 2}, 1)
    assert count(catalog, "revenues", CompanyFilters()) == ({"10m-50m": 1}, 1)
    words, none = count(catalog, "keywords")
    assert ({fold(word): n for word, n in words.items()}, none) == ({"cafe": 4, "pulp": 2}, 1)
    sized = CompanyFilters(sizes=("1-10",))
    assert count(catalog, "keywords", sized)[0] == {"cafe": 1}
    assert count(globex, "keywords", find="PULP")[0] == {"Pulp": 2}


def test_a_company_counts_once_in_each_branch_of_nace(catalog: Organization) -> None:
    question = FacetQuestion(organization=catalog, filters=ContactFilters(), name="nace_branches")
    facet = count_facet(question)
    assert {each.key: each.count for each in facet.values} == {
        "C": 4, "17": 2, "17.1": 2, "17.12": 2, "17.2": 2, "24": 2, "J": 2, "62": 2, "62.0": 2, "62.01": 2,
    }  # fmt: skip
    assert facet.empty == 1
    by_title, _ = count(catalog, "nace_branches", find="basic METALS")
    assert by_title == {"Manufacture of basic metals": 2}
    question = FacetQuestion(
        organization=catalog, filters=ContactFilters(), name="nace_branches", find="62"
    )
    assert [each.key for each in count_facet(question).values] == ["62", "62.0", "62.01"]


def test_counts_are_under_the_other_filters_and_not_the_own_ones(catalog: Organization) -> None:
    filters = ContactFilters(
        seniorities=("VP",),
        exclude_seniorities=("Director",),
        company=CompanyFilters(country_codes=("NO",), exclude_empty=("country_codes",)),
    )
    assert count(catalog, "seniorities", filters) == ({"VP": 1, "Director": 1}, 0)
    assert count(catalog, "country_codes", filters) == ({"Norway": 1, "Sweden": 1}, 0)
    assert count(catalog, "departments", filters) == ({"Sales": 1}, 0)
    assert count(catalog, "departments", ContactFilters(empty=("departments",)))[1] == 1


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("departments", ("Café",)),
        ("seniorities", ("vp",)),
        ("job_titles", ("sales",)),
        ("email_checks", ("over:180",)),
        ("quality_bands", ("0-59",)),
    ],
)
def test_a_count_is_what_the_filter_finds(
    catalog: Organization, name: str, asked: tuple[str, ...]
) -> None:
    filters: Any = ContactFilters(is_case_ignored=True, **{name: asked})
    found = count_contacts(organization=catalog, filters=filters).value
    question = FacetQuestion(organization=catalog, filters=filters, name=name, keys=asked)
    keys = {each.key: each.count for each in count_facet(question).values}
    assert keys.get(asked[0], keys.get({"Café": "cafe"}.get(asked[0], ""))) == found > 0


def test_places_found_by_their_facet(catalog: Organization) -> None:
    place = Location("Sweden", city="gavle")
    assert count_companies(organization=catalog, filters=CompanyFilters(cities=(place,))) == (
        1,
        False,
    )
    assert count(catalog, "cities", find="GAVLE") == ({"Gävle, Sweden": 2}, 1)
    assert count(catalog, "cities", find="norway") == ({"Halden, Norway": 2}, 1)


def test_chosen_values_come_whatever_is_frequent(catalog: Organization) -> None:
    assert count(catalog, "technologies", keys=("kafka",), limit=1) == ({"Kafka": 2, "dbt": 4}, 1)
    filters = ContactFilters(seniorities=("VP",), company=CompanyFilters(country_codes=("SE",)))
    assert count(catalog, "technologies", filters, keys=("kafka",)) == ({"DBT": 1}, 0)


# --- Own, shared, foreign ----------------------------------------------------------------------------


@pytest.mark.parametrize("is_sampled", [False, True])
def test_an_own_row_hides_the_shared_one_and_others_rows_are_unknown(
    catalog: Organization,
    globex: Organization,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_sampled: bool,
) -> None:
    if is_sampled:
        monkeypatch.setattr(sql, "CHEAP", -1)
        monkeypatch.setattr(sql, "find_percent", lambda kind: 99.999999)
        monkeypatch.setattr(facets, "FEWEST_SAMPLED", 0)
    take_in(tmp_path, person(1, department="Legal"), organization=catalog)
    secret = HALDEN | {"domain": "secret.example", "industries": ["Secret"]}
    take_in(tmp_path, person(77, department="Secret", company=secret), organization=globex)
    assert count(catalog, "departments") == ({"Café": 2, "Legal": 1, "SALES": 1}, 1)
    assert count(globex, "departments") == ({"Café": 2, "Sales": 2, "Secret": 1}, 1)
    assert count(catalog, "industries")[0].get("Secret") is None
    assert count(globex, "industries")[0]["Secret"] == 1
    assert count(catalog, "departments", find="secret") == ({}, 1)
    nearest = FacetQuestion(
        organization=catalog, filters=ContactFilters(), name="departments", find="Secrett"
    )
    assert find_nearest(nearest) is None


def test_an_own_company_hides_the_shared_one(catalog: Organization, tmp_path: Path) -> None:
    own = {"domain": "halden.example", "name": "Halden", "industries": ["Robots"]}
    take_in(tmp_path, person(50, company=own), organization=catalog)
    assert count(catalog, "industries", CompanyFilters())[0] == {
        "PAPER": 1,
        "Robots": 1,
        "Steel": 1,
    }


# --- The nearest value, and totals -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "typed", "nearest"),
    [
        ("technologies", "Kafak", "Kafka"),
        ("departments", "slaes", "Sales"),
        ("country_codes", "Norwey", "Norway"),
        ("cities", "Gavel", "Gävle, Sweden"),
        ("technologies", "zzzzzzzz", None),
    ],
)
def test_nearest_value(catalog: Organization, name: str, typed: str, nearest: str | None) -> None:
    question = FacetQuestion(organization=catalog, filters=ContactFilters(), name=name, find=typed)
    found = find_nearest(question)
    assert (found and found.words) == nearest


def test_nearest_value_is_counted_under_the_filters(catalog: Organization) -> None:
    filters = ContactFilters(company=CompanyFilters(country_codes=("SE",)))
    question = FacetQuestion(
        organization=catalog, filters=filters, name="technologies", find="Kafak"
    )
    found = find_nearest(question)
    assert found
    assert (found.words, found.count) == ("Kafka", 0)


def test_total_is_exact_and_an_estimate_where_that_takes_long(
    catalog: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert facets.count_exactly(organization=catalog, filters=ContactFilters()) == facets.Total(5)
    monkeypatch.setattr(facets, "MILLISECONDS", 1)
    monkeypatch.setattr(
        facets.page_numbers,
        "count_all",
        lambda *_, **__: sql._run(sql.sql.SQL("SELECT pg_sleep(1)"), {}),
    )
    total = facets.count_exactly(organization=catalog, filters=ContactFilters())
    assert total == facets.Total(5, is_estimate=True)
