"""Tokens that stand for a key: nothing but what was signed is accepted, and never longer than the key itself."""

import datetime as dt
import random

import pytest

from contacthub.core import clock
from contacthub.credentials import actions as keys
from contacthub.credentials.models import ApiKey
from contacthub.credentials.tokens import PREFIX, make_token
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.api.conftest import Program, make_key
from tests.api.contactbased.conftest import by_header

pytestmark = pytest.mark.django_db

FEEDS = "/organization/feeds"


@pytest.fixture
def key(acme: Organization) -> ApiKey:
    return make_key(acme)[0]


def token_of(key: ApiKey, *, protocol: str = "contactbased", seconds: float = 60) -> str:
    expires_at = clock.now().timestamp() + seconds
    return make_token(public_id=key.public_id, protocol=protocol, expires_at=expires_at)


def status(token: str) -> int:
    return Program(by_header, token).get(FEEDS).status_code


def test_token_opens_what_its_key_opens(key: ApiKey) -> None:
    assert status(token_of(key)) == 200


def test_token_of_another_protocol_is_refused(key: ApiKey) -> None:
    assert status(token_of(key, protocol="backstory")) == 401


def test_token_ends(key: ApiKey, monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(token_of(key, seconds=0)) == 401
    assert status(token_of(key, seconds=-3600)) == 401
    token, now = token_of(key, seconds=100), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(seconds=98))
    assert status(token) == 200
    monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(seconds=101))
    assert status(token) == 401


def test_token_ends_with_its_key(acme: Organization, key: ApiKey) -> None:
    token = token_of(key)
    keys.revoke_key(organization=acme, actor=Actor(name="Tests"), public_id=key.public_id)
    assert status(token) == 401


def test_token_of_an_expired_key_is_refused(key: ApiKey) -> None:
    token = token_of(key)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=clock.now())
    assert status(token) == 401


def test_token_has_the_addresses_of_its_key(acme: Organization) -> None:
    elsewhere, _ = make_key(acme, allowed_addresses=["203.0.113.0/24"])
    here, _ = make_key(acme, allowed_addresses=["127.0.0.1"])
    assert (status(token_of(elsewhere)), status(token_of(here))) == (401, 200)


def test_token_has_the_scopes_of_its_key(acme: Organization) -> None:
    assert status(token_of(make_key(acme, "letrics:read")[0])) == 403


def test_token_of_a_key_that_never_was_is_refused(acme: Organization) -> None:
    assert status(token_of(ApiKey(public_id="AAAAAAAAAA"))) == 401


def test_token_signed_with_another_secret_is_refused(key: ApiKey, settings: object) -> None:
    token = token_of(key)
    settings.SECRET_KEY = "another secret"  # type: ignore[attr-defined]
    assert status(token) == 401
    settings.SECRET_KEY_FALLBACKS = ["tests-only"]  # type: ignore[attr-defined]
    assert status(token) == 200


def test_no_tampered_token_is_accepted(key: ApiKey) -> None:
    """Every character changed once, and 300 random mutations."""
    token, rng = token_of(key), random.Random(5)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:."
    spoiled = {
        token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        for place in range(len(token))
    }
    for _ in range(300):
        text = list(token)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(PREFIX), len(text))
            text[place : place + rng.randint(0, 2)] = rng.choices(letters, k=rng.randint(0, 2))
        spoiled.add("".join(text))
    spoiled |= {
        PREFIX,
        f"{PREFIX}::",
        token[:-1],
        token + "A",
        token.upper(),
        token.replace(":", ""),
    }
    spoiled -= {token}
    assert {status(text) for text in spoiled} == {401}


def test_last_character_carries_no_free_bits(key: ApiKey) -> None:
    """Base64 without padding has several spellings of one signature; only the one that was made counts."""
    token = token_of(key)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    fine = [letter for letter in letters if status(token[:-1] + letter) == 200]
    assert fine == [token[-1]]
