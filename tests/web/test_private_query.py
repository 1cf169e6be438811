"""E-mail addresses that people type never stand in an address of ours; all else about a search goes on working."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.http import QueryDict
from django.test import Client

from contacthub.organizations.actions import Actor, record_event
from contacthub.organizations.models import Organization, User
from contacthub.web.private_query import PrivateQuery, is_private, seal_address
from tests.conftest import sign_in
from tests.web.test_contacts_search import person, take_in

pytestmark = pytest.mark.django_db
MAIL = "ingrid@halden.example"
# A beginning that fits several people, so that the list stays a list.
PART = "@halden.example"
HTMX = {"HX-Request": "true"}
SEARCHES = (
    "/find/", "/contacts/", "/companies/", "/exports/", "/enrichment/", "/contacts/pulls/", "/exports/jobs/", "/feeds/",
    "/settings/members/", "/settings/audit/",
)  # fmt: skip


def addresses_of(page: str) -> list[str]:
    """Return every address that a page leads to or sends something to."""
    return re.findall(r'(?:href|action|hx-get|hx-post|formaction)="([^"]*)"', page)


def has_mail(address: str) -> bool:
    return "halden" in unquote(unquote(address))


@pytest.mark.parametrize("path", SEARCHES)
def test_search_with_an_address_is_never_in_an_address(olga: User, path: str) -> None:
    client = sign_in(olga)
    sent = client.post(path, {"q": PART, "show": "all", "csrfmiddlewaretoken": "x"})
    target = sent["Location"]
    assert (sent.status_code, urlsplit(target).path) == (303, path)
    assert not has_mail(target)
    assert parse_qs(urlsplit(target).query)["show"] == ["all"], "other filters stay readable"
    response = client.get(target)
    assert response.status_code == 200
    page = response.content.decode()
    assert PART in page, "the text stays in its field"
    assert [each for each in addresses_of(page) if has_mail(each)] == []
    fragment = client.get(target, headers=HTMX)
    assert not has_mail(fragment.get("HX-Push-Url", ""))
    assert [each for each in addresses_of(fragment.content.decode()) if has_mail(each)] == []


@pytest.mark.parametrize("path", SEARCHES)
def test_search_without_an_address_stays_a_readable_link(olga: User, path: str) -> None:
    sent = sign_in(olga).post(path, {"q": "Solheim & Co", "sort": "name"})
    assert sent["Location"] == f"{path}?q=Solheim%20%26%20Co&sort=name"


def test_no_form_of_a_page_sends_text_by_get(olga: User) -> None:
    """Forms that send by GET have no field that somebody types into."""
    client = sign_in(olga)
    for path in (*SEARCHES, "/", "/contacts/look-up/"):
        page = client.get(path).content.decode()
        for form in re.findall(r"<form\b.*?</form>", page, re.DOTALL):
            is_post = 'method="post"' in form.partition(">")[0]
            typed = re.search(r'<input[^>]*type="(?:search|text|email)"', form)
            assert is_post or not typed, form[:200]
            assert not is_post or "csrfmiddlewaretoken" in form, form[:200]


def test_links_of_a_sealed_search_keep_it(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1, job_title="Head"))
    client = sign_in(bob)
    target = client.post("/contacts/", {"q": PART, "title": "head"})["Location"]
    assert "title=head" in target
    page = client.get(target).content.decode()
    # The chip that takes the other filter away, for one.
    links = [each.replace("&amp;", "&") for each in addresses_of(page) if "view=" in each]
    assert any("title=" not in each for each in links)
    for link in links[:3]:
        assert PART in client.get(link).content.decode()


def test_old_link_with_an_address_moves_on_to_a_sealed_one(olga: User, client: Client) -> None:
    member = sign_in(olga)
    moved = member.get("/contacts/", {"q": PART})
    assert moved.status_code == 302
    assert moved["Location"].startswith("/contacts/?view=")
    assert PART in member.get(moved["Location"]).content.decode()
    swapped = member.get("/settings/members/", {"q": PART}, headers=HTMX)
    assert swapped["HX-Replace-Url"].startswith("/settings/members/?view=")
    # Whoever is not signed in loses the value and keeps the rest.
    left = client.get("/contacts/", {"q": PART, "sort": "name"})
    assert left["Location"] == "/contacts/?sort=name"
    assert not has_mail(client.get(left["Location"])["Location"])
    gone = client.get("/accounts/login/", {"next": f"/contacts/?q={MAIL}"})
    assert not has_mail(gone["Location"])
    fragment = client.get(
        "/jobs/tray", headers=HTMX | {"HX-Current-URL": f"http://testserver/feeds/?q={MAIL}"}
    )
    assert not has_mail(fragment["HX-Redirect"])


def test_sealed_link_survives_the_sign_in(olga: User, client: Client) -> None:
    target = sign_in(olga).post("/contacts/", {"q": PART})["Location"]
    asked = client.get(target)["Location"]
    client.force_login(olga)
    response = client.get(asked)
    assert response["Location"] == target


def test_sealed_link_opens_nothing_in_another_organization(olga: User, charlie: User) -> None:
    target = sign_in(olga).post("/contacts/", {"q": PART})["Location"]
    for client, address in (
        (sign_in(charlie), target),
        (sign_in(olga), target[:-3]),
        (sign_in(olga), "/contacts/?view=nonsense"),
        (sign_in(olga), "/contacts/?view=é%00"),
    ):
        response = client.get(address)
        assert response.status_code == 404, "never everybody instead"
        assert "halden" not in response.content.decode()


def test_audit_file_is_filtered_by_a_sealed_search(acme: Organization, olga: User) -> None:
    for target in (MAIL, "somebody@else.example"):
        record_event(organization=acme, actor=Actor(name="T"), action="Invited", target=target)
    client = sign_in(olga)
    page = client.get(client.post("/settings/audit/", {"q": MAIL})["Location"]).content.decode()
    link = next(each for each in addresses_of(page) if "audit.csv" in each).replace("&amp;", "&")
    assert not has_mail(link)
    response = client.get(link)
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert MAIL in text
    assert "somebody@else.example" not in text


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("a@b.example", True),
        ("@b", True),
        ("a＠b.example", True),
        ("/contacts/?q=a%40b.example", True),
        ("a at b", False),
        ("id_0000000000000001", False),
        ("", False),
    ],
)
def test_what_counts_as_an_address(text: str, private: bool) -> None:
    assert is_private(text) is private


def test_query_keeps_its_owner_through_copies(acme: Organization) -> None:
    query = PrivateQuery.of(QueryDict(f"q={MAIL}&a=1"), acme)
    copied: Any = query.copy()
    copied["b"] = "2"
    text = copied.urlencode()
    assert text.startswith("a=1&b=2&view=")
    assert PrivateQuery.of(QueryDict(text), acme)["q"] == MAIL
    assert seal_address(f"http://x.example/y?q={MAIL}", None) == "http://x.example/y"
    assert seal_address("http://[::1/?q=a@b", acme) == "http://[::1/?q=a@b"
