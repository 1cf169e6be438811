"""What every page shares: sign-in, headers, errors, health, the organization in use."""

import re
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from contacthub.feeds.models import FeedGrant
from contacthub.organizations import actions
from contacthub.organizations.models import AuditEvent, Membership, Organization, User
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


def test_favicon_is_at_the_root(client: Client) -> None:
    """Browsers ask for it by themselves, also beside answers that are no pages."""
    icon = client.get("/favicon.ico")
    assert icon.status_code == 200
    assert b"".join(icon).startswith(b"\0\0\1\0")  # ICO


def test_health_needs_nobody(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "database": "ok", "broker": "ok"}


def test_not_ready_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "down")
    assert client.get("/healthz").status_code == 200


def test_ready_but_degraded_without_a_broker(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")


def test_nobody_is_sent_to_sign_in_and_back(client: Client) -> None:
    response = client.get("/exports/?show=mine")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/exports/%3Fshow%3Dmine"


def test_expired_session_in_a_fragment_sends_the_whole_page_to_sign_in(client: Client) -> None:
    response = client.get(
        "/jobs/tray",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/feeds/?q=a"},
    )
    assert response["HX-Redirect"] == "/accounts/login/?next=%2Ffeeds%2F%3Fq%3Da"


def test_every_page_has_a_strict_content_policy(bob: User, grant: FeedGrant) -> None:
    client = sign_in(bob)
    for path in (
        "/",
        "/feeds/",
        f"/feeds/{grant.feed.public_id}/",
        "/exports/",
        "/searches/",
        "/nothing-here",
    ):
        response = client.get(path)
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        page = response.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), "an inline script"
        assert not re.search(r"\s(style|on\w+)=", page), "an inline style or handler"


def test_unknown_address_is_a_page_for_members_and_a_bare_one_for_nobody(
    bob: User, client: Client
) -> None:
    page = sign_in(bob).get("/nothing-here")
    assert page.status_code == 404
    assert 'class="ch-rail"' in page.content.decode()
    assert 'class="ch-rail"' not in client.get("/nothing-here").content.decode()


def test_a_bug_is_a_plain_page_without_details(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("secret-detail")

    monkeypatch.setattr("contacthub.feeds.queries.list_grants", broken)
    client = sign_in(bob)
    client.raise_request_exception = False
    response = client.get("/feeds/")
    assert response.status_code == 500
    page = response.content.decode()
    assert "Something went wrong in ContactHub" in page
    assert "secret-detail" not in page


def test_database_that_does_not_answer_is_503(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(**_: object) -> None:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr("contacthub.feeds.queries.list_grants", slow)
    response = sign_in(bob).get("/feeds/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "canceling" not in response.content.decode()


def test_error_of_a_fragment_is_one_sentence(vera: User, grant: FeedGrant) -> None:
    response = sign_in(vera).post(
        reverse("search-create", args=[grant.feed.public_id]),
        {"days": 7},
        headers={"HX-Request": "true"},
    )
    assert response.status_code == 403
    assert response["X-Error"].startswith("Your%20role")
    assert "<" not in response.content.decode()


def test_forms_need_their_token(bob: User, grant: FeedGrant) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    for url in (
        reverse("search-create", args=[grant.feed.public_id]),
        reverse("theme-set"),
        reverse("organization-switch"),
    ):
        response = client.post(url, {"days": 7})
        assert response.status_code == 403
        assert "open for too long" in response.content.decode()


def test_person_of_two_organizations_works_in_one_at_a_time(
    bob: User, acme: Organization, globex: Organization, grant: FeedGrant
) -> None:
    actions.create_user(
        organization=globex, email=bob.email, name="Bob", role=Membership.Role.VIEWER
    )
    client = sign_in(bob)
    assert "Cloud cost" in client.get("/feeds/").content.decode()
    client.post(reverse("organization-switch"), {"organization": "globex"})
    page = client.get("/feeds/").content.decode()
    assert "Cloud cost" not in page
    assert client.get(reverse("feed-detail", args=[grant.feed.public_id])).status_code == 404
    client.post(reverse("organization-switch"), {"organization": "unknown"})
    assert "No feeds yet" in client.get("/feeds/").content.decode()


def test_removed_member_is_out_at_once(bob: User, grant: FeedGrant) -> None:
    client = sign_in(bob)
    assert client.get("/feeds/").status_code == 200
    Membership.objects.filter(user=bob).delete()
    response = client.get("/feeds/")
    assert response.status_code == 403
    assert "You are not a member of any organization" in response.content.decode()


def test_theme_is_written_by_the_server(bob: User) -> None:
    client = sign_in(bob)
    assert "data-bs-theme" not in client.get("/").content.decode()
    client.post(reverse("theme-set"), {"theme": "toggle"})
    assert 'data-bs-theme="dark"' in client.get("/").content.decode()
    client.post(reverse("theme-set"), {"theme": "toggle"})
    assert 'data-bs-theme="light"' in client.get("/").content.decode()


@pytest.mark.parametrize(
    "referer", ["https://evil.example/", "javascript:alert(1)", "//evil.example", ""]
)
def test_way_back_stays_on_this_host(bob: User, referer: str) -> None:
    response = sign_in(bob).post(
        reverse("theme-set"), {"theme": "dark"}, headers={"Referer": referer}
    )
    assert response["Location"] == "/"


def test_find_goes_to_a_contact_and_lists_feeds(bob: User, grant: FeedGrant) -> None:
    client = sign_in(bob)
    assert (
        client.get("/find/", {"q": "id_3f2a8d1b9c0e5f47"})["Location"]
        == "/contacts/id_3f2a8d1b9c0e5f47/"
    )
    assert "Cloud cost" in client.get("/find/", {"q": "CLOUD"}).content.decode()
    for hostile in ("%", "_", "\\", "' OR 1=1", ""):
        assert client.get("/find/", {"q": hostile}).status_code == 200
    for unusable in ("\x00", "x" * 5000):
        assert client.get("/find/", {"q": unusable}).status_code == 422


def test_proxies_are_believed_only_where_they_are_trusted(bob: User, settings: Any) -> None:
    client = sign_in(bob)
    headers = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
    client.post(
        "/feeds/00000000-0000-0000-0000-000000000000/searches", {"days": 1}, headers=headers
    )
    viewer_url = reverse("settings-members")
    client.get(viewer_url, headers=headers)
    assert AuditEvent.objects.filter(is_refused=True).latest("at").address == "127.0.0.1"
    settings.TRUSTED_PROXY_COUNT = 1
    client.get(viewer_url, headers=headers)
    assert AuditEvent.objects.filter(is_refused=True).latest("at").address == "198.51.100.1"
