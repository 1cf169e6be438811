"""What is selected on a list is counted again, saved and handed on; nothing is acted on that was not counted."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contacts.models import Company, Selection
from contacthub.contacts.search import Count
from contacthub.organizations.models import Organization, User
from contacthub.web.views.catalog import selection_actions, selection_ids
from contacthub.web.views.catalog.selection_actions import SelectionAction
from tests.conftest import sign_in
from tests.contacts.files import take_in
from tests.web.test_contacts_search import person, text_of

pytestmark = pytest.mark.django_db
SELECTION, COMPANIES = "/contacts/selection/", "/companies/selection/"
IDS = [f"id_{number:016x}" for number in range(1, 13)]


@pytest.fixture
def catalog(acme: Organization, tmp_path: Path) -> Organization:
    people = [
        person(number, seniority="VP" if number % 2 else "Director") for number in range(1, 11)
    ]
    take_in(tmp_path, *people, organization=acme)
    return acme


@pytest.fixture
def client(bob: User) -> Client:
    return sign_in(bob)


@pytest.fixture
def companies_can_be_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An action for companies, whatever else there is."""
    action = SelectionAction("home", "Take {count} home", "home", "home")
    monkeypatch.setattr(selection_actions, "ACTIONS", (action,))
    monkeypatch.setattr("contacthub.web.views.catalog.selecting.ACTIONS", (action,))


def select(client: Client, path: str = SELECTION, **sent: Any) -> Any:
    return client.post(path, {"action": "copy", **sent})


def selected(response: Any) -> Selection:
    assert response.status_code == 302, response.content
    return Selection.objects.get(pk=UUID(response["Location"].partition("?selection=")[2]))


def test_ticked_rows_become_a_selection(client: Client, catalog: Organization) -> None:
    selection = selected(select(client, mode="page", id=IDS[:3], shown="3"))

    assert (selection.count, selection.chosen, selection.excepted) == (3, [1, 2, 3], [])
    assert selection.organization == catalog


def test_ids_of_other_pages_come_in_one_field(client: Client, catalog: Organization) -> None:
    sent = [",".join(IDS[1:4]), IDS[0], IDS[1]]

    assert selected(select(client, mode="page", id=sent, shown="4")).chosen == [2, 3, 4, 1]


def test_all_that_match_but_some_become_a_selection(client: Client, catalog: Organization) -> None:
    path = f"{SELECTION}?seniority=VP&sort=name"
    selection = selected(select(client, path, mode="all", shown="4", **{"except": IDS[2]}))

    assert (selection.count, selection.chosen, selection.excepted) == (4, None, [3])
    assert (selection.sort, selection.is_descending) == ("full_name", False)
    assert selection.words == "Seniority is VP, 1 excepted"


def test_a_private_search_is_asked_as_it_was(client: Client, catalog: Organization) -> None:
    page = client.post("/contacts/", {"q": "person@halden"}, follow=True)
    address = page.redirect_chain[-1][0].replace("/contacts/", SELECTION)
    assert "view=" in address

    response = select(client, address, mode="all", shown="7")
    assert response.status_code == 409
    assert "0 contacts match now" in text_of(response)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"mode": "all", "shown": "9"}, "10 contacts match now, 1 more than you saw."),
        ({"mode": "all", "shown": "12"}, "10 contacts match now, 2 fewer than you saw."),
        ({"mode": "page", "id": [*IDS[:2], IDS[11]], "shown": "3"}, "2 contacts match now, 1 fewer"),
        ({"mode": "all"}, "10 contacts match now. Nothing was done."),
    ],
)  # fmt: skip
def test_another_number_stops_and_shows_both(
    client: Client, catalog: Organization, sent: dict[str, Any], words: str
) -> None:
    response = select(client, **sent)

    assert response.status_code == 409
    assert words in text_of(response)
    assert not Selection.objects.exists()


