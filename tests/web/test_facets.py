"""The drawer of filters: facets count themselves under the other filters, for what the reader may see."""

import html
import re
from pathlib import Path
from typing import Any

import pytest

from contacthub.contacts import facets as house
from contacthub.contacts.search import Count
from contacthub.contacts.sql import facets as sql
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.contacts.files import Row, take_in
from tests.web.test_contacts_search import COMPANIES, LIST, names, person, text_of

pytestmark = pytest.mark.django_db
OPEN = {"filters": "open"}


def rows(response: Any) -> dict[str, str]:
    """Return the counts of the rows by their words."""
    found = re.findall(
        r'<span title="([^"]*)">.*?<span class="ch-n">\s*(.*?)\s*</span>',
        response.content.decode(),
        re.DOTALL,
    )
    return {html.unescape(words): count for words, count in found}


def boxes(response: Any) -> list[str]:
    """Return what is ticked, as parts of an address."""
    inputs = re.findall(r"<input[^>]*type=\"checkbox\"[^>]*>", response.content.decode(), re.DOTALL)
    ticked = [each for each in inputs if re.search(r'id="(in|not)-.*\schecked', each, re.DOTALL)]
    return [
        "=".join(
            html.unescape(match[1])
            for key in ("name", "value")
            if (match := re.search(rf'{key}="([^"]*)"', each))
        )
        for each in ticked
    ]


@pytest.fixture
def people(acme: Organization, tmp_path: Path) -> list[Row]:
    found = [
        person(
            1, seniority="VP", department="Sales", email="a@halden.example", email_status="valid"
        ),
        person(2, seniority="Director", department="Sales", job_title="Head of Sales"),
        person(
            3,
            seniority="VP",
            department="IT",
            company={"domain": "ab.example", "country_code": "SE"},
        ),
        person(4),
    ]
    take_in(tmp_path, *found)
    return found


def test_drawer_opens_by_a_link_and_keeps_the_rest(bob: User, people: list[Row]) -> None:
    client = sign_in(bob)
    closed = client.get(LIST, {"seniority": "VP", "sort": "-name"})
    assert 'id="facets"' not in closed.content.decode()
    found = re.search(r'id="filters-opener"\s+href="([^"]*)"', closed.content.decode())
    assert found
    opened = client.get(html.unescape(found[1]))
    assert names(opened) == ["Person 003", "Person 001"]
    assert "Filters, 1" in text_of(opened)
    assert boxes(opened) == ["seniority=VP"]
    assert re.search(r'name="sort" value="-name"', opened.content.decode())
    assert "2 contacts match" in text_of(opened)


def test_facet_counts_under_the_other_filters(bob: User, people: list[Row]) -> None:
    client = sign_in(bob)
    asked = {"seniority": "vp", "country": "NO"}
    seniority = client.get(f"{LIST}facets/seniority/", asked)
    assert rows(seniority) == {"Director": "1", "VP": "1", "No seniority": "1"}
    assert boxes(seniority) == ["seniority=VP"]
    assert "1 of 2" in text_of(seniority)
    country = client.get(f"{LIST}facets/country/", asked)
    assert rows(country) == {"Norway": "1", "Sweden": "1", "No country": "0"}
    assert seniority["Cache-Control"] == "no-store"
    # What was counted is what the box finds.
    assert names(client.get(LIST, {"country": "NO", "seniority": "Director"})) == ["Person 002"]
    assert names(client.get(LIST, {"country": "NO", "seniority_empty": "yes"})) == ["Person 004"]


def test_facet_shows_what_is_excluded(bob: User, people: list[Row]) -> None:
    page = sign_in(bob).get(
        f"{LIST}facets/seniority/", {"seniority_not": "director;VP", "seniority_empty": "no"}
    )
    assert sorted(boxes(page)) == [
        "seniority_empty=no",
        "seniority_not=Director",
        "seniority_not=VP",
    ]
    assert rows(page) == {"VP": "2", "Director": "1", "No seniority": "1"}
    assert "3 excluded" in text_of(page)


def test_facet_of_companies(bob: User, people: list[Row]) -> None:
    page = sign_in(bob).get(f"{COMPANIES}facets/technology/", {"country": "NO"})
    assert rows(page) == {"dbt": "1", "No technology": "0"}
    assert sign_in(bob).get(f"{COMPANIES}facets/seniority/").status_code == 404


def test_every_facet_counts_itself(bob: User, people: list[Row]) -> None:
    client = sign_in(bob)
    for area in (LIST, COMPANIES):
        drawer = client.get(area, OPEN).content.decode()
        found = re.findall(rf'hx-post="({area}facets/\w+/)"', drawer)
        assert len(found) >= 7
        for address in found:
            answer = client.get(address)
            assert answer.status_code == 200, address
            has_rows = "ch-pickrows" in answer.content.decode()
            assert has_rows or "There are no lists of" in text_of(answer), address


