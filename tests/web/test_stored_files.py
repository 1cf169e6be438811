"""Downloads by people of files that are kept in object storage."""

import datetime as dt
import html
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.urls import reverse

from contacthub.exports.models import Export
from contacthub.feeds.models import FeedGrant
from contacthub.jobs.models import Fragment
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, User
from tests.conftest import sign_in
from tests.exports.builders import make_export, read_file, render, run_search
from tests.feeds.builders import fill_days
from tests.object_server import ObjectServer, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def export(
    objects: ObjectServer,
    grant: FeedGrant,
    as_bob: Actor,
    tmp_path: Path,
    today: dt.date,
    monkeypatch: pytest.MonkeyPatch,
) -> Export:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    return render(make_export(run_search(grant, as_bob), as_bob))


def download(user: User, export: Export) -> Any:
    return sign_in(user).get(reverse("export-download", args=[export.pk]))


def count_downloads() -> int:
    return AuditEvent.objects.filter(action="Downloaded").count()


def test_file_is_streamed(export: Export, bob: User, objects: ObjectServer) -> None:
    assert len(objects.objects) == Fragment.objects.count() > 0
    assert download(bob, export).getvalue() == read_file(export)
    assert count_downloads() == 1


def test_link_is_followed_to_the_file_and_recorded(
    export: Export, bob: User, objects: ObjectServer, settings: Any
) -> None:
    settings.FRAGMENT_LINKS_ENDPOINT = objects.url
    response = download(bob, export)
    assert response.status_code == 302
    assert response["Cache-Control"] == "private, no-store"
    assert httpx.get(response["Location"]).content == read_file(export)
    assert count_downloads() == 1


def test_another_organization_gets_no_link(
    export: Export, charlie: User, objects: ObjectServer, settings: Any
) -> None:
    settings.FRAGMENT_LINKS_ENDPOINT = objects.url
    assert download(charlie, export).status_code == 404


@pytest.mark.parametrize("with_links", [False, True])
def test_damaged_file_is_said_to_be(
    export: Export, bob: User, objects: ObjectServer, settings: Any, with_links: bool
) -> None:
    settings.FRAGMENT_LINKS_ENDPOINT = objects.url if with_links else ""
    for key in objects.objects:
        objects.put(key, b"other")
    response = download(bob, export)
    page = html.unescape(response.content.decode())
    assert response.status_code == 503
    assert "This file is damaged" in page
    assert "Create it again, or tell your operator." in page
    assert count_downloads() == 0
    assert AuditEvent.objects.filter(action="Found file damaged").count() == 1


def test_storage_that_is_away_is_said_to_be(
    export: Export, bob: User, objects: ObjectServer
) -> None:
    objects.faults["GET"] = say("503 Slow Down", "SlowDown")
    response = download(bob, export)
    assert response.status_code == 503
    assert "Files are not available now" in html.unescape(response.content.decode())
    assert count_downloads() == 0
