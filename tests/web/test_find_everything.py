"""One search over everything: people by any words, companies, feeds, topics, exports, pages, actions."""

import datetime as dt
import hashlib
import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contacts.saved_views import ViewState, create_view
from contacthub.feeds.models import FeedGrant, FeedTopic
from contacthub.lists.actions import create_list
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditRead, Organization, User
from contacthub.web.views.finding.found import Part, mark_parts
from tests.conftest import sign_in
from tests.contacts.files import Row, take_in
from tests.feeds.builders import fill_days

pytestmark = pytest.mark.django_db

MIKKEL: Row = {
    "contact_id": "id_00000000000000a1",
    "full_name": "Mikkel Thorsen",
    "job_title": "Director, Cloud Economics",
    "emails": ["mikkel@storebaelt.example"],
    "company": {"domain": "storebaelt.example", "name": "Storebælt Data"},
}
OTHERS: list[Row] = [
    {
        "contact_id": f"id_00000000000000b{number}",
        "full_name": f"Person {number}",
        "job_title": "Engineer",
        "company": {"domain": "storebaelt.example", "name": "Storebælt Data"},
    }
    for number in range(1, 6)
]


@pytest.fixture(autouse=True)
def catalog(acme: Organization, tmp_path: Path) -> None:
    take_in(tmp_path, MIKKEL, *OTHERS, organization=acme)


def ask(client: Client, text: str) -> Any:
    return client.post(reverse("find-menu"), {"q": text}, headers={"HX-Request": "true"})


def lines(client: Client, text: str) -> list[str]:
    """Return the options of the menu in words."""
    body = ask(client, text).content.decode()
    found = re.findall(r"<a[^>]*role=\"option\".*?</a>", body, re.DOTALL)
    words = (html.unescape(re.sub(r"<[^>]+>", "", each)) for each in found)
    return [re.sub(r"\s+", " ", each).strip() for each in words]


@pytest.mark.parametrize(
    "text",
    [
        "thorsen mikkel",
        "mikkel storeb",
        "STOREBAELT director",
        "economics cloud",
        "mikkel@storebaelt",
    ],
)
def test_person_is_found_by_any_words(bob: User, text: str) -> None:
    assert any(each.startswith("Mikkel Thorsen") for each in lines(sign_in(bob), text))


def test_address_is_masked(bob: User) -> None:
    page = ask(sign_in(bob), "mikkel").content.decode()

    assert "mikkel@" not in page
    assert "•••@storebaelt.example" in page


def test_every_word_must_be_there(bob: User) -> None:
    assert not [each for each in lines(sign_in(bob), "mikkel globex") if "Thorsen" in each]


def test_who_has_the_name_comes_before_colleagues(
    bob: User, acme: Organization, tmp_path: Path
) -> None:
    named = {"contact_id": "id_00000000000000c1", "full_name": "Storeb Hansen", "quality_score": 0}
    take_in(tmp_path, named, organization=acme)

    assert lines(sign_in(bob), "storeb")[0].startswith("Storeb Hansen")


def test_more_than_three_lead_to_the_list(bob: User) -> None:
    client = sign_in(bob)
    page = ask(client, "storebaelt").content.decode()
    people = [
        each for each in lines(client, "storebaelt") if "Storebælt Data" in each and "·" in each
    ]
    address = html.unescape(re.search(r'href="([^"]*)"[^>]*>All people', page)[1])  # type: ignore[index]

    assert len([each for each in people if "Engineer" in each or "Director" in each]) == 3
    assert "6" in client.get(address).content.decode()
    assert "Mikkel Thorsen" in client.get(address).content.decode()


def test_company_feed_and_page_are_found(bob: User, grant: FeedGrant) -> None:
    client = sign_in(bob)

    assert any(
        each.startswith("Storebælt Data storebaelt.example") for each in lines(client, "storeb")
    )
    assert any(each.startswith(grant.feed.name) for each in lines(client, grant.feed.name[:4]))
    assert lines(client, "audit") == ["Search “audit” in Contacts"]


def test_places_are_those_that_the_person_may_open(alice: User, bob: User) -> None:
    assert "Audit log" in lines(sign_in(alice), "audit")
    assert "Audit log" not in lines(sign_in(bob), "audit")


