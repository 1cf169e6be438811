"""Letrics, line by line of its contract (docs/protocols.md)."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacthub.credentials import actions as keys
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditRead, Organization
from contacthub.wire import letrics as wire
from tests.api.conftest import Program, make_key
from tests.api.letrics.conftest import (
    COMPANY_PATH,
    CONTACT_PATH,
    CONTACTS,
    ask,
    by_header,
    companies,
    contacts,
)
from tests.contacts.files import take_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]

SAMPLES = Path(__file__).parents[2] / "samples" / "letrics"
PATHS = (CONTACT_PATH, COMPANY_PATH)
EVERYBODY = [101, 102, 103, 104, 105]
EVERY_COMPANY = [11, 12, 13, 14]


def errors(program: Program, path: str = CONTACT_PATH, **wanted: Any) -> list[dict[str, Any]]:
    """Return the errors of a body that cannot be used."""
    response = program.post(path, wanted)
    assert response.status_code == 400, response.content
    assert (response.json()["data"], response.json()["meta"]) == (None, {})
    return response.json()["errors"]


def details(program: Program, path: str = CONTACT_PATH, **wanted: Any) -> str:
    """Return what the one wrong field is told."""
    [error] = errors(program, path, **wanted)
    assert (error["id"], error["code"]) == ("invalid_input", 400)
    return str(error["details"])


# --- What the vendor's document says --------------------------------------------------------------


def test_lt_01_contacts_and_companies(program: Program) -> None:
    assert contacts(program) == EVERYBODY
    assert companies(program) == EVERY_COMPANY


@pytest.mark.parametrize("path", PATHS)
def test_lt_02_every_answer_has_data_meta_and_errors(program: Program, path: str) -> None:
    answers = [
        program.post(path, {}),
        program.post(path, {"page": 0}),
        program.post(path, b"{"),
        program.client.delete(path),
        program.client.get(path),
        program.get(path + "/nowhere"),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 405, 401, 404]
    for answer in answers:
        assert list(answer.json()) == ["data", "meta", "errors"]
        assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", PATHS)
def test_lt_03_missing_or_wrong_key_is_401(acme: Organization, path: str) -> None:
    revoked, text = make_key(acme)
    keys.revoke_key(organization=acme, actor=Actor(name="Tests"), public_id=revoked.public_id)
    for header in ({}, {"Authorization": "Bearer nonsense"}, by_header(text), {"X-API-Key": text}):
        answer = Program(lambda key, header=header: header, "").post(path, {"page": "wrong"})
        assert answer.status_code == 401
        [error] = answer.json()["errors"]
        assert (error["id"], error["code"]) == ("unauthorized", 401)
        assert "Bearer YOUR_API_KEY" in error["details"]
        assert answer["WWW-Authenticate"] == "Bearer"


def test_lt_04_errors_have_id_code_and_details(program: Program) -> None:
    [error] = errors(program, per_page=101)
    assert error == {
        "id": "invalid_input",
        "code": 400,
        "details": "per_page: Input should be less than or equal to 100",
    }


def test_lt_04_each_wrong_field_has_one_error(program: Program) -> None:
    found = errors(program, page=0, locations=["city:x", "y", "z", "a", "b"], job_titles="manager")
    assert {error["details"].partition(":")[0] for error in found} == {
        "page", "locations.0", "job_titles"
    }  # fmt: skip
    assert next(e for e in found if "locations" in e["details"])["details"].endswith("And 2 more.")


def test_lt_10_to_23_all_fields_of_the_document_are_there() -> None:
    kinds = {
        "array[string]": "array",
        "boolean": "boolean",
        "integer": "integer",
        "string (UTC ISO8601)": "string",
    }
    stated = json.loads((SAMPLES / "request_fields.json").read_text())
    for name, model in (("contacts", wire.ContactsRequest), ("companies", wire.CompaniesRequest)):
        properties = model.model_json_schema()["properties"]
        for field, kind in stated[name].items():
            assert kinds[kind] in {it.get("type") for it in properties[field]["anyOf"]}


def test_lt_10_job_titles_match_in_part(program: Program) -> None:
    assert contacts(program, job_titles=["manager"]) == [101, 103]
    assert contacts(program, job_titles=["FINANCE", "vp"]) == [101, 102]
    assert contacts(program, job_titles=["nothing"]) == []


def test_lt_10_wildcards_are_plain_text(program: Program) -> None:
    assert contacts(program, job_titles=["100%"]) == [103]
    assert contacts(program, job_titles=["%"]) == [103]
    assert contacts(program, job_titles=["_"]) == []
    assert contacts(program, job_titles=["\\"]) == []


def test_lt_11_departments_match_exactly(program: Program) -> None:
    assert contacts(program, departments=["Finance"]) == [101]
    assert contacts(program, departments=["finance", "Sales"]) == [103, 104]
    assert contacts(program, departments=["Fin"]) == []


def test_lt_12_seniorities_match_exactly(program: Program) -> None:
    assert contacts(program, seniorities=["Manager"]) == [101, 103]
    assert contacts(program, seniorities=["manager"]) == []
    assert contacts(program, seniorities=["VP", "Junior"]) == [102, 104]


@pytest.mark.parametrize(
    ("flag", "found"),
    [
        ("has_personal_emails", [101, 103]),
        ("has_linkedin_profile", [101, 102]),
        ("is_decision_maker", [101]),
    ],
)
def test_lt_13_to_15_flags_keep_who_has_it(program: Program, flag: str, found: list[int]) -> None:
    assert contacts(program, **{flag: True}) == found


def test_lt_16_added_after_is_of_the_company_and_inclusive(program: Program) -> None:
    assert contacts(program, added_after="2026-02-10T12:00:00Z") == [102, 103, 104]
    assert contacts(program, added_after="2026-02-10T12:00:00.000001Z") == [103, 104]
    assert contacts(program, added_after="2026-02-10T12:00:00+00:00") == [102, 103, 104]
    assert contacts(program, added_after="2026-02-11T11:59:00+23:59") == [102, 103, 104]
    assert contacts(program, added_after="0001-01-01T00:00:00Z") == [101, 102, 103, 104]


def test_lt_16_17_time_without_a_zone_is_utc(program: Program) -> None:
    for path in (CONTACT_PATH, COMPANY_PATH):
        for time in ("2026-02-10T12:00:00", "2026-02-10T12:00", "2026-02-10t12:00:00.000001"):
            for name in ("added_after", "added_before"):
                plain, in_utc = (ask(program, path, **{name: text}) for text in (time, time + "Z"))
                assert plain.status_code == 200
                assert plain.json() == in_utc.json()
            asked = program.get(f"{path}?added_after={time}")
            assert asked.json() == program.get(f"{path}?added_after={time}Z").json()


def test_lt_o5_whole_number_in_any_form_of_json(program: Program) -> None:
    for text in ("2", "2.0", "0.2e1"):
        meta = program.post(
            CONTACT_PATH, f'{{"page": {text}, "per_page": {text}}}'.encode()
        ).json()["meta"]
        assert (str(meta["page"]), str(meta["per_page"])) == ("2", "2")


def test_lt_17_added_before_is_of_the_company_and_inclusive(program: Program) -> None:
    assert contacts(program, added_before="2026-02-10T12:00:00Z") == [101, 102]
    assert contacts(program, added_before="2026-02-10T11:59:59Z") == [101]
    assert contacts(
        program, added_after="2026-02-10T12:00:00Z", added_before="2026-02-10T12:00:00Z"
    ) == [102]


def test_lt_18_locations_of_the_company(program: Program) -> None:
    found = dict(
        zip(
            json.loads((SAMPLES / "locations.json").read_text()),
            ([102], [102], [103], [104]),
            strict=True,
        )
    )
    for location, expected in found.items():
        assert contacts(program, locations=[location]) == expected, location
    assert contacts(program, locations=list(found)) == [102, 103, 104]
    assert contacts(program, locations=["city:London||Greater London||United Kingdom"]) == [103]
    assert contacts(program, locations=["city:London||Kent||United Kingdom"]) == []
    assert contacts(program, locations=["city:Oslo||||Norway"]) == [101]
    assert contacts(program, locations=["COUNTRY:Norway".lower()]) == [101]


def test_lt_19_functions_and_industries_of_the_company(program: Program) -> None:
    assert contacts(program, functions=["Sales"]) == [101, 103]
    assert contacts(program, industries=["Robotics", "Food"]) == [101, 103]
    assert contacts(program, industries=["Manufacturing"], functions=["Engineering"]) == [101]
    assert contacts(program, industries=["robotics"]) == []


def test_lt_20_tlds_of_the_company(program: Program) -> None:
    assert contacts(program, tlds=["no"]) == [101]
    assert contacts(program, tlds=[".CO.UK", "com"]) == [102, 103]
    assert contacts(program, tlds=["uk"]) == [103]
    assert contacts(program, tlds=["o"]) == []


def test_lt_21_technologies_overlap(program: Program) -> None:
    assert contacts(program, technologies=["Python"]) == [101, 102]
    assert contacts(program, technologies=["SAP", "Snowflake"]) == [102, 103]


@pytest.mark.parametrize("path", PATHS)
def test_lt_22_page_is_1_unless_said(program: Program, path: str) -> None:
    first = ask(program, path, per_page=2).json()
    assert first["meta"]["page"] == 1
    assert first["data"] == ask(program, path, per_page=2, page=1).json()["data"]
    assert first["data"] != ask(program, path, per_page=2, page=2).json()["data"]


def test_lt_23_per_page_is_25_unless_said_and_100_at_most(program: Program, tmp_path: Path) -> None:
    take_in(tmp_path, *({"id": 1000 + n, "full_name": f"N {n}"} for n in range(120)))
    assert len(contacts(program)) == 25
    assert len(contacts(program, per_page=100)) == 100
    assert "100" in details(program, per_page=101)


def test_lt_30_companies_take_the_fields_of_companies(program: Program) -> None:
    assert companies(program, added_after="2026-03-10T00:00:00Z") == [13, 14]
    assert companies(program, added_before="2026-02-10T12:00:00Z") == [11, 12]
    assert companies(program, locations=["state:California||United States"]) == [12]
    assert companies(program, functions=["Sales"]) == [11, 13]
    assert companies(program, industries=["Software"]) == [12]
    assert companies(program, tlds=["com.br", "no"]) == [11, 14]
    assert companies(program, technologies=["Python"]) == [11, 12]
    assert companies(program, page=2, per_page=3) == [14]


def test_lt_30_companies_take_no_field_of_contacts(program: Program) -> None:
    names = set(wire.ContactsRequest.model_fields) - set(wire.CompaniesRequest.model_fields)
    assert len(names) == 12
    for name in names:
        assert "no such field" in details(program, COMPANY_PATH, **{name: ["x"]})


# --- Newer revision of the document ---------------------------------------------------------------


def test_lt_f2_personal_email_has_two_names(program: Program) -> None:
    assert contacts(program, has_personal_email=True) == [101, 103]
    assert contacts(program, has_personal_email=False) == EVERYBODY
    assert contacts(program, has_personal_email=True, has_personal_emails=False) == [101, 103]


def test_lt_f2_flags_of_the_company(program: Program) -> None:
    assert contacts(program, company_has_generic_email=True) == [101]
    assert contacts(program, company_has_linkedin_profile=True) == [101]


@pytest.mark.parametrize(
    ("field", "values", "left"),
    [
        ("job_titles", ["manager"], [102, 104, 105]),
        ("departments", ["Finance"], [102, 103, 104, 105]),
        ("seniorities", ["Manager", "VP"], [104, 105]),
        ("locations", ["country:Norway", "city:London||||United Kingdom"], [102, 104, 105]),
        ("functions", ["Sales"], [102, 104, 105]),
        ("industries", ["Robotics", "Software"], [103, 104, 105]),
        ("tlds", ["co.uk", ".no"], [102, 104, 105]),
        ("technologies", ["Python"], [103, 104, 105]),
    ],
)
def test_lt_f2_every_list_has_a_twin_that_excludes(
    program: Program, field: str, values: list[str], left: list[int]
) -> None:
    assert contacts(program, **{f"exclude_{field}": values}) == left
    assert contacts(program, **{f"exclude_{field}": values, field: values}) == []


@pytest.mark.parametrize(
    ("field", "values", "left"),
    [
        ("locations", ["country:Norway"], [12, 13, 14]),
        ("functions", ["Sales"], [12, 14]),
        ("industries", ["Robotics", "Software"], [13, 14]),
        ("tlds", ["uk", "no"], [12, 14]),
        ("technologies", ["Python"], [13, 14]),
    ],
)
def test_lt_f2_twins_of_companies(
    program: Program, field: str, values: list[str], left: list[int]
) -> None:
    assert companies(program, **{f"exclude_{field}": values}) == left


def test_lt_f2_lists_are_all_there() -> None:
    for model in (wire.ContactsRequest, wire.CompaniesRequest):
        lists = {
            name
            for name, field in model.model_fields.items()
            if any("list" in str(arg) for arg in get_args(field.annotation))
        }
        plain = {name for name in lists if not name.startswith("exclude_")}
        assert lists == plain | {f"exclude_{name}" for name in plain}


# --- Our choice -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_lt_o1_an_empty_body_asks_nothing(program: Program, path: str) -> None:
    for body in (b"", b"{}", b" {} "):
        answer = program.post(path, body)
        assert answer.status_code == 200, answer.content
        assert len(answer.json()["data"]) >= 4


@pytest.mark.parametrize("path", PATHS)
def test_lt_o1_get_answers_the_same_as_post(program: Program, path: str) -> None:
    tlds = {"tlds": ["no", "co.uk"], "page": 1, "per_page": 1}
    expected = program.post(path, tlds).json()
    assert expected["meta"]["total"] == 2
    for query in (
        "tlds=no&tlds=co.uk&page=1&per_page=1",
        "tlds[]=no&tlds[]=.CO.UK&page=1&per_page=1",
        "tlds%5B%5D=no&tlds=co.uk&page=1&per_page=1",
    ):
        assert program.get(f"{path}?{query}").json() == expected


def test_lt_o1_a_plus_that_was_not_escaped_is_a_plus(program: Program) -> None:
    found = program.get(f"{CONTACT_PATH}?added_after=2026-03-10T00:00:00+00:00").json()
    assert [item["id"] for item in found["data"]] == [103, 104]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_lt_o1_other_methods_are_405(program: Program, method: str) -> None:
    answer = program.client.generic(method, CONTACT_PATH, headers=program.headers)
    assert answer.status_code == 405
    assert answer.json()["errors"][0]["id"] == "method_not_allowed"
    assert set(answer["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}


def test_lt_o2_meta_says_which_page_of_how_many(program: Program) -> None:
    answer = ask(program, CONTACT_PATH, per_page=2, page=3).json()
    assert answer["meta"] == {"page": 3, "per_page": 2, "total": 5, "total_pages": 3}
    assert answer["errors"] == []
    nothing = ask(program, CONTACT_PATH, job_titles=["nobody"]).json()
    assert nothing == {
        "data": [],
        "meta": {"page": 1, "per_page": 25, "total": 0, "total_pages": 0},
        "errors": [],
    }


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("body", "error_id"),
    [
        (b"{", "invalid_json"),
        (b"\xff", "invalid_json"),
        (b'{"page": NaN}', "invalid_json"),
        (b'{"page": 1, "page": 2}', "invalid_json"),
        (b'{"tlds": ["\\u0000"]}', "invalid_json"),
        (b'{"tlds": ["\\ud800"]}', "invalid_json"),
        (b"[" * 5_000 + b"]" * 5_000, "invalid_json"),
        (b'{"page": ' + b"9" * 400 + b"}", "invalid_json"),
        (b"[]", "invalid_input"),
        (b'"text"', "invalid_input"),
        (b"5", "invalid_input"),
    ],
)
def test_lt_o2_hostile_bodies_are_400(
    program: Program, path: str, body: bytes, error_id: str
) -> None:
    answer = program.post(path, body)
    assert answer.status_code == 400, answer.content
    assert [(e["id"], e["code"]) for e in answer.json()["errors"]] == [(error_id, 400)]


def test_lt_o2_every_status_has_its_error_id(
    program: Program, acme: Organization, settings: Any
) -> None:
    narrow = Program(by_header, make_key(acme, "contactbased")[1])
    slow = Program(by_header, make_key(acme, rate=1)[1])
    slow.post(CONTACT_PATH, {})
    seen = {
        "forbidden": narrow.post(CONTACT_PATH, {}),
        "not_found": program.post("/api/contacts/5", {}),
        "payload_too_large": program.post(CONTACT_PATH, b" " * (1024 * 1024 + 1)),
        "unsupported_media_type": program.post(CONTACT_PATH, b"a=1", content_type="text/plain"),
        "rate_limited": slow.post(CONTACT_PATH, {}),
    }
    statuses = [403, 404, 413, 415, 429]
    for (error_id, answer), status in zip(seen.items(), statuses, strict=True):
        assert answer.status_code == status
        [error] = answer.json()["errors"]
        assert (error["id"], error["code"]) == (error_id, status)
        assert error["details"]
    assert int(seen["rate_limited"]["Retry-After"]) > 0


def test_lt_o3_between_fields_all_must_hold(program: Program) -> None:
    assert contacts(program, job_titles=["manager"], tlds=["no"]) == [101]


def test_lt_o3_null_and_nothing_filter_nothing(program: Program) -> None:
    nothing = dict.fromkeys(wire.ContactsRequest.model_fields)
    assert program.post(CONTACT_PATH, nothing).json()["meta"]["total"] == 5
    lists = {
        name: []
        for name, field in wire.ContactsRequest.model_fields.items()
        if "list" in str(field.annotation)
    }
    assert len(lists) == 16
    assert program.post(CONTACT_PATH, lists).json()["meta"]["total"] == 5


@pytest.mark.parametrize(
    "flag",
    [
        "has_personal_emails",
        "has_linkedin_profile",
        "is_decision_maker",
        "company_has_generic_email",
        "company_has_linkedin_profile",
    ],
)
def test_lt_o3_false_filters_nothing(program: Program, flag: str) -> None:
    assert contacts(program, **{flag: False}) == EVERYBODY


def test_lt_o4_words_are_case_sensitive_places_are_not(program: Program) -> None:
    assert contacts(program, technologies=["python"]) == []
    assert contacts(program, functions=["sales"]) == []
    assert contacts(program, locations=["city:san francisco||CALIFORNIA||united states"]) == [102]
    assert contacts(program, locations=["country:norWAY"]) == [101]
    for same in ("NO", "nor", "Norge"):
        assert contacts(program, locations=[f"country:{same}"]) == [101]
        assert contacts(program, locations=[f"city:Oslo||||{same}"]) == [101]


@pytest.mark.parametrize(
    "location",
    [
        "Norway",
        "country:",
        "country: ",
        "country:a||b",
        "country:Narnia",
        "city:Oslo||||ß",
        "state:California",
        "state:||United States",
        "state:California||",
        "state:a||b||c",
        "city:London",
        "city:London||United Kingdom",
        "city:||California||United States",
        "city:London||||",
        "city:a||b||c||d",
        "city:a|b||||c",
        "planet:Earth",
        "",
    ],
)
def test_lt_o4_other_locations_are_400(program: Program, location: str) -> None:
    assert details(program, locations=[location]).startswith("locations.0: ")
    assert details(program, COMPANY_PATH, exclude_locations=[location]).startswith("exclude_")


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": 0},
        {"page": -1},
        {"page": 2**63},
        {"page": 1.5},
        {"page": "1"},
        {"page": True},
        {"page": [1]},
        {"per_page": 0},
        {"per_page": 101},
        {"job_titles": "manager"},
        {"job_titles": [1]},
        {"job_titles": [None]},
        {"job_titles": [["manager"]]},
        {"job_titles": [" "]},
        {"job_titles": ["x" * 501]},
        {"job_titles": ["x"] * 101},
        {"departments": {"a": 1}},
        {"has_personal_emails": "true"},
        {"is_decision_maker": 1},
        {"page": "1.0"},
        {"page": 1e300},
        {"added_after": "2026-01-31"},
        {"added_after": "2026-01-31T00:00:00 "},
        {"added_after": "2026-02-30T00:00:00"},
        {"added_after": "2026-02-30T00:00:00Z"},
        {"added_after": "2026-01-31T25:00:00Z"},
        {"added_after": 1769817600},
        {"added_after": "yesterday"},
        {"added_after": "0001-01-01T00:00:00+01:00"},
        {"added_before": ""},
        {"tlds": ["a b"]},
        {"tlds": ["."]},
        {"nonsense": 1},
        {"Page": 1},
    ],
)
def test_lt_o5_wrong_values_are_400_and_named(program: Program, wrong: dict[str, Any]) -> None:
    [name] = wrong
    assert details(program, **wrong).startswith(name)


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=",
        "page=1.0",
        "page=one",
        "page=1&page=2",
        "page[]=1",
        "per_page=101",
        "has_personal_emails=yes",
        "has_personal_emails=",
        "is_decision_maker=true&is_decision_maker=true",
        "added_after=2026-01-31",
        "added_after=a&added_after=b",
        "locations=Norway",
        "job_titles=",
        "job_titles=%00",
        "%00=1",
        "nonsense=1",
        "exclude_page=1",
        "page=" + "9" * 30,
    ],
)
def test_lt_o5_wrong_parameters_are_400_and_named(program: Program, query: str) -> None:
    answer = program.get(f"{CONTACT_PATH}?{query}")
    assert answer.status_code == 400, answer.content
    [error] = answer.json()["errors"]
    assert error["id"] == "invalid_input"
    assert error["details"].startswith(query.partition("=")[0].replace("%00", ""))


def test_lt_o5_pages_beyond_the_end_are_empty(program: Program) -> None:
    for page in (3, 4, 1_000_000_000):
        answer = ask(program, CONTACT_PATH, page=page, per_page=5).json()
        assert answer["data"] == []
        assert answer["meta"] == {"page": page, "per_page": 5, "total": 5, "total_pages": 1}


def test_lt_o5_pages_are_by_ascending_id_and_hold_everyone_once(
    program: Program, tmp_path: Path
) -> None:
    take_in(tmp_path, *({"id": 900 - n, "full_name": f"N {n}"} for n in range(30)))
    walked = [number for page in range(1, 6) for number in contacts(program, page=page, per_page=8)]
    assert walked == sorted(walked)
    assert len(walked) == len(set(walked)) == 35


def test_lt_o6_a_contact(program: Program) -> None:
    found = ask(program, CONTACT_PATH, job_titles=["finance"]).json()["data"]
    assert found == [
        {
            "id": 101,
            "first_name": "Ingrid",
            "last_name": "Solheim",
            "full_name": "Ingrid Solheim",
            "job_title": "Finance Manager",
            "department": "Finance",
            "seniority": "Manager",
            "is_decision_maker": True,
            "emails": [
                {"email": "ingrid@haldenrobotics.no", "type": "work"},
                {"email": "ingrid@home.example", "type": "personal"},
            ],
            "linkedin_url": "https://www.linkedin.com/in/ingrid",
            "company": {
                "id": 11,
                "name": "Halden Robotics",
                "domain": "haldenrobotics.no",
                "tld": "no",
                "industry": "Robotics",
                "functions": ["Engineering", "Sales"],
                "technologies": ["Python", "PostgreSQL"],
                "location": {"city": "Oslo", "state": None, "country": "Norway"},
                "linkedin_url": "https://www.linkedin.com/company/halden",
                "created_at": "2026-01-10T00:00:00Z",
            },
        }
    ]


def test_lt_o6_a_contact_that_little_is_known_of(program: Program) -> None:
    eve = ask(program, CONTACT_PATH, page=5, per_page=1).json()["data"][0]
    assert (eve["company"], eve["job_title"], eve["full_name"]) == (None, None, "Eve Solo")
    assert [email["email"] for email in eve["emails"]] == ["eve@solo.example"]
    for each in ask(program, CONTACT_PATH).json()["data"]:
        wire.Contact.model_validate(each)
        assert list(each) == list(wire.Contact.model_fields)


def test_lt_o6_a_company(program: Program) -> None:
    for each in ask(program, COMPANY_PATH).json()["data"]:
        wire.Company.model_validate(each)
        assert list(each) == list(wire.Company.model_fields)


# --- Whose, and how fast --------------------------------------------------------------------------


@pytest.mark.usefixtures("private")
def test_private_contacts_are_their_organizations(program: Program, stranger: Program) -> None:
    assert contacts(program) == [*EVERYBODY, 109]
    assert companies(program) == [*EVERY_COMPANY, 19]
    assert contacts(stranger) == EVERYBODY
    assert companies(stranger) == EVERY_COMPANY
    assert contacts(stranger, technologies=["Python"]) == [101, 102]
    assert ask(stranger, CONTACT_PATH, job_titles=["manager"]).json()["meta"]["total"] == 2


def test_own_contact_hides_the_shared_one(
    program: Program, stranger: Program, acme: Organization, tmp_path: Path
) -> None:
    take_in(tmp_path, CONTACTS[0] | {"job_title": "Chief of Finance"}, organization=acme)
    [own] = ask(program, CONTACT_PATH, job_titles=["finance"]).json()["data"]
    assert (own["id"], own["job_title"]) == (101, "Chief of Finance")
    assert contacts(program, job_titles=["manager"]) == [103]
    assert contacts(stranger, job_titles=["manager"]) == [101, 103]


@pytest.mark.parametrize("path", PATHS)
def test_statements_do_not_grow_with_the_page(program: Program, path: str, tmp_path: Path) -> None:
    rows = (
        {
            "id": 2000 + n,
            "full_name": f"N {n}",
            "emails": [f"n{n}@more.example"],
            "company": {"id": 3000 + n, "domain": f"n{n}.example"},
        }
        for n in range(100)
    )
    take_in(tmp_path, *rows)
    counted = [_count_statements(program, path, size) for size in (2, 100)]
    assert counted[0] == counted[1] <= 8


def _count_statements(program: Program, path: str, size: int) -> int:
    program.post(path, {"per_page": size})
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = program.post(path, {"per_page": size})
    assert len(answer.json()["data"]) == size
    return len(captured)


def test_contacts_that_are_read_are_audited_and_companies_are_not(program: Program) -> None:
    contacts(program, job_titles=["manager"])
    contacts(program, job_titles=["nothing"])
    program.post("/api/companies", {})
    [read] = AuditRead.objects.all()
    assert (read.action, read.detail) == ("Read contacts", "Letrics")
    # Each question is asked both ways.
    assert (read.rows, read.requests) == (2 * 2, 2)