def test_typed_text_that_matches_nothing_offers_the_nearest(bob: User, people: list[Row]) -> None:
    client = sign_in(bob)
    page = client.get(f"{LIST}facets/technology/", {"find_technology": "dtb", "country": "SE"})
    assert page.status_code == 422
    assert "No technology matches “dtb”. The nearest is:" in text_of(page)
    assert rows(page) == {"dbt": "0"}
    page = client.get(
        f"{LIST}facets/technology/", {"find_technology": "qqqqqq", "technology": "dbt"}
    )
    assert "No technology matches “qqqqqq”." in text_of(page)
    # What is chosen stays in the form.
    assert boxes(page) == ["technology=dbt"]
    assert rows(client.get(f"{LIST}facets/country/", {"find_country": "SWED"})) == {"Sweden": "1"}
    long = client.get(f"{LIST}facets/technology/", {"find_technology": "x" * 101})
    assert "The search must have at most 100 characters." in text_of(long)


def test_nace_is_found_by_code_and_by_title(bob: User, people: list[Row]) -> None:
    client = sign_in(bob)
    address = f"{LIST}facets/nace_in/"
    assert rows(client.get(address)) == {"Manufacturing, C": "3", "No NACE industry": "1"}
    tree = client.get(address, {"more": "nace_in"})
    assert list(rows(tree)) == [
        "Manufacturing, C",
        "Manufacture of machinery and equipment n.e.c., 28",
        "Manufacture of other special-purpose machinery, 28.9",
        "Manufacture of other special-purpose machinery n.e.c., 28.99",
        "No NACE industry",
    ]
    for text in ("28", "EQUIPMENT N.E.C"):
        found = client.get(address, {"find_nace_in": text})
        assert "Manufacture of machinery and equipment n.e.c., 28" in rows(found)
    unfolded = client.get(address, {"nace_in": "28.9"})
    assert boxes(unfolded) == ["nace_in=28.9"]
    assert list(rows(unfolded)) == list(rows(tree))
    assert names(client.get(LIST, {"nace_in": "28.9"})) == [
        "Person 004",
        "Person 002",
        "Person 001",
    ]


def test_many_values_come_on_request(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, *[person(n, department=f"Department {n:02}") for n in range(1, 13)])
    client = sign_in(bob)
    page = client.get(f"{LIST}facets/department/", {"department": "Department 12"})
    assert len(rows(page)) == 10
    assert "3 more" in text_of(page)
    assert "1 of 12" in text_of(page)
    assert len(rows(client.get(f"{LIST}facets/department/", {"more": "department"}))) == 13


def test_form_without_scripts_goes_to_the_address_of_its_filters(
    bob: User, people: list[Row]
) -> None:
    client = sign_in(bob)
    sent = {
        "filters": "open",
        "facet": "seniority",
        "seniority": ["VP"],
        "department_not": "IT",
        "find_seniority": "",
        "stale": "hide",
    }
    response = client.post(LIST, sent, follow=True)
    assert names(response) == ["Person 001"]
    # The facet whose button was pressed is there with its counts.
    assert {"VP": "1", "Director": "1", "No seniority": "1"}.items() <= rows(response).items()
    assert sorted(boxes(response)) == ["department_not=IT", "seniority=VP"]


def test_wrong_filter_is_said_beside_its_field_in_the_drawer(bob: User, people: list[Row]) -> None:
    client = sign_in(bob)
    page = client.get(LIST, {**OPEN, "nace_in": "Nothing", "quality_from": "x"})
    assert page.status_code == 422
    assert page["HX-Retarget"] == "#contacts"
    body = page.content.decode()
    assert re.search(
        r'id="fault-nace_in">.*?NACE industry does not know “Nothing”', body, re.DOTALL
    )
    assert re.search(r'id="h-quality_from">.*?Vendor quality from must be', body, re.DOTALL)
    facet = client.get(f"{LIST}facets/country/", {"quality_from": "x"})
    assert facet.status_code == 422
    assert rows(facet) == {}


# --- Who sees what --------------------------------------------------------------------------------


def test_facets_about_addresses_do_not_exist_for_viewers(
    bob: User, vera: User, people: list[Row]
) -> None:
    viewer, member = sign_in(vera), sign_in(bob)
    for name in ("email_status", "checked"):
        assert member.get(f"{LIST}facets/{name}/").status_code == 200
        assert viewer.get(f"{LIST}facets/{name}/").status_code == 404
        assert f"facets/{name}/" not in viewer.get(LIST, OPEN).content.decode()
    # Nor do they count by what is hidden.
    asked = {"q": "a@halden", "email_status": "valid"}
    assert rows(member.post(f"{LIST}facets/department/", asked))["Sales"] == "1"
    assert "Sales" not in rows(viewer.post(f"{LIST}facets/department/", {"q": "a@halden"}))
    assert member.get(f"{LIST}facets/nothing/").status_code == 404
    # Not a facet, although a filter.
    assert member.get(f"{LIST}facets/stale/").status_code == 404


