"""Rich Utilities, line by line of its contract (docs/protocols.md)."""

import base64
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacthub.credentials import actions as keys
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditRead, Organization
from contacthub.wire import richutilities as wire
from tests.api.conftest import Program, make_key
from tests.api.richutilities.conftest import (
    CONTACTS,
    PATH,
    by_bearer,
    ids,
    in_order,
    page,
    refusal,
    walk,
)
from tests.contacts.files import Row, take_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]

SAMPLES = Path(__file__).parents[2] / "samples" / "richutilities"
FRESH = [201, 202, 203, 204, 205]
ALL = {"exclude_stale": "false", "exclude_speculative": "false"}


# --- Parameters of the vendor's document ----------------------------------------------------------


def test_ru_01_to_24_all_parameters_of_the_document_are_there() -> None:
    kinds = {"integer": "integer", "string": "string", "boolean": "boolean", "float": "number"}
    stated = json.loads((SAMPLES / "parameters.json").read_text())
    properties = wire.ContactsQuery.model_json_schema()["properties"]
    assert list(properties) == list(stated)
    for name, kind in stated.items():
        schema = properties[name]
        if kind.endswith("[]"):
            assert (schema["type"], schema["items"]["type"]) == ("array", kinds[kind[:-2]])
        else:
            choices = schema.get("anyOf", [schema])
            assert kinds[kind] in {choice.get("type") for choice in choices}


def test_ru_01_company_id(program: Program) -> None:
    assert ids(program, company_id=21) == [201]
    assert ids(program, company_id=999) == []


def test_ru_02_q_finds_names_and_addresses(program: Program) -> None:
    assert ids(program, q="berg") == [201]
    assert ids(program, q="BJÖRN") == [202]
    assert ids(program, q="@malmobank") == [202]
    assert ids(program, q="d_aho") == [204]
    assert ids(program, q="a_ho") == []
    assert ids(program, q="%") == []


@pytest.mark.parametrize(
    ("source", "found"),
    [("website", 201), ("linkedin", 202), ("facebook", 203), ("twitter", 204), ("manual", 205)],
)
def test_ru_03_source(program: Program, source: str, found: int) -> None:
    assert ids(program, source=source) == [found]


def test_ru_04_verified(program: Program) -> None:
    assert ids(program, verified="true") == [201, 203]


def test_ru_05_has_email(program: Program) -> None:
    assert ids(program, has_email="true") == [201, 202, 204]


def test_ru_06_has_phone(program: Program) -> None:
    assert ids(program, has_phone="true") == [201, 203]


def test_ru_07_department(program: Program) -> None:
    assert ids(program, department="Engineering") == [202]


def test_ru_08_job_title_matches_in_part(program: Program) -> None:
    assert ids(program, job_title="sales") == [201, 203]
    assert ids(program, job_title="50%") == [202]
    assert ids(program, job_title="s_les") == []


@pytest.mark.parametrize(
    ("level", "found"), [("executive", 201), ("senior", 202), ("manager", 203), ("staff", 204)]
)
def test_ru_09_seniority_level(program: Program, level: str, found: int) -> None:
    assert ids(program, seniority_level=level) == [found]


def test_ru_10_quality_score_from_and_to(program: Program) -> None:
    assert ids(program, min_quality_score=70) == [201, 202, 203]
    assert ids(program, max_quality_score=70) == [202, 203, 204, 205]
    assert ids(program, min_quality_score=70, max_quality_score=70) == [202, 203]
    assert ids(program, max_quality_score=0) == [205]


def test_ru_11_confidence_from_and_to(program: Program) -> None:
    assert ids(program, min_confidence=0.8) == [201, 203]
    assert ids(program, max_confidence="0.2") == [204, 205]
    assert ids(program, min_confidence="2e-1", max_confidence=".5") == [202, 204]


@pytest.mark.parametrize(
    ("status", "found"), [("valid", 201), ("catch_all", 202), ("pending", 204), ("invalid", 206)]
)
def test_ru_12_email_status(program: Program, status: str, found: int) -> None:
    assert ids(program, email_status=status, exclude_stale="false") == [found]


def test_ru_13_stale_contacts_are_left_out_unless_asked_for(program: Program) -> None:
    assert ids(program) == FRESH
    assert ids(program, exclude_stale="true") == FRESH
    assert ids(program, exclude_stale="false") == [*FRESH, 206]


def test_ru_14_speculative_contacts_are_left_out_unless_asked_for(program: Program) -> None:
    assert ids(program, exclude_speculative="true") == FRESH
    assert ids(program, exclude_speculative="false") == [*FRESH, 207]
    assert ids(program, **ALL) == [*FRESH, 206, 207]


