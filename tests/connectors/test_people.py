"""Recognising one known person in a vendor's records: exactly, or not at all."""

import pytest

from contacthub.connectors.people import can_be_told, find_person
from contacthub.connectors.records import Company, Contact, Email, Person

ANNA = Person("id_0000000000000001", full_name="Anna Berg", company_domain="nordwind.example")


def record(name: str = "Anna Berg", email: str = "", **more: object) -> Contact:
    emails = (Email(email),) if email else None
    return Contact(full_name=name, emails=emails, **more)  # type: ignore[arg-type]


def test_address_is_the_person_whatever_the_spelling() -> None:
    person = Person("id_0000000000000001", email="Anna@Nordwind.example", full_name="Anna Berg")
    found = record("A. Berg", " ANNA@nordwind.example ")
    assert find_person(person, [record(email="joanna@nordwind.example"), found]) == found
    # Somebody of the same name with another address is not the person.
    assert find_person(person, [record(email="anna.berg@nordwind.example")]) is None


@pytest.mark.parametrize(
    ("found", "is_found"),
    [
        (record("ANNA  berg", "a.b@nordwind.example"), True),
        (record("Anna Berg", company=Company(domain="nordwind.example")), True),
        (record("Anna Berg", "anna@other.example"), False),
        (record("Anna Berg"), False),
        (record("Anna Bergmann", "anna@nordwind.example"), False),
        # Where a record names its company, the domain of a mailbox says nothing.
        (record("Anna Berg", "anna@nordwind.example", company=Company(domain="b.example")), False),
    ],
)
def test_name_counts_with_the_company_alone(found: Contact, is_found: bool) -> None:
    assert (find_person(ANNA, [found]) is found) is is_found


def test_profile_link_counts_whatever_the_spelling() -> None:
    person = Person("id_1", full_name="X", linkedin_url="http://linkedin.com/in/anna/")
    found = record("Y", source_url="https://www.linkedin.com/in/Anna?trk=1")
    assert find_person(person, [record("X"), found]) == found


def test_two_that_may_be_the_person_are_nobody() -> None:
    twins = [record(email="a1@nordwind.example"), record(email="a2@nordwind.example")]
    assert find_person(ANNA, twins) is None
    person = Person("id_1", email="info@nordwind.example")
    assert (
        find_person(person, [record("A", person.email or ""), record("B", person.email or "")])
        is None
    )


@pytest.mark.parametrize(
    ("person", "is_enough"),
    [
        (Person("id_1"), False),
        (Person("id_1", full_name="Anna Berg"), False),
        (Person("id_1", linkedin_url="https://linkedin.com/in/anna"), False),
        (Person("id_1", company_domain="nordwind.example"), False),
        (Person("id_1", email="a@b.example"), True),
        (ANNA, True),
    ],
)
def test_what_must_be_known(person: Person, is_enough: bool) -> None:
    assert can_be_told(person) is is_enough
