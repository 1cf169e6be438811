"""Contact enrichment: CB-50 … CB-57, CB-O20 … CB-O25."""

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import OperationalError

from contacthub.credentials.models import ApiKey
from contacthub.organizations.models import AuditRead, Organization
from tests.api.conftest import Program
from tests.api.contactbased.conftest import BARE, EMPTY, NOBODY, WHOLE, answer, detail
from tests.contacts.files import take_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("contacts")]

BATCH = "/enrich/contacts/batch"
HEX = "3f2a8d1b9c0e5f47"
WRONG = [
    "id_3f2a8d1b9c0e5f4", "id_3f2a8d1b9c0e5f470", "id_3F2A8D1B9C0E5F47", "ID_3f2a8d1b9c0e5f47", HEX, "1",
    "id-3f2a8d1b9c0e5f47", "id_3f2a8d1b9c0e5f4g", "xx_3f2a8d1b9c0e5f47", "cb_3f2a", "cb_3F2A8D1B9C0E5F47",
    "id_3f2a8d1b9c0e5f47 ", "id_3f2a8d1b9c0e5f47\n", "id_3f2a8d1b9c0e5f4\uff17", "",
]  # fmt: skip


def get(program: Program, contact: str, query: dict[str, str] | None = None) -> tuple[int, Any]:
    return answer(program.get(f"/enrich/contacts/{contact}", query))


def batch(program: Program, ids: Any, **more: Any) -> list[dict[str, Any]]:
    status, reply = answer(program.post(BATCH, {"contact_ids": ids, **more}))
    assert (status, list(reply)) == (200, ["results"]), reply
    return list(reply["results"])


@pytest.mark.parametrize("wrong", [w for w in WRONG if w and w.strip() == w])
def test_cb_50_contact_id_is_id_and_16_lower_case_hex_digits(program: Program, wrong: str) -> None:
    assert get(program, "id_3f2a8d1b9c0e5f47")[0] == 200
    for part in ("", "/pii", "/emails", "/phones"):
        refused = program.get(f"/enrich/contacts/{wrong}{part}")
        assert detail(refused) == (400, "Invalid contact_id")


def test_cb_51_legacy_tokens_are_accepted_on_input(program: Program) -> None:
    for path in ("", "/pii", "/emails", "/phones"):
        legacy = program.get(f"/enrich/contacts/cb_{HEX}{path}")
        assert legacy.status_code == 200
        assert legacy.content == program.get(f"/enrich/contacts/id_{HEX}{path}").content
    legacy_result, result = batch(program, [f"cb_{HEX}", f"id_{HEX}"])
    assert legacy_result == result


def test_cb_52_envelope_has_three_sections(program: Program) -> None:
    status, whole = get(program, WHOLE)
    assert (status, list(whole)) == (
        200,
        ["contact_id", "found_sections", "pii", "emails", "phones"],
    )
    assert whole["found_sections"] == 3
    assert whole["pii"]["first_name"] == "Ingrid"
    _, narrow = get(program, WHOLE, {"include": "pii,emails"})
    assert (narrow["found_sections"], narrow["phones"]) == (2, None)
    assert narrow["pii"] == whole["pii"]


@pytest.mark.parametrize(
    ("contact", "include", "status"),
    [
        (NOBODY, None, 404),
        (BARE, None, 404),
        (EMPTY, "pii", 404),
        (EMPTY, "pii,emails", 200),
        (EMPTY, "phones", 200),
        (WHOLE, "phones", 200),
    ],
)
def test_cb_52_404_where_no_requested_section_has_data(
    program: Program, contact: str, include: str | None, status: int
) -> None:
    assert get(program, contact, {"include": include} if include else None)[0] == status


def test_cb_53_batch_is_aligned_by_index(program: Program) -> None:
    ids = [NOBODY, WHOLE, EMPTY, BARE, WHOLE, f"cb_{HEX}"]
    results = batch(program, ids)
    assert [result["contact_id"] for result in results] == [*ids[:5], WHOLE]
    assert [result["found_sections"] for result in results] == [0, 3, 2, 0, 3, 3]
    assert results[0] == {
        "contact_id": NOBODY, "found_sections": 0, "pii": None, "emails": None, "phones": None
    }  # fmt: skip
    assert results[1] == get(program, WHOLE)[1]


def test_cb_53_batch_takes_1000_ids(program: Program) -> None:
    ids = [f"id_{number:016x}" for number in range(999)] + [WHOLE]
    results = batch(program, ids)
    assert [result["contact_id"] for result in results] == ids
    assert results[-1]["found_sections"] == 3
    refused = program.post(BATCH, {"contact_ids": [*ids, WHOLE]})
    assert detail(refused) == (413, "A batch has at most 1000 contact_ids, this one has 1001.")


