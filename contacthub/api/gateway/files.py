"""Hand out a job's file to a program."""

from django.http import HttpRequest, HttpResponseBase

from contacthub.api.gateway.problems import Kind, Problem, ProblemFound
from contacthub.core.ranges import UnsatisfiableRange
from contacthub.jobs import serving
from contacthub.jobs.models import Result


def serve_file(request: HttpRequest, result: Result) -> tuple[HttpResponseBase, int]:
    """Answer GET for a result: whole or one range of it (RFC 9110 §14). Returns the response and the bytes it carries.

    Raises `ProblemFound` (RANGE) for a range behind the end, and `TooBusy` like `serving.serve_file`.
    """
    try:
        return serving.serve_file(request, result)
    except UnsatisfiableRange as error:
        message = f"The file has {result.size:,} bytes; the range begins behind its end."
        headers = {"Content-Range": f"bytes */{result.size}"}
        raise ProblemFound(Problem(Kind.RANGE, message, headers=headers)) from error
