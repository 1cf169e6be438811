"""Who applies a filter of a live search, against what the vendors' documents say that they filter by and send."""

import datetime as dt
from pathlib import Path
from typing import Any

import orjson
import pytest

from contacthub.connectors.letrics import Letrics
from contacthub.connectors.records import Company, Contact, Email, Location, Phone
from contacthub.connectors.registry import CONNECTORS
from contacthub.connectors.richutilities import RichUtilities
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.filters import Location as Place
from contacthub.sourcing.live.plan import Plan, Way, find_way, make_plan
from contacthub.sourcing.live.row_filters import COMPANY_FILTERS, CONTACT_FILTERS
from contacthub.sourcing.live.search import serialize_question
from contacthub.wire import letrics, richutilities

SAMPLES = Path(__file__).parents[2] / "samples"
MARCH = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def plan(connector: Any, **filters: Any) -> Plan:
    return make_plan(connector, serialize_question(ContactFilters(**filters)), of_companies=False)


# --- Declarations and documents --------------------------------------------------------------------

# Each thing that a connector says its rows carry, by the fields of the vendor's document.
LETRICS_FIELDS = {
    "emails.type": "emails",
    "industries": "industry",
}
RICH_FIELDS = {"emails": "email", "emails.status": "email_status", "phones": "phone"}


def test_letrics_carries_what_its_document_shows() -> None:
    reply = orjson.loads((SAMPLES / "letrics" / "reply_contacts.json").read_bytes())
    record = reply["data"][0]
    companies = orjson.loads((SAMPLES / "letrics" / "reply_companies.json").read_bytes())
    for name in Letrics.company_carries:
        assert LETRICS_FIELDS.get(name, name) in companies["data"][0], name
        assert LETRICS_FIELDS.get(name, name) in letrics.Company.model_fields, name
    for name in Letrics.contact_carries:
        of_company = name.startswith("company.")
        field = name.removeprefix("company.")
        where = record["company"] if of_company else record
        assert LETRICS_FIELDS.get(field, field) in where, name
    # What it does not show cannot be filtered by afterwards.
    assert not {"phones", "emails.status", "quality_score"} & Letrics.contact_carries


def test_letrics_filters_by_what_its_document_lists() -> None:
    listed = set(letrics.ContactsRequest.model_fields) | {"has_personal_emails"}
    assert {each.name for each in Letrics.contact_table.values()} <= listed
    listed = set(letrics.CompaniesRequest.model_fields)
    assert {each.name for each in Letrics.company_table.values()} <= listed


def test_rich_utilities_carries_and_filters_by_what_its_document_lists() -> None:
    fields = set(orjson.loads((SAMPLES / "richutilities" / "contact_fields.json").read_bytes()))
    for name in RichUtilities.contact_carries:
        assert RICH_FIELDS.get(name, name) in fields, name
    listed = set(richutilities.ContactsQuery.model_fields)
    assert {each.name for each in RichUtilities.contact_table.values()} <= listed
    # The document's object has a number in place of a company.
    assert not [name for name in RichUtilities.contact_carries if name.startswith("company.")]


def test_whatever_is_carried_is_a_field_of_records() -> None:
    for connector in CONNECTORS.values():
        for name in connector.contact_carries | connector.company_carries:
            first, _, rest = name.partition(".")
            known = set(Contact.__dataclass_fields__) | set(Company.__dataclass_fields__)
            assert first in known, name
            assert not rest or rest in {*Company.__dataclass_fields__, "type", "status"}, name


