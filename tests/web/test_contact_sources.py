"""The page of a contact says where each value came from and lets people settle on another one."""

import datetime as dt
import html
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from contacthub.contacts.actions import add_found
from contacthub.contacts.models import Candidate, Contact, ContactEmail, Load, Settlement
from contacthub.contacts.origins import Origin
from contacthub.enrichment.actions.settling import name_choice
from contacthub.enrichment.models import Finding
from contacthub.lists.models import List, ListEntry, ListMember
from contacthub.organizations.models import AuditEvent, Organization, User
from tests.conftest import sign_in
from tests.contacts.files import ID, KEY, take_in

pytestmark = pytest.mark.django_db
PAGE = f"/contacts/{ID}/"
ROW = {
    "contact_id": ID,
    "full_name": "Ingrid Solheim",
    "seniority": "VP",
    "emails": [
        {"email": "a@x.example", "status": "valid", "checked_on": "2026-11-02", "source": "Mail"},
        {"email": "b@x.example", "status": "catch_all", "checked_on": "2026-10-02"},
    ],
    "pii": {"address": "Storgata 12"},
}
LETRICS = Origin(Load.Kind.SEARCH, "Letrics", UUID(int=7), "letrics", "req-1")
DIRECTOR = {"contact_id": ID, "full_name": "Ingrid Solheim", "seniority": "Director"}


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def settle(user: User, field: str, value: str) -> Any:
    choice = f"{field} {name_choice(KEY, field, value)}"
    return sign_in(user).post(f"{PAGE}settle", {"choice": choice}, follow=True)


@pytest.fixture
def disputed(tmp_path: Path, acme: Organization) -> None:
    """A contact of acme's of which a file and a vendor's search say different things."""
    take_in(tmp_path, ROW, organization=acme)
    add_found(organization=acme, rows=[DIRECTOR], origin=LETRICS)


def test_card_says_who_gave_the_value_why_it_won_and_what_lost(disputed: None, bob: User) -> None:
    text = text_of(sign_in(bob).get(PAGE))
    assert "Letrics, because it was received last" in text
    assert "1 value that lost VP · contacts.jsonl" in text
    assert "2 sources disagree" in text
    assert "Sources disagree on seniority" in text
    assert "Saved from a search" in text


def test_values_on_cards_are_masked_as_on_the_page(
    disputed: None, acme: Organization, bob: User
) -> None:
    Candidate.objects.create(
        contact=Contact.objects.get(), organization=acme, field="email", value="former@x.example"
    )
    Candidate.objects.create(
        contact=Contact.objects.get(), organization=acme, field="pii.address", value="Torget 1"
    )
    page = sign_in(bob).get(PAGE)
    body = page.content.decode()
    for secret in ("former@", "a@x.example", "b@x.example", "Torget", "Storgata"):
        assert secret not in body
    assert "f•••@x.example" in text_of(page)
    assert "T•••" in text_of(page)


def test_what_another_organization_was_given_never_shows(
    tmp_path: Path, acme: Organization, globex: Organization, bob: User
) -> None:
    take_in(tmp_path, ROW)
    add_found(organization=globex, rows=[DIRECTOR | {"seniority": "Canary"}], origin=LETRICS)
    add_found(organization=globex, rows=[DIRECTOR | {"seniority": "Canary 2"}], origin=LETRICS)
    finding = {
        "contact_key": KEY, "connection_name": "Canary vendor", "vendor": "letrics", "connection_key": UUID(int=9),
        "fetched_at": dt.datetime(2026, 11, 1, tzinfo=dt.UTC), "rule": "first",
    }  # fmt: skip
    Finding.objects.create(
        organization=globex, section="emails", value="canary@x.example", **finding
    )
    body = sign_in(bob).get(PAGE).content.decode()
    assert "anary" not in body
    assert "VP" in body
    refused = settle(bob, "seniority", "Canary")
    assert "This value is no longer there." in text_of(refused)
    assert not Settlement.objects.exists()


def test_settled_value_is_used_and_undone_with_an_audit_entry_each(
    disputed: None, bob: User
) -> None:
    page = settle(bob, "seniority", "VP")
    text = text_of(page)
    assert "The value from contacts.jsonl is used everywhere" in text
    assert "Bob settled it on" in text
    assert "sources disagree" not in text
    assert "Undo: back to the rule" in text
    assert Contact.objects.get().seniority == "VP"
    add_found(organization=Contact.objects.get().organization, rows=[DIRECTOR], origin=LETRICS)  # type: ignore[arg-type]
    assert Contact.objects.get().seniority == "VP"
    back = sign_in(bob).post(f"{PAGE}unsettle", {"field": "seniority"}, follow=True)
    assert "The rule decides again." in text_of(back)
    assert Contact.objects.get().seniority == "Director"
    actions = ("Settled a value", "Went back to the rule")
    counts = [AuditEvent.objects.filter(action=action, actor=bob).count() for action in actions]
    assert counts == [1, 1]


def test_another_address_is_put_first(disputed: None, bob: User) -> None:
    settle(bob, "email", "b@x.example")
    assert Contact.objects.get().email == "b@x.example"
    assert "b@x.example" not in "".join(
        f"{event.target}{event.detail}" for event in AuditEvent.objects.all()
    )


def test_viewer_settles_nothing_and_sees_no_card(disputed: None, vera: User) -> None:
    page = sign_in(vera).get(PAGE).content.decode()
    assert "Where this value comes from" not in page
    choice = f"seniority {name_choice(KEY, 'seniority', 'VP')}"
    for name, data in (("settle", {"choice": choice}), ("unsettle", {"field": "seniority"})):
        assert sign_in(vera).post(f"{PAGE}{name}", data).status_code == 403
    assert not Settlement.objects.exists()


@pytest.mark.parametrize(
    "choice", ["", "seniority", "seniority x", "email ", "nothing 12", "\u0000 1"]
)
def test_wrong_choice_changes_nothing(disputed: None, bob: User, choice: str) -> None:
    answer = sign_in(bob).post(f"{PAGE}settle", {"choice": choice}, follow=True)
    assert answer.status_code in (200, 404, 422)
    assert not Settlement.objects.exists()


def test_foreign_contact_is_unknown(disputed: None, charlie: User) -> None:
    for name in ("settle", "unsettle"):
        answer = sign_in(charlie).post(
            reverse(f"contact-{name}", args=[ID]), {"field": "seniority"}
        )
        assert answer.status_code == 404


def test_page_names_ones_own_lists_and_quality_in_parts(
    disputed: None, acme: Organization, bob: User
) -> None:
    ours = List.objects.create(
        organization=acme, of_companies=False, name="Ours", name_key="ours", is_shared=True, owner_name="Bob"
    )  # fmt: skip
    entry = ListEntry.objects.create(list=ours, source="ids", created_by_name="Bob")
    ListMember.objects.create(list=ours, item=KEY, entry=entry)
    text = text_of(sign_in(bob).get(PAGE))
    assert "Lists and exports Ours" in text
    assert re.search(r"Quality \d+ E-mail: valid, checked 2 Nov", text)
    assert "25 of 25" in text


def test_stale_is_said_with_the_time_since(disputed: None, bob: User) -> None:
    long_ago = dt.datetime(2025, 9, 28, tzinfo=dt.UTC)
    Contact.objects.update(created_at=long_ago, updated_at=long_ago)
    ContactEmail.objects.all().delete()
    assert "Stale: last seen 14 months ago" in text_of(sign_in(bob).get(PAGE))
