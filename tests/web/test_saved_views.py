"""Saved views: whose they are, what they hold, that they say when they are edited, and who may change them."""

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacthub.contacts import saved_views
from contacthub.contacts.models import SavedView
from contacthub.contacts.saved_views import ViewState
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Membership, Organization, User
from tests.conftest import make_user, sign_in
from tests.web.test_contacts_search import COMPANIES, LIST, names, person, take_in, text_of
from tests.web.test_list_display import heads

pytestmark = pytest.mark.django_db
NEW = "/views/contacts/new/"
STATE = ViewState({"title": ["Head"]}, ("name", "title"), "name", 25, is_compact=True)


def make_view(
    organization: Organization, owner: User, name: str = "Heads", **more: Any
) -> SavedView:
    """A view of contacts with "head" in their title."""
    is_shared = more.pop("is_shared", False)
    return saved_views.create_view(
        organization=organization,
        actor=Actor.of(owner),
        of_companies=more.pop("of_companies", False),
        name=name,
        is_shared=is_shared,
        state=more.pop("state", STATE),
    )


def tabs(response: Any) -> list[str]:
    """Return the words of the tabs."""
    found = re.search(r'aria-label="Saved views">(.*?)</ul>', response.content.decode(), re.DOTALL)
    assert found
    words = re.findall(r"<li>(.*?)</li>", found[1], re.DOTALL)
    return [
        re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]*>", " ", each))).strip() for each in words
    ]


def current(response: Any) -> str:
    """Return the words of the tab that is open."""
    shown = re.search(r'"Saved views">(.*)', response.content.decode(), re.DOTALL)
    assert shown
    found = re.search(r'aria-current="page">(.*?)</a>', shown[1], re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", found[1])).strip()


def link(response: Any, words: str) -> str:
    found = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>\s*{words}', response.content.decode())
    assert found, words
    return html.unescape(found[1])


def hidden_fields(response: Any, action: str) -> dict[str, Any]:
    """Return what a form keeps in hidden fields."""
    found = re.search(
        rf'<form[^>]*action="{re.escape(action)}".*?</form>', response.content.decode(), re.DOTALL
    )
    assert found, action
    pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found[0])
    return {name: html.unescape(value) for name, value in pairs if name != "csrfmiddlewaretoken"}


@pytest.fixture
def people(tmp_path: Path) -> None:
    take_in(
        tmp_path,
        person(1, job_title="Head of Data", emails=["ann@halden.example"]),
        person(2, job_title="Intern"),
    )


def test_a_view_is_saved_with_all_that_the_address_says_and_opens_with_it(
    bob: User, people: None
) -> None:
    client = sign_in(bob)
    address = f"{LIST}?title=head&columns=name,title,quality&sort=-name&per_page=25&density=compact"
    form = client.get(link(client.get(address), "Save as…"))
    answer = client.post(NEW, hidden_fields(form, NEW) | {"name": " Heads ", "is_shared": ""})
    view = SavedView.objects.get()
    assert (view.name, view.owner, view.is_shared) == ("Heads", bob, False)
    assert answer["Location"] == f"{LIST}?saved={view.pk}"
    page = client.get(answer["Location"])
    assert names(page) == ["Person 001"]
    assert heads(page) == ["Name", "Title", "Vendor quality"]
    assert 'aria-sort="descending"' in page.content.decode()
    assert "ch-compact" in page.content.decode()
    assert current(page) == "Heads mine"


def test_an_address_that_differs_says_edited_and_goes_back(
    bob: User, acme: Organization, people: None
) -> None:
    view = make_view(acme, bob)
    client = sign_in(bob)
    opened = client.get(LIST, {"saved": view.pk})
    assert "edited" not in text_of(opened)
    for changed in (link(opened, "Clear all"), link(opened, "Name")):
        page = client.get(changed)
        assert current(page) == "Heads edited", changed
        assert f'href="{LIST}?saved={view.pk}"' in page.content.decode()
    # Without its only filter the address does not say `saved` alone, which would be the view again.
    page = client.get(link(opened, "Clear all"))
    assert names(page) == ["Person 001", "Person 002"]


