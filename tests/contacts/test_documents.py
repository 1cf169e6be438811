"""Documents are the bytes that a lookup answers: the shape is ContactBased's, none is NULL, empty is []."""

import hashlib
import json
from pathlib import Path

import pytest

from contacthub.contacts import sql
from contacthub.contacts.models import Contact, ContactDocument, ContactEmail
from contacthub.contacts.queries import Documents, get_documents
from contacthub.organizations.models import Organization
from tests.contacts.files import ID, KEY, Row, take_in, write_jsonl
from tests.contacts.test_import import WHOLE

pytestmark = pytest.mark.django_db


def only_document() -> Documents:
    document = ContactDocument.objects.get()
    return Documents(document.pii, document.emails, document.phones)


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def hashes(address: str) -> Row:
    return {
        name: hashlib.new(name, address.encode()).hexdigest() for name in ("md5", "sha1", "sha256")
    }


def test_whole_record_is_serialized_as_on_the_wire(tmp_path: Path) -> None:
    take_in(
        tmp_path,
        {
            **WHOLE,
            "address": 'Storgata "1"\n\tÅ\\/😀',
            "phones": [
                *WHOLE["phones"],
                {
                    "phone": "+4799999999",
                    "type": "mobile",
                    "first_seen": "2026-01-01",
                    "last_seen": "2026-02-01",
                    "observations": 2,
                },
            ],
        },
    )
    document = only_document()
    assert document.pii == compact(
        {
            "contact_id": ID,
            "first_name": "Ingrid",
            "last_name": "Solheim",
            "gender": "female",
            "age_range": "45-54",
            "address": 'Storgata "1"\n\tÅ\\/😀',
            "city": "Oslo",
            "state": "Oslo",
            "postal_code": "0150",
            "country": "Norway",
        }
    )
    assert document.emails == compact(
        [
            {
                "email": "ingrid@halden.no",
                **hashes("ingrid@halden.no"),
                "first_seen": "2026-01-02",
                "last_seen": "2026-11-12",
                "observations": 4,
            },
            {
                "email": "ingrid@mail.example",
                **hashes("ingrid@mail.example"),
                "first_seen": None,
                "last_seen": None,
                "observations": 1,
            },
        ]
    )
    # ContactBased has no word for a switchboard.
    assert document.phones == compact(
        [
            {
                "phone": "+4722123456",
                "type": None,
                "first_seen": None,
                "last_seen": None,
                "observations": 1,
            },
            {
                "phone": "+4799999999",
                "type": "mobile",
                "first_seen": "2026-01-01",
                "last_seen": "2026-02-01",
                "observations": 2,
            },
        ]
    )


@pytest.mark.parametrize(
    "contact_id", ["id_0000000000000001", "id_ffffffffffffffff", "id_8000000000000000"]
)
def test_contact_id_is_spelled_whole(tmp_path: Path, contact_id: str) -> None:
    take_in(tmp_path, {"contact_id": contact_id.replace("id_", "cb_"), "pii": {}})
    assert (only_document().pii or "").startswith(
        f'{{"contact_id":"{contact_id}","first_name":null,'
    )


@pytest.mark.parametrize(
    ("row", "sections"),
    [
        ({}, (False, None, None)),
        ({"first_name": "Ann", "country": "Norway"}, (False, None, None)),
        ({"pii": {}}, (True, None, None)),
        ({"city": "Oslo"}, (True, None, None)),
        ({"emails": []}, (False, "[]", None)),
        ({"phones": []}, (False, None, "[]")),
    ],
)
def test_no_record_is_null_and_an_empty_one_is_not(
    tmp_path: Path, row: Row, sections: tuple[bool, str | None, str | None]
) -> None:
    take_in(tmp_path, {"contact_id": ID, **row})
    document = only_document()
    assert (document.pii is not None, document.emails, document.phones) == sections


def test_own_value_of_the_record_wins_over_the_contacts(tmp_path: Path) -> None:
    take_in(
        tmp_path,
        {
            "contact_id": ID,
            "country": "Norway",
            "state": "Oslo",
            "first_name": "Ann",
            "pii": {"country": "Sweden"},
        },
    )
    assert Contact.objects.get().country == "Norway"
    pii = json.loads(only_document().pii or "")
    assert (pii["country"], pii["state"], pii["first_name"]) == ("Sweden", "Oslo", "Ann")


