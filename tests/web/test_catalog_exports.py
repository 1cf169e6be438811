"""The checkout of selected contacts, and the pages of their exports, as people see them."""

import html
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contacts.filters import CompanyFilters
from contacthub.contacts.models import Contact, Selection
from contacthub.exports.catalog_columns import find_fields
from contacthub.exports.models import Export
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Membership, Organization, User
from contacthub.organizations.rights import Right
from tests.conftest import sign_in
from tests.contacts.files import take_in
from tests.exports.builders import read_file, render
from tests.exports.catalog import fill_catalog, make_catalog_export, make_person, select

pytestmark = pytest.mark.django_db
CHECKOUT = "/exports/contacts/new/"
HTMX = {"HX-Request": "true"}
EVERY_COLUMN = list(find_fields(of_companies=False))


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def vps(acme: Organization, as_bob: Actor, tmp_path: Path) -> Selection:
    fill_catalog(tmp_path, acme)
    return select(acme, as_bob)


@pytest.fixture
def export(vps: Selection, as_bob: Actor) -> Export:
    columns = ["contact_id", "full_name", "email", "all_emails", "phone", "quality_score", "city"]
    return render(make_catalog_export(vps, as_bob, get_pii=True, columns=columns))


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def open_checkout(client: Client, selection: Selection, **more: object) -> Any:
    return client.get(CHECKOUT, {"selection": str(selection.pk), **more})


def post(client: Client, selection: Selection, **data: object) -> Any:
    sent = {"selection": str(selection.pk), "format": "csv", "request_key": str(uuid4())}
    return client.post(CHECKOUT, {**sent, "columns": ["full_name"], **data})


# --- Checkout ----------------------------------------------------------------------------------------


def test_checkout_states_question_count_and_that_it_is_free(vps: Selection, bob: User) -> None:
    page = open_checkout(sign_in(bob), vps)
    text = text_of(page)
    assert "Export 30 contacts" in text
    assert "Seniority is VP. One row per contact." in text
    assert "free: your catalog" in text
    assert "Export 30 rows" in text
    assert 'name="shown_rows" value="30"' in page.content.decode()


def test_checkout_without_a_selection_leads_to_the_contacts(bob: User, acme: Organization) -> None:
    assert sign_in(bob).get(CHECKOUT)["Location"] == reverse("contact-list")


def test_anothers_selection_is_not_found(vps: Selection, charlie: User) -> None:
    client = sign_in(charlie)
    assert open_checkout(client, vps).status_code == 404
    assert post(client, vps).status_code == 404
    choices = client.post(reverse("contact-export-choices"), {"selection": str(vps.pk)})
    assert choices.status_code == 404
    assert not Export.objects.exists()


def test_viewers_export_nothing(vps: Selection, vera: User) -> None:
    client = sign_in(vera)
    assert open_checkout(client, vps).status_code == 403
    assert post(client, vps, shown_rows=30).status_code == 403
    assert not Export.objects.exists()


def test_export_is_what_was_chosen(vps: Selection, bob: User) -> None:
    chosen = {"columns": ["email", "full_name"], "get_pii": "on", "purpose": "Fair", "name": "VPs"}
    offered = {"offered": ["email", *(name for name in EVERY_COLUMN if name != "email")]}
    response = post(sign_in(bob), vps, shown_rows=30, format="xlsx", **chosen, **offered)
    export = Export.objects.get()
    assert response["Location"] == reverse("export-detail", args=[export.pk])
    assert export.columns == ["email", "full_name"]
    assert (export.format, export.name, export.purpose, export.get_pii) == (
        "xlsx", "VPs", "Fair", True,
    )  # fmt: skip