def test_the_address_of_a_view_stays_short_until_it_is_edited(
    bob: User, acme: Organization, people: None
) -> None:
    view = make_view(acme, bob)
    client = sign_in(bob)
    htmx = {"HX-Request": "true"}
    opened = client.get(LIST, {"saved": view.pk}, headers=htmx)
    assert opened["HX-Push-Url"] == f"{LIST}?saved={view.pk}"
    edited = client.get(link(opened, "Clear all"), headers=htmx)
    assert f"saved={view.pk}" in edited["HX-Push-Url"]
    assert "columns=name,title" in edited["HX-Push-Url"]


@pytest.mark.parametrize("beside", [{"filters": "open"}, {"look": "id_0000000000000001"}])
def test_what_stands_beside_the_list_is_no_change_of_a_view(
    bob: User, acme: Organization, people: None, beside: dict[str, str]
) -> None:
    view = make_view(acme, bob)
    page = sign_in(bob).get(LIST, {"saved": view.pk, **beside})
    assert names(page) == ["Person 001"]
    assert current(page) == "Heads mine"


def test_turning_pages_is_no_change(bob: User, acme: Organization, tmp_path: Path) -> None:
    take_in(tmp_path, *[person(n, job_title="Head") for n in range(1, 31)])
    view = make_view(acme, bob)
    client = sign_in(bob)
    following = client.get(link(client.get(LIST, {"saved": view.pk}), "Next"))
    assert len(names(following)) == 5
    assert current(following) == "Heads mine"


def test_saving_writes_the_address_into_the_view(
    bob: User, acme: Organization, people: None
) -> None:
    view = make_view(acme, bob)
    client = sign_in(bob)
    assert "/save" not in client.get(LIST, {"saved": view.pk}).content.decode()
    edited = client.get(
        link(client.get(LIST, {"saved": view.pk}), "Clear all") + "&title_not=intern"
    )
    action = f"/views/{view.pk}/save"
    answer = client.post(action, hidden_fields(edited, action))
    assert answer["Location"] == f"{LIST}?saved={view.pk}"
    view.refresh_from_db()
    assert view.filters == {"title_not": ["intern"]}
    assert (view.columns, view.sort, view.per_page) == (["name", "title"], "name", 25)


def test_columns_of_a_view_change_without_its_filters(
    bob: User, acme: Organization, people: None
) -> None:
    view = make_view(acme, bob)
    client = sign_in(bob)
    fields = hidden_fields(client.get(LIST, {"saved": view.pk}), "/contacts/arrange")
    answer = client.post("/contacts/arrange", fields | {"show": ["name", "phone"]})
    page = client.get(answer["Location"])
    assert current(page) == "Heads edited"
    assert names(page) == ["Person 001"]
    assert heads(page) == ["Name", "Phone"]
    assert SavedView.objects.get().columns == ["name", "title"]


def test_tabs_show_shared_views_and_ones_own(
    alice: User, bob: User, acme: Organization, people: None
) -> None:
    make_view(acme, bob, "Bob's")
    make_view(acme, alice, "Alice's")
    make_view(acme, bob, "Together", is_shared=True)
    make_view(acme, bob, "Firms", of_companies=True, state=ViewState(sort="name"))
    assert tabs(sign_in(bob).get(LIST)) == ["All contacts", "Together shared", "Bob's mine"]
    assert tabs(sign_in(alice).get(LIST)) == ["All contacts", "Together shared", "Alice's mine"]
    assert tabs(sign_in(bob).get(COMPANIES)) == ["All companies", "Firms mine"]


def test_further_views_are_behind_the_tabs_and_the_open_one_is_not(
    bob: User, acme: Organization
) -> None:
    views = [make_view(acme, bob, f"View {n}") for n in range(8)]
    client = sign_in(bob)
    assert len(tabs(client.get(LIST))) == 6
    assert "3 more" in text_of(client.get(LIST))
    assert tabs(client.get(LIST, {"saved": views[7].pk}))[-1] == "View 7 mine"


