"""Hand out a result to a person's browser."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from contacthub.core.ranges import UnsatisfiableRange
from contacthub.jobs.models import Result
from contacthub.jobs.serving import add_headers, serve_file


def serve_result(request: HttpRequest, result: Result) -> tuple[HttpResponseBase, int]:
    """Answer GET or HEAD for a result, with 304 and 416 where they are due. Returns the response and its bytes.

    Raises `TooBusy` like `serve_file`.
    """
    if request.headers.get("If-None-Match") == result.etag:
        return add_headers(HttpResponse(status=304), result), 0
    try:
        return serve_file(request, result)
    except UnsatisfiableRange:
        refusal = HttpResponse(status=416)
        refusal["Content-Range"] = f"bytes */{result.size}"
        return add_headers(refusal, result), 0