# --- Who applies a filter --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("connector", "filters", "sent", "checked", "refused"),
    [
        (Letrics, {"departments": ("Sales",)}, ["departments"], [], []),
        (Letrics, {"text": "anna"}, [], ["text"], []),
        (Letrics, {"verified": True}, [], [], ["verified"]),
        (Letrics, {"is_stale": False}, [], [], ["is_stale"]),
        # The document says what true means, and nothing of false; the rows say both.
        (Letrics, {"has_linkedin": False}, [], ["has_linkedin"], []),
        (Letrics, {"has_phone": True}, [], [], ["has_phone"]),
        (Letrics, {"email_statuses": ("valid",)}, [], [], ["email_statuses"]),
        # Whoever has none as well: the vendor would leave them out.
        (
            Letrics,
            {"seniorities": ("VP",), "empty": ("seniorities",)},
            [],
            ["seniorities", "empty:seniorities"],
            [],
        ),
        (Letrics, {"empty": ("email_statuses",)}, [], [], ["empty:email_statuses"]),
        (RichUtilities, {"departments": ("Sales",)}, ["departments"], [], []),
        # It takes one value.
        (RichUtilities, {"departments": ("Sales", "Legal")}, [], ["departments"], []),
        (RichUtilities, {"exclude_departments": ("Sales",)}, [], ["exclude_departments"], []),
        (RichUtilities, {"seniorities": ("VP",)}, [], [], ["seniorities"]),
        (RichUtilities, {"is_stale": False, "text": "anna"}, ["is_stale", "text"], [], []),
        (RichUtilities, {"is_stale": True}, [], ["is_stale"], []),
        (RichUtilities, {"has_linkedin": True}, [], [], ["has_linkedin"]),
        (RichUtilities, {"quality_bands": ("60-79",)}, [], ["quality_bands"], []),
    ],
)
def test_filters_are_applied_by_whoever_can(
    connector: Any, filters: dict[str, Any], sent: list[str], checked: list[str], refused: list[str]
) -> None:
    found = plan(connector, **filters)
    assert (list(found.sent), list(found.checked), list(found.refused)) == (sent, checked, refused)


def test_filters_of_companies_follow_the_same_rules() -> None:
    company = CompanyFilters(
        country_codes=("NO",),
        cities=(Place("Norway", "", "Oslo"),),
        locations=(Place("Norway"),),
        industries=("Shipping",),
        nace_branches=("J",),
        has_generic_email=False,
    )
    found = make_plan(Letrics, serialize_question(company), of_companies=True)
    # Two filters that the vendor has one field for: only the first is sent.
    assert set(found.sent) == {"country_codes", "industries"}
    assert set(found.checked) == {"cities", "locations"}
    assert set(found.refused) == {"nace_branches", "has_generic_email"}
    of_contacts = plan(RichUtilities, company=CompanyFilters(nace_branches=("J", "K")))
    assert of_contacts.sent == {"company.nace_branches": ("J", "K")}
    refused = plan(RichUtilities, company=CompanyFilters(nace_branches=("J", "62")))
    assert refused.refused == ("company.nace_branches",)
    assert find_way(Letrics, "company.cities", of_companies=False) == Way.HERE
    assert find_way(Letrics, "company.industries", of_companies=False) == Way.VENDOR
    assert find_way(RichUtilities, "company.industries", of_companies=False) == Way.NEITHER


# --- Rows ------------------------------------------------------------------------------------------