def test_only_the_chosen_columns_are_taken(vps: Selection, bob: User) -> None:
    every = re.findall(
        r'name="offered" value="(\w+)"', open_checkout(sign_in(bob), vps).content.decode()
    )
    post(sign_in(bob), vps, offered=every, columns=["full_name", "company_name"])
    assert Export.objects.get().columns == ["full_name", "company_name"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"get_pii": "on"}, "Enter what the personal data is for."),
        ({"format": "pdf"}, "pdf is not one of"),
        ({"columns": ["full_name", "salary"]}, "The column salary is not part of this export"),
        ({"columns": [], "offered": EVERY_COLUMN}, "Choose at least one column"),
        ({"shown_rows": "x"}, "changed on its way"),
        ({"name": "n" * 201}, "at most 200"),
    ],
)
def test_wrong_checkout_comes_back_with_what_was_typed(
    vps: Selection, bob: User, data: dict[str, object], words: str
) -> None:
    every = {"offered": ["full_name"], "name": "My VPs"}
    response = post(sign_in(bob), vps, **{**every, **data})
    assert response.status_code == 422
    assert words in text_of(response)
    assert ("My VPs" in response.content.decode()) or "name" in data
    assert not Export.objects.exists()


def test_personal_columns_go_with_their_option(vps: Selection, bob: User) -> None:
    post(sign_in(bob), vps, columns=["full_name", "email"], offered=EVERY_COLUMN)
    assert Export.objects.get().columns == ["full_name"]


def test_another_count_stops_and_offers_to_go_on(vps: Selection, bob: User, tmp_path: Path) -> None:
    client = sign_in(bob)
    take_in(tmp_path, make_person(101), organization=vps.organization)
    stopped = post(client, vps, shown_rows=30)
    assert stopped.status_code == 422
    assert "30 were selected; 31 match now. Nothing was exported." in text_of(stopped)
    assert "Export 31 rows" in text_of(stopped)
    assert not Export.objects.exists()
    assert "30 were selected; 31 match now" in text_of(open_checkout(client, vps))
    assert post(client, vps, shown_rows=31).status_code == 302
    assert Export.objects.get().total_rows == 31


def test_nothing_left_cannot_be_exported(vps: Selection, bob: User) -> None:
    Contact.objects.all().delete()
    page = open_checkout(sign_in(bob), vps)
    assert "There is nothing to export." in text_of(page)
    assert "disabled" in page.content.decode()
    assert post(sign_in(bob), vps, shown_rows=0).status_code == 422


def test_form_sent_twice_makes_one_export(vps: Selection, bob: User) -> None:
    client, key = sign_in(bob), str(uuid4())
    first = post(client, vps, request_key=key)
    assert post(client, vps, request_key=key)["Location"] == first["Location"]
    assert Export.objects.count() == 1


def test_choices_bring_columns_and_the_need_for_a_purpose(vps: Selection, bob: User) -> None:
    client = sign_in(bob)
    sent = {"selection": str(vps.pk), "offered": ["full_name", "country"], "columns": ["country"]}
    page = client.post(
        reverse("contact-export-choices"), {**sent, "get_pii": "on", "shown_rows": 30}, headers=HTMX
    ).content.decode()
    boxes = dict(re.findall(r'name="columns"\s+value="(\w+)"\s+(checked)?', page))
    assert (boxes["country"], boxes["full_name"], boxes["email"]) == ("checked", "", "checked")
    assert boxes["all_phones"] == ""
    assert "Enter the purpose first" in page
    assert "email__source" not in boxes
    more = {"get_pii": "on", "with_provenance": "on", "purpose": "Fair"}
    page = client.post(
        reverse("contact-export-choices"), {**sent, **more}, headers=HTMX
    ).content.decode()
    assert 'value="email__source"' in page
    assert "Enter the purpose first" not in page
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("moved", "expected"), [({"up": "country"}, 0), ({"down": "full_name"}, 0), ({"up": "x"}, 1)]
)
def test_columns_are_ordered_without_a_script(
    vps: Selection, bob: User, moved: dict[str, str], expected: int
) -> None:
    columns = ["full_name", "country"]
    page = sign_in(bob).post(
        reverse("contact-export-choices"),
        {"selection": str(vps.pk), "columns": columns, "offered": EVERY_COLUMN, **moved},
    )
    found = re.findall(r'name="columns"\s+value="(\w+)"\s+checked', page.content.decode())
    assert found.index("country") == expected
    assert "<html" in page.content.decode()


