"""API keys: created, shown once, revoked."""

import datetime as dt
import re
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from contacthub.core import clock
from contacthub.core.errors import KeyRefused
from contacthub.credentials.actions import issue_key, revoke_key
from contacthub.credentials.models import ApiKey
from contacthub.credentials.queries import authenticate_key
from contacthub.credentials.scopes import SCOPES
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Organization, User
from contacthub.web.views.settings.key_view import state_of
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
LIST = "/settings/keys/"
NEW = "/settings/keys/new/"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Warehouse sync",
        "scopes": ["contactbased:read", "contactbased:write", "letrics:read"],
        "expires_at": "",
        "rate_per_minute": "6,000",
        "allowed_addresses": "",
        "request_key": str(uuid4()),
        **changes,
    }


def shown_key(page: str) -> str:
    match = re.search(r'id="key-text">([^<]+)<', page)
    assert match
    return match[1]


def test_key_is_shown_once_and_opens_the_organization(acme: Organization, alice: User):
    client = sign_in(alice)
    response = client.post(NEW, form())
    page = text_of(response)
    text = shown_key(page)
    key = authenticate_key(text, None, clock.now())
    assert (key.organization, key.name, key.created_by) == (acme, "Warehouse sync", alice)
    assert key.scopes == ["contactbased:read", "contactbased:write", "letrics:read"]
    assert response["Cache-Control"] == "no-store"
    assert page.count(f'data-copy="{text}"') == 1
    assert key.public_id in page
    listed = text_of(client.get(LIST))
    assert text not in listed
    assert key.public_id in listed
    assert text[-4:] in listed
    for value in client.session.values():
        assert text not in str(value)
    assert AuditEvent.objects.get(action="Created key").subject == key.public_id


def test_terms_are_kept(alice: User):
    tomorrow = clock.today() + dt.timedelta(days=1)
    sign_in(alice).post(
        NEW,
        form(
            scopes=["insideview:write"],
            expires_at=tomorrow.isoformat(),
            rate_per_minute="60",
            allowed_addresses="10.20.0.0/16\r\n192.0.2.7, 2001:db8::/32\r\n",
        ),
    )
    key = ApiKey.objects.get()
    assert key.scopes == ["insideview:write"]
    assert key.expires_at == dt.datetime.combine(tomorrow, dt.time.max, dt.UTC)
    assert key.rate_per_minute == 60
    assert key.allowed_addresses == ["10.20.0.0/16", "192.0.2.7/32", "2001:db8::/32"]


def test_form_begins_with_an_end_date(alice: User):
    page = text_of(sign_in(alice).get(NEW))
    year = clock.today() + dt.timedelta(days=365)
    assert f'value="{year}"' in page
    assert page.count('name="scopes"') == len(SCOPES)
    assert "checked" not in page.split("<dialog")[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x\x07"}, "Enter a name of up to 100 characters."),
        ({"scopes": []}, "Choose at least one thing the key may do."),
        ({"scopes": ["everything"]}, "everything"),
        ({"expires_at": "2020-01-01"}, "This day is over."),
        ({"expires_at": "soon"}, "Enter a day such as 2026-11-20."),
        ({"rate_per_minute": "0"}, "Requests a minute must be between 1 and 1,000,000."),
        ({"rate_per_minute": "１２"}, "Enter a whole number."),
        ({"allowed_addresses": "10.0.0.1/8"}, "Did you mean 10.0.0.0/8?"),
        ({"allowed_addresses": "home"}, "home is not a network."),
    ],
)
def test_bad_values_come_back_with_the_form(alice: User, changes: dict[str, Any], words: str):
    sent = form(**changes)
    response = sign_in(alice).post(NEW, sent)
    page = text_of(response)
    assert response.status_code == 422
    assert words in page
    assert sent["request_key"] in page
    for scope in set(sent["scopes"]) & set(SCOPES):
        assert re.search(rf'value="{scope}" checked', page), "the choice is not lost"
    assert not ApiKey.objects.exists()


