"""Quick look: one row beside the list, masked, counted as a look; what is not there is said in place."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from contacthub.contacts.filters import ContactFilters
from contacthub.contacts.models import Company, SavedView
from contacthub.contacts.saved_views import ViewState
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditRead, Organization, User
from tests.conftest import sign_in
from tests.contacts.files import take_in
from tests.contacts.test_list_members import make
from tests.exports.builders import render
from tests.exports.catalog import make_catalog_export
from tests.exports.catalog import select as select_all
from tests.web.test_contacts_search import names, person, text_of
from tests.web.test_saved_views import make_view

pytestmark = pytest.mark.django_db
HERS = f"id_{7:016x}"
EMAIL, PHONE = "ada.lovelace@halden.example", "+4722555018"


@pytest.fixture
def catalog(acme: Organization, tmp_path: Path) -> Organization:
    hers = person(
        7,
        full_name="Ada Lovelace",
        emails=[{"email": EMAIL, "type": "work"}],
        phones=[{"phone": PHONE, "type": "mobile"}],
    )
    take_in(tmp_path, *[person(number) for number in range(1, 4)], hers, organization=acme)
    return acme


@pytest.fixture
def client(bob: User) -> Client:
    return sign_in(bob)


def look_alone(client: Client, address: str, *, current: str = "/contacts/") -> Any:
    return client.get(
        address,
        HTTP_HX_REQUEST="true",
        HTTP_HX_TARGET="look",
        HTTP_HX_CURRENT_URL=f"http://testserver{current}",
    )


def body(response: Any) -> str:
    return str(response.content.decode())


def beside(response: Any) -> str:
    found = re.search(r"<aside class=\"ch-quick\".*?</aside>", body(response), re.DOTALL)
    assert found is not None
    return found[0]


def test_a_look_is_a_page_without_scripts(client: Client, catalog: Organization) -> None:
    page = client.get("/contacts/", {"look": HERS, "sort": "name"})
    look = beside(page)

    assert "Ada Lovelace" in look
    assert "a•••@halden.example" in look
    assert EMAIL not in body(page)
    assert PHONE not in body(page)
    assert 'href="/contacts/?sort=name" data-look-close' in re.sub(r"\s+", " ", look)
    assert page["Cache-Control"] == "no-store"


def test_it_comes_alone_and_its_address_is_kept(client: Client, catalog: Organization) -> None:
    address = f"/contacts/?sort=name&look={HERS}"
    first = look_alone(client, address)
    second = look_alone(client, address, current="/contacts/?look=id_0000000000000001")

    assert body(first).strip().startswith("<aside")
    assert "<table" not in body(first)
    assert first["HX-Push-Url"] == address
    assert second["HX-Replace-Url"] == address
    assert "HX-Push-Url" not in second


def test_a_look_keeps_the_view_of_the_list(
    client: Client, catalog: Organization, bob: User
) -> None:
    state = ViewState({"q": ["Lovelace"]}, ("name",), "name", 25, is_compact=False)
    view = make_view(catalog, bob, state=state)

    page = client.get("/contacts/", {"saved": view.pk, "look": HERS})
    assert "Ada Lovelace" in beside(page)
    assert names(page) == ["Ada Lovelace"]

    SavedView.objects.update(is_shared=True, is_default=True)
    assert names(client.get("/contacts/", {"look": HERS})) == ["Ada Lovelace"]


def test_each_look_is_counted(client: Client, catalog: Organization) -> None:
    look_alone(client, f"/contacts/?look={HERS}")
    look_alone(client, f"/contacts/?look={HERS}")

    read = AuditRead.objects.get(detail="Quick look, masked")
    assert (read.rows, read.organization_id) == (2, catalog.pk)


@pytest.mark.parametrize("text", ["id_00000000000000ff", "id_", "7", "x" * 300, "Ada"])
def test_what_is_not_there_is_said_in_place(
    client: Client, catalog: Organization, text: str
) -> None:
    look = look_alone(client, f"/contacts/?look={text}")

    assert look.status_code == 200
    assert "There is no such row in your catalog" in text_of(look)
    assert "Person 001" in text_of(client.get("/contacts/", {"look": text}))
    assert not AuditRead.objects.filter(detail="Quick look, masked").exists()


def test_anothers_row_looks_like_an_unknown_one(catalog: Organization, charlie: User) -> None:
    theirs = sign_in(charlie)
    number = Company.objects.get().number

    for path, hers, nothing in (
        ("/contacts/", HERS, "id_00000000000000ff"),
        ("/companies/", number, 999_999),
    ):
        looks = [look_alone(theirs, f"{path}?look={each}") for each in (hers, nothing)]
        assert text_of(looks[0]) == text_of(looks[1])
        assert "Ada" not in body(looks[0])
        assert "Halden" not in body(looks[0])


def test_a_viewer_sees_that_values_are_blocked(
    client: Client, catalog: Organization, vera: User
) -> None:
    look = look_alone(sign_in(vera), f"/contacts/?look={HERS}")

    assert "•••" not in body(look)
    assert "E-mails: blocked" in text_of(look)
    assert "Reveal" not in body(look)
    assert "lookup" not in text_of(look)


def test_a_company_is_looked_at_too(client: Client, catalog: Organization) -> None:
    number = Company.objects.get().number
    look = look_alone(client, f"/companies/?look={number}")

    assert "Halden Robotics" in text_of(look)
    assert "Find its 4 contacts" in text_of(look)
    assert "There is no such row" in text_of(client.get("/companies/", {"look": "many"}))


def test_lists_and_exports_that_hold_the_row(
    client: Client,
    catalog: Organization,
    alice: User,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)
    make(catalog, bob, "FinOps shortlist", 7)
    make(catalog, alice, "Private of Alice", 7)
    everyone = select_all(catalog, Actor.of(bob), ContactFilters())
    export = render(make_catalog_export(everyone, Actor.of(bob), name="Autumn fair"))

    held = text_of(look_alone(client, f"/contacts/?look={HERS}")).partition("Lists and exports")[2]
    assert "FinOps shortlist" in held
    assert "Autumn fair" in held
    assert "Alice" not in held
    page = client.get(f"/contacts/{HERS}/").content.decode()
    assert f'href="/exports/{export.pk}/"' in page

    make(catalog, bob, "Accounts", Company.objects.get().number, of_companies=True)
    look = look_alone(client, f"/companies/?look={Company.objects.get().number}")
    assert "Accounts" in text_of(look).partition("Lists")[2]
