"""A row of a file becomes a row of the stage, or a reason in words."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from contacthub.contacts.intake.columns import GROUPS, NAMES, NESTED
from contacthub.contacts.intake.staging import STAGE, clean_block
from contacthub.core.public_ids import format_contact_id
from contacthub.core.tabular import open_table
from tests.contacts.files import ID, KEY, Row, write_csv, write_jsonl

TODAY = dt.date(2026, 11, 20)
MARK = {"contact_id": ID}


def clean(path: Path) -> tuple[list[Row], list[tuple[int, str]]]:
    rows: list[Row] = []
    rejects: list[tuple[int, str]] = []
    first = 0
    with open_table(path, columns=NAMES, nested=NESTED) as table:
        for block in table.blocks:
            columns, rejected = clean_block(block, first=first, today=TODAY)
            first += block.row_count
            rows += [
                {n: v for n, v in r.items() if v is not None} for r in pa.table(columns).to_pylist()
            ]
            rejects += [(reject.line, reject.reason) for reject in rejected]
    return rows, rejects


def clean_one(folder: Path, row: Row) -> Row:
    rows, rejects = clean(write_jsonl(folder / "one.jsonl", row))
    assert rejects == []
    return rows[0]


def why(folder: Path, row: Row) -> str:
    rows, rejects = clean(write_jsonl(folder / "one.jsonl", row))
    assert rows == []
    assert len(rejects) == 1
    return rejects[0][1]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        (
            "contact_id",
            "id_XYZ",
            "contact_id is not id_ or cb_ followed by 16 lower-case hex digits",
        ),
        (
            "contact_id",
            ID.upper(),
            "contact_id is not id_ or cb_ followed by 16 lower-case hex digits",
        ),
        ("id", 0, "id is not between 1 and 999,999,999,999"),
        ("contactId", 10**12, "contactId is not between 1 and 999,999,999,999"),
        ("id", "x", "id is not an integer"),
        ("full_name", "x" * 201, "full_name is longer than 200 characters"),
        ("full_name", "a\u0000b", "full_name holds a control character"),
        ("full_name", ["x"], "full_name holds a list instead of one value"),
        ("email", "ann", "email is not an e-mail address like name@example.com"),
        ("email_status", "good", "email_status is not one of valid, catch_all, pending, invalid"),
        ("emails", ["ann"], "emails item 1: email is not an e-mail address like name@example.com"),
        ("emails", "[x", "emails is not a JSON list"),
        ("emails", [{"type": "work"}], "emails item 1: email is missing"),
        ("emails", [5], "emails item 1: email is not an e-mail address like name@example.com"),
        ("emails", [["a@x.no"]], "emails item 1: email is not one value"),
        (
            "emails",
            ["a@x.no", {"email": "b@x.no", "type": "home"}],
            "emails item 2: type is not one of work, personal",
        ),
        (
            "emails",
            [{"email": "a@x.no", "first_seen": "2026-02-02", "last_seen": "2026-02-01"}],
            "emails item 1: first_seen is after last_seen",
        ),
        (
            "emails",
            [{"email": "a@x.no", "last_seen": "2026-11-21"}],
            "emails item 1: last_seen is in the future",
        ),
        (
            "emails",
            [{"email": "a@x.no", "confidence": 2}],
            "emails item 1: confidence is not between 0 and 1",
        ),
        ("emails", [f"a{n}@x.no" for n in range(101)], "emails has more than 100 items"),
        ("email_checked_on", "2026-11-19", "email_checked_on is given without email"),
        ("phone", "none", "phone is not a phone number like +4722123456"),
        (
            "phones",
            [{"phone": "+4722123456", "type": "fax"}],
            "phones item 1: type is not one of mobile, landline, voip, switchboard",
        ),
        (
            "phones",
            [{"phone": "+4722123456", "is_do_not_call": "?"}],
            "phones item 1: is_do_not_call is not one of true, false, 1, 0, yes and no",
        ),
        (
            "seniority_level",
            "boss",
            "seniority_level is not one of executive, senior, manager, staff",
        ),
        ("source", "fax", "source is not one of website, linkedin, facebook, twitter, manual"),
        ("source_url", "x.no", "source_url is not an address that starts with http:// or https://"),
        (
            "linkedin_url",
            "example.com/in/x",
            "linkedin_url is not an address that starts with http:// or https://",
        ),
        ("verified", "maybe", "verified is not one of true, false, 1, 0, yes and no"),
        ("quality_score", 101, "quality_score is not between 0 and 100"),
        ("quality_score", 50.5, "quality_score is not an integer"),
        ("confidence", 1.1, "confidence is not between 0 and 1"),
        ("confidenceScore", 101, "confidenceScore is not between 0 and 100"),
        ("created_at", "2026-11-22T00:00:00Z", "created_at is in the future"),
        (
            "updated_at",
            "soon",
            "updated_at is neither an ISO time like 2026-11-20T09:30:00Z nor a date",
        ),
        ("titles", ["x" * 201], "titles is longer than 200 characters"),
        ("titles", [1], "titles holds something that is not text"),
        ("education", {"degree": "MSc"}, "education is not a JSON list"),
        ("education", [{"degree": "a\u0000"}], "education holds a control character"),
        ("total_inbound", -1, "total_inbound is not between 0 and 9,007,199,254,740,991"),
        ("from_cc", 2, "from_cc is not one of true, false, 1, 0, yes and no"),
        ("pii", "x", "pii is not a JSON object"),
        ("pii", [], "pii is not a JSON object"),
        ("pii", {"city": ["x"]}, "pii is an object whose city holds a list instead of one value"),
        ("pii", {"address": "x" * 501}, "pii.address is longer than 500 characters"),
        ("company", "{x", "company is not a JSON object"),
        ("company", {"domain": "x"}, "company.domain is not a domain like example.com"),
        (
            "company",
            {"location": {"city": {}}},
            "company is an object whose location.city holds an object instead of one value",
        ),
        (
            "company",
            {"nace_codes": ["1234567"]},
            "company.nace_codes holds something that is not a NACE code like 62.01",
        ),
        (
            # A long s, whose capital is S.
            "company",
            {"nace_codes": ["\u017f"]},
            "company.nace_codes holds something that is not a NACE code like 62.01",
        ),
        (
            "company",
            {"nace_codes": ["V"]},
            "company.nace_codes holds something that is not a NACE code like 62.01",
        ),
        (
            "country_code",
            "XX",
            "country_code is not a country: write a code such as NO, or a name such as Norway",
        ),
        ("tld", "no/x", "tld is not a domain like example.com"),
    ],
)
def test_wrong_value_rejects_the_row_with_column_and_reason(
    tmp_path: Path, name: str, value: Any, reason: str
) -> None:
    assert why(tmp_path, {"linkedin_url": "https://x.no/in/ann", name: value}) == reason


def test_all_reasons_are_named_at_once(tmp_path: Path) -> None:
    reason = why(tmp_path, {**MARK, "quality_score": 101, "email": "x", "pii": {"city": "x" * 201}})
    assert reason.split("; ") == [
        "quality_score is not between 0 and 100",
        "pii.city is longer than 200 characters",
        "email is not an e-mail address like name@example.com",
    ]


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        ({"contact_id": ID}, "key", str(KEY)),
        ({"contact_id": "cb_3f2a8d1b9c0e5f47"}, "key", str(KEY)),
        ({"contact_id": "id_ffffffffffffffff"}, "key", "-1"),
        ({**MARK, "contactId": 5}, "number", "5"),
        ({**MARK, "firstName": "Ann", "lastName": "Lee"}, "full_name", "Ann Lee"),
        ({**MARK, "fullName": "Ann"}, "full_name", "Ann"),
        ({**MARK, "pii": {"first_name": "Ann", "last_name": "Lee"}}, "full_name", "Ann Lee"),
        ({**MARK, "pii": {"country": "Norway"}}, "country", "Norway"),
        ({**MARK, "titles": ['Head of "X"', "b\\c"]}, "job_title", 'Head of "X"'),
        ({**MARK, "titles": ['Head of "X"', "b\\c"]}, "titles", '{"Head of \\"X\\"","b\\\\c"}'),
        ({**MARK, "titles": ["VP"], "job_title": "Vice president"}, "job_title", "Vice president"),
        ({**MARK, "jobLevels": "VP|Director"}, "job_levels", '{"VP","Director"}'),
        ({**MARK, "job_functions": []}, "job_functions", "{}"),
        ({**MARK, "emailValidationStatus": "ValidDomain", "email": "a@x.no"}, "email_status", "catch_all"),
        ({**MARK, "confidenceScore": 85}, "confidence", "0.85"),
        ({**MARK, "has_personal_emails": "yes"}, "has_personal_email", "true"),
        ({**MARK, "exists_in_crm": 1}, "is_in_crm", "true"),
        ({**MARK, "account_crm_id": "X1"}, "has_account", "true"),
        ({**MARK, "account_crm_id": "X1", "has_account": False}, "has_account", "false"),
        ({**MARK, "total_meetings": 5.0, "from_cc": True}, "crm", '{"from_cc":true,"total_meetings":5}'),
        ({**MARK, "company": "Acme"}, "company_name", "Acme"),
        ({**MARK, "companyName": "Acme"}, "company_ref", "name:acme"),
        ({**MARK, "company_name": " Acme  AS "}, "company_ref", "name:acme as"),
        ({**MARK, "company_id": 7, "companyName": "Acme"}, "company_ref", "number:7"),
        ({**MARK, "company": {"id": 7, "domain": "Acme.CO.UK"}}, "company_ref", "domain:acme.co.uk"),
        ({**MARK, "company": {"domain": "acme.co.uk"}}, "company_tld", "co.uk"),
        ({**MARK, "company": {"domain": "acme.example.no"}}, "company_tld", "no"),
        ({**MARK, "company": {"domain": "acme.no", "tld": ".COM.no"}}, "company_tld", "com.no"),
        ({**MARK, "company": {"location": {"city": "Oslo"}}}, "company_city", "Oslo"),
        ({**MARK, "company": {"industry": "Retail"}}, "company_industries", '{"Retail"}'),
        ({**MARK, "industry": "Retail"}, "company_industries", '{"Retail"}'),
        (
            {**MARK, "nace_codes": "J62.01|6201|62|c|62010|620"},
            "company_nace_codes",
            '{"62.01","62","C","62.010","62.0"}',
        ),
        ({**MARK, "country_code": "no"}, "company_country_code", "NO"),
        ({**MARK, "education": [{"degree": "MSc"}]}, "education", '[{"degree":"MSc"}]'),
    ],
)  # fmt: skip
def test_row_is_normalized(tmp_path: Path, given: Row, name: str, expected: str) -> None:
    assert clean_one(tmp_path, given)[name] == expected


def test_half_a_name_is_no_full_name(tmp_path: Path) -> None:
    assert "full_name" not in clean_one(tmp_path, {**MARK, "first_name": "Ann"})


def test_two_names_of_a_column_must_agree(tmp_path: Path) -> None:
    assert (
        clean_one(tmp_path, {**MARK, "email": "a@x.no", "id": 5, "contactId": "5.0"})["number"]
        == "5"
    )
    assert why(tmp_path, {**MARK, "id": 5, "contactId": 6}) == "contactId differs from id"
    assert (
        why(tmp_path, {**MARK, "pii": {"city": "Oslo"}, "pii.city": "Bergen"})
        == "pii differs from pii.city"
    )
    assert (
        why(tmp_path, {**MARK, "pii": {"city": "Oslo"}, "city": "Bergen"})
        == "city differs from pii.city"
    )


# --- Personal values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"country": "Norway", "state": "Oslo", "first_name": "Ann"}, None),
        ({"pii": {}}, {}),
        ({"pii": None}, None),
        ({"pii": {"unknown": 1}}, {}),
        ({"gender": "female"}, {"gender": "female"}),
        ({"pii.country": "Norway"}, {"country": "Norway"}),
        (
            {"age_range": "35-44", "address": "Main St 1", "city": "Oslo", "postal_code": "0150"},
            {"age_range": "35-44", "address": "Main St 1", "city": "Oslo", "postal_code": "0150"},
        ),
        (
            {"pii": {"first_name": "Ann", "city": ""}, "postal_code": "0150"},
            {"first_name": "Ann", "postal_code": "0150"},
        ),
    ],
)
def test_record_of_personal_values_exists_where_it_or_one_of_them_is_given(
    tmp_path: Path, given: Row, expected: Row | None
) -> None:
    row = clean_one(tmp_path, {**MARK, **given})
    assert (json.loads(row["pii"]) if "pii" in row else None) == expected


# --- Addresses and phones --------------------------------------------------------------------------------------------


def emails_of(row: Row) -> list[Row] | None:
    if "emails" not in row:
        return None
    return [
        {n: v for n, v in o.items() if n not in ("md5", "sha1", "sha256")}
        for o in json.loads(row["emails"])
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"emails": None, "email": ""}, None),
        ({"emails": []}, []),
        ({"emails": ""}, None),
        ({"email": "A@x.no"}, [{"email": "a@x.no"}]),
        ({"email": "a@x.no", "emails": []}, [{"email": "a@x.no"}]),
        ({"emails": "A@x.no|b@x.no|a@X.no"}, [{"email": "a@x.no"}, {"email": "b@x.no"}]),
        ({"emails": ["a@x.no", "b@x.no"], "email": "b@x.no"}, [{"email": "b@x.no"}, {"email": "a@x.no"}]),
        ({"emails": ["a@x.no"], "email": "c@x.no"}, [{"email": "c@x.no"}, {"email": "a@x.no"}]),
        (
            {"email": "a@x.no", "email_status": "valid", "email_checked_on": "2026-11-01"},
            [{"email": "a@x.no", "status": "valid", "checked_on": "2026-11-01"}],
        ),
        (
            {"emails": [{"email": "a@x.no", "status": "valid"}, {"email": "A@x.no", "type": "work"}]},
            [{"email": "a@x.no", "status": "valid", "type": "work"}],
        ),
        (
            {
                "emails": [
                    {
                        "email": "a@x.no", "type": "Personal", "status": "ValidEmail",
                        "checked_on": "2026-11-01T10:00:00Z", "confidence": 1,
                        "source": "crawl", "first_seen": "2026-01-01", "last_seen": None,
                        "observations": 3, "unknown": [1],
                    }
                ]
            },
            [
                {
                    "email": "a@x.no", "type": "personal", "status": "valid", "checked_on": "2026-11-01",
                    "confidence": "1.0", "source": "crawl", "first_seen": "2026-01-01", "observations": "3",
                }
            ],
        ),
    ],
)  # fmt: skip
def test_addresses(tmp_path: Path, given: Row, expected: list[Row] | None) -> None:
    assert emails_of(clean_one(tmp_path, {**MARK, **given})) == expected


def test_first_address_is_the_contacts_own(tmp_path: Path) -> None:
    row = clean_one(
        tmp_path,
        {
            **MARK,
            "emails": [
                {"email": "a@x.no", "status": "pending", "checked_on": "2026-11-01"},
                "b@x.no",
            ],
        },
    )
    assert (row["email"], row["email_status"], row["email_checked_on"]) == (
        "a@x.no",
        "pending",
        "2026-11-01",
    )


def test_address_has_the_hashes_of_its_lower_case_form(tmp_path: Path) -> None:
    """The values are those of `printf %s ann@example.com | md5sum` and its sisters."""
    (email,) = json.loads(clean_one(tmp_path, {"email": " Ann@Example.com "})["emails"])
    assert email == {
        "email": "ann@example.com",
        "md5": "257c57037d384ae37ea27a07e8a01665",
        "sha1": "85e20fa15f500fa17c1b6975c6647445094c26d9",
        "sha256": "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476",
    }


def test_status_of_the_first_address_must_agree(tmp_path: Path) -> None:
    given = {**MARK, "emails": [{"email": "a@x.no", "status": "valid"}], "email_status": "invalid"}
    assert why(tmp_path, given) == "email_status differs from the first one in emails"
    assert (
        why(tmp_path, {**MARK, "emails": [], "email_status": "valid"})
        == "email_status is given without email"
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"phones": []}, []),
        ({"phone": "+47 22 12 34 56"}, [{"phone": "+4722123456", "guess": "landline"}]),
        (
            {
                "phones": [
                    {"phone": "0047 22123456", "type": "mobile", "is_do_not_call": True},
                    "+4799999999",
                ],
                "phone": "+4799999999",
            },
            [
                {"phone": "+4799999999", "guess": "mobile"},
                {"phone": "+4722123456", "type": "mobile", "is_do_not_call": "true"},
            ],
        ),
    ],
)
def test_phones(tmp_path: Path, given: Row, expected: list[Row] | None) -> None:
    row = clean_one(tmp_path, {**MARK, **given})
    assert (json.loads(row["phones"]) if "phones" in row else None) == expected
    assert row.get("phone") == (expected[0]["phone"] if expected else None)


# --- Who it is -------------------------------------------------------------------------------------------------------


def key_of(folder: Path, **row: Any) -> str:
    return str(clean_one(folder, row)["key"])


def test_key_is_given_or_made_of_the_first_mark(tmp_path: Path) -> None:
    by_email = key_of(
        tmp_path,
        email="ann@x.no",
        linkedin_url="https://x.no/in/ann",
        full_name="Ann",
        company_domain="x.no",
        id=1,
    )
    by_link = key_of(
        tmp_path, linkedin_url="https://x.no/in/ann", full_name="Ann", company_domain="x.no", id=1
    )
    by_name = key_of(tmp_path, full_name="Ann", company_domain="x.no", id=1)
    by_number = key_of(tmp_path, id=1)
    assert len({by_email, by_link, by_name, by_number}) == 4
    assert key_of(tmp_path, contact_id=ID, email="ann@x.no") == str(KEY)
    assert key_of(tmp_path, emails=["ANN@x.no", "b@x.no"], job_title="VP") == by_email
    assert key_of(tmp_path, linkedin_url="http://www.x.no/in/Ann/?trk=1#a") == by_link
    assert key_of(
        tmp_path, first_name="ANN", last_name="lee", company={"domain": "X.no"}
    ) == key_of(tmp_path, full_name=" Ann  Lee ", company_domain="x.no")
    assert key_of(tmp_path, contactId="1") == by_number


def test_key_is_the_same_for_ever(tmp_path: Path) -> None:
    """A changed rule would turn every contact of the next import into a second one.

    The values are those of `printf 'email\\nann@example.com' | sha256sum | cut -c1-16` and so on.
    """
    rows: dict[str, Row] = {
        "id_3b6592df3e6e9b87": {"email": "ann@example.com"},
        "id_b9cad7c1339f6e76": {"linkedin_url": "https://www.linkedin.com/in/ann"},
        "id_0fe0e757b0864dfd": {"full_name": "Ann Lee", "company_domain": "example.com"},
        "id_bb19bb3af338fd0f": {"id": 13496440},
    }
    assert [format_contact_id(int(key_of(tmp_path, **row))) for row in rows.values()] == list(rows)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"job_title": "VP"},
        {"full_name": "Ann"},
        {"company_domain": "x.no"},
        {"phone": "+4722123456"},
    ],
)
def test_row_without_any_mark_is_rejected(tmp_path: Path, row: Row) -> None:
    assert why(tmp_path, row) == (
        "has nothing to identify the contact: contact_id, email, linkedin_url, full_name with company.domain, or id"
    )


# --- CSV -------------------------------------------------------------------------------------------------------------


def test_json_in_cells_of_csv_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "contact_id;company;pii;emails;titles\n"
        f'{ID};"{{""name"":""Acme"",""location"":{{""city"":""Oslo""}}}}";{{}};"[""a@x.no""]";VP|Head\n'
        f"{ID};Acme;;[];\n"
    )
    rows, rejects = clean(path)
    assert rejects == []
    assert (rows[0]["company_name"], rows[0]["company_city"], rows[0]["pii"]) == (
        "Acme",
        "Oslo",
        "{}",
    )
    assert (rows[0]["email"], rows[0]["titles"]) == ("a@x.no", '{"VP","Head"}')
    assert (rows[1]["company_name"], rows[1]["emails"]) == ("Acme", "[]")
    assert "pii" not in rows[1]


def test_lines_of_rejects_are_right_in_csv(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "contact_id,description\nid_1,x\n\n" + f'{ID},"two\nlines"\n' + "id_2,x\n" + f"{ID}\n"
    )
    rows, rejects = clean(path)
    assert [line for line, _ in rejects] == [2, 6, 7]
    assert len(rows) == 1


def test_places_count_the_rows_that_could_be_split(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", {"contact_id": "id_1"}, MARK, MARK)
    rows, _ = clean(path)
    assert [row["place"] for row in rows] == [1, 2]


def test_every_column_of_the_table_has_a_place_in_the_stage() -> None:
    staged = {name for name, _ in STAGE}
    assert len(staged) == len(STAGE)
    names = [source.name for group in GROUPS for column in group for source in column.sources]
    assert len(names) == len(set(names)), "a name of a file means one column"
