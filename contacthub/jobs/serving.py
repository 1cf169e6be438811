"""Hand out a job's file: streamed, resumable, the same bytes every time, and never with all threads of a process.

Source: RFC 9110 §13–14 (conditions, ranges), RFC 9530 (digest), RFC 6585 (429). A download holds a thread of the web
server for its whole length. Slow readers must not hold all of them: a process serves so many files at once
(DOWNLOADS_AT_ONCE), of one organization at most half of them, and a reader that takes nothing for
DOWNLOAD_STALL_SECONDS is cut off; a `Range` resumes. With DOWNLOADS_ACCEL_FOLDER the proxy in front reads the file from
disk and no thread is held.
"""

import base64
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from contacthub.core.errors import TooBusy
from contacthub.core.ranges import Span, find_span
from contacthub.jobs.fragments import STORE
from contacthub.jobs.models import Result

RETRY_SECONDS = 10
# So small that a slow but living reader takes one piece well before it counts as stalled.
PIECE_BYTES = 256 * 1024


def serve_file(request: HttpRequest, result: Result) -> tuple[HttpResponseBase, int]:
    """Answer GET or HEAD for a result: whole or one range of it. Returns the response and the bytes it carries.

    Raises `UnsatisfiableRange` for a range behind the end, and `TooBusy` where so many files are being handed out that
    this one must wait. Several ranges, or one that cannot be read, get the whole file (RFC 9110 §14.2 allows both).
    """
    span = find_span(
        asked=request.headers.get("Range", ""),
        if_range=request.headers.get("If-Range"),
        etag=result.etag,
        size=result.size,
    )
    part = span or Span(0, result.size - 1)
    length = part.last - part.first + 1
    if settings.DOWNLOADS_ACCEL_FOLDER and request.method == "GET":
        return add_headers(_hand_to_proxy(result), result), length
    response = StreamingHttpResponse(_open_body(request, result, part), status=206 if span else 200)
    response["Content-Length"] = str(length)
    if span:
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{result.size}"
    return add_headers(response, result), length


def add_headers(response: HttpResponseBase, result: Result) -> HttpResponseBase:
    """Say what the file is: its type, name, tag and digest."""
    response["Content-Type"] = result.content_type
    response["Content-Disposition"] = (
        content_disposition_header(True, result.file_name) or "attachment"
    )
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = result.etag
    response["Cache-Control"] = "private, no-store"
    digest = base64.b64encode(bytes.fromhex(result.sha256)).decode()
    response["Repr-Digest"] = f"sha-256=:{digest}:"
    return response


# --- How many at once -----------------------------------------------------------------------------


class Slots:
    """The downloads that a process serves at once, for all and for each organization."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.most_each = max(1, most // 2)
        self._taken: Counter[int] = Counter()
        self._lock = threading.Lock()

    def take(self, organization_id: int) -> None:
        """Take a place. Raises `TooBusy` if there is none."""
        with self._lock:
            if self._taken.total() >= self.most or self._taken[organization_id] >= self.most_each:
                raise TooBusy(
                    "Too many downloads are running. Try again in a few seconds.",
                    seconds=RETRY_SECONDS,
                )
            self._taken[organization_id] += 1

    def give_back(self, organization_id: int) -> None:
        """Free a place."""
        with self._lock:
            self._taken[organization_id] -= 1


SLOTS = Slots(settings.DOWNLOADS_AT_ONCE)


class _Body:
    """The bytes of a download, and its place among those at once until it is closed."""

    def __init__(self, pieces: Iterator[bytes], organization_id: int) -> None:
        self._organization_id = organization_id
        SLOTS.take(organization_id)
        self._is_open = True
        # Read before a status is sent: a file that cannot be read at all is an error and not a cut answer.
        try:
            self._pieces = chain([next(pieces, b"")], pieces)
        except Exception:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Give the place back, once."""
        if self._is_open:
            self._is_open = False
            SLOTS.give_back(self._organization_id)

    def __del__(self) -> None:
        # Where an error came between taking the place and sending the response.
        if hasattr(self, "_is_open"):
            self.close()


def _open_body(request: HttpRequest, result: Result, part: Span) -> "_Body | tuple[()]":
    if request.method != "GET":
        return ()
    body = _Body(_cut(result, part), result.job.organization_id)
    connection = request.META.get("gunicorn.socket")
    if connection is not None:
        # A send that makes no progress for so long ends with an error, and the thread is free again.
        connection.settimeout(settings.DOWNLOAD_STALL_SECONDS)
    return body


def _cut(result: Result, part: Span) -> Iterator[bytes]:
    for fragment in STORE.read(job_id=result.job_id, first=part.first, last=part.last):
        for start in range(0, len(fragment), PIECE_BYTES):
            yield fragment[start : start + PIECE_BYTES]


# --- Handed to the proxy --------------------------------------------------------------------------


def _hand_to_proxy(result: Result) -> HttpResponse:
    """Write the file where nginx reads it, once, and tell nginx its name; nginx sees to ranges itself."""
    folder = Path(settings.DOWNLOADS_ACCEL_FOLDER)
    path = folder / result.sha256
    if not path.exists():
        SLOTS.take(result.job.organization_id)
        try:
            _write(path, result)
        finally:
            SLOTS.give_back(result.job.organization_id)
    # Its time says when it was last wanted, see `sweep_folder`.
    os.utime(path)
    response = HttpResponse()
    response["X-Accel-Redirect"] = f"{settings.DOWNLOADS_ACCEL_PATH}{result.sha256}"
    return response


def _write(path: Path, result: Result) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as draft:
        # Only a whole file gets its name; a draft that is left behind is swept.
        for piece in STORE.read(job_id=result.job_id, first=0, last=result.size - 1):
            draft.write(piece)
        # Readable for the proxy, which runs as another user.
        os.fchmod(draft.fileno(), 0o644)
    os.replace(draft.name, path)


def sweep_folder(*, keep_seconds: int = 24 * 3600) -> int:
    """Delete files that no one has downloaded for a day. Returns how many."""
    if not settings.DOWNLOADS_ACCEL_FOLDER:
        return 0
    oldest = time.time() - keep_seconds
    stale = [
        path
        for path in Path(settings.DOWNLOADS_ACCEL_FOLDER).iterdir()
        if path.is_file() and path.stat().st_mtime < oldest
    ]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)
