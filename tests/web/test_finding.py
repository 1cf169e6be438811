"""The text fields of lists find in any case and without accents, word by word."""

import pytest
from django.urls import reverse

from contacthub.feeds.models import FeedGrant
from contacthub.organizations.actions import create_user
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Membership, Organization, User
from tests.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db


def test_lists_ignore_case_accents_and_the_order_of_words(
    acme: Organization, alice: User, grant: FeedGrant
) -> None:
    user, _ = create_user(
        organization=acme,
        email="asa@acme.example",
        name="Åsa Straßer",
        role=Membership.Role.MEMBER,
        password=PASSWORD,
    )
    record_event(organization=acme, actor=Actor.of(user), action="feed.seen", target="Liste Ærø")
    grant.feed.name, grant.feed.description = "Öl und Gas", "Rote Straße"
    grant.feed.save()
    client = sign_in(alice)

    def shown(page: str, text: str, words: str) -> bool:
        return words in client.get(reverse(page), {"q": text}).content.decode()

    for text in ("STRASSER asa", "åsa", "strass"):
        assert shown("settings-members", text, "Åsa Straßer"), text
        assert shown("settings-audit", text, "Liste Ærø"), text
    assert shown("settings-audit", "aero liste", "Liste Ærø")
    for text in ("bob", "´"):
        assert not shown("settings-members", text, "Åsa Straßer"), text
    for text in ("gas OL", "strasse rote"):
        assert shown("feed-list", text, "Öl und Gas"), text
        assert shown("find", text, "Öl und Gas"), text
    for text in ("gas kohle", "´"):
        assert not shown("feed-list", text, "Rote Straße"), text
        assert not shown("find", text, "Rote Straße"), text