def test_companies_have_no_personal_values(vps: Selection, as_bob: Actor, bob: User) -> None:
    companies = select(vps.organization, as_bob, CompanyFilters(), "")
    page = open_checkout(sign_in(bob), companies)
    assert "Export 5 companies" in text_of(page)
    assert "All companies." in text_of(page)
    assert "Include personal values" not in text_of(page)


# --- Pages of an export ------------------------------------------------------------------------------


def test_page_of_an_export_says_what_it_is_of(export: Export, bob: User) -> None:
    page = sign_in(bob).get(reverse("export-detail", args=[export.pk]))
    text = text_of(page)
    for words in (
        "Contacts , Seniority is VP.",
        "free: your catalog",
        "Completed, free",
        "30 counted, frozen",
        "Name, A to Z",
        "Run again",
        "Enrich its contacts",
        "Download CSV for systems",
        "As your catalog has them now; the file stays as it is",
        "None applied",
    ):
        assert words in text, words
    assert "rows charged" not in text
    assert "intent/feeds/exports/page" not in page.content.decode()


def test_rows_are_masked_and_blocked(export: Export, bob: User, vera: User) -> None:
    url = reverse("export-rows", args=[export.pk])
    shown = sign_in(bob).get(url).content.decode()
    assert "p•••@company1.example|p•••@mail.example" in shown
    assert "person.1@" not in shown
    assert "+47222" not in shown
    blocked = sign_in(vera).get(url).content.decode()
    assert "•••" not in blocked
    assert "Oslo" not in blocked
    assert "Person 001" in blocked
    second = sign_in(bob).get(url, {"rows": "2"})
    assert "26–30 of 30" in text_of(second)
    assert "Person 051" in text_of(second)


def test_others_see_nothing_of_it(export: Export, charlie: User) -> None:
    client = sign_in(charlie)
    for name in ("export-detail", "export-rows", "export-status", "export-download"):
        assert client.get(reverse(name, args=[export.pk])).status_code == 404


def test_list_names_the_question_and_finds_by_it(export: Export, bob: User) -> None:
    client = sign_in(bob)
    assert "Contacts · Seniority is VP, personal values" in text_of(client.get("/exports/"))
    found = client.get("/exports/", {"q": "seniority"}, follow=True)
    assert export.name in text_of(found)
    menu = client.post(reverse("find-menu"), {"q": "30 contacts"}, headers=HTMX)
    assert reverse("export-detail", args=[export.pk]) in menu.content.decode()
    assert export.name in text_of(client.get("/"))


def test_file_is_resumed_by_range(export: Export, bob: User) -> None:
    whole = read_file(export)
    url = reverse("export-download", args=[export.pk])
    part = sign_in(bob).get(url, headers={"Range": "bytes=100-"})
    assert part.status_code == 206
    assert b"".join(part.streaming_content) == whole[100:]  # type: ignore[attr-defined]


def test_run_again_opens_the_same_choices_with_a_fresh_count(
    export: Export, bob: User, tmp_path: Path
) -> None:
    client = sign_in(bob)
    page = client.get(reverse("export-detail", args=[export.pk])).content.decode()
    (link,) = re.findall(r'href="(/exports/contacts/new/[^"]+)"', page)
    take_in(tmp_path, make_person(101), organization=export.organization)
    again = client.get(html.unescape(link))
    assert "30 were selected; 31 match now" in text_of(again)
    boxes = re.findall(r'name="columns"\s+value="(\w+)"\s+checked', again.content.decode())
    assert boxes == export.columns
    assert 'name="get_pii"' in again.content.decode()


def test_export_that_stopped_says_both_numbers_and_runs_again(
    vps: Selection, as_bob: Actor, bob: User, tmp_path: Path
) -> None:
    export = make_catalog_export(vps, as_bob)
    take_in(tmp_path, make_person(101), organization=vps.organization)
    export = render(export)
    client = sign_in(bob)
    text = text_of(client.get(reverse("export-detail", args=[export.pk])))
    assert "The page showed 30; there are 31 now." in text
    assert "Nothing was exported or charged." in text
    assert "Export 31 rows · free" in text
    client.post(reverse("export-retry", args=[export.pk]), {"quoted_rows": "0", "total_rows": "31"})
    assert render(Export.objects.get(pk=export.pk)).total_rows == 31