# --- Whose ----------------------------------------------------------------------------------------


def test_views_of_others_look_like_unknown_ones(
    alice: User, bob: User, charlie: User, acme: Organization, globex: Organization
) -> None:
    mine = make_view(acme, bob)
    shared = make_view(acme, bob, "Together", is_shared=True)
    firms = make_view(acme, bob, "Firms", of_companies=True, state=ViewState(sort="name"))
    unknown = sign_in(charlie).get(LIST, {"saved": 999_999})
    assert unknown.status_code == 404
    for user, view in ((charlie, mine), (charlie, shared), (alice, mine), (bob, firms)):
        answer = sign_in(user).get(LIST, {"saved": view.pk})
        assert answer.status_code == 404, (user, view)
    for user, view in ((charlie, mine), (charlie, shared), (alice, mine)):
        client = sign_in(user)
        for address in ("save", "edit/", "delete/"):
            assert client.post(f"/views/{view.pk}/{address}").status_code == 404
        if user != alice:
            continue
        assert client.post(f"/views/{view.pk}/default").status_code == 404
    assert SavedView.objects.count() == 3
    assert sign_in(bob).get(LIST, {"saved": "x"}).status_code == 404


def test_shared_views_are_changed_by_their_owner_and_by_managers(
    alice: User, bob: User, vera: User, acme: Organization
) -> None:
    other = make_user(acme, "Otto", Membership.Role.MEMBER)
    view = make_view(acme, bob, "Together", is_shared=True)
    for user, status in ((other, 403), (vera, 403), (alice, 303), (bob, 303)):
        client = sign_in(user)
        renamed = client.post(
            f"/views/{view.pk}/edit/", {"name": f"By {user.name}", "is_shared": "yes"}
        )
        assert renamed.status_code == status, user
        assert client.post(f"/views/{view.pk}/save", {"sort": "name"}).status_code == status, user
    assert SavedView.objects.get().name == f"By {bob.name}"
    assert "/edit/" not in sign_in(other).get(LIST, {"saved": view.pk}).content.decode()
    # A manager may not take it away from the organization and give it to its owner alone.
    answer = sign_in(alice).post(f"/views/{view.pk}/edit/", {"name": "Taken", "is_shared": ""})
    assert answer.status_code == 422
    assert "Only its owner can make a view private." in text_of(answer)
    assert sign_in(other).post(f"/views/{view.pk}/delete/").status_code == 403
    assert sign_in(alice).post(f"/views/{view.pk}/delete/").status_code == 303
    assert not SavedView.objects.exists()


def test_viewers_open_shared_views_and_save_none(
    vera: User, bob: User, acme: Organization, people: None
) -> None:
    view = make_view(acme, bob, is_shared=True)
    client = sign_in(vera)
    page = client.get(LIST, {"saved": view.pk})
    assert names(page) == ["Person 001"]
    assert "Save as" not in text_of(page)
    assert client.post(NEW, {"name": "Mine"}).status_code == 403
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"email_status": ["valid"]}, "E-mail status"),
        ({"email_status_not": ["valid"]}, "E-mail status"),
        ({"has_phone": ["yes"]}, "Phone"),
        ({"q": ["ann@halden.example"]}, "an e-mail address"),
    ],
)
def test_a_shared_view_shows_viewers_no_filters_about_values(
    vera: User, bob: User, acme: Organization, people: None, filters: Any, said: str
) -> None:
    view = make_view(acme, bob, is_shared=True, state=ViewState(filters, (), "name"))
    page = sign_in(vera).get(LIST, {"saved": view.pk})
    assert page.status_code == 422
    assert f"The view filters by {said}, which your role does not include." in text_of(page)
    assert names(page) == []
    assert "ann@halden" not in page.content.decode()