def test_counts_never_tell_of_another_organization(
    bob: User, charlie: User, acme: Organization, people: list[Row], tmp_path: Path
) -> None:
    secret = {"domain": "secret.example", "technologies": ["Secretware"]}
    take_in(tmp_path, person(1, department="Legal"), organization=acme)
    take_in(tmp_path, person(9, department="Secret", company=secret), organization=acme)
    own, other = sign_in(bob), sign_in(charlie)
    assert rows(own.get(f"{LIST}facets/department/")) == {
        "IT": "1", "Legal": "1", "Sales": "1", "Secret": "1", "No department": "1",
    }  # fmt: skip
    assert rows(other.get(f"{LIST}facets/department/")) == {
        "Sales": "2", "IT": "1", "No department": "1",
    }  # fmt: skip
    for area in (LIST, COMPANIES):
        found = other.get(f"{area}facets/technology/", {"find_technology": "secretwar"})
        assert found.status_code == 422
        assert "Secretware" not in found.content.decode()
        assert rows(own.get(f"{area}facets/technology/"))["Secretware"] == "1"
    # Whether there is such a value is a read as well.
    for name, value in (("technology", "secretware"), ("department", "SECRET")):
        assert own.get(LIST, {name: value}).status_code == 200
        assert other.get(LIST, {name: value}).status_code == 422
    assert text_of(other.get(f"{LIST}total/")).strip() == "4"
    assert text_of(own.get(f"{LIST}total/")).strip() == "5"


# --- Values that there are none of ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "name", "text", "words"),
    [
        (
            LIST,
            "seniority",
            "Nosuch",
            "Seniority does not know “Nosuch”; choose a value of the list.",
        ),
        (LIST, "seniority", "vp;Nosuch", "Seniority does not know “Nosuch”"),
        (LIST, "seniority_not", "Nosuch", "Seniority does not know “Nosuch”"),
        (LIST, "department", "Nosuch", "Department does not know “Nosuch”"),
        (LIST, "industry", "Nosuch", "Industry does not know “Nosuch”"),
        (LIST, "keyword", "Nosuch", "Keyword does not know “Nosuch”"),
        (COMPANIES, "function", "Nosuch", "Function does not know “Nosuch”"),
        (COMPANIES, "technology", "Nosuch", "Technology does not know “Nosuch”"),
        (COMPANIES, "region", "Nosuch, Norway", "Region does not know “Nosuch, Norway”"),
        (LIST, "city", "Nosuch, Norway", "City does not know “Nosuch, Norway”"),
    ],
)
def test_typed_value_that_nobody_has_is_a_fault_of_its_field(
    bob: User, people: list[Row], area: str, name: str, text: str, words: str
) -> None:
    page = sign_in(bob).get(area, {**OPEN, name: text})
    assert page.status_code == 422
    assert words in text_of(page)
    # The text is kept, and nothing is listed as if the filter had been dropped.
    kept = re.findall(
        r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"[^>]*aria-invalid', page.content.decode()
    )
    assert (name, text.replace(";", "; ")) in kept
    assert names(page) == []
    known = sign_in(bob).get(LIST, {"seniority": "vp;DIRECTOR"})
    assert known.status_code == 200


# --- Estimates ------------------------------------------------------------------------------------


def test_counts_of_a_sample_say_so(
    bob: User, people: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "CHEAP", -1)
    monkeypatch.setattr(sql, "find_percent", lambda kind: 99.9999)
    monkeypatch.setattr(house, "FEWEST_SAMPLED", 0)
    asked = {"department": "IT", "seniority": "Director"}
    page = sign_in(bob).get(f"{LIST}facets/department/", asked)
    assert rows(page) == {"Sales": "≈\u00a01", "IT": "few", "No department": "few"}
    assert "Counted on a sample" in text_of(page)
    assert "1 set" in text_of(page)


def test_total_is_exact_or_clearly_an_estimate(
    bob: User, people: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(bob)
    assert text_of(client.get(f"{LIST}total/", {"seniority": "VP"})).strip() == "2"
    assert client.get(f"{LIST}total/", {"quality_from": "x"}).status_code == 422
    assert text_of(client.get(f"{COMPANIES}total/")).strip() == "2"
    monkeypatch.setattr(
        "contacthub.web.views.catalog.facets.count_exactly",
        lambda **_: house.Total(41_234, is_estimate=True),
    )
    assert "≈ 41,000" in text_of(client.get(f"{LIST}total/"))


def test_list_beyond_the_cap_offers_to_count_exactly(
    bob: User, people: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(bob)
    assert "Count exactly" not in text_of(client.get(LIST))

    monkeypatch.setattr(
        "contacthub.web.views.catalog.contact_list.search.count_contacts",
        lambda **_: Count(10_000, True),
    )
    page = client.get(LIST, {"seniority": "VP"})
    assert "Count exactly" in text_of(page)
    found = re.search(r'hx-get="([^"]*total/[^"]*)"', page.content.decode())
    assert found
    assert html.unescape(found[1]) == f"{LIST}total/?seniority=VP"
