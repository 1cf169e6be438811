"""The pages of lists: what each shows, who may do what, and that wrong input is named."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from contacthub.contacts.models import Contact
from contacthub.core.public_ids import format_contact_id
from contacthub.lists import actions, changes
from contacthub.lists.models import List, ListMember
from contacthub.lists.sources import Source
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, AuditRead, Organization, User
from tests.conftest import sign_in
from tests.contacts.files import take_in
from tests.contacts.test_list_members import make, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalog(acme: Organization, tmp_path: Path) -> Organization:
    take_in(tmp_path, *[person(number) for number in range(1, 11)], organization=acme)
    return acme


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def open_page(user: User, path: str, **data: Any) -> str:
    response = sign_in(user).get(path, data)
    assert response.status_code == 200, response.status_code
    return text_of(response)


def page_of(target: List, name: str = "list-detail") -> str:
    return reverse(name, args=[target.public_id])


# --- Overview ---------------------------------------------------------------------------------------


def test_overview_without_any_list_says_how_to_begin(catalog: Organization, bob: User) -> None:
    page = open_page(bob, "/lists/")
    assert "No lists yet" in page
    assert "New list" in page


def test_overview(catalog: Organization, alice: User, bob: User, vera: User) -> None:
    make(catalog, bob, "Private list", 1, 2)
    shared = make(catalog, alice, "FinOps shortlist", 1, 2, 3, is_shared=True)
    make(catalog, alice, "Accounts", 501, of_companies=True, is_shared=True)

    page = open_page(bob, "/lists/")
    assert "All 3 Mine 1 Shared 2 People 2 Companies 1" in page
    assert "FinOps shortlist People 3 People +3 this week" in page
    assert "Private list" not in open_page(vera, "/lists/")
    assert "Private list" not in open_page(alice, "/lists/")
    assert "Accounts" not in open_page(bob, "/lists/", show="people")
    found = open_page(bob, "/lists/", q="SHORT")
    assert "FinOps shortlist" in found
    assert "Accounts" not in found
    names = re.findall(
        r"FinOps shortlist|Accounts|Private list", open_page(bob, "/lists/", sort="name")
    )
    assert names == ["Accounts", "FinOps shortlist", "Private list"]
    assert page_of(shared) in sign_in(bob).get("/lists/").content.decode()
    assert "No lists match" in open_page(bob, "/lists/", q="nothing")
    assert sign_in(bob).get("/lists/", {"show": "other"}).status_code == 422


def test_viewers_see_shared_lists_and_no_button(
    catalog: Organization, bob: User, vera: User
) -> None:
    shared = make(catalog, bob, "Shared", 1, is_shared=True)
    for path in ("/lists/", page_of(shared), page_of(shared, "list-history")):
        page = open_page(vera, path)
        assert not re.search("New list|Name and sharing|Delete…|Undo:|Add to a list", page), path


# --- Making and changing ----------------------------------------------------------------------------


def test_new_list(catalog: Organization, bob: User) -> None:
    client = sign_in(bob)
    response = client.post(
        "/lists/new/", {"name": "Accounts", "kind": "companies", "visibility": "shared"}
    )
    made = List.objects.get()
    assert response["Location"] == page_of(made)
    assert (made.of_companies, made.is_shared, made.owner) == (True, True, bob)
    assert "This list is empty" in text_of(client.get(page_of(made)))


def test_wrong_new_list_is_named_beside_the_field(catalog: Organization, bob: User) -> None:
    make(catalog, bob, "Taken")
    client = sign_in(bob)
    for name, words in (("", "Enter a name."), ("taken", "You have a private list of people")):
        sent = {"name": name, "kind": "contacts", "visibility": "private", "description": "Kept"}
        response = client.post("/lists/new/", sent)
        assert response.status_code == 422
        assert words in response.content.decode()
        assert 'value="Kept"' in response.content.decode()
    assert List.objects.count() == 1


def test_owner_and_admin_change_a_list_and_others_do_not(
    catalog: Organization, alice: User, bob: User, vera: User
) -> None:
    shared = make(catalog, alice, "Shared", is_shared=True)
    sent = {"name": "Renamed", "visibility": "shared"}

    assert sign_in(bob).post(page_of(shared, "list-edit"), sent).status_code == 403
    assert sign_in(bob).post(page_of(shared, "list-delete"), {"shown": 0}).status_code == 403
    assert sign_in(vera).post(page_of(shared, "list-edit"), sent).status_code == 403
    assert sign_in(alice).post(page_of(shared, "list-edit"), sent).status_code == 302
    shared.refresh_from_db()
    assert shared.name == "Renamed"


def test_private_list_of_a_colleague_is_unknown_on_every_page(
    catalog: Organization, alice: User, bob: User
) -> None:
    mine = make(catalog, bob, "Mine", 1)
    client = sign_in(alice)
    for name in (
        "list-detail", "list-removed", "list-removed-count", "list-history", "list-status", "list-undo", "list-cancel",
        "list-edit", "list-delete",
    ):  # fmt: skip
        for method in ("get", "post"):
            assert getattr(client, method)(page_of(mine, name)).status_code in (404, 405), name
    for path in ("/lists/compare/", "/lists/combine/"):
        assert client.get(path, {"list": [mine.public_id], "parts": "1"}).status_code == 404


def test_delete_asks_and_states_the_number(catalog: Organization, bob: User) -> None:
    mine = make(catalog, bob, "Mine", 1, 2)
    client = sign_in(bob)
    assert "Delete the list of 2" in text_of(client.get(page_of(mine, "list-delete")))

    changed = client.post(page_of(mine, "list-delete"), {"shown": "1"}, follow=True)
    assert "The page showed 1 members; there are 2 now. Nothing was deleted." in text_of(changed)
    gone = client.post(page_of(mine, "list-delete"), {"shown": "2"}, follow=True)
    assert "Mine is deleted." in text_of(gone)
    assert not List.objects.exists()


# --- Members ----------------------------------------------------------------------------------------


def test_members_are_the_list_of_contacts_with_its_filters(
    catalog: Organization, bob: User
) -> None:
    target = make(catalog, bob, "FinOps shortlist", 1, 2, 3)
    page = open_page(bob, page_of(target))
    assert "1–3 of 3" in page
    assert "Person 4" not in page
    filtered = sign_in(bob).get(page_of(target), {"seniority": "Director"})
    assert "1–1 of 1" in text_of(filtered)
    # The path says which list it is; links of the page do not say it again.
    links = re.findall(rf'"({page_of(target)}\?[^"]+)"', filtered.content.decode())
    assert links
    assert not [each for each in links if f"list={target.public_id}" in each]


def test_members_that_are_stale_are_shown(catalog: Organization, bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(11, is_stale=True), organization=catalog)
    target = make(catalog, bob, "Old", 1, 11)
    assert "1–2 of 2" in open_page(bob, page_of(target))
    assert "1–1 of 1" in open_page(bob, page_of(target), stale="hide")


def test_members_of_a_list_of_companies(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "Accounts", 501, 502, of_companies=True)
    page = open_page(bob, page_of(target))
    assert "1–2 of 2" in page
    assert "Company 3" not in page


def test_head_of_a_list_acts_on_all_members_that_the_catalog_has(
    catalog: Organization, bob: User, vera: User
) -> None:
    target = make(catalog, bob, "FinOps shortlist", 1, 2, 3, is_shared=True)
    Contact.objects.get(key=3).delete()
    client = sign_in(bob)
    page = client.get(page_of(target))
    assert "Enrich 2… Export 2 people…" in text_of(page)
    address = re.search(
        r'method="post" action="(/contacts/selection/[^"]+)"', page.content.decode()
    )
    assert address
    address_of_all = address[1].replace("&amp;", "&")
    sent = {"mode": "all", "shown": "2", "action": "export"}
    response = client.post(address_of_all, sent)
    assert response["Location"].startswith("/exports/contacts/new/?selection=")
    assert "2 contacts" in text_of(client.get(response["Location"]))
    # All rows have one button that exports them; what filters leave of them has its own.
    assert "Export 2…" not in text_of(page)
    assert "Export 1…" in text_of(client.get(page_of(target), {"seniority": "Director"}))
    # Another number than the page showed stops it.
    assert client.post(address_of_all, sent | {"shown": "3"}).status_code == 409
    assert "Export 2 people" not in open_page(vera, page_of(target))
    companies = make(catalog, bob, "Accounts", 501, of_companies=True)
    assert "Export 1 company…" in open_page(bob, page_of(companies))


def test_contact_and_company_go_to_a_list_from_their_pages(
    catalog: Organization, bob: User, vera: User
) -> None:
    client = sign_in(bob)
    contact = Contact.objects.get(key=1)
    pages = {
        "contact": reverse("contact-detail", args=[format_contact_id(1)]),
        "company": reverse("company-detail", args=[contact.company.number]),
    }
    for kind, path in pages.items():
        html = client.get(path).content.decode()
        address = re.search(rf'action="({reverse(f"{kind}-selection")}[^"]*)"', html)
        row = re.search(r'name="id" value="([^"]+)"', html)
        assert address, kind
        assert row, kind
        sent = {"id": row[1], "shown": "1", "action": "list"}
        response = client.post(address[1].replace("&amp;", "&"), sent)
        assert response["Location"].startswith("/lists/add/?selection="), kind
        assert "Add to a list" not in text_of(sign_in(vera).get(path)), kind


def test_looking_at_members_is_recorded(catalog: Organization, bob: User) -> None:
    open_page(bob, page_of(make(catalog, bob, "FinOps shortlist", 1, 2, 3)))
    assert AuditRead.objects.get(action="Viewed contacts").rows == 3


def test_search_of_members_stays_on_the_page(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "FinOps shortlist", 1, 2)
    response = sign_in(bob).post(page_of(target), {"q": "Person 2"})
    assert response["Location"].startswith(page_of(target))
    assert "1–1 of 1" in text_of(sign_in(bob).get(response["Location"]))


def test_removed_members_are_counted_and_named(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "FinOps shortlist", 1, 2)
    Contact.objects.get(key=2).delete()
    page = open_page(bob, page_of(target))
    assert "2 people" in page
    assert "1 removed from the catalog" in page
    removed = open_page(bob, page_of(target, "list-removed"))
    assert "Removed person id_0000000000000002" in removed
    assert "Bob" in removed


# --- A list as a filter -----------------------------------------------------------------------------


def test_list_is_a_filter_by_name_and_by_id(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "FinOps shortlist", 1, 2, 3)
    accounts = make(catalog, bob, "Accounts", 502, of_companies=True)

    for value in ("finops shortlist", str(target.public_id)):
        page = open_page(bob, "/contacts/", list=value)
        assert "1–3 of 3" in page
        assert "List is FinOps shortlist" in page
    without = open_page(bob, "/contacts/", list_not="FinOps shortlist")
    assert "1–7 of 7" in without
    assert "List is not FinOps shortlist" in without
    assert "1–1 of 1" in open_page(bob, "/contacts/", company_list="Accounts")
    assert "1–1 of 1" in open_page(bob, "/companies/", company_list=str(accounts.public_id))


def test_unknown_list_is_an_error_beside_the_field(
    catalog: Organization, globex: Organization, alice: User, bob: User, charlie: User
) -> None:
    """A colleague's private list and another organization's are as unknown as one that does not exist."""
    private = make(catalog, alice, "Private of Alice", 1)
    theirs = make(globex, charlie, "Theirs", 1, is_shared=True)
    accounts = make(catalog, bob, "Accounts", 501, of_companies=True)
    for value in (
        "Nothing", "Private of Alice", "Theirs", "Accounts", str(private.public_id), str(theirs.public_id),
        str(accounts.public_id),
    ):  # fmt: skip
        response = sign_in(bob).get("/contacts/", {"list": value})
        assert response.status_code == 422, value
        assert "enter the name of a list of people" in response.content.decode()
        assert "Person 1" not in response.content.decode()


def test_vendor_is_not_searched_without_the_list(
    catalog: Organization, bob: User, facade: Any
) -> None:
    make(catalog, bob, "FinOps shortlist", 1)
    links = re.findall(
        r'href="(/contacts/live/[^"]+)"',
        sign_in(bob).get("/contacts/", {"list": "FinOps shortlist"}).content.decode(),
    )
    for link in links:
        page = text_of(sign_in(bob).get(link.replace("&amp;", "&")))
        assert "cannot filter by List" in page


# --- History ----------------------------------------------------------------------------------------


def test_history_says_who_added_what_and_undoes_the_last(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "FinOps shortlist", 1, 2)
    changes.remove_members(
        target=target, actor=Actor.of(bob), items=[2], source=Source(kind="hand", words="left")
    )
    client, history = sign_in(bob), page_of(target, "list-history")
    page = client.get(history)
    assert "Bob removed 1 person" in text_of(page)
    assert "By hand: left" in text_of(page)
    assert "Bob added 2 people" in text_of(page)
    [entry] = re.findall(r'name="entry" value="(\d+)"', page.content.decode())

    done = client.post(page_of(target, "list-undo"), {"entry": entry}, follow=True)
    assert "Undone: 1 put back." in text_of(done)
    assert "Undone by Bob" in text_of(done)
    again = client.post(page_of(target, "list-undo"), {"entry": entry}, follow=True)
    assert "This is no longer the last change of the list" in text_of(again)
    assert ListMember.objects.filter(list=target).count() == 2


# --- Compare and combine ----------------------------------------------------------------------------


@pytest.fixture
def two(catalog: Organization, bob: User) -> list[List]:
    return [make(catalog, bob, "A list", 1, 2, 3, 4), make(catalog, bob, "B list", 3, 4, 5)]


def ids(lists: list[List]) -> list[str]:
    return [str(each.public_id) for each in lists]


def test_compare_states_exact_numbers_in_its_buttons(two: list[List], bob: User) -> None:
    page = open_page(bob, "/lists/compare/", list=ids(two))
    assert "Overlap of two lists, exact" in page
    assert re.search(r"in A in B In both 50.0% of A 2 Make a list of 2", page)
    assert re.search(r"in A not in B In A only 50.0% of A 2 Make a list of 2", page)
    assert re.search(r"not in A in B In B only 33.3% of B 1 Make a list of 1", page)
    assert "A and B together, 5" in page


def test_compare_asks_for_lists_of_one_kind(
    two: list[List], catalog: Organization, bob: User
) -> None:
    accounts = make(catalog, bob, "Accounts", 501, of_companies=True)
    client = sign_in(bob)
    response = client.get("/lists/compare/", {"list": ids([two[0], accounts])})
    assert response.status_code == 422
    assert "Choose lists of people only, or of companies only." in text_of(response)
    alone = open_page(bob, "/lists/compare/", list=ids(two[:1]))
    assert "B list, 3" in alone
    assert "Accounts" not in alone
    assert client.get("/lists/compare/", {"list": ["x"]}).status_code == 404


def test_part_becomes_a_list_of_exactly_what_was_shown(two: list[List], bob: User) -> None:
    client = sign_in(bob)
    address = f"/lists/combine/?list={two[0].public_id}&list={two[1].public_id}&parts=3"
    page = client.get(address)
    assert "New list of 2" in text_of(page)
    sent = {"name": "Both", "visibility": "private", "shown": "2"}
    made = client.post(address, sent, follow=True)
    assert "1–2 of 2" in text_of(made)
    both = List.objects.get(name="Both")
    assert sorted(both.members.values_list("item", flat=True)) == [3, 4]
    assert AuditEvent.objects.filter(action="Added to a list", target="Both", rows=2).exists()

    changes.add_members(target=two[1], actor=Actor.of(bob), items=[1], source=Source(kind="hand"))
    changed = client.post(address, {**sent, "name": "Again"}, follow=True)
    assert "The page showed 2; there are 3 now. Nothing was done." in text_of(changed)
    assert not List.objects.filter(name="Again").exists()


def test_wrong_parts_are_refused(two: list[List], bob: User) -> None:
    client = sign_in(bob)
    for parts in ("", "4", "9", "x", "1,4", "1,1"):
        sent = {"list": ids(two), "parts": parts}
        assert client.get("/lists/combine/", sent).status_code == 422, parts


def test_running_change_is_shown_and_cancelled(
    two: list[List], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_AT_ONCE", 1)
    client = sign_in(bob)
    address = f"/lists/combine/?list={two[0].public_id}&list={two[1].public_id}&parts=3"
    page = client.post(
        address, {"name": "Both", "visibility": "private", "shown": "2"}, follow=True
    )
    assert "of 2 people" in text_of(page)
    both = List.objects.get(name="Both")
    part = client.get(page_of(both, "list-status"), headers={"HX-Request": "true"})
    assert "of 2 people" in text_of(part)
    cancelled = client.post(page_of(both, "list-cancel"), follow=True)
    assert "Cancelled. The list is as it was." in text_of(cancelled)
    ended = client.get(page_of(both, "list-status"), headers={"HX-Request": "true"})
    assert ended["HX-Refresh"] == "true"


def test_sharing_is_recorded(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "Mine")
    actions.share_list(target=target, actor=Actor.of(bob), is_shared=True)
    assert AuditEvent.objects.filter(action="Shared a list").count() == 1