def test_one_goes_on_with_the_new_number(client: Client, catalog: Organization) -> None:
    stopped = select(client, mode="all", shown="9", **{"except": IDS[0]})
    assert stopped.status_code == 302, "nine of ten"

    stopped = select(client, mode="all", shown="11", **{"except": IDS[0]})
    form = dict(re.findall(r'name="(shown|except)"\s*value="([^"]*)"', body(stopped)))
    radios = re.findall(r'value="(\w+)"\s*checked', body(stopped))
    assert (form, radios) == ({"shown": "9", "except": IDS[0]}, ["all"])
    assert "9 contacts match now" in text_of(stopped)
    assert selected(select(client, mode=radios[0], **form)).count == 9


def body(response: Any) -> str:
    return str(response.content.decode())


def test_htmx_gets_the_bar_and_the_address_of_the_step(
    client: Client, catalog: Organization
) -> None:
    htmx = {"HTTP_HX_REQUEST": "true"}
    sent = {"action": "copy", "mode": "page", "id": IDS[0]}
    stopped = client.post(SELECTION, sent | {"shown": "2"}, **htmx)
    done = client.post(SELECTION, sent | {"shown": "1"}, **htmx)

    assert stopped.status_code == 409
    assert body(stopped).strip().startswith("<form")
    assert done["HX-Redirect"].startswith("/contacts/selection/ids/?selection=")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"mode": "page", "shown": "0"}, "Nothing is selected"),
        ({"mode": "everything", "shown": "10"}, "Select rows of this page"),
        ({"mode": "page", "id": "3", "shown": "1"}, "A contact id is id_"),
        ({"mode": "all", "shown": "9", "except": "x"}, "A contact id is id_"),
        (
            {"mode": "all", "shown": "9", "except": ",".join(f"id_{n:016x}" for n in range(1_001))},
            "Use a filter.",
        ),
        ({"mode": "page", "id": IDS[0], "shown": "1", "action": "sell"}, "Choose what to do"),
    ],
)
def test_what_no_page_sends_is_refused(
    client: Client, catalog: Organization, sent: dict[str, Any], words: str
) -> None:
    response = select(client, **sent)

    assert response.status_code == 422
    assert words in text_of(response)
    assert "data-selection" in response.content.decode(), "the bar is still there"
    assert not Selection.objects.exists()


def test_a_filter_that_cannot_be_read_selects_nothing(
    client: Client, catalog: Organization
) -> None:
    path = f"{SELECTION}?quality_from=many"

    assert select(client, path, mode="all", shown="10").status_code == 422
    count = client.get("/contacts/selection/count?quality_from=many")
    assert count.status_code == 422


def test_all_that_match_are_counted_exactly(client: Client, catalog: Organization) -> None:
    assert client.get("/contacts/selection/count?seniority=VP").json() == {"count": 5}
    assert client.get("/companies/selection/count").json() == {"count": 1}


def test_anothers_rows_are_neither_counted_nor_selected(
    catalog: Organization, charlie: User
) -> None:
    client = sign_in(charlie)

    assert client.get("/contacts/selection/count").json() == {"count": 0}
    response = select(client, mode="page", id=IDS[:3], shown="3")
    assert response.status_code == 409
    assert "0 contacts match now" in text_of(response)


def test_anothers_selection_is_unknown(
    client: Client, catalog: Organization, charlie: User
) -> None:
    selection = selected(select(client, mode="page", id=IDS[:3], shown="3"))
    theirs = sign_in(charlie)

    for action in selection_actions.ACTIONS:
        if not action.address:
            continue
        answers = [
            theirs.get(action.address, {"selection": pk}).status_code
            for pk in (selection.pk, UUID(int=7), "x")
        ]
        assert answers == [404, 404, 404], action.name


def test_ids_are_copied_in_the_order_of_the_list(client: Client, catalog: Organization) -> None:
    path = f"{SELECTION}?seniority=VP&sort=quality"
    page = client.get(select(client, path, mode="all", shown="5")["Location"])

    ids = re.search(r"<textarea[^>]*>([^<]*)<", body(page))
    assert ids is not None
    assert ids[1].split() == [IDS[0], IDS[2], IDS[4], IDS[6], IDS[8]]


def test_more_ids_than_can_be_copied_are_not_shown(
    client: Client, catalog: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection_ids, "MOST_IDS", 4)
    page = client.get(select(client, mode="all", shown="10")["Location"])

    assert "Too many to copy" in text_of(page)
    assert IDS[0] not in body(page)


