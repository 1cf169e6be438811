"""Reads that pages and protocols make of contacts."""

import hashlib
from pathlib import Path

import pytest

from contacthub.contacts import queries
from contacthub.contacts.models import Contact
from contacthub.core.errors import Invalid
from contacthub.organizations.models import Organization
from tests.contacts.files import KEY, take_in
from tests.contacts.test_import import SPARSE, WHOLE

pytestmark = pytest.mark.django_db


def test_contact_comes_with_its_company(
    tmp_path: Path, acme: Organization, django_assert_num_queries: object
) -> None:
    take_in(tmp_path, WHOLE)
    with django_assert_num_queries(1):  # type: ignore[operator]
        contact = queries.get_contact(organization=acme, key=KEY)
        assert contact.company is not None
        assert contact.company.name == "Halden Robotics"


def test_many_contacts_are_one_read(
    tmp_path: Path, acme: Organization, django_assert_num_queries: object
) -> None:
    take_in(tmp_path, *[{"contact_id": f"id_{n:016x}", "id": n + 1} for n in range(20)])
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert sorted(queries.find_contacts(organization=acme, keys=[3, 5, 5, 99])) == [3, 5]
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = queries.find_contacts_by_number(organization=acme, numbers=[4, 6, 99])
    assert {number: contact.key for number, contact in found.items()} == {4: 3, 6: 5}


@pytest.mark.parametrize(
    "email",
    [
        "ingrid@halden.no",
        " INGRID@Halden.NO ",
        "ingrid@mail.example",
        "in\u00adgrid@mail.exam\u200bple",
        "ingrid@ｍａｉｌ。example",
    ],
)
def test_contact_is_found_by_any_of_its_addresses(
    tmp_path: Path, acme: Organization, email: str
) -> None:
    take_in(tmp_path, WHOLE, SPARSE)
    found = queries.find_contact_by_email(organization=acme, email=email)
    assert found is not None
    assert found.key == KEY
    assert queries.find_contact_by_email(organization=acme, email="other@halden.no") is None


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_contact_is_found_by_any_hash_of_an_address(
    tmp_path: Path, acme: Organization, name: str
) -> None:
    take_in(tmp_path, WHOLE, SPARSE)
    digest = hashlib.new(name, b"ingrid@mail.example").digest()
    found = queries.find_contact_by_hash(organization=acme, digest=digest)
    assert found is not None
    assert found.key == KEY
    assert queries.find_contact_by_hash(organization=acme, digest=bytes(len(digest))) is None


def test_hash_of_another_length_is_refused(acme: Organization) -> None:
    with pytest.raises(Invalid, match="16, 20 or 32 bytes"):
        queries.find_contact_by_hash(organization=acme, digest=b"x")


def test_of_two_contacts_with_an_address_it_is_the_one_whose_first_it_is(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(tmp_path, {"contact_id": "id_0000000000000001", "emails": ["other@x.no", "both@x.no"]})
    take_in(tmp_path, {"contact_id": "id_0000000000000002", "emails": ["both@x.no"]})
    found = queries.find_contact_by_email(organization=acme, email="both@x.no")
    assert found is not None
    assert found.key == 2
    take_in(
        tmp_path,
        {"contact_id": "id_0000000000000003", "emails": ["z@x.no", "both@x.no"]},
        organization=acme,
    )
    found = queries.find_contact_by_email(organization=acme, email="both@x.no")
    assert found is not None
    assert found.key == 3


def test_addresses_and_phones_are_in_the_order_of_the_source(
    tmp_path: Path, acme: Organization
) -> None:
    take_in(
        tmp_path,
        {**SPARSE, "emails": ["z@x.no", "a@x.no"], "phones": ["+4799999999", "+4711111111"]},
    )
    contact = Contact.objects.get()
    assert [email.address for email in queries.list_emails(contact)] == [
        "only@example.com",
        "z@x.no",
        "a@x.no",
    ]
    assert [phone.phone for phone in queries.list_phones(contact)] == ["+4799999999", "+4711111111"]
