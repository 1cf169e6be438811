"""What was never asked is never called empty, and a list says of a contact what its own page says."""

import html
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contacthub.connectors.records import Company, Email
from contacthub.connectors.records import Contact as VendorContact
from contacthub.contacts.actions import add_found, add_pulled
from contacthub.contacts.models import Contact
from contacthub.core import clock
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.models import Asking, Outcome, Section, VendorAnswer
from contacthub.organizations.models import Organization, User
from contacthub.sourcing.models import LiveSave, LiveSaveRow
from contacthub.web.views.catalog.live_view import FoundContact, describe_found
from tests.conftest import sign_in
from tests.contacts.files import take_in

pytestmark = pytest.mark.django_db

# What a vendor's search tells of somebody: neither phones nor scores.
FOUND = VendorContact(
    vendor_id="7", full_name="Saved Person", first_name="Saved", last_name="Person",
    linkedin_url="https://www.linkedin.com/in/saved", company=Company(domain="halden.example", name="Halden"),
)  # fmt: skip


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def page_of(contact: Contact) -> str:
    return f"/contacts/{format_contact_id(contact.key)}/"


def note_answer(organization: Organization, contact: Contact, **outcomes: Outcome) -> None:
    """Save what a vendor answered when an organization asked it about a contact."""
    asking = Asking.objects.create(
        organization=organization,
        connection_key=uuid4(),
        connection_name="Vendor",
        vendor="letrics",
        sections=list(outcomes),
        state=Asking.State.ANSWERED,
        asked_count=1,
        lookup_count=1,
    )
    unasked = dict.fromkeys(Section.values, Outcome.NOT_ASKED)
    VendorAnswer.objects.create(asking=asking, contact_key=contact.key, **unasked | outcomes)


def save_run(organization: Organization, contact: Contact) -> str:
    """Return the page of a run that saved a contact."""
    save = LiveSave.objects.create(
        organization=organization, connection_key=uuid4(), connection_name="Letrics", vendor="letrics",
        of_companies=False, asked={}, row_limit=1, seen_count=1, saved_count=1, state="completed",
    )  # fmt: skip
    LiveSaveRow.objects.create(save_of=save, vendor_id="7", contact_key=contact.key)
    return f"/live/{save.pk}/"


@pytest.mark.parametrize("save", [add_found, add_pulled])
def test_saved_vendor_rows_say_what_was_not_asked_everywhere(
    bob: User, acme: Organization, save: Any
) -> None:
    save(organization=acme, rows=[FOUND.as_row()])
    contact = Contact.objects.get(full_name="Saved Person")
    assert contact.company is not None
    client = sign_in(bob)
    listed = [
        text_of(client.get(address))
        for address in (
            "/contacts/",
            f"/companies/{contact.company.number}/",
            save_run(acme, contact),
        )
    ]
    page = text_of(client.get(page_of(contact)))
    for each in listed:
        # The page of a company has no columns of title and confidence.
        assert re.search(r"Saved Person (– Halden )?Not asked Not asked – (– )?", each)
    assert "E-mails: not asked. Your catalog has none, and no vendor was queried." in page
    assert "Phones: not asked." in page
    # What the contact itself knows is there, and not among what was not asked.
    assert "First name Saved" in page
    assert re.search(r"Gender, Age range, [^.]*: not asked\.", page)
    # No vendor has judged; what is known gives a number of its own, part by part.
    assert "Computed from these parts" in page
    for each in (*listed, page):
        # Feeds were searched for its intent, and the catalog for its technologies.
        searched = re.sub("(Intent|Technologies): no record", "", each)
        assert "no record" not in searched.lower()
        assert "0.00" not in each


def test_no_record_is_what_a_vendor_said_to_this_organization(
    bob: User, acme: Organization, globex: Organization
) -> None:
    add_found(organization=acme, rows=[FOUND.as_row()])
    contact = Contact.objects.get(full_name="Saved Person")
    note_answer(globex, contact, emails=Outcome.NO_RECORD)
    note_answer(acme, contact, phones=Outcome.BLOCKED)
    client = sign_in(bob)
    assert "E-mails: not asked." in text_of(client.get(page_of(contact)))
    note_answer(acme, contact, emails=Outcome.NO_RECORD)
    page, listed = text_of(client.get(page_of(contact))), text_of(client.get("/contacts/"))
    assert "E-mails: no record. A vendor was queried and has none." in page
    assert "Phones: not asked." in page
    assert "Saved Person – Halden No record Not asked –" in listed


def test_row_of_a_live_search_says_what_it_does_not_tell() -> None:
    row = show(FOUND)
    assert (row.email.words, row.phone.words, row.quality) == ("Not asked", "Not asked", "–")
    empty = show(VendorContact(emails=(), phones=(), quality_score=0))
    assert (empty.email.words, empty.phone.words, empty.quality) == (
        "Empty record", "Empty record", "0",
    )  # fmt: skip
    checked = show(VendorContact(emails=(Email("ann@x.example", status="a vendor's word"),)))
    assert (checked.email.words, checked.email.check) == ("a•••@x.example", "Not checked")


def show(contact: VendorContact) -> FoundContact:
    row = describe_found(contact)
    assert isinstance(row, FoundContact)
    return row


@pytest.mark.parametrize(
    ("status", "is_dated", "word"),
    [
        ("valid", True, "Valid"),
        ("catch_all", True, "Catch-all"),
        ("invalid", True, "Invalid"),
        ("pending", True, "Pending"),
        ("valid", False, "Unverified date"),
        (None, False, "Not checked"),
        (None, True, "Not checked"),
    ],
)
def test_list_and_page_say_the_same_of_an_address(
    bob: User, tmp_path: Path, status: str | None, is_dated: bool, word: str
) -> None:
    email = {"email": "ann@x.example", "status": status} if status else {"email": "ann@x.example"}
    if is_dated:
        email["checked_on"] = str(clock.today())
    take_in(tmp_path, {"full_name": "Ann Berg", "emails": [email]})
    contact = Contact.objects.get(full_name="Ann Berg")
    client = sign_in(bob)
    listed, page = client.get("/contacts/"), client.get(page_of(contact))
    (shown,) = re.findall(r'ch-status is-(\w+)"><span>a•••@x', listed.content.decode())
    (detailed,) = re.findall(rf'ch-status is-(\w+)"><span>{word}', page.content.decode())
    assert shown == detailed
    assert re.search(rf"a•••@x\.example (· 0 d )?· {word}", text_of(listed))
