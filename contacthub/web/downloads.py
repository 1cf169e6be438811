"""Hand out a result: streamed, resumable, the same bytes every time. Source: RFC 9110 §13–14, RFC 9530 (digest)."""

import base64

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from contacthub.core.ranges import Span, UnsatisfiableRange, find_span
from contacthub.jobs.models import Result
from contacthub.jobs.queries import iterate_bytes


def serve_result(request: HttpRequest, result: Result) -> tuple[HttpResponseBase, int]:
    """Answer GET or HEAD for a result. Returns the response and the bytes it carries.

    One range is honoured; several, or one that cannot be read, get the whole file (RFC 9110 §14.2 allows both). A
    range with an `If-Range` of another file gets the whole one.
    """
    if request.headers.get("If-None-Match") == result.etag:
        return _with_headers(HttpResponse(status=304), result), 0
    try:
        span = _find_range(request, result)
    except UnsatisfiableRange:
        refusal = HttpResponse(status=416)
        refusal["Content-Range"] = f"bytes */{result.size}"
        return _with_headers(refusal, result), 0
    part = span or Span(0, result.size - 1)
    length = part.last - part.first + 1
    body = (
        iterate_bytes(job_id=result.job_id, first=part.first, last=part.last)
        if request.method == "GET"
        else ()
    )
    response = StreamingHttpResponse(
        body, status=206 if span else 200, content_type=result.content_type
    )
    response["Content-Length"] = str(length)
    if span:
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{result.size}"
    response["Content-Disposition"] = (
        content_disposition_header(True, result.file_name) or "attachment"
    )
    return _with_headers(response, result), length


def _find_range(request: HttpRequest, result: Result) -> Span | None:
    return find_span(
        asked=request.headers.get("Range", ""),
        if_range=request.headers.get("If-Range"),
        etag=result.etag,
        size=result.size,
    )


def _with_headers(response: HttpResponseBase, result: Result) -> HttpResponseBase:
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = result.etag
    response["Cache-Control"] = "private, no-store"
    digest = base64.b64encode(bytes.fromhex(result.sha256)).decode()
    response["Repr-Digest"] = f"sha-256=:{digest}:"
    return response