def test_form_sent_again_makes_no_second_key(alice: User):
    client = sign_in(alice)
    sent = form()
    text = shown_key(text_of(client.post(NEW, sent)))
    again = client.post(NEW, sent, follow=True)
    assert "This form already created a key." in text_of(again)
    assert text not in text_of(again)
    assert ApiKey.objects.count() == 1


def test_replacing_begins_with_the_terms_of_the_old_key(acme: Organization, alice: User):
    old, _ = issue_key(
        organization=acme,
        actor=Actor.of(alice),
        name="CRM",
        scopes=["letrics:read", "backstory"],
        allowed_addresses=["10.0.0.0/8"],
        rate_per_minute=77,
    )
    page = text_of(sign_in(alice).get(NEW, {"like": old.public_id}))
    assert 'value="CRM"' in page
    assert re.findall(r'value="([\w:]+)" checked', page) == old.scopes
    assert "10.0.0.0/8</textarea>" in page
    assert 'value="77"' in page


def test_foreign_key_cannot_be_copied(globex: Organization, charlie: User, alice: User):
    theirs, _ = issue_key(
        organization=globex, actor=Actor.of(charlie), name="Secret plan", scopes=["all"]
    )
    response = sign_in(alice).get(NEW, {"like": theirs.public_id})
    assert response.status_code == 404
    assert "Secret plan" not in text_of(sign_in(alice).get(LIST))


def test_revoking_asks_first_and_ends_the_key(acme: Organization, alice: User):
    key, text = issue_key(organization=acme, actor=Actor.of(alice), name="CRM", scopes=["all"])
    client = sign_in(alice)
    url = reverse("settings-key-revoke", args=[key.public_id])
    assert "Revoke CRM?" in text_of(client.get(url))
    authenticate_key(text, None, clock.now())
    assert "CRM is revoked." in text_of(client.post(url, follow=True))
    with pytest.raises(KeyRefused):
        authenticate_key(text, None, clock.now())
    assert "was revoked on" in text_of(client.post(url, follow=True))
    page = text_of(client.get(LIST))
    assert "by Alice" in page
    assert url not in page, "nothing is left to revoke"


def test_list_says_what_a_key_may(acme: Organization, alice: User):
    issue_key(
        organization=acme,
        actor=Actor.of(alice),
        name="<b>CRM",
        scopes=["contactbased", "letrics:read"],
        allowed_addresses=["10.0.0.0/8", "192.0.2.7"],
        rate_per_minute=60,
    )
    page = text_of(sign_in(alice).get(LIST))
    assert "&lt;b&gt;CRM" in page
    assert re.findall(r'class="ch-tag">([^<]+)<', page) == ["ContactBased", "Letrics (read only)"]
    assert "60 a minute, from 10.0.0.0/8 and 1 more" in page
    assert "No end date" in page
    assert "Not used yet" in page


@pytest.mark.parametrize(
    ("used", "ends", "is_revoked", "state"),
    [
        (None, None, False, ("none", "Not used yet")),
        (1, None, False, ("ok", "Active")),
        (1, 400, False, ("ok", "Active")),
        (89, None, False, ("ok", "Active")),
        (91, None, False, ("warn", "Unused for 91 days")),
        (1, 14, False, ("warn", "Ends in 14 days")),
        (None, 1, False, ("warn", "Ends in 1 day")),
        (1, 0.5, False, ("warn", "Ends today")),
        (1, -1, False, ("null", "Expired")),
        (1, -1, True, ("blocked", "Revoked")),
        (1, None, True, ("blocked", "Revoked")),
    ],
)
def test_state_of_a_key(
    acme: Organization,
    alice: User,
    used: float | None,
    ends: float | None,
    is_revoked: bool,
    state: tuple[str, str],
):
    key, _ = issue_key(organization=acme, actor=Actor.of(alice), name="CRM", scopes=["all"])
    if is_revoked:
        key = revoke_key(organization=acme, actor=Actor.of(alice), public_id=key.public_id)
    now = clock.now()
    key.last_used_at = None if used is None else now - dt.timedelta(days=used)
    key.expires_at = None if ends is None else now + dt.timedelta(days=ends)
    found = state_of(key, now)
    assert (found.shape, found.words) == state