def test_page_says_how_many_were_removed(vps: Selection, as_bob: Actor, bob: User) -> None:
    export = make_catalog_export(vps, as_bob)
    Contact.objects.filter(key=1).update(key=2000)
    render(export)
    Export.objects.update(total_rows=29)
    text = text_of(sign_in(bob).get(reverse("export-detail", args=[export.pk])))
    assert "Completed, limited to 29 of 30 rows" in text
    assert "1 was removed from the catalog before it could be written" in text


def test_contacts_of_an_export_are_enriched(export: Export, bob: User) -> None:
    client = sign_in(bob)
    page = client.get(reverse("enrichment-new"), {"export": str(export.pk)})
    assert export.name in text_of(page)
    sent = client.post(reverse("enrichment-new"), {"door": "export", "export": str(export.pk)})
    assert sent.status_code == 302
    assert "30 different contacts" in text_of(client.get(sent["Location"]))


def test_cancel_says_that_nothing_was_charged(vps: Selection, as_bob: Actor, bob: User) -> None:
    export = make_catalog_export(vps, as_bob)
    client = sign_in(bob)
    running = text_of(client.get(reverse("export-detail", args=[export.pk])))
    assert "Free: your catalog. Nothing is charged" in running
    answer = client.post(reverse("export-cancel", args=[export.pk]), follow=True)
    assert "The export is cancelled. Nothing was charged." in text_of(answer)


# --- The next checkout -------------------------------------------------------------------------------


def find_columns(response: Any) -> list[str]:
    """Return the columns that are ticked, in their order."""
    boxes = re.findall(r"<input[^>]*name=\"columns\"[^>]*>", response.content.decode())
    return [re.search(r'value="(\w+)"', box)[1] for box in boxes if "checked" in box]  # type: ignore[index]


def is_ticked(response: Any, name: str) -> bool:
    boxes = re.findall(rf"<input[^>]*name=\"{name}\"[^>]*>", response.content.decode())
    return any("checked" in box for box in boxes)


def test_next_checkout_begins_with_the_choices_of_the_last(
    acme: Organization, export: Export, as_bob: Actor, bob: User
) -> None:
    page = open_checkout(sign_in(bob), select(acme, as_bob))
    assert find_columns(page) == export.columns
    assert is_ticked(page, "get_pii")
    assert "as in your last export" in text_of(page)
    # What it was for, and its name, are asked again.
    assert "Campaign" not in page.content.decode()
    assert "Enter the purpose first" in text_of(page)
    [usual] = re.findall(r'href="([^"]+)">Start from the usual ones', page.content.decode())
    fresh = sign_in(bob).get(html.unescape(usual))
    assert not is_ticked(fresh, "get_pii")
    assert "as in your last export" not in text_of(fresh)


def test_choices_of_others_and_of_companies_are_not_remembered(
    acme: Organization, export: Export, as_bob: Actor, alice: User, bob: User
) -> None:
    assert "as in your last export" not in text_of(
        open_checkout(sign_in(alice), select(acme, as_bob))
    )
    companies = select(acme, as_bob, CompanyFilters())
    assert "as in your last export" not in text_of(open_checkout(sign_in(bob), companies))


def test_personal_values_are_not_remembered_without_the_right(
    acme: Organization,
    export: Export,
    as_bob: Actor,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    has_right = Membership.has_right
    monkeypatch.setattr(
        Membership,
        "has_right",
        lambda self, right: right != Right.REVEAL and has_right(self, right),
    )
    page = open_checkout(sign_in(bob), select(acme, as_bob))
    assert not is_ticked(page, "get_pii")
    assert find_columns(page) == ["contact_id", "full_name", "quality_score"]