def test_cb_54_pii_is_demographic_and_postal(program: Program) -> None:
    status, pii = answer(program.get(f"/enrich/contacts/{WHOLE}/pii"))
    assert status == 200
    assert list(pii) == [
        "contact_id", "first_name", "last_name", "gender", "age_range", "address", "city", "state",
        "postal_code", "country",
    ]  # fmt: skip
    assert (pii["contact_id"], pii["last_name"], pii["gender"]) == (WHOLE, "Solheim", None)
    for contact in (NOBODY, BARE, EMPTY):
        refused = program.get(f"/enrich/contacts/{contact}/pii")
        assert detail(refused) == (404, "No PII record found for this contact")


def test_cb_55_emails_are_observations_with_hashes(program: Program) -> None:
    status, emails = answer(program.get(f"/enrich/contacts/{WHOLE}/emails"))
    assert status == 200
    assert [list(email) for email in emails] == [
        ["email", "md5", "sha1", "sha256", "first_seen", "last_seen", "observations"]
    ]
    assert emails[0]["observations"] == 4
    assert answer(program.get(f"/enrich/contacts/{EMPTY}/emails")) == (200, [])
    for contact in (NOBODY, BARE):
        refused = program.get(f"/enrich/contacts/{contact}/emails")
        assert detail(refused) == (404, "No email record found for this contact")


def test_cb_56_phones_are_observations(program: Program) -> None:
    status, phones = answer(program.get(f"/enrich/contacts/{WHOLE}/phones"))
    assert status == 200
    assert phones == [
        {"phone": "+4722555018", "type": "landline", "first_seen": None, "last_seen": None, "observations": 1}
    ]  # fmt: skip
    assert answer(program.get(f"/enrich/contacts/{EMPTY}/phones")) == (200, [])
    for contact in (NOBODY, BARE):
        refused = program.get(f"/enrich/contacts/{contact}/phones")
        assert detail(refused) == (404, "No phone record found for this contact")