def test_ru_15_industry_id_is_of_an_assigned_node(program: Program) -> None:
    # 62.010 is 162010, 62 is 162, section C is 3.
    assert ids(program, industry_id=162010) == [201]
    assert ids(program, industry_id=162) == [203]
    assert ids(program, industry_id="3,16419") == [202, 203]
    assert ids(program, industry_id=10) == []
    assert ids(program, industry_id=999_999_999) == []


def test_ru_16_industry_section_is_above_an_assigned_node(program: Program) -> None:
    assert ids(program, industry_section="J") == [201, 203]
    assert ids(program, industry_section="K,C") == [202, 203]
    assert ids(program, industry_section="A") == []


@pytest.mark.parametrize(
    ("level", "found"), [(1, [203]), (2, [203]), (3, [201]), (4, [202]), (5, [201])]
)
def test_ru_17_industry_level_is_of_an_assigned_node(
    program: Program, level: int, found: list[int]
) -> None:
    assert ids(program, industry_level=level) == found


def test_ru_18_country_code(program: Program) -> None:
    assert ids(program, country_code="NO") == [201]
    assert ids(program, country_code="SE,DK") == [202, 203]
    assert ids(program, country_code="UK") == ids(program, country_code="GB") == []


def test_ru_19_exclude_industry_id(program: Program) -> None:
    assert ids(program, exclude_industry_id="162010,16419") == [203, 204, 205]


def test_ru_20_exclude_country_code(program: Program) -> None:
    assert ids(program, exclude_country_code="no,FI") == [202, 203, 205]


@pytest.mark.parametrize(
    ("sort", "ascending"),
    [
        ("quality_score", [205, 204, 202, 203, 201]),
        ("confidence", [205, 204, 202, 203, 201]),
        ("created_at", [204, 202, 203, 201, 205]),
        ("full_name", [201, 202, 203, 204, 205]),
    ],
)
def test_ru_21_and_22_sorts(program: Program, sort: str, ascending: list[int]) -> None:
    assert in_order(program, sort_by=sort, sort_order="asc") == ascending
    assert in_order(program, sort_by=sort, sort_order="desc") == ascending[::-1]


def test_ru_22_order_is_descending_unless_said(program: Program) -> None:
    assert in_order(program, sort_by="full_name") == FRESH[::-1]


@pytest.mark.parametrize("sort", ["quality_score", "confidence", "created_at", "full_name"])
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_ru_23_cursors_lead_through_everything_once(
    program: Program, sort: str, order: str, limit: int
) -> None:
    whole = in_order(program, sort_by=sort, sort_order=order, **ALL)
    assert len(whole) == 7
    assert walk(program, limit, sort_by=sort, sort_order=order, **ALL) == whole


def test_ru_24_limit_is_1_to_100_and_50_unless_said(program: Program, tmp_path: Path) -> None:
    take_in(tmp_path, *({"id": 3000 + n, "full_name": f"N {n}"} for n in range(110)))
    assert len(ids(program)) == 50
    assert page(program)["pagination"]["limit"] == 50
    assert len(ids(program, limit=1)) == 1
    assert len(ids(program, limit=100)) == 100
    for wrong in (0, -1, 101):
        assert refusal(program, f"limit={wrong}") == ("invalid_parameter", "limit")


def test_ru_30_a_contact_has_18_fields(program: Program) -> None:
    stated = json.loads((SAMPLES / "contact_fields.json").read_text())
    kinds: dict[str, Any] = {"integer": int, "string": str, "boolean": bool, "float": float}
    [contact] = page(program, company_id=21)["data"]
    assert list(contact) == list(stated)
    assert len(contact) == 18
    for name, kind in stated.items():
        assert type(contact[name]) is kinds[kind], name
    assert contact == {
        "id": 201,
        "company_id": 21,
        "full_name": "Astrid Berg",
        "job_title": "Head of Sales",
        "email": "astrid@fjordsoft.no",
        "phone": "+4722555018",
        "source": "website",
        "source_url": "https://fjordsoft.no/team",
        "verified": True,
        "seniority_level": "executive",
        "email_status": "valid",
        "department": "Sales",
        "quality_score": 90,
        "confidence": 0.95,
        "is_stale": False,
        "is_speculative": False,
        "created_at": "2026-01-05T08:00:00Z",
        "updated_at": "2026-02-05T08:00:00.500000Z",
    }


def test_ru_30_confidence_is_a_float_where_it_is_whole(program: Program) -> None:
    response = program.get(PATH, {"source": "manual"})
    assert b'"confidence":0.0,' in response.content


