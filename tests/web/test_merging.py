"""The page on which two contacts are compared and merged, and the one that undoes it."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contacts.merging.actions import unmerge
from contacthub.contacts.models import Contact, Merge, Settlement
from contacthub.core.public_ids import format_contact_id
from contacthub.organizations.models import AuditEvent, Organization, User
from tests.conftest import sign_in
from tests.contacts.merged import ANNA, ANNIE, FIRST, SECOND, load, load_both, merge
from tests.enrichment.builders import SOMEBODY

pytestmark = pytest.mark.django_db
IDS = [format_contact_id(key) for key in (ANNA, ANNIE)]
PAGE = f"/contacts/{IDS[0]}/merge/{IDS[1]}/"
SECRETS = ("anna@halden", "annie@mail", "b@x.example", "22334418", "22334419", "30-39")


@pytest.fixture
def client(bob: User, acme: Organization, tmp_path: Path) -> Client:
    load_both(tmp_path, acme)
    return sign_in(bob)


def text_of(response: Any) -> str:
    return str(response.content.decode())


def choose(client: Client, *ids: str) -> str:
    """Select contacts and press Merge; return where that leads."""
    sent = {"action": "merge", "mode": "page", "id": ids, "shown": str(len(ids))}
    return str(client.post("/contacts/selection/", sent)["Location"])


def mark_of(response: Any) -> str:
    return str(response.context["page"].mark)


def test_page_shows_both_masked_with_their_sources(client: Client) -> None:
    response = client.get(PAGE)
    page = text_of(response)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    for words in (
        "VP Sales",
        "Head of Sales",
        "Vendor 1, last seen",
        "Vendor 2, last seen",
        "a•••@halden.example",
    ):
        assert words in page
    for secret in SECRETS:
        assert secret not in page
    chosen = {
        row.name: [c.side for c in row.cells if c.is_chosen]
        for row in response.context["page"].choices
    }
    assert {*chosen} == {"full_name", "job_title", "pii.city", "email"}
    assert all(sides == ["merged"] for sides in chosen.values())
    assert "3 e-mails and 2 phones of both are kept" in page
    assert "The rows of 2 sources point to the contact that stays" in page
    assert f'href="/contacts/{IDS[1]}/merge/{IDS[0]}/"' in page


def test_merging_uses_what_was_chosen_and_offers_to_undo(client: Client) -> None:
    mark = mark_of(client.get(PAGE))
    response = client.post(
        PAGE, {"mark": mark, "use-job_title": "survivor", "use-full_name": "merged"}
    )
    assert response["Location"] == f"/contacts/{IDS[0]}/"
    contact = Contact.objects.get()
    assert (contact.job_title, contact.full_name) == ("VP Sales", "Annie Berg")
    assert [each.field for each in Settlement.objects.all()] == ["job_title"]
    page = text_of(client.get(response["Location"]))
    undo = reverse("contact-unmerge", args=[IDS[0], Merge.objects.get().pk])
    # In the notice at the head and beside the activity.
    assert page.count(f'href="{undo}"') == 2
    assert "Annie Berg is part of this contact: merged by Bob, <time" in page
    # The old id leads there.
    assert client.get(f"/contacts/{IDS[1]}/")["Location"] == f"/contacts/{IDS[0]}/"
    assert "becomes a contact of its own again" in text_of(client.get(undo))
    assert Contact.objects.count() == 1
    assert client.post(undo)["Location"] == f"/contacts/{IDS[0]}/"
    assert Contact.objects.count() == 2
    assert client.get(f"/contacts/{IDS[1]}/").status_code == 200
    assert client.get(undo).status_code == 404


def test_nothing_is_merged_that_was_not_shown(
    client: Client, acme: Organization, tmp_path: Path
) -> None:
    mark = mark_of(client.get(PAGE))
    load(tmp_path, {**FIRST, "job_title": "CRO"}, acme, number=1)
    response = client.post(PAGE, {"mark": mark, "use-full_name": "survivor"})
    assert response.status_code == 409
    assert "A value changed since this page was opened" in text_of(response)
    # The choice is kept.
    (name,) = [row for row in response.context["page"].choices if row.name == "full_name"]
    assert [cell.is_chosen for cell in name.cells] == [True, False]
    assert client.post(PAGE, {"mark": "", "use-full_name": "survivor"}).status_code == 409
    wrong = client.post(PAGE, {"mark": mark_of(response), "use-full_name": "neither"})
    assert (wrong.status_code, Contact.objects.count()) == (422, 2)


def test_what_cannot_be_merged_says_why(client: Client, acme: Organization, tmp_path: Path) -> None:
    same = client.get(f"/contacts/{IDS[0]}/merge/{IDS[0]}/")
    assert (same.status_code, "one contact already" in text_of(same)) == (422, True)
    load(tmp_path, {**SECOND, "contact_id": "id_0000000000000333", "id": 73}, None, number=5)
    load(tmp_path, {**SECOND, "contact_id": "id_0000000000000444", "id": 74}, None, number=6)
    mixed = client.get(f"/contacts/{IDS[0]}/merge/id_0000000000000333/")
    assert (mixed.status_code, "stay apart" in text_of(mixed)) == (422, True)
    shared = client.post("/contacts/id_0000000000000444/merge/id_0000000000000333/")
    assert (shared.status_code, "Ask the operator" in text_of(shared)) == (409, True)
    assert client.get(f"/contacts/{IDS[0]}/merge/nonsense/").status_code == 404


def test_undo_is_refused_with_the_reason(
    client: Client, acme: Organization, tmp_path: Path
) -> None:
    made = merge(acme)
    load(tmp_path, {**SECOND, "contact_id": "id_0000000000000333", "id": 73}, acme, number=5)
    merge_on_top = f"/contacts/id_0000000000000333/merge/{IDS[0]}/"
    client.post(merge_on_top, {"mark": mark_of(client.get(merge_on_top))})
    undo = reverse("contact-unmerge", args=[IDS[0], made.pk])
    for response in (client.get(undo), client.post(undo)):
        assert response.status_code == 409
        assert "Undo that merge first" in text_of(response)
        assert "Undo merge</button>" not in text_of(response)
    assert (
        client.get(reverse("contact-unmerge", args=["id_0000000000000abc", made.pk])).status_code
        == 404
    )


def test_activity_of_both_is_one(client: Client, acme: Organization) -> None:
    client.get(f"/contacts/{IDS[1]}/?include=emails")
    made = merge(acme)
    page = text_of(client.get(f"/contacts/{IDS[0]}/activity"))
    assert page.count("e-mails found") == 1
    assert page.lower().count("merged contacts") == 1
    assert "into another contact" not in page
    unmerge(organization=acme, actor=SOMEBODY, merge_id=made.pk)
    assert "e-mails found" not in text_of(client.get(f"/contacts/{IDS[0]}/activity"))


def test_two_selected_contacts_are_merged(
    client: Client, acme: Organization, tmp_path: Path
) -> None:
    address = choose(client, *IDS)
    assert client.get(address)["Location"] in (PAGE, f"/contacts/{IDS[1]}/merge/{IDS[0]}/")
    load(tmp_path, {**SECOND, "contact_id": "id_0000000000000333", "id": 73}, acme, number=5)
    address = choose(client, *IDS, "id_0000000000000333")
    response = client.get(address)
    assert response.status_code == 422
    assert "You selected 3 contacts" in text_of(response)
    assert client.get("/contacts/selection/merge/")["Location"] == "/contacts/"


def test_looks_are_counted(client: Client, vera: User) -> None:
    client.get(PAGE)
    assert not AuditEvent.objects.filter(action="Was refused").exists()
    assert sign_in(vera).get(PAGE).status_code == 403
