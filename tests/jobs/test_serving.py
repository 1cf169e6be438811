"""Downloads leave threads for everybody else, and a reader that stalls is cut off."""

import hashlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import StreamingHttpResponse
from django.test import RequestFactory

from contacthub.core.errors import TooBusy
from contacthub.jobs import serving
from contacthub.jobs.models import Fragment, Job, Result
from contacthub.jobs.serving import PIECE_BYTES, Slots, serve_file, sweep_folder
from contacthub.organizations.models import Organization

pytestmark = pytest.mark.django_db
CONTENT = os.urandom(PIECE_BYTES * 2 + 10)


def make_result(organization: Organization, content: bytes = CONTENT) -> Result:
    job = Job.objects.create(organization=organization, task="t", title="t", total=1)
    Fragment.objects.create(
        job=job, number=0, row_count=1, raw_offset=0, raw_size=len(content),
        encoding=Fragment.Encoding.IDENTITY, body=content,
    )  # fmt: skip
    return Result.objects.create(
        job=job, file_name="a.csv", format="csv", content_type="text/csv", row_count=1, size=len(content),
        sha256=hashlib.sha256(content).hexdigest(), expires_at="2027-01-01T00:00:00Z",
    )  # fmt: skip


def get(result: Result, **headers: str) -> StreamingHttpResponse:
    response, _ = serve_file(RequestFactory().get("/", headers=headers), result)
    assert isinstance(response, StreamingHttpResponse)
    return response


@pytest.fixture(autouse=True)
def lasting_connection() -> Iterator[None]:
    """A response that is closed ends its request, and with it the connection to the database: not the test's."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.fixture
def slots(monkeypatch: pytest.MonkeyPatch) -> Slots:
    slots = Slots(4)
    monkeypatch.setattr(serving, "SLOTS", slots)
    return slots


def test_file_comes_whole_in_pieces_and_in_part(acme: Organization) -> None:
    result = make_result(acme)
    response = get(result)
    pieces = list(response.streaming_content)  # type: ignore[arg-type]
    assert max(map(len, pieces)) == PIECE_BYTES
    assert b"".join(pieces) == CONTENT
    part = get(result, Range=f"bytes={PIECE_BYTES - 1}-{PIECE_BYTES + 1}")
    assert part.getvalue() == CONTENT[PIECE_BYTES - 1 : PIECE_BYTES + 2]
    response.close()
    part.close()


def test_organization_has_half_of_the_places_and_others_the_rest(
    acme: Organization, globex: Organization, slots: Slots
) -> None:
    result, theirs = make_result(acme), make_result(globex)
    open_ones = [get(result), get(result)]
    with pytest.raises(TooBusy) as refusal:
        get(result)
    assert refusal.value.seconds == 10
    open_ones += [get(theirs), get(theirs)]
    for each in (result, theirs):
        with pytest.raises(TooBusy):
            get(each)
    # Closed as the server does it, read or not, and closed twice.
    open_ones[0].close()
    open_ones[0].close()
    get(result).close()
    for each in open_ones:
        each.close()
    assert slots._taken.total() == 0


def test_head_and_an_abandoned_response_hold_no_place(acme: Organization, slots: Slots) -> None:
    result = make_result(acme)
    for _ in range(5):
        serve_file(RequestFactory().head("/"), result)
    for _ in range(5):
        # Never closed: an error came before the response was sent.
        get(result)
    assert slots._taken.total() == 0


def send_all(server: socket.socket, response: Any) -> None:
    for piece in response:
        server.sendall(piece)


def test_stalled_reader_is_cut_off(acme: Organization, slots: Slots, settings: Any) -> None:
    """The server's side of a real connection, whose other side reads nothing."""
    settings.DOWNLOAD_STALL_SECONDS = 0.3
    result = make_result(acme, os.urandom(3_000_000))
    server, client = socket.socketpair()
    for each in (server, client):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    # Without the rule the test fails in time instead of waiting for ever.
    server.settimeout(20)
    request = RequestFactory().get("/")
    request.META["gunicorn.socket"] = server
    response, _ = serve_file(request, result)
    started = time.monotonic()
    with server, client, pytest.raises(TimeoutError):
        send_all(server, response)
    assert time.monotonic() - started < 10
    response.close()
    assert slots._taken.total() == 0


def test_file_is_handed_to_the_proxy(acme: Organization, settings: Any, tmp_path: Path) -> None:
    settings.DOWNLOADS_ACCEL_FOLDER, settings.DOWNLOADS_ACCEL_PATH = str(tmp_path), "/_files/"
    result = make_result(acme)
    for _ in range(2):
        response, size = serve_file(
            RequestFactory().get("/", headers={"Range": "bytes=0-1"}), result
        )
        assert response["X-Accel-Redirect"] == f"/_files/{result.sha256}"
        assert (response["Content-Type"], response.content, size) == ("text/csv", b"", 2)  # type: ignore[attr-defined]
    [path] = tmp_path.iterdir()
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o644
    assert sweep_folder() == 0
    os.utime(path, (0, 0))
    assert sweep_folder() == 1
    assert not path.exists()