def test_ru_31_sources_are_the_five_of_the_table(program: Program) -> None:
    assert {contact["source"] for contact in page(program)["data"]} == {
        "website", "linkedin", "facebook", "twitter", "manual"
    }  # fmt: skip


def test_ru_32_sections_are_of_revision_2(program: Program, tmp_path: Path) -> None:
    for place, (section, code) in enumerate(
        [("C", "10.11"), ("J", "61.20"), ("K", "65"), ("M", "72.1"), ("U", "99.00")]
    ):
        company = {"id": 300 + place, "domain": f"s{place}.example", "nace_codes": [code]}
        take_in(tmp_path, {"id": 400 + place, "full_name": "S", "company": company})
        assert 400 + place in ids(program, industry_section=section)
    assert refusal(program, "industry_section=V")[1] == "industry_section"


# --- Found elsewhere, and our choice --------------------------------------------------------------


def test_ru_f2_missing_or_wrong_key_is_401(acme: Organization) -> None:
    revoked, text = make_key(acme)
    keys.revoke_key(organization=acme, actor=Actor(name="Tests"), public_id=revoked.public_id)
    for headers in ({}, by_bearer("nonsense"), by_bearer(text), {"X-API-Key": text}):
        answer = Program(lambda key, headers=headers: headers, "").get(PATH, {"limit": "wrong"})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "unauthorized"
        assert answer["WWW-Authenticate"] == "Bearer"


def test_ru_o1_key_travels_as_bearer_or_x_api_key(acme_key: str) -> None:
    for headers in (
        {"Authorization": f"Bearer {acme_key}"},
        {"Authorization": f"bearer {acme_key}"},
        {"X-API-Key": acme_key},
        {"X-API-Key": acme_key, "Authorization": "Basic eDp5"},
    ):
        assert Program(lambda key, headers=headers: headers, "").get(PATH).status_code == 200


def test_ru_o1_key_without_the_scope_is_403(acme: Organization) -> None:
    narrow = Program(by_bearer, make_key(acme, "letrics", "richutilities:write")[1])
    answer = narrow.get(PATH)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    reader = Program(by_bearer, make_key(acme, "richutilities:read")[1])
    assert reader.get(PATH).status_code == 200


def test_ru_o2_envelope(program: Program) -> None:
    reply = page(program, limit=2)
    assert list(reply) == ["data", "pagination"]
    assert list(reply["pagination"]) == ["limit", "has_more", "next_cursor"]
    assert reply["pagination"]["limit"] == 2
    assert reply["pagination"]["has_more"] is True
    whole = page(program, limit=5)
    assert whole["pagination"] == {"limit": 5, "has_more": False, "next_cursor": None}
    nothing = page(program, q="nobody")
    assert nothing == {
        "data": [],
        "pagination": {"limit": 50, "has_more": False, "next_cursor": None},
    }


def test_ru_o3_every_status_has_its_code(program: Program, acme: Organization) -> None:
    slow = Program(by_bearer, make_key(acme, rate=1)[1])
    slow.get(PATH)
    seen = {
        (404, "not_found"): program.get("/v1/contacts/201"),
        (404, "not_found "): program.get("/v1/companies"),
        (404, "not_found  "): program.get("/v1/contacts/"),
        (405, "method_not_allowed"): program.post(PATH, {}),
        (413, "payload_too_large"): program.post(PATH, b" " * (1024 * 1024 + 1)),
        (429, "rate_limited"): slow.get(PATH),
    }
    for (status, code), answer in seen.items():
        assert answer.status_code == status
        error = answer.json()["error"]
        assert (error["code"], error["parameter"]) == (code.strip(), None)
        assert error["message"]
    assert seen[405, "method_not_allowed"]["Allow"] == "GET"
    assert int(seen[429, "rate_limited"]["Retry-After"]) > 0