ANNA = Contact(
    vendor_id="1",
    full_name="Anna Bérg",
    job_title="Head of Sales",
    department="Sales",
    seniority="VP",
    seniority_level="senior",
    source="manual",
    verified=True,
    quality_score=70,
    confidence=0.5,
    is_stale=False,
    is_speculative=False,
    is_decision_maker=True,
    created_at=MARCH,
    linkedin_url="https://linkedin.com/in/anna",
    emails=(Email("anna@nord.no", type="personal", status="valid"),),
    phones=(Phone("+47"),),
    company=Company(
        name="Nordwind",
        domain="nord.no",
        tld="co.uk",
        industries=("Shipping",),
        functions=("Freight",),
        technologies=("dbt", "SAP"),
        location=Location("Halden", "Viken", "Norway"),
        linkedin_url="https://linkedin.com/company/nord",
        created_at=MARCH,
    ),
)
NOBODY = Contact(vendor_id="2")
# Every filter, a value that Anna has, and one that she has not.
CASES: dict[str, tuple[Any, Any]] = {
    "text": ("berg anna@", "anna berta"),
    "job_titles": (("SALES", "x"), ("engineer",)),
    "departments": (("sales",), ("Sale",)),
    "department": ("SALES", "Legal"),
    "seniorities": (("vp",), ("Manager",)),
    "seniority_levels": (("senior",), ("staff",)),
    "sources": (("manual",), ("website",)),
    "verified": (True, False),
    "is_stale": (False, True),
    "is_speculative": (False, True),
    "is_decision_maker": (True, False),
    "has_email": (True, False),
    "has_phone": (True, False),
    "has_linkedin": (True, False),
    "has_personal_email": (True, False),
    "email_statuses": (("valid",), ("invalid",)),
    "min_quality_score": (70, 71),
    "max_quality_score": (70, 69),
    "quality_bands": (("60-79",), ("80-100",)),
    "min_confidence": (0.5, 0.6),
    "max_confidence": (0.5, 0.4),
    "created_from": (MARCH, MARCH + dt.timedelta(seconds=1)),
    "created_before": (MARCH + dt.timedelta(seconds=1), MARCH),
}
COMPANY_CASES: dict[str, tuple[Any, Any]] = {
    "text": ("nord wind", "fjord"),
    "created_from": (MARCH, MARCH + dt.timedelta(seconds=1)),
    "created_until": (MARCH, MARCH - dt.timedelta(seconds=1)),
    "has_linkedin": (True, False),
    "country_codes": (("NO",), ("SE",)),
    "tlds": ((".UK",), ("com",)),
    "functions": (("freight",), ("Retail",)),
    "industries": (("shipping",), ("Ship",)),
    "technologies": (("sap",), ("Oracle",)),
    "locations": ((Place("NO", "viken"),), (Place("Norway", "Oslo"),)),
    "regions": ((Place("Norway", "Viken"),), (Place("Norway", "Oslo"),)),
    "cities": ((Place("Norway", "", "halden"),), (Place("Norway", "", "Oslo"),)),
}


@pytest.mark.parametrize("name", CONTACT_FILTERS)
def test_rows_are_filtered_as_the_catalog_is(name: str) -> None:
    has, lacks = CASES[name]
    assert Plan({}, {name: has}).matches(ANNA)
    assert not Plan({}, {name: lacks}).matches(ANNA)
    assert not Plan({}, {f"exclude_{name}": has}).matches(ANNA)
    assert Plan({}, {f"exclude_{name}": lacks}).matches(ANNA)
    # Somebody without the value does not have it, and is not what is excluded.
    if not name.startswith("has_"):
        assert not Plan({}, {name: has}).matches(NOBODY)
        assert Plan({}, {f"exclude_{name}": has}).matches(NOBODY)


@pytest.mark.parametrize("name", COMPANY_FILTERS)
def test_companies_of_rows_are_filtered_as_the_catalog_is(name: str) -> None:
    has, lacks = COMPANY_CASES[name]
    assert Plan({}, {f"company.{name}": has}).matches(ANNA)
    assert not Plan({}, {f"company.{name}": lacks}).matches(ANNA)
    assert not Plan({}, {f"company.{name}": has}).matches(NOBODY)
    assert Plan({}, {f"company.exclude_{name}": has}).matches(NOBODY)
    assert ANNA.company
    assert Plan({}, {name: has}).matches(ANNA.company)


def test_having_no_value_is_an_alternative_and_can_be_excluded() -> None:
    either = Plan({}, {"seniorities": ("VP",), "empty:seniorities": True})
    assert either.matches(ANNA)
    assert either.matches(NOBODY)
    other = Plan({}, {"seniorities": ("Manager",), "empty:seniorities": True})
    assert not other.matches(ANNA)
    assert not Plan({}, {"empty:seniorities": True}).matches(ANNA)
    assert Plan({}, {"company.exclude_empty:technologies": True}).matches(ANNA)
    assert not Plan({}, {"company.exclude_empty:technologies": True}).matches(NOBODY)