@pytest.mark.usefixtures("companies_can_be_listed")
def test_companies_are_selected_by_their_number(client: Client, catalog: Organization) -> None:
    number = Company.objects.get().number
    sent = {"action": "home", "mode": "page", "id": number, "shown": "1"}
    selection = selected(client.post(COMPANIES, sent))

    assert (selection.of_companies, selection.chosen) == (True, [number])
    assert f'value="{number}"' in body(client.get("/companies/"))


def test_a_list_without_any_action_has_no_boxes(client: Client, catalog: Organization) -> None:
    is_open = any(each.address and each.for_companies for each in selection_actions.ACTIONS)

    assert ('form="selection"' in body(client.get("/companies/"))) is is_open
    assert body(client.get("/contacts/")).count('form="selection"') == 10


@pytest.fixture
def all_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every action has a page."""
    monkeypatch.setattr(SelectionAction, "address", property(lambda action: f"/{action.name}/"))


@pytest.mark.usefixtures("all_steps")
def test_a_viewer_is_offered_neither_exports_nor_enrichments(
    client: Client, catalog: Organization, vera: User
) -> None:
    def offered(client: Client) -> list[str]:
        return re.findall(r'name="action"\s*value="(\w+)"', body(client.get("/contacts/")))

    assert set(offered(client)) >= {"copy", "enrich", "export", "list"}
    assert not {"enrich", "export"} & set(offered(sign_in(vera)))
    for action in ("enrich", "export"):
        refused = select(sign_in(vera), mode="page", id=IDS[0], shown="1", action=action)
        assert refused.status_code == 403
    assert not Selection.objects.exists()


def test_the_question_of_a_bar_is_that_of_its_rows(client: Client, catalog: Organization) -> None:
    def question(address: str) -> str:
        found = re.search(r'data-selection="(\w+)"', body(client.get(address)))
        assert found is not None
        return found[1]

    assert (
        question("/contacts/") == question("/contacts/?sort=name") == question("/contacts/?look=x")
    )
    assert question("/contacts/") != question("/contacts/?seniority=VP")
    assert reverse("contact-selection") == SELECTION


def buttons_above(response: Any) -> list[str]:
    form = re.search(r'<form\s+class="ch-allacts".*?</form>', response.content.decode(), re.DOTALL)
    return [] if form is None else re.findall(r"</svg>([^<]+)", form[0])


def test_all_that_match_have_actions_above_the_list(client: Client, catalog: Organization) -> None:
    page = client.get("/contacts/", {"seniority": "VP"})
    words = [each.strip() for each in buttons_above(page)]
    assert words == ["Export 5…", "Add 5 to a list…"]
    path = f"{SELECTION}?seniority=VP"
    selection = selected(select(client, path, action="export", mode="all", shown="5"))
    assert (selection.count, selection.chosen) == (5, None)
    assert select(client, path, action="export", mode="all", shown="4").status_code == 409


def test_a_number_that_was_not_counted_is_counted_first(
    client: Client, catalog: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    capped = Count(3, is_capped=True)
    monkeypatch.setattr("contacthub.contacts.search.count_contacts", lambda **_: capped)
    words = [each.strip() for each in buttons_above(client.get("/contacts/"))]
    assert words == ["Export all…", "Add all to a list…"]
    stopped = select(client, action="export", mode="all", shown="")
    assert stopped.status_code == 409
    assert "10 contacts match now" in text_of(stopped)
    assert not Selection.objects.exists()


def test_viewers_have_no_actions_above_the_list(vera: User, catalog: Organization) -> None:
    assert buttons_above(sign_in(vera).get("/contacts/")) == []


def test_companies_lead_to_their_contacts(client: Client, catalog: Organization) -> None:
    page = client.get("/companies/", {"q": "halden", "country_not": "SE", "sort": "added"})
    link = re.search(
        r'<a[^>]* href="([^"]+)">(?:(?!</a>).)*Show their', page.content.decode(), re.DOTALL
    )
    assert link is not None
    assert link[1] == "/contacts/?country_not=SE&amp;company_name=halden"
    assert "10 contacts" in text_of(client.get(link[1].replace("&amp;", "&") + "&filters=open"))