@pytest.mark.parametrize(
    "query",
    [
        "company_id=abc",
        "company_id=",
        "company_id=1.0",
        "company_id=0",
        "company_id=99999999999999999999999999",
        "company_id=1&company_id=2",
        "source=Website",
        "source=myspace",
        "source=",
        "verified=yes",
        "verified=",
        "has_email=2",
        "has_phone=on",
        "seniority_level=intern",
        "email_status=bounced",
        "min_quality_score=-1",
        "min_quality_score=101",
        "max_quality_score=50.5",
        "min_confidence=1.01",
        "max_confidence=-0.1",
        "min_confidence=nan",
        "max_confidence=inf",
        "min_confidence=high",
        "exclude_stale=maybe",
        "exclude_speculative=",
        "industry_id=1,x",
        "industry_id=-3",
        "industry_section=V",
        "industry_section=JK",
        "industry_section=1",
        "industry_level=0",
        "industry_level=6",
        "industry_level=1,2,x",
        "country_code=NOR",
        "country_code=N1",
        "country_code=NO,S",
        "country_code=XX",
        "country_code=ß",
        "country_code=ıs",
        "industry_section=ı",
        "industry_section=ſ",
        "exclude_industry_id=x",
        "exclude_country_code=Norway",
        "sort_by=name",
        "sort_by=",
        "sort_order=down",
        "sort_order=DESC",
        "limit=ten",
        "limit=",
        "limit=1e1",
        "limit=5&limit=6",
        "q=%00",
        "job_title=a%00b",
        "q=" + "x" * 201,
    ],
)
def test_ru_o3_wrong_values_are_400_and_named(program: Program, query: str) -> None:
    assert refusal(program, query) == ("invalid_parameter", query.partition("=")[0])


def test_ru_o3_empty_ranges_are_400(program: Program) -> None:
    for kind, low, high in (("quality_score", 1, 2), ("confidence", 0.1, 0.2)):
        wrong = f"min_{kind}={high}&max_{kind}={low}"
        assert refusal(program, wrong) == ("invalid_parameter", f"max_{kind}")
        ids(program, f"min_{kind}={high}&max_{kind}={high}")


def test_ru_o3_unknown_parameters_are_ignored(program: Program) -> None:
    assert ids(program, "color=blue&page=7&limit[]=1&utm_source=x") == FRESH


@pytest.mark.parametrize(
    ("parameter", "with_it"),
    [("verified", [201, 203]), ("has_email", [201, 202, 204]), ("has_phone", [201, 203])],
)
def test_ru_o4_true_must_hold_and_false_must_not(
    program: Program, parameter: str, with_it: list[int]
) -> None:
    for true, false in (("true", "false"), ("1", "0"), ("TRUE", "False")):
        assert ids(program, f"{parameter}={true}") == with_it
        assert ids(program, f"{parameter}={false}") == [n for n in FRESH if n not in with_it]


def test_ru_o5_lists_take_commas_and_repetition(program: Program) -> None:
    for query in (
        "country_code=NO,SE",
        "country_code=NO&country_code=SE",
        "country_code=no,&country_code=%20se%20,,",
        "country_code[]=NO&country_code[]=SE",
    ):
        assert ids(program, query) == [201, 202], query
    assert ids(program, "country_code=,") == FRESH
    assert ids(program, "country_code=") == FRESH
    assert ids(program, "industry_section=j") == [201, 203]


def test_ru_o5_exclusion_beats_inclusion(program: Program) -> None:
    assert ids(program, country_code="NO,SE", exclude_country_code="SE") == [201]
    assert ids(program, industry_section="J", exclude_industry_id=162) == [201]


def test_ru_o5_between_parameters_all_must_hold(program: Program) -> None:
    assert ids(program, job_title="sales", verified="true", country_code="DK") == [203]


def test_ru_o6_department_is_whole_in_any_case(program: Program) -> None:
    assert ids(program, department="SALES") == [201, 203]
    assert ids(program, department="Sale") == []
    assert ids(program, job_title="HEAD OF") == [201]


def test_ru_o6_empty_texts_filter_nothing(program: Program) -> None:
    assert ids(program, "q=&department=&job_title=&cursor=") == FRESH


def test_ru_o7_sort_is_by_quality_score_unless_said(program: Program) -> None:
    assert in_order(program) == [201, 203, 202, 204, 205]


def test_ru_o7_ties_go_by_id_in_the_same_direction(program: Program) -> None:
    tied = {"min_quality_score": 70, "max_quality_score": 70}
    assert in_order(program, **tied) == [203, 202]
    assert in_order(program, **tied, sort_order="asc") == [202, 203]


def test_ru_o7_cursor_of_another_sort_is_refused(program: Program) -> None:
    cursor = page(program, limit=2, sort_by="full_name")["pagination"]["next_cursor"]
    refused = ("invalid_cursor", "cursor")
    assert refusal(program, f"cursor={cursor}") == refused
    assert refusal(program, f"cursor={cursor}&sort_by=full_name&sort_order=asc") == refused
    assert ids(program, f"cursor={cursor}&sort_by=full_name&sort_order=desc")