def test_a_shared_view_shows_viewers_no_columns_about_values(
    vera: User, bob: User, acme: Organization, people: None
) -> None:
    view = make_view(
        acme, bob, is_shared=True, state=ViewState({}, ("name", "email", "title"), "name")
    )
    page = sign_in(vera).get(LIST, {"saved": view.pk})
    assert heads(page) == ["Name", "Title"]
    assert "•••" not in page.content.decode()


# --- What it holds --------------------------------------------------------------------------------


def test_what_was_typed_with_an_at_sign_is_in_no_address(
    bob: User, acme: Organization, people: None
) -> None:
    view = make_view(acme, bob, state=ViewState({"q": ["nobody@halden.example"]}, (), "name"))
    page = sign_in(bob).get(LIST, {"saved": view.pk})
    addresses = re.findall(r'(?:href|hx-get|action|hx-post)="([^"]*)"', page.content.decode())
    assert not [each for each in addresses if "nobody" in each]
    assert [each for each in addresses if "view=" in each]


@pytest.mark.parametrize(
    ("filters", "fault"),
    [
        ({"shoe_size": ["44"]}, "The view filters by “shoe_size”, which no longer exists."),
        ({"level": ["emperor"]}, "Level must be"),
    ],
)
def test_a_filter_that_no_longer_exists_is_named(
    bob: User, acme: Organization, people: None, filters: Any, fault: str
) -> None:
    view = make_view(acme, bob, state=ViewState(filters, (), "name"))
    page = sign_in(bob).get(LIST, {"saved": view.pk})
    assert page.status_code == 422
    assert fault in text_of(page)
    assert names(page) == []


def test_what_is_no_filter_is_not_kept(bob: User, acme: Organization) -> None:
    client = sign_in(bob)
    client.post(NEW, {"name": "Odd", "look": "id_1", "after": "7", "title": "b; a", "level": ""})
    assert SavedView.objects.get().filters == {"title": ["a; b"]}


@pytest.mark.parametrize(
    ("name", "fault"),
    [("  ", "Enter a name."), ("x" * 61, "at most 60 characters"), ("HÉADS", "with this name")],
)
def test_a_wrong_name_is_named_and_the_list_stays_in_the_form(
    bob: User, acme: Organization, name: str, fault: str
) -> None:
    make_view(acme, bob)
    answer = sign_in(bob).post(NEW, {"name": name, "title": "head"})
    assert answer.status_code == 422
    assert fault in text_of(answer)
    assert hidden_fields(answer, NEW) == {"title": "head"}
    assert SavedView.objects.count() == 1