def test_whole_address_id_or_hash_is_the_one_contact(bob: User) -> None:
    client = sign_in(bob)
    address = "Mikkel@storebaelt.example"
    digest = hashlib.sha256(address.lower().encode()).hexdigest()
    for text in (address, "id_00000000000000a1", digest):
        [line] = lines(client, text)
        assert line.startswith("Mikkel Thorsen"), text
        page = client.post(reverse("find"), {"q": text}, follow=True)
        assert page.redirect_chain[-1][0].endswith("/contacts/id_00000000000000a1/"), text
        assert not any("@" in each or "%40" in each for each, _ in page.redirect_chain)


def test_id_that_nobody_has_leads_to_its_page(bob: User) -> None:
    assert lines(sign_in(bob), "id_00000000000000ff") == ["id_00000000000000ff not in the catalog"]


def test_viewer_is_not_led_by_addresses(vera: User) -> None:
    client = sign_in(vera)
    page = ask(client, "mikkel thorsen").content.decode()

    assert "Mikkel" in page
    assert "storebaelt.example" not in page.split("found-companies")[0]
    for text in (
        "mikkel@storebaelt.example",
        "mikkel@",
        hashlib.md5(b"mikkel@storebaelt.example").hexdigest(),
    ):
        assert not [each for each in lines(client, text) if "Thorsen" in each], text


def test_another_organization_finds_nothing_of_it(charlie: User) -> None:
    client = sign_in(charlie)
    digest = hashlib.sha256(b"mikkel@storebaelt.example").hexdigest()
    for text in ("mikkel", "storebaelt", "mikkel@storebaelt.example", digest):
        page = ask(client, text).content.decode()
        assert "Thorsen" not in page, text
        assert "Storebælt Data" not in page, text
    assert lines(client, "id_00000000000000a1") == ["id_00000000000000a1 not in the catalog"]


def test_people_who_were_shown_are_noted(bob: User) -> None:
    ask(sign_in(bob), "mikkel")

    read = AuditRead.objects.get(detail="Search, masked")
    assert (read.rows, read.actor) == (1, bob)


def test_one_letter_finds_places_only(bob: User) -> None:
    assert not [each for each in lines(sign_in(bob), "m") if "Thorsen" in each]


def test_unusable_text_is_told(bob: User) -> None:
    response = ask(sign_in(bob), "a\x00b")

    assert response.status_code == 422
    assert "The search" in response.content.decode()


def test_stale_people_are_found_by_name(bob: User, acme: Organization, tmp_path: Path) -> None:
    take_in(tmp_path, {**MIKKEL, "is_stale": True}, organization=acme)

    assert any(each.startswith("Mikkel Thorsen") for each in lines(sign_in(bob), "mikkel thorsen"))


def test_what_was_typed_is_marked_in_any_case_and_without_accents() -> None:
    assert mark_parts("Storebælt Data", ["baelt", "da"]) == [
        Part("Store"), Part("bælt", is_hit=True), Part(" "), Part("Da", is_hit=True), Part("ta"),
    ]  # fmt: skip
    assert mark_parts("Straße", ["ss"]) == [Part("Stra"), Part("ß", is_hit=True), Part("e")]
    assert mark_parts("", ["x"]) == []


def test_lists_and_views_are_found_as_far_as_they_may_be_opened(
    acme: Organization, alice: User, bob: User
) -> None:
    for owner, name, is_shared in ((alice, "Fair private", False), (alice, "Fair shared", True)):
        create_list(
            organization=acme, actor=Actor.of(owner), of_companies=False, name=name, description="",
            is_shared=is_shared,
        )  # fmt: skip
        create_view(
            organization=acme, actor=Actor.of(owner), of_companies=True, name=f"View of {name}",
            is_shared=is_shared, state=ViewState(),
        )  # fmt: skip
    found = lines(sign_in(bob), "fair")
    assert any(each.startswith("Fair shared") for each in found)
    assert any(each.startswith("View of Fair shared") for each in found)
    assert not any("private" in each for each in found)
    assert any(each.startswith("Fair private") for each in lines(sign_in(alice), "fair"))


def test_topic_leads_to_its_companies(
    acme: Organization, grant: FeedGrant, bob: User, tmp_path: Path, today: dt.date
) -> None:
    fill_days(grant.feed, tmp_path, today=today, days=2, per_day=5)
    topic = FeedTopic.objects.filter(feed=grant.feed)[0].topic
    body = ask(sign_in(bob), topic).content.decode()
    [address] = re.findall(r'href="(/companies/\?topic=[^"]+)"', body)[:1]
    page = sign_in(bob).get(html.unescape(address))
    assert page.status_code == 200
    assert "Remove filter Topic" in page.content.decode()
