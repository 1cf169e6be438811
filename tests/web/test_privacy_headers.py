"""Headers and cookies that keep pages and sessions to the one browser they are for."""

import json
import os
import subprocess
import sys

import pytest
from django.test import Client

from contacthub.organizations.models import User
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
PAGES = (
    "/",
    "/feeds/",
    "/companies/",
    "/exports/",
    "/searches/",
    "/settings/members/",
    "/reference/",
    "/nothing",
)


@pytest.mark.parametrize("path", PAGES)
def test_page_of_a_signed_in_person_is_kept_nowhere(olga: User, path: str) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        assert "no-store" in sign_in(olga).get(path, headers=headers)["Cache-Control"]


def test_pages_for_strangers_are_kept_nowhere_either(client: Client) -> None:
    for path in ("/accounts/login/", "/accounts/password/reset/", "/invitations/none/", "/nothing"):
        assert "no-store" in client.get(path)["Cache-Control"]


def test_no_page_uses_the_sensors_of_a_device(client: Client) -> None:
    policy = client.get("/accounts/login/")["Permissions-Policy"]
    for feature in ("camera", "microphone", "geolocation", "payment"):
        assert f"{feature}=()" in policy


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("https://hub.example.com", [f"__Host-contacthub_{name}" for name in ("session", "csrf", "device")]),
        ("https://hub.example.com:8443", ["__Host-contacthub_session_8443"]),
        ("http://127.0.0.1:8001", ["contacthub_session_8001", "contacthub_csrf_8001", "contacthub_device_8001"]),
        ("http://hub.example.com", ["contacthub_session"]),
    ],
)  # fmt: skip
def test_cookies_belong_to_one_host_over_tls(address: str, names: list[str]) -> None:
    """In a process of its own: the names are made of the settings as a whole."""
    code = (
        "import json; from contacthub import settings as s; print(json.dumps([[s.SESSION_COOKIE_NAME,"
        " s.CSRF_COOKIE_NAME, s.DEVICE_COOKIE_NAME], s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "BASE_URL": address},
        capture_output=True,
        text=True,
        check=True,
    )
    found, *secure = json.loads(run.stdout)
    assert found[: len(names)] == names
    assert secure == [address.startswith("https")] * 2
