"""Live search of connected vendors: ContactHub's own doors as the vendor, in a real process."""

from typing import Any

import pytest
from django.urls import reverse

from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Contact, ContactEmail, ContactPhone
from contacthub.core.errors import Invalid, NotFound
from contacthub.credentials.connections import actions as connection_actions
from contacthub.credentials.models import Connection, ProviderCall
from contacthub.enrichment import live
from contacthub.organizations.models import AuditEvent, Organization, User
from tests.conftest import sign_in
from tests.credentials.connecting import add
from tests.enrichment.builders import SOMEBODY
from tests.enrichment.vendor import COUNT, email_of
from tests.stack import Stack

pytestmark = pytest.mark.django_db(transaction=True)

Facade = tuple[Stack, dict[str, str]]


@pytest.fixture(autouse=True)
def private_addresses(settings: Any) -> None:
    """Let connectors call loopback addresses."""
    settings.OUTBOUND_ALLOW_PRIVATE = True


def connect(facade: Facade, organization: Organization, vendor: str, name: str) -> Connection:
    key = facade[1]["one"]
    return add(
        organization,
        vendor=vendor,
        name=name,
        base_url=facade[0].base_url,
        credentials={"api_key": key},
    )


@pytest.fixture
def letrics(facade: Facade, acme: Organization) -> Connection:
    return connect(facade, acme, "letrics", "Letrics")


@pytest.fixture
def nordics(facade: Facade, acme: Organization) -> Connection:
    return connect(facade, acme, "richutilities", "Nordics")


def ask(organization: Organization, connection: Connection, **filters: Any) -> live.Question:
    return live.make_question(
        organization=organization, connection_id=connection.pk, filters=ContactFilters(**filters)
    )


@pytest.mark.parametrize("name", ["letrics", "nordics"])
def test_pages_of_each_vendor_hold_every_contact_once(
    acme: Organization, request: pytest.FixtureRequest, name: str
) -> None:
    question = ask(acme, request.getfixturevalue(name))
    seen: list[str] = []
    position: str | None = None
    pages = 0
    while pages == 0 or position:
        page = live.read_page(question=question, position=position)
        seen += [each.vendor_id or "" for each in page.items]
        position, pages = page.next, pages + 1
    assert pages == 2
    assert (len(seen), len(set(seen))) == (COUNT, COUNT)


def test_what_cannot_be_honoured_is_named_and_nobody_is_asked(
    acme: Organization, letrics: Connection
) -> None:
    question = ask(acme, letrics, verified=True, is_decision_maker=True)
    assert question.unhonoured == ("verified",)
    with pytest.raises(Invalid):
        live.read_page(question=question)
    assert not ProviderCall.objects.exists()
    without = live.make_question(
        organization=acme,
        connection_id=letrics.pk,
        filters=ContactFilters(verified=True),
        left_out=["verified"],
    )
    assert live.read_page(question=without).items


def test_saved_rows_are_private_and_lose_nothing(
    acme: Organization, globex: Organization, nordics: Connection, letrics: Connection
) -> None:
    question = ask(acme, letrics, has_personal_email=None)
    page = live.read_page(question=question)
    with_email = next(each for each in page.items if each.emails)
    whose = {"organization": acme, "actor": SOMEBODY, "question": question, "position": None}
    assert live.save_found(chosen=[with_email.vendor_id or ""], **whose) == (1, 0)
    contact = Contact.objects.get()
    assert contact.organization == acme
    assert ContactEmail.objects.get().source == "Letrics"
    # Numbers and addresses that others gave stay when the row is saved again.
    ContactPhone.objects.create(contact=contact, position=1, phone="+4712345678")
    ContactEmail.objects.create(
        contact=contact, position=2, address="more@acme.example", md5=b"1", sha1=b"2", sha256=b"3"
    )
    live.save_found(chosen=[with_email.vendor_id or ""], **whose)
    assert Contact.objects.count() == 1
    assert {e.address for e in contact.emails.all()} == {
        with_email.emails[0].email if with_email.emails else "",
        "more@acme.example",
    }
    assert contact.phones.count() == 1
    event = AuditEvent.objects.filter(action="Saved contacts from a provider").first()
    assert event
    assert email_of(2) not in event.detail
    with pytest.raises(NotFound):
        ask(globex, letrics)


def test_vendor_without_the_search_is_unknown(acme: Organization, nordics: Connection) -> None:
    with pytest.raises(NotFound):
        live.make_question(organization=acme, connection_id=nordics.pk, filters=CompanyFilters())


def test_page_names_asks_and_saves(
    acme: Organization, bob: User, vera: User, letrics: Connection
) -> None:
    client = sign_in(bob)
    address = reverse("contact-live", args=[letrics.pk])
    assert address in client.get(reverse("contact-list")).content.decode()
    # Hidden by default in the catalogue, unknown to the vendor: named first.
    first = client.get(address).content.decode()
    assert "Stale" in first
    assert "Not asked yet" in first
    assert not ProviderCall.objects.exists()
    asked = f"{address}?without=is_stale&without=is_speculative"
    shown = client.get(asked)
    assert shown["Cache-Control"] == "no-store"
    assert "•••@vendor.example" in shown.content.decode()
    assert email_of(2) not in shown.content.decode()
    save = asked.replace(address, reverse("contact-live-save", args=[letrics.pk]))
    client.post(save, {"which": "chosen"})
    assert not Contact.objects.exists()
    client.post(save, {"which": "page"})
    assert Contact.objects.filter(organization=acme).exists()
    connection_actions.pause_connection(organization=acme, actor=SOMEBODY, connection_id=letrics.pk)
    assert client.get(asked).status_code == 404
