"""Hand out a job's file to a program: streamed, resumable, the same bytes every time."""

import base64

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from contacthub.api.door.problems import Kind, Problem, ProblemFound
from contacthub.core.ranges import Span, UnsatisfiableRange, find_span
from contacthub.jobs.models import Result
from contacthub.jobs.queries import iterate_bytes


def serve_file(request: HttpRequest, result: Result) -> tuple[HttpResponseBase, int]:
    """Answer GET for a result: whole or one range of it (RFC 9110 §14). Returns the response and the bytes it carries.

    Raises `ProblemFound` (RANGE) for a range behind the end.
    """
    try:
        span = find_span(
            asked=request.headers.get("Range", ""),
            if_range=request.headers.get("If-Range"),
            etag=result.etag,
            size=result.size,
        )
    except UnsatisfiableRange as error:
        message = f"The file has {result.size:,} bytes; the range begins behind its end."
        headers = {"Content-Range": f"bytes */{result.size}"}
        raise ProblemFound(Problem(Kind.RANGE, message, headers=headers)) from error
    part = span or Span(0, result.size - 1)
    length = part.last - part.first + 1
    response = StreamingHttpResponse(
        iterate_bytes(job_id=result.job_id, first=part.first, last=part.last),
        status=206 if span else 200,
        content_type=result.content_type,
    )
    response["Content-Length"] = str(length)
    if span:
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{result.size}"
    response["Content-Disposition"] = (
        content_disposition_header(True, result.file_name) or "attachment"
    )
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = result.etag
    response["Cache-Control"] = "private, no-store"
    digest = base64.b64encode(bytes.fromhex(result.sha256)).decode()
    response["Repr-Digest"] = f"sha-256=:{digest}:"
    return response, length