def test_ru_o7_cursor_is_base64url_and_signed(program: Program) -> None:
    cursor = page(program, limit=2)["pagination"]["next_cursor"]
    signed = base64.urlsafe_b64decode(cursor + "==")
    place = orjson.loads(signed[16:])
    assert place[:2] == ["quality_score", "desc"]
    place[-1] = 1
    forged = base64.urlsafe_b64encode(signed[:16] + orjson.dumps(place)).decode().rstrip("=")
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for wrong in (forged, cursor[:-4], changed, "x", "*", "Zm9v", "ø", "a" * 2001, "%00"):
        code, parameter = refusal(program, f"cursor={wrong}")
        assert (code, parameter) == ("invalid_cursor", "cursor"), wrong


def test_ru_o7_cursor_of_another_organization_is_refused(
    program: Program, stranger: Program
) -> None:
    cursor = page(program, limit=2)["pagination"]["next_cursor"]
    assert refusal(stranger, f"cursor={cursor}") == ("invalid_cursor", "cursor")


def test_ru_o7_filters_are_not_in_the_cursor(program: Program) -> None:
    cursor = page(program, limit=1, verified="true")["pagination"]["next_cursor"]
    assert in_order(program, cursor=cursor) == [203, 202, 204, 205]
    assert in_order(program, cursor=cursor, verified="true") == [203]
    assert in_order(program, cursor=cursor, country_code="SE") == [202]


def test_ru_o7_rows_that_come_between_pages_neither_repeat_nor_drop_others(
    program: Program, tmp_path: Path
) -> None:
    first = page(program, limit=2)
    seen = [contact["id"] for contact in first["data"]]
    take_in(
        tmp_path,
        {"id": 301, "full_name": "Before", "quality_score": 99},
        {"id": 302, "full_name": "After", "quality_score": 50},
    )
    cursor = first["pagination"]["next_cursor"]
    seen += in_order(program, cursor=cursor)
    assert seen == [201, 203, 202, 302, 204, 205]


def test_ru_o8_what_is_unknown_is_null(program: Program) -> None:
    [eva] = page(program, source="manual")["data"]
    assert [name for name, value in eva.items() if value is None] == [
        "company_id", "job_title", "email", "phone", "source_url", "seniority_level",
        "email_status", "department",
    ]  # fmt: skip
    for contact in page(program, **ALL)["data"]:
        wire.Contact.model_validate(contact)
        assert contact["created_at"].endswith("Z")
        assert contact["updated_at"].endswith("Z")


# --- Whose, and how fast --------------------------------------------------------------------------


SECRET: Row = {
    "id": 501,
    "full_name": "Private Person",
    "email": "private@secret.no",
    "quality_score": 95,
    "company": {"id": 51, "domain": "secret.no", "country_code": "NO"},
}


def test_private_contacts_are_their_organizations(
    program: Program, stranger: Program, acme: Organization, tmp_path: Path
) -> None:
    take_in(tmp_path, SECRET, organization=acme)
    assert ids(program) == [*FRESH, 501]
    for query in ("", "q=private", "company_id=51", "country_code=NO", "has_email=true"):
        assert 501 not in ids(stranger, query), query
    assert 501 not in walk(stranger, 1)


def test_own_contact_hides_the_shared_one(
    program: Program, stranger: Program, acme: Organization, tmp_path: Path
) -> None:
    take_in(tmp_path, CONTACTS[0] | {"job_title": "CRO", "quality_score": 10}, organization=acme)
    assert in_order(program) == [203, 202, 204, 201, 205]
    assert ids(program, job_title="head of") == []
    assert ids(stranger, job_title="head of") == [201]
    assert sorted(walk(program, 1)) == FRESH


def test_statements_do_not_grow_with_the_page(program: Program, tmp_path: Path) -> None:
    rows = (
        {
            "id": 2000 + n,
            "full_name": f"N {n}",
            "email": f"n{n}@more.example",
            "company": {"id": 3000 + n, "domain": f"n{n}.example"},
        }
        for n in range(100)
    )
    take_in(tmp_path, *rows)
    few, many = (_count_statements(program, size) for size in (2, 100))
    assert few == many <= 6


def _count_statements(program: Program, size: int) -> int:
    program.get(PATH, {"limit": size})
    with CaptureQueriesContext(connection) as captured:
        answer = program.get(PATH, {"limit": size})
    assert len(answer.json()["data"]) == size
    return len(captured)


def test_contacts_that_are_read_are_audited(program: Program) -> None:
    found = program.get(PATH).json()["data"]  # type: ignore[attr-defined]
    [read] = AuditRead.objects.all()
    assert (read.action, read.detail, read.rows) == ("Read contacts", "Rich Utilities", len(found))
