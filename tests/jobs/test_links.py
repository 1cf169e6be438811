"""A file in object storage is handed out there: whole, by a link that is good for a minute."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import RequestFactory

from contacthub.core import clock
from contacthub.core.embedded import free_port
from contacthub.core.errors import FileDamaged, StorageAway, TooBusy
from contacthub.jobs import actions, links, serving, tasks
from contacthub.jobs.models import Fragment, Result
from contacthub.jobs.serving import Slots
from contacthub.organizations.models import Organization
from contacthub.web.downloads import serve_result
from tests.jobs.files import CONTENT, damage, make_file
from tests.object_server import ObjectServer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def linked(objects: ObjectServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Browsers reach the storage under another name than programs do."""
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", lambda jobs: 0)
    settings.FRAGMENT_LINKS_ENDPOINT = objects.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def result(acme: Organization, linked: None) -> Result:
    return make_file(acme)


def copies(objects: ObjectServer) -> list[str]:
    return [key for key in objects.objects if key.startswith("hub/files/")]


def get_link(result: Result) -> str:
    response, size = serve_result(RequestFactory().get("/"), result)
    assert (response.status_code, size) == (302, result.size)
    assert response["Cache-Control"] == "private, no-store"
    return response["Location"]


def test_link_hands_the_file_out(result: Result, objects: ObjectServer) -> None:
    link = get_link(result)
    assert urlsplit(link).hostname == "localhost"
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["60"]
    answer = httpx.get(link)
    assert answer.content == CONTENT
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.csv"'
    part = httpx.get(link, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, CONTENT[100:200])


def test_file_is_put_together_once_a_day(
    result: Result, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_link(result)
    assert copies(objects) == [f"hub/files/{result.job_id}"]
    objects.requests.clear()
    get_link(result)
    assert [method for method, *_ in objects.requests] == ["HEAD"]
    moment = clock.now() + dt.timedelta(hours=24, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: moment)
    # A link that was made a minute ago still finds it.
    tasks.sweep_fragments()
    assert len(copies(objects)) == 1
    objects.requests.clear()
    get_link(result)
    assert f"hub/fragments/{result.job_id}/1/0" in [key for _, key, _ in objects.requests]
    later = moment + dt.timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    tasks.sweep_fragments()
    assert copies(objects) == []


@pytest.mark.parametrize("number", [0, 3])
def test_damaged_file_gets_no_link(result: Result, objects: ObjectServer, number: int) -> None:
    damage(result, number, objects, "other")
    with pytest.raises(FileDamaged):
        links.make_link(result)
    assert copies(objects) == []


def test_file_that_is_not_the_one_of_the_manifest_gets_no_link(
    result: Result, objects: ObjectServer
) -> None:
    result.sha256 = "0" * 64
    with pytest.raises(FileDamaged):
        links.make_link(result)
    assert copies(objects) == []


def test_copy_goes_with_the_file(
    result: Result, objects: ObjectServer, django_capture_on_commit_callbacks: Any
) -> None:
    get_link(result)
    Result.objects.update(expires_at=clock.now())
    with django_capture_on_commit_callbacks(execute=True):
        actions.expire_results()
    assert objects.objects == {}


def test_putting_together_takes_a_place_among_the_downloads(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = Slots(1)
    for module in (serving, links):
        monkeypatch.setattr(module, "SLOTS", slots)
    slots.take(result.job.organization_id)
    with pytest.raises(TooBusy):
        links.make_link(result)
    slots.give_back(result.job.organization_id)
    get_link(result)
    assert slots._taken.total() == 0


def test_storage_that_is_away_is_said_so(result: Result, settings: Any) -> None:
    settings.FRAGMENT_STORE_ENDPOINT = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(StorageAway):
        links.make_link(result)


def test_head_and_known_files_need_no_link(result: Result, objects: ObjectServer) -> None:
    response, _ = serve_result(RequestFactory().head("/"), result)
    assert (response.status_code, response["ETag"]) == (200, result.etag)
    known = RequestFactory().get("/", headers={"If-None-Match": result.etag})
    assert serve_result(known, result)[0].status_code == 304
    assert copies(objects) == []


@pytest.fixture
def in_postgres(settings: Any) -> Iterator[None]:
    """New files go to Postgres again; former ones are still read."""
    settings.FRAGMENT_STORE = ["postgres", *settings.FRAGMENT_STORE]
    yield
    assert not Fragment.objects.exclude(address="").exists()


def test_files_are_streamed_where_new_ones_go_to_postgres(
    acme: Organization, in_postgres: None
) -> None:
    response, _ = serve_result(RequestFactory().get("/"), make_file(acme))
    assert response.status_code == 200
    assert b"".join(response) == CONTENT  # type: ignore[call-overload]