@pytest.mark.parametrize(
    "change",
    [
        {"first_name": "Inga"},
        {"country": "Sweden"},
        {"pii": {"city": "Bergen"}},
        {"emails": []},
        {"emails": ["new@x.no"]},
        {"phones": ["+4799999999"]},
        {"emails": [{"email": "ingrid@halden.no", "observations": 5}, "ingrid@mail.example"]},
    ],
)
def test_documents_follow_every_change(tmp_path: Path, change: Row) -> None:
    take_in(tmp_path, WHOLE)
    before = only_document()
    take_in(tmp_path, {"contact_id": ID, **change})
    after = only_document()
    assert after != before
    # What an import leaves is what the other tables say.
    assert sql.save_documents(contacts=[Contact.objects.get().pk]) == 0
    assert only_document() == after


def test_documents_are_made_anew_for_edited_contacts(tmp_path: Path) -> None:
    take_in(tmp_path, WHOLE, {"contact_id": "id_0000000000000001", "emails": ["a@x.no"]})
    contact = Contact.objects.get(key=KEY)
    ContactEmail.objects.filter(contact=contact).delete()
    assert sql.save_documents(contacts=[contact.pk]) == 1
    assert ContactDocument.objects.get(key=KEY).emails == "[]"
    assert ContactDocument.objects.get(key=1).emails != "[]"


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_documents_are_aligned_with_the_keys(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    shared, own, both, unknown = 11, -12, 13, 14
    ids = {key: f"id_{key % 2**64:016x}" for key in (shared, own, both)}
    take_in(
        tmp_path,
        {"contact_id": ids[shared], "phone": "+4711111111"},
        {"contact_id": ids[both], "phone": "+4733333333", "emails": []},
    )
    take_in(
        tmp_path,
        {"contact_id": ids[own], "phone": "+4722222222"},
        {"contact_id": ids[both], "phone": "+4744444444"},
        organization=acme,
    )

    def phones(organization: Organization, keys: list[int]) -> list[str | None]:
        found = get_documents(organization=organization, keys=keys)
        return [json.loads(d.phones)[0]["phone"] if d.phones else None for d in found]

    keys = [both, unknown, own, shared, both]
    assert phones(acme, keys) == ["+4744444444", None, "+4722222222", "+4711111111", "+4744444444"]
    assert phones(globex, keys) == ["+4733333333", None, None, "+4711111111", "+4733333333"]
    assert get_documents(organization=acme, keys=[]) == []
    assert get_documents(organization=acme, keys=[unknown]) == [Documents()]


def test_own_contact_without_a_record_hides_the_shared_one(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, {"contact_id": ID, "job_title": "CEO"}, organization=acme)
    take_in(tmp_path, WHOLE)
    assert get_documents(organization=acme, keys=[KEY]) == [Documents()]


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (("pii",), (True, False, False)),
        (("phones", "emails"), (False, True, True)),
        (("emails",), (False, True, False)),
        ((), (False, False, False)),
    ],
)
def test_only_asked_sections_are_read(
    tmp_path: Path, acme: Organization, sections: tuple[str, ...], expected: tuple[bool, bool, bool]
) -> None:
    take_in(tmp_path, WHOLE)
    whole = only_document()
    (found, unknown) = get_documents(organization=acme, keys=[KEY, 1], sections=sections)
    assert found == tuple(
        text if asked else None for text, asked in zip(whole, expected, strict=True)
    )
    assert unknown == Documents()


def test_batch_is_one_statement(
    tmp_path: Path, acme: Organization, django_assert_num_queries: object
) -> None:
    take_in(
        tmp_path,
        *[{"contact_id": f"id_{n:016x}", "phone": f"+47{n + 10_000_000}"} for n in range(50)],
    )
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = get_documents(organization=acme, keys=list(range(60)))
    assert sum(document.phones is not None for document in found) == 50


def test_file_of_many_contacts_is_several_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacthub.core.tabular.blocks.BLOCK_ROWS", 7)
    take_in(
        tmp_path, *[{"contact_id": f"id_{n:016x}", "emails": [f"p{n}@x.no"]} for n in range(30)]
    )
    assert ContactDocument.objects.count() == 30
    assert write_jsonl(tmp_path / "x.jsonl").exists()
    for document in ContactDocument.objects.all():
        assert json.loads(document.emails or "")[0]["email"] == f"p{document.key}@x.no"
