"""Guessing passwords shuts out the one who guesses, and nobody else."""

import re
import time
from typing import Any

import pytest
from django.test import Client

from contacthub.organizations import actions
from contacthub.organizations.models import Organization, User
from contacthub.web import tries
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
NEW = "another good passphrase"
LOCKED = re.compile(r"Too many failed login attempts\. Try again in (\d+) minutes?\.")


@pytest.fixture(autouse=True)
def behind_a_proxy(settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1


def attempt(
    client: Client, email: str, password: str, *, address: str = "203.0.113.7"
) -> tuple[bool, str]:
    """Try to sign in from an address. Returns whether it worked, and the page."""
    response = client.post(
        LOGIN, {"login": email, "password": password}, headers={"X-Forwarded-For": address}
    )
    return response.status_code == 302, response.content.decode()


def guess(email: str, times: int, *, address: str = "203.0.113.7") -> str:
    for _ in range(times):
        _, page = attempt(Client(), email, "wrong", address=address)
    return page


def test_guesses_at_one_account_from_one_address_shut_out_that_pair_alone(
    alice: User, bob: User
) -> None:
    assert not LOCKED.search(guess(bob.email, 5))
    locked = LOCKED.search(attempt(Client(), bob.email, PASSWORD)[1])
    assert locked
    assert 1 <= int(locked[1]) <= 5, "the form says when"
    assert attempt(Client(), alice.email, PASSWORD)[0], "another account, the same address"
    assert attempt(Client(), bob.email, PASSWORD, address="203.0.113.8")[0], "another address"
    # With the port, as some proxies write it, it is the same address.
    assert not attempt(Client(), bob.email, PASSWORD, address="203.0.113.7:5555")[0]


def test_ten_bad_passwords_behind_one_proxy_shut_out_nobody_else(bob: User, alice: User) -> None:
    for number in range(12):
        guess(f"nobody{number}@acme.example", 1, address=f"198.51.100.{number}")
    assert attempt(Client(), bob.email, PASSWORD, address="192.0.2.1")[0]


def test_one_address_guesses_at_many_accounts_only_so_often(
    bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tries.LIMITS, "login_address", "4/5m/key")
    for number in range(4):
        guess(f"nobody{number}@acme.example", 1)
    assert LOCKED.search(attempt(Client(), bob.email, PASSWORD)[1])
    assert attempt(Client(), bob.email, PASSWORD, address="203.0.113.8")[0]


def test_many_addresses_guess_at_one_account_only_so_often(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tries.LIMITS, "login_account", "4/1h/key")
    mine = Client()
    assert attempt(mine, bob.email, PASSWORD)[0]
    mine.post("/accounts/logout/")
    for number in range(4):
        guess(bob.email, 1, address=f"198.51.100.{number}")
    assert LOCKED.search(attempt(Client(), bob.email, PASSWORD)[1])
    assert attempt(Client(), alice.email, PASSWORD)[0]
    assert attempt(mine, bob.email, PASSWORD)[0], "the browser that was here before"


def test_addresses_of_one_ipv6_network_are_one(bob: User) -> None:
    for number in range(5):
        guess(bob.email, 1, address=f"2001:db8:1:2::{number + 1}")
    assert not attempt(Client(), bob.email, PASSWORD, address="[2001:db8:1:2:ffff::9]:443")[0]
    assert attempt(Client(), bob.email, PASSWORD, address="2001:db8:1:3::1")[0]


def test_unknown_account_is_shut_out_in_the_same_words(bob: User) -> None:
    pages = [guess(email, 6) for email in (bob.email, "nobody@acme.example")]
    said = [re.findall(r'role="alert">.*?<div>([^<]+)</div>', page, re.DOTALL) for page in pages]
    assert said[0] == said[1]
    assert LOCKED.search(pages[0])


def test_unreadable_address_is_one_bucket_and_no_error(bob: User) -> None:
    for text in ("unknown", "_hidden", "nonsense", "<x>"):
        assert attempt(Client(), bob.email, "wrong", address=text)[1]
    guess(bob.email, 1, address="unknown")
    assert not attempt(Client(), bob.email, PASSWORD, address="_hidden")[0]
    assert attempt(Client(), bob.email, PASSWORD)[0]


def test_known_browser_is_not_shut_out_by_strangers(bob: User, settings: Any) -> None:
    mine, address = Client(), "203.0.113.7"
    assert attempt(mine, bob.email, PASSWORD)[0]
    cookie = mine.cookies[settings.DEVICE_COOKIE_NAME]
    assert cookie["httponly"]
    assert int(cookie["max-age"]) > 60 * 60 * 24 * 90
    mine.post("/accounts/logout/")
    guess(bob.email, 6, address=address)
    assert not attempt(Client(), bob.email, PASSWORD)[0], "a stranger at the same address"
    assert attempt(mine, bob.email, PASSWORD)[0], "the browser that was here before"
    # It counts for itself: a stolen one guesses no faster.
    mine.post("/accounts/logout/")
    for _ in range(5):
        attempt(mine, bob.email, "wrong")
    assert LOCKED.search(attempt(mine, bob.email, PASSWORD)[1])


def test_browser_is_known_for_its_account_and_password_alone(
    acme: Organization, alice: User, bob: User, settings: Any
) -> None:
    mine = Client()
    assert attempt(mine, bob.email, PASSWORD)[0]
    mine.post("/accounts/logout/")
    guess(alice.email, 5)
    assert not attempt(mine, alice.email, PASSWORD)[0], "it never signed in to that account"
    actions.set_password(user=bob, password=NEW)
    guess(bob.email, 5)
    assert not attempt(mine, bob.email, NEW)[0], "a changed password revokes it"
    forged = Client()
    forged.cookies[settings.DEVICE_COOKIE_NAME] = "forged:cookie"
    assert not attempt(forged, bob.email, NEW)[0]


def test_browser_gets_a_new_id_from_time_to_time(
    bob: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Client()
    attempt(mine, bob.email, PASSWORD)
    first = mine.cookies[settings.DEVICE_COOKIE_NAME].value
    mine.get("/")
    assert mine.cookies[settings.DEVICE_COOKIE_NAME].value == first
    later = time.time() + 60 * 60 * 24 * 31
    monkeypatch.setattr("contacthub.web.devices.time.time", lambda: later)
    bob.refresh_from_db()
    mine.force_login(bob)
    mine.get("/")
    assert mine.cookies[settings.DEVICE_COOKIE_NAME].value != first


def test_asking_for_links_is_limited_for_each_pair_alike(bob: User) -> None:
    def ask(email: str, address: str) -> str:
        response = Client().post(
            "/accounts/password/reset/",
            {"email": email},
            headers={"X-Forwarded-For": address},
            follow=True,
        )
        return response.content.decode()

    for email in (bob.email, "nobody@acme.example"):
        for _ in range(5):
            assert "a link is on its way" in ask(email, "203.0.113.7")
        assert "Try again in 15 minutes." in ask(email, "203.0.113.7")
    assert "a link is on its way" in ask(bob.email, "203.0.113.8")


def test_trying_invitations_is_limited(db: None) -> None:
    for number in range(31):
        response = Client().post(
            f"/invitations/guess{number}/", headers={"X-Forwarded-For": "203.0.113.7"}
        )
    assert response.status_code == 429
    assert "Try again in" in response.content.decode()
