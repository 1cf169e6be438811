"""Which contacts are compared, and what becomes of a pair when one of them changes."""

from pathlib import Path
from typing import Any

import pytest

from contacthub.contacts.actions import save_contacts
from contacthub.contacts.duplicates.cards import plain_address
from contacthub.contacts.duplicates.names import Likeness, compare_names, read_name
from contacthub.contacts.duplicates.scan import propose_duplicates
from contacthub.contacts.models import ContactEmail, DuplicateCheck, DuplicateProposal
from contacthub.core.public_ids import format_contact_id
from contacthub.core.tenancy import across_organizations
from contacthub.organizations.models import Organization
from tests.contacts.files import take_in

pytestmark = pytest.mark.django_db
ANNA = {"full_name": "Anna Berg", "emails": [{"email": "anna@berg.example"}]}
HALDEN = {"name": "Halden", "domain": "halden.example"}


def row(key: int, **values: Any) -> dict[str, Any]:
    return {"contact_id": format_contact_id(key), **values}


def scan() -> list[DuplicateProposal]:
    with across_organizations():
        propose_duplicates(seconds=60)
    return list(DuplicateProposal.objects.order_by("organization_id", "lower_key"))


def test_own_and_shared_contacts_and_two_organizations_are_never_a_pair(
    acme: Organization, globex: Organization, tmp_path: Path
) -> None:
    take_in(tmp_path, row(1, **ANNA))
    save_contacts(organization=acme, rows=[row(2, **ANNA)])
    save_contacts(organization=globex, rows=[row(3, **ANNA)])
    assert scan() == []
    save_contacts(organization=acme, rows=[row(4, **ANNA)])
    take_in(tmp_path, row(5, **ANNA))
    found = {(each.organization_id, each.lower_key, each.higher_key) for each in scan()}
    assert found == {(None, 1, 5), (acme.pk, 2, 4)}


def test_only_what_changed_is_compared_and_once(acme: Organization) -> None:
    save_contacts(organization=acme, rows=[row(1, **ANNA), row(2, full_name="Bo Lund")])
    assert DuplicateCheck.objects.count() == 2
    assert scan() == []
    assert not DuplicateCheck.objects.exists()
    save_contacts(organization=acme, rows=[row(1, **ANNA)])
    assert not DuplicateCheck.objects.exists()
    save_contacts(organization=acme, rows=[row(3, **ANNA)])
    [pair] = scan()
    assert (pair.lower_key, pair.higher_key, pair.reasons) == (1, 3, ["email"])


def test_pair_goes_when_its_reason_goes(acme: Organization) -> None:
    save_contacts(organization=acme, rows=[row(1, **ANNA), row(2, **ANNA)])
    assert len(scan()) == 1
    other = {"full_name": "Anna Berg", "emails": [{"email": "someone@else.example"}]}
    save_contacts(organization=acme, rows=[row(2, **other)])
    assert scan() == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"emails": [{"email": "info@halden.example"}]}, {"emails": [{"email": "info@halden.example"}]}),
        ({"phones": [{"number": "+4701000001", "type": "switchboard"}]}, {"phones": ["+4701000001"]}),
        ({"linkedin_url": "https://www.linkedin.com/company/halden"},) * 2,
    ],
)  # fmt: skip
def test_what_many_people_have_in_common_is_no_reason(
    acme: Organization, one: dict[str, Any], other: dict[str, Any]
) -> None:
    rows = [row(1, full_name="Anna Berg", **one), row(2, full_name="Anna Berg", **other)]
    save_contacts(organization=acme, rows=rows)
    assert scan() == []


def test_value_of_more_than_three_contacts_is_no_reason(acme: Organization) -> None:
    rows = [row(key, full_name="Anna Berg", phones=["+4701000001"]) for key in range(1, 5)]
    save_contacts(organization=acme, rows=rows[:3])
    assert len(scan()) == 3
    save_contacts(organization=acme, rows=rows[3:])
    scan()
    assert not DuplicateProposal.objects.filter(higher_key=4).exists()


def test_similar_name_at_a_company_needs_the_same_title_and_one_address(acme: Organization) -> None:
    title = {"job_title": "VP Sales", "company": HALDEN}
    save_contacts(
        organization=acme,
        rows=[
            row(1, full_name="William Berg", **title, emails=[{"email": "w.berg@halden.example"}]),
            row(2, full_name="Bill Berg", job_title="Vice President, Sales", company=HALDEN),
            row(3, full_name="Bill Berg", job_title="Cook", company=HALDEN),
            row(4, full_name="Will Berg", **title, emails=[{"email": "w.berg2@halden.example"}]),
        ],
    )
    pairs = {(each.lower_key, each.higher_key): each.reasons for each in scan()}
    assert pairs[1, 2] == ["name"]
    assert (1, 3) not in pairs
    assert (1, 4) not in pairs


def test_plain_addresses_are_the_same_in_sql_and_python() -> None:
    addresses = [
        "a@x.example",
        "a+b@x.example",
        "a.b+c@gmail.com",
        "ab@googlemail.com",
        "+x@y.example",
    ]
    for address in addresses:
        [found] = ContactEmail.objects.raw(
            "SELECT 1 AS id, contacts_plain_address(%s) AS plain", [address]
        )
        assert found.plain == plain_address(address)
    assert len({plain_address(each) for each in addresses[2:4]}) == 1


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("Dr. Jürgen Müller, MBA", "Mueller, Juergen", Likeness.EQUAL),
        ("Иван Петров", "Ivan Petrow", Likeness.EQUAL),
        ("Bill Smith", "William Smith", Likeness.CLOSE),
        ("J. Muller", "Jürgen Müller", Likeness.OPEN),
        ("Anna Berg", "Anna Solheim", Likeness.GIVEN),
        ("Anna B. Berg", "Anna K. Berg", Likeness.DIFFERENT),
        ("Anna Berg", "Anne Berg", Likeness.DIFFERENT),
        ("Daniel Berg", "Daniela Berg", Likeness.DIFFERENT),
        ("Minh Le", "Minh Do", Likeness.GIVEN),
        ("", "Anna Berg", Likeness.UNKNOWN),
    ],
)
def test_names_are_compared_as_people_would(one: str, other: str, likeness: Likeness) -> None:
    assert compare_names(read_name(one), read_name(other)) == likeness