def test_cb_57_common_statuses(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = [
        get(program, "nonsense")[0],
        get(program, WHOLE, {"include": "fax"})[0],
        program.client.get(f"/enrich/contacts/{WHOLE}").status_code,
        get(program, NOBODY)[0],
        answer(program.post(BATCH, {}))[0],
    ]
    assert statuses == [400, 400, 401, 404, 422]
    break_the_store(monkeypatch)
    assert get(program, WHOLE)[0] == 502


@pytest.mark.parametrize(
    ("include", "found"),
    [
        ("pii", 1),
        ("emails", 1),
        (" pii , phones ", 2),
        ("pii,pii,pii", 1),
        ("phones,emails,pii", 3),
    ],
)
def test_cb_o20_include_is_comma_separated(program: Program, include: str, found: int) -> None:
    status, envelope = get(program, WHOLE, {"include": include})
    assert (status, envelope["found_sections"]) == (200, found)
    asked = {name.strip() for name in include.split(",")}
    for section in ("pii", "emails", "phones"):
        assert (envelope[section] is not None) == (section in asked)


@pytest.mark.parametrize(
    "include", ["", " ", ",", "pii,,emails", "pii,", "fax", "PII", "pii;emails", "*"]
)
def test_cb_o20_empty_or_unknown_include_is_400(program: Program, include: str) -> None:
    refused = program.get(f"/enrich/contacts/{WHOLE}", {"include": include})
    assert detail(refused) == (400, "Invalid include: choose from pii, emails, phones")


@pytest.mark.parametrize("include", [[], [""], ["fax"], ["pii", "fax"], ["PII"]])
def test_cb_o20_include_of_a_batch(program: Program, include: list[str]) -> None:
    refused = program.post(BATCH, {"contact_ids": [WHOLE], "include": include})
    assert detail(refused) == (400, "Invalid include: choose from pii, emails, phones")
    for fine, found in ((None, 3), (["pii"], 1), (["phones", "pii", "pii"], 2)):
        assert batch(program, [WHOLE], include=fine)[0]["found_sections"] == found


def test_cb_o21_empty_record_counts_as_found(program: Program) -> None:
    status, envelope = get(program, EMPTY)
    assert status == 200
    assert envelope == {
        "contact_id": EMPTY, "found_sections": 2, "pii": None, "emails": [], "phones": []
    }  # fmt: skip
    assert get(program, EMPTY, {"include": "emails"})[1]["found_sections"] == 1


def test_cb_o22_malformed_ids_are_400(program: Program) -> None:
    assert detail(program.get("/enrich/contacts/7")) == (400, "Invalid contact_id")
    refused = program.post(BATCH, {"contact_ids": [WHOLE, "7", NOBODY, "", "id_"]})
    assert detail(refused) == (400, "Invalid contact_id at index 1, 3, 4")
    for wrong in WRONG:
        assert detail(program.post(BATCH, {"contact_ids": [WHOLE, wrong]}))[0] == 400


@pytest.mark.parametrize(
    "body", [{}, {"contact_ids": None}, {"contact_ids": WHOLE}, {"contact_ids": []}, {"contact_ids": [None]},
             {"contact_ids": [WHOLE, 7]}, {"contact_ids": {WHOLE: 1}}, {"contact_ids": [[WHOLE]]}, [], "x", 1, None]
)  # fmt: skip
def test_cb_o22_missing_or_empty_list_is_422(program: Program, body: Any) -> None:
    assert detail(program.post(BATCH, orjson.dumps(body)))[0] == 422


def test_cb_o22_body_over_a_mebibyte_is_413(program: Program) -> None:
    padding = b" " * (1024 * 1024)
    body = orjson.dumps({"contact_ids": [WHOLE]})
    assert program.post(BATCH, body + padding[: -len(body)]).status_code == 200
    status, text = detail(program.post(BATCH, body + padding))
    assert (status, text) == (413, "A request's body may have 1,048,576 bytes.")


def test_cb_o23_answers_carry_the_canonical_id(program: Program) -> None:
    assert get(program, f"cb_{HEX}")[1]["contact_id"] == WHOLE
    assert batch(program, [f"cb_{HEX}", "cb_0000000000000bad"])[1]["contact_id"] == NOBODY
    assert batch(program, ["id_ffffffffffffffff"])[0]["contact_id"] == "id_ffffffffffffffff"


def test_cb_o24_hashes_are_of_the_lower_cased_trimmed_address(program: Program) -> None:
    (email,) = answer(program.get(f"/enrich/contacts/{WHOLE}/emails"))[1]
    for name in ("md5", "sha1", "sha256"):
        assert email[name] == hashlib.new(name, b"ingrid@halden.example").hexdigest()


def break_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("canceling statement due to statement timeout at 10.1.2.3")

    monkeypatch.setattr("contacthub.api.contactbased.views.lookups.get_envelopes", fail)


def test_cb_o25_store_that_does_not_answer_is_502(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_the_store(monkeypatch)
    for response in (
        program.get(f"/enrich/contacts/{WHOLE}"),
        program.get(f"/enrich/contacts/{WHOLE}/pii"),
        program.get(f"/enrich/contacts/{WHOLE}/emails"),
        program.get(f"/enrich/contacts/{WHOLE}/phones"),
        program.post(BATCH, {"contact_ids": [WHOLE]}),
    ):
        assert detail(response) == (502, "Upstream enrichment store unavailable")
        assert int(response["Retry-After"]) > 0


def test_private_contact_of_another_organization_is_unknown(
    program: Program, stranger: Program, globex: Organization, tmp_path: Path
) -> None:
    take_in(
        tmp_path,
        {"contact_id": NOBODY, "full_name": "Canary", "emails": ["canary@globex.example"]},
        organization=globex,
    )
    assert get(stranger, NOBODY)[0] == 200
    unknown = program.get("/enrich/contacts/id_00000000000000aa")
    assert program.get(f"/enrich/contacts/{NOBODY}").content == unknown.content
    assert batch(program, [NOBODY])[0]["found_sections"] == 0


def test_reads_are_audited_with_rows_and_sections(program: Program, acme: Organization) -> None:
    """Five of six ids are known, three to the second question; an unknown contact is no read."""
    batch(program, [NOBODY, WHOLE, EMPTY, BARE, WHOLE, f"cb_{HEX}"])
    get(program, WHOLE, {"include": "emails"})
    get(program, NOBODY)
    read = {(each.detail, each.rows, each.requests) for each in AuditRead.objects.all()}
    assert read == {("pii, emails, phones", 4, 1), ("emails", 1, 1)}
    key = ApiKey.objects.get()
    for each in AuditRead.objects.all():
        assert (each.organization, each.action) == (acme, "Enriched contacts")
        assert (each.actor_kind, each.actor_ref, each.has_personal_data) == (
            "key",
            key.public_id,
            True,
        )
