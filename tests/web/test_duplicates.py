"""Possible duplicates on pages: the banner, the list, and what each role and organization may do with them."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contacts.actions import save_contacts
from contacthub.contacts.duplicates.scan import propose_duplicates
from contacthub.contacts.models import Contact, DuplicateProposal
from contacthub.core.public_ids import format_contact_id
from contacthub.core.tenancy import across_organizations
from contacthub.organizations.models import AuditEvent, AuditRead, Organization, User
from tests.conftest import sign_in
from tests.contacts.files import Row, take_in

pytestmark = pytest.mark.django_db
ONE, OTHER = format_contact_id(1), format_contact_id(2)
LIST = "/contacts/duplicates/"
ADDRESS = "mikkel.thorsen@storebaelt.example"


def rows() -> list[Row]:
    company = {"name": "Storebælt Data", "domain": "storebaelt.example"}
    return [
        {"contact_id": each, "full_name": name, "company": company, "emails": [{"email": ADDRESS}]}
        for each, name in ((ONE, "Mikkel Thorsen"), (OTHER, "Mikkel B. Thorsen"))
    ]


def scan() -> DuplicateProposal:
    with across_organizations():
        propose_duplicates(seconds=60)
    return DuplicateProposal.objects.get()


@pytest.fixture
def pair(acme: Organization) -> DuplicateProposal:
    save_contacts(organization=acme, rows=rows())
    return scan()


def read(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def detail(contact_id: str) -> str:
    return reverse("contact-detail", args=[contact_id])


def decide(client: Client, name: str, pair: DuplicateProposal, **values: str) -> str:
    response = client.post(reverse(name, args=[pair.pk]), values)
    assert response.status_code == 302
    return str(response["Location"])


def test_both_contacts_say_who_may_be_the_same_person_and_why(
    pair: DuplicateProposal, bob: User
) -> None:
    client = sign_in(bob)
    for contact_id, other in ((ONE, "Mikkel B. Thorsen"), (OTHER, "Mikkel Thorsen")):
        page = read(client, detail(contact_id))
        assert "Possible duplicate of" in page
        assert f">{other}</a>" in page
        assert "same e-mail, similar name and company (0.99)." in page
        assert "Not a duplicate" in page
        assert "Compare and merge…" in page


def test_dismissed_pair_says_who_and_can_be_undone_on_the_page(
    pair: DuplicateProposal, bob: User
) -> None:
    client = sign_in(bob)
    assert decide(client, "duplicate-dismiss", pair, contact=ONE) == detail(ONE)
    page = read(client, detail(OTHER))
    assert "Not a duplicate of" in page
    assert "Bob said so" in page
    assert "Possible duplicate of" not in page
    assert decide(client, "duplicate-restore", pair, contact=OTHER) == detail(OTHER)
    assert "Possible duplicate of" in read(client, detail(OTHER))
    actions = AuditEvent.objects.filter(subject=ONE).values_list("action", flat=True)
    assert {"Dismissed a possible duplicate", "Restored a possible duplicate"} <= set(actions)


def test_list_shows_pairs_by_reason_masked_and_counts_the_look(
    pair: DuplicateProposal, bob: User
) -> None:
    client = sign_in(bob)
    page = read(client, LIST)
    assert "Mikkel B. Thorsen" in page
    assert "m•••@storebaelt.example" in page
    assert ADDRESS not in page
    assert "Very likely 0.99" in page
    assert AuditRead.objects.get(detail="Possible duplicates, masked").rows == 2
    assert "Mikkel B. Thorsen" in read(client, f"{LIST}?show=email")
    assert "Mikkel B. Thorsen" not in read(client, f"{LIST}?show=phone")
    assert "Mikkel B. Thorsen" not in read(client, f"{LIST}?show=shared")
    assert "Mikkel B. Thorsen" not in read(client, f"{LIST}?show=nothing", status=422)
    assert "1 possible duplicate" in read(client, reverse("contact-list"))


def test_list_dismisses_with_undo_and_keeps_what_was_dismissed(
    pair: DuplicateProposal, bob: User
) -> None:
    client = sign_in(bob)
    after = decide(client, "duplicate-dismiss", pair, show="email")
    assert after == f"{LIST}?show=email&done={pair.pk}"
    page = read(client, after)
    assert "Marked as not a duplicate." in page
    assert reverse("duplicate-restore", args=[pair.pk]) in page
    assert "Bob said so" in read(client, f"{LIST}?show=dismissed")
    assert "possible duplicate" not in read(client, reverse("contact-list"))
    # A second press, and somebody else's, say what is so.
    again = client.post(reverse("duplicate-dismiss", args=[pair.pk]), follow=True)
    assert "already marked: Not a duplicate" in again.content.decode()
    assert decide(client, "duplicate-restore", pair) == LIST
    assert "Mikkel B. Thorsen" in read(client, LIST)


def test_viewer_sees_pairs_without_values_and_decides_nothing(
    pair: DuplicateProposal, vera: User
) -> None:
    client = sign_in(vera)
    for address in (LIST, detail(ONE)):
        page = read(client, address)
        assert "Mikkel B. Thorsen" in page
        assert "•••" not in page
        assert "Not a duplicate</button>" not in " ".join(page.split())
        assert reverse("duplicate-dismiss", args=[pair.pk]) not in page
    assert client.post(reverse("duplicate-dismiss", args=[pair.pk])).status_code == 403
    pair.refresh_from_db()
    assert pair.state == DuplicateProposal.State.OPEN


def test_another_organization_sees_and_decides_nothing(
    pair: DuplicateProposal, charlie: User
) -> None:
    client = sign_in(charlie)
    assert "Thorsen" not in read(client, LIST)
    for name in ("duplicate-dismiss", "duplicate-restore"):
        for number in (pair.pk, 999_999):
            assert client.post(reverse(name, args=[number])).status_code == 404
    pair.refresh_from_db()
    assert pair.state == DuplicateProposal.State.OPEN


def test_pair_of_shared_contacts_is_seen_by_all_and_decided_by_no_organization(
    acme: Organization, bob: User, charlie: User, tmp_path: Path
) -> None:
    take_in(tmp_path, *rows())
    pair = scan()
    for user in (bob, charlie):
        client = sign_in(user)
        assert "Mikkel B. Thorsen" not in read(client, LIST)
        for address in (f"{LIST}?show=shared", detail(ONE)):
            page = read(client, address)
            assert "Mikkel B. Thorsen" in page
            assert reverse("duplicate-dismiss", args=[pair.pk]) not in page
        assert client.post(reverse("duplicate-dismiss", args=[pair.pk])).status_code == 404
    # An own contact hides the shared one, and the pair with it.
    save_contacts(organization=acme, rows=[{"contact_id": ONE, "job_title": "Director"}])
    assert "Mikkel B. Thorsen" not in read(sign_in(bob), f"{LIST}?show=shared")
    assert "Mikkel B. Thorsen" in read(sign_in(charlie), f"{LIST}?show=shared")


def test_pair_is_gone_with_one_of_its_contacts(pair: DuplicateProposal, bob: User) -> None:
    Contact.objects.filter(key=2).delete()
    client = sign_in(bob)
    assert "Possible duplicate of" not in read(client, detail(ONE))
    assert "No pairs here" in read(client, LIST)
    assert "possible duplicate" not in read(client, reverse("contact-list"))