def test_there_is_an_end_to_views(
    bob: User, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
    make_view(acme, bob)
    answer = sign_in(bob).post(NEW, {"name": "One more"})
    assert answer.status_code == 422
    assert "You have 1 views of this list. Delete one first." in text_of(answer)


# --- The default, and the log ---------------------------------------------------------------------


def test_the_default_opens_where_the_address_says_nothing(
    alice: User, bob: User, acme: Organization, people: None
) -> None:
    view = make_view(acme, bob, "Together", is_shared=True)
    address = f"/views/{view.pk}/default"
    assert sign_in(bob).post(address, {"is_default": "yes"}).status_code == 403
    assert sign_in(alice).post(address, {"is_default": "yes"}).status_code == 303
    client = sign_in(bob)
    page = client.get(LIST)
    assert current(page) == "Together default"
    assert names(page) == ["Person 001"]
    every = client.get(link(page, "All contacts"))
    assert len(names(every)) == 2
    assert current(every) == "All contacts"
    # The last filter to be removed does not open it again.
    removed = client.get(link(client.get(LIST, {"title": "head"}), "Clear all"))
    assert len(names(removed)) == 2
    sign_in(alice).post(address, {"is_default": ""})
    assert len(names(client.get(LIST))) == 2


def test_only_one_view_is_the_default_and_it_stays_shared(alice: User, acme: Organization) -> None:
    first, second = (make_view(acme, alice, name, is_shared=True) for name in ("One", "Two"))
    client = sign_in(alice)
    for view in (first, second):
        client.post(f"/views/{view.pk}/default", {"is_default": "yes"})
    assert [each.name for each in SavedView.objects.filter(is_default=True)] == ["Two"]
    answer = client.post(f"/views/{second.pk}/edit/", {"name": "Two", "is_shared": ""})
    assert answer.status_code == 422
    private = make_view(acme, alice, "Mine")
    client.post(f"/views/{private.pk}/default", {"is_default": "yes"})
    assert [each.name for each in SavedView.objects.filter(is_default=True)] == ["Two"]


def test_changes_of_shared_views_are_in_the_audit_log_without_values(
    alice: User, acme: Organization
) -> None:
    client = sign_in(alice)
    private = make_view(acme, alice, "Private")
    client.post(f"/views/{private.pk}/save", {"title": "secret"})
    client.post(f"/views/{private.pk}/delete/")
    assert not AuditEvent.objects.filter(target="Private").exists()
    client.post(NEW, {"name": "Team", "is_shared": "yes", "title": "secret"})
    view = SavedView.objects.get()
    client.post(f"/views/{view.pk}/save", {"level": "manager", "title": "secret"})
    client.post(f"/views/{view.pk}/default", {"is_default": "yes"})
    client.post(f"/views/{view.pk}/edit/", {"name": "All of us", "is_shared": "yes"})
    client.post(f"/views/{view.pk}/delete/")
    lines = AuditEvent.objects.filter(subject=f"view:{view.pk}").order_by("at", "pk")
    assert {line.action for line in lines} == {
        "Shared a view",
        "Changed a shared view",
        "Made a view the default",
        "Renamed a shared view",
        "Deleted a shared view",
    }
    assert not [line for line in lines if "secret" in f"{line.detail}{line.changes}"]


def test_a_list_reads_its_views_once(bob: User, acme: Organization, people: None) -> None:
    client = sign_in(bob)
    client.get(LIST)
    counts = []
    for most in (0, 10):
        for number in range(most):
            make_view(acme, bob, f"View {number}")
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- Columns alone ----------------------------------------------------------------------------------


def save_columns(user: User, view: SavedView, show: list[str], **fields: Any) -> Any:
    sent = {"saved": str(view.pk), "show": show, "save_columns": "yes", **fields}
    return sign_in(user).post(fields.pop("path", "/contacts/arrange"), sent)


def test_columns_are_saved_into_the_open_view_and_nothing_else(
    acme: Organization, people: None, bob: User
) -> None:
    view = make_view(acme, bob)
    page = sign_in(bob).get(f"{LIST}?saved={view.pk}")
    assert "Save to Heads" in text_of(page)
    done = save_columns(bob, view, ["name", "company"], title="Data", sort="-added")
    assert done.status_code == 303
    view.refresh_from_db()
    assert saved_views.state_of(view) == replace(STATE, columns=("name", "company"))
    # The filters of the list are still edited, and its columns no longer.
    assert "edited" in current(sign_in(bob).get(done["Location"]))
    save_columns(bob, view, ["name", "nonsense"])
    view.refresh_from_db()
    assert view.columns == ["name", "company"]


def test_columns_are_saved_by_those_who_may_change_the_view(
    acme: Organization, globex: Organization, alice: User, bob: User, charlie: User, vera: User
) -> None:
    shared, hers = make_view(acme, alice, is_shared=True), make_view(acme, alice, "Hers")
    theirs = make_view(globex, charlie)
    of_companies = make_view(acme, bob, of_companies=True, state=ViewState())
    for user, view, status in (
        (bob, shared, 403),
        (bob, hers, 404),
        (bob, theirs, 404),
        (bob, of_companies, 404),
        (vera, shared, 403),
    ):
        assert save_columns(user, view, ["name"]).status_code == status
        before = list(view.columns)
        view.refresh_from_db()
        assert view.columns == before
    assert "Save to Heads" not in text_of(sign_in(bob).get(f"{LIST}?saved={shared.pk}"))
    assert save_columns(alice, shared, ["name"]).status_code == 303
    assert AuditEvent.objects.filter(organization=acme, action="Changed a shared view").exists()
