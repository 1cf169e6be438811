"""Hand out a result to a person's browser."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from contacthub.core.ranges import UnsatisfiableRange
from contacthub.jobs import links
from contacthub.jobs.models import Result
from contacthub.jobs.serving import add_headers, serve_file


def serve_result(request: HttpRequest, result: Result) -> tuple[HttpResponseBase, int]:
    """Answer GET or HEAD for a result, with 304 and 416 where they are due. Returns the response and its bytes.

    With FRAGMENT_LINKS_ENDPOINT the answer is a redirect to the file in object storage, which sees to ranges itself.
    Raises like `serve_file` and `links.make_link`.
    """
    if request.headers.get("If-None-Match") == result.etag:
        return add_headers(HttpResponse(status=304), result), 0
    if request.method == "GET" and links.is_on():
        response = HttpResponseRedirect(links.make_link(result))
        response["Cache-Control"] = "private, no-store"
        return response, result.size
    try:
        return serve_file(request, result)
    except UnsatisfiableRange:
        refusal = HttpResponse(status=416)
        refusal["Content-Range"] = f"bytes */{result.size}"
        return add_headers(refusal, result), 0
