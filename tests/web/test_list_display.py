"""How a list is shown: columns in the address, rows on a page and density as the person had them last."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.organizations.models import Membership, User
from contacthub.web.views.catalog import company_columns, contact_columns
from tests.conftest import sign_in
from tests.web.test_contacts_search import COMPANIES, LIST, names, person, take_in, text_of

pytestmark = pytest.mark.django_db
ARRANGE = "/contacts/arrange"


def heads(response: Any) -> list[str]:
    """Return what stands over the columns, without the arrow of the order."""
    found = re.search(r"<thead>(.*?)</thead>", response.content.decode(), re.DOTALL)
    assert found
    cells = re.findall(r"<th\b[^>]*>(.*?)</th>", found[1], re.DOTALL)
    words = [html.unescape(re.sub(r"<[^>]*>", "", cell)).strip(" ↓↑\n") for cell in cells]
    return [word for word in words if word]


def arrange(client: Client, address: str = ARRANGE, **fields: Any) -> Any:
    return client.post(address, fields)


def test_columns_of_the_address_are_shown_in_its_order(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1, department="Sales"))
    page = sign_in(bob).get(LIST, {"columns": "quality,department,title"})
    assert heads(page) == ["Name", "Vendor quality", "Department", "Title"]
    assert "Sales" in text_of(page)


@pytest.mark.parametrize(
    ("address", "columns"),
    [(LIST, contact_columns.COLUMNS), (COMPANIES, company_columns.COLUMNS)],
)
def test_every_column_can_be_shown(bob: User, tmp_path: Path, address: str, columns: Any) -> None:
    take_in(tmp_path, person(1))
    page = sign_in(bob).get(address, {"columns": ",".join(each.name for each in columns)})
    assert page.status_code == 200
    assert heads(page) == [each.label for each in columns]


def test_choosing_columns_keeps_filters_and_order(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1))
    answer = arrange(
        sign_in(bob),
        title_not="head; vp",
        sort="-name",
        show=["name", "phone"],
    )
    assert answer.status_code == 303
    assert answer["Location"] == f"{LIST}?title_not=head;%20vp&sort=-name&columns=name,phone"


def test_a_column_moves_by_one_place_without_a_script(bob: User) -> None:
    client = sign_in(bob)
    for where, order in (
        ("phone:up", "name,phone,title,quality"),
        ("title:down", "name,phone,title,quality"),
        # Never before the pinned one, and not beyond the end.
        ("title:up", "name,title,phone,quality"),
        ("quality:down", "name,title,phone,quality"),
    ):
        answer = arrange(client, show=["name", "title", "phone", "quality"], move=where)
        assert answer["Location"] == f"{LIST}?columns={order}", where


def test_columns_of_every_list_need_no_part_of_the_address(bob: User) -> None:
    usual = [each.name for each in contact_columns.DEFAULT]
    answer = arrange(sign_in(bob), columns="name,phone", show=usual)
    assert answer["Location"] == LIST


def test_rows_on_a_page_and_density_are_remembered(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, *[person(n) for n in range(1, 31)])
    client = sign_in(bob)
    answer = arrange(client, size="25", title="")
    assert answer["Location"] == LIST
    assert len(names(client.get(LIST))) == 25
    # The address says otherwise for this once.
    assert len(names(client.get(LIST, {"per_page": "50"}))) == 30
    assert "ch-compact" not in client.get(LIST).content.decode()
    arrange(client, "/companies/arrange", turn="compact")
    for address in (LIST, COMPANIES):
        assert "ch-compact" in client.get(address).content.decode()
    membership = Membership.objects.get(user=bob)
    assert (membership.rows_per_page, membership.has_compact_lists) == (25, True)


def test_another_person_keeps_their_own(bob: User, alice: User, tmp_path: Path) -> None:
    take_in(tmp_path, *[person(n) for n in range(1, 31)])
    arrange(sign_in(bob), size="25")
    assert len(names(sign_in(alice).get(LIST))) == 30


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({"columns": "name,shoe_size"}, "There is no column “shoe_size”."),
        ({"per_page": "7"}, "Rows on a page must be 25, 50 or 100."),
        ({"density": "loose"}, "Density must be normal or compact."),
    ],
)
@pytest.mark.parametrize("address", [LIST, COMPANIES])
def test_what_cannot_be_used_is_named_and_lists_nothing(
    bob: User, tmp_path: Path, sent: dict[str, str], fault: str, address: str
) -> None:
    take_in(tmp_path, person(1))
    page = sign_in(bob).get(address, sent)
    assert page.status_code == 422
    assert fault in html.unescape(text_of(page))
    assert names(page) == []


def test_a_wrong_size_of_a_form_is_named_and_not_remembered(bob: User) -> None:
    client = sign_in(bob)
    answer = arrange(client, size="5000")
    assert client.get(answer["Location"]).status_code == 422
    assert Membership.objects.get(user=bob).rows_per_page is None


def test_viewers_get_no_columns_about_values(vera: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1))
    client = sign_in(vera)
    everything = ",".join(each.name for each in contact_columns.COLUMNS)
    for query in ({}, {"columns": everything}):
        page = client.get(LIST, query)
        for each in contact_columns.COLUMNS:
            if each.is_personal:
                assert each.label not in heads(page)
                assert f'value="{each.name}"' not in page.content.decode()
        assert "blocked for your role" in text_of(page)


def test_e_mail_addresses_stay_out_of_the_address(bob: User) -> None:
    answer = arrange(sign_in(bob), q="ingrid@halden.example", show=["name", "phone"])
    assert "halden" not in answer["Location"]
    assert "view=" in answer["Location"]


def test_clearing_filters_keeps_columns_and_order(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1, job_title="Head"))
    page = sign_in(bob).get(LIST, {"title": "head", "columns": "name,title", "sort": "name"})
    found = re.search(r'href="([^"]*)"[^>]*>Clear all<', page.content.decode())
    assert found
    assert html.unescape(found[1]) == f"{LIST}?columns=name,title&sort=name"
    assert reverse("contact-list-arrange") == ARRANGE


@pytest.mark.parametrize(
    ("page", "path"),
    [
        (COMPANIES, COMPANIES),
        (
            "/lists/6b1c2f0e-55a3-4a4d-8f3b-0f3f5a1b2c3d/",
            "/lists/6b1c2f0e-55a3-4a4d-8f3b-0f3f5a1b2c3d/",
        ),
        ("https://elsewhere.example/", LIST),
        ("//elsewhere.example/contacts/", LIST),
        ("/settings/members/", LIST),
        ("", LIST),
    ],
)
def test_the_form_leads_back_to_pages_of_lists_only(bob: User, page: str, path: str) -> None:
    assert (
        arrange(sign_in(bob), page=page, show=["name", "phone"])["Location"].split("?")[0] == path
    )
