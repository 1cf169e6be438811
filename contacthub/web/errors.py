"""Pages for what went wrong: one sentence, what to do, and the request id."""

from typing import Any
from urllib.parse import quote

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

TITLES = {
    400: "This request cannot be read",
    403: "This is not part of your role",
    404: "This page is not here",
    405: "This address does not do that",
    409: "This has changed meanwhile",
    413: "This is too large",
    422: "Something in this is not right",
    500: "Something broke in ContactHub",
    503: "ContactHub is busy",
}


def error_response(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """Return the page for an error. A fragment gets its sentence in the header `X-Error` instead."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))[:8]
    if getattr(request, "htmx", False):
        response = HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
        response["X-Error"] = quote(
            f"{message} Request {request_id}." if status >= 500 else message
        )
        return response
    context: dict[str, Any] = {
        "status": status,
        "title": TITLES.get(status, TITLES[400]),
        "message": message,
        "request_id": request_id,
    }
    # The shell needs the database; an error page must not.
    is_shell_possible = status < 500 and getattr(request, "membership", None) is not None
    template = "errors/page.html" if is_shell_possible else "errors/bare.html"
    return HttpResponse(
        render_to_string(template, context, request if is_shell_possible else None), status=status
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return error_response(request, 400, "It is damaged or too long. Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return error_response(request, 403, str(exception) or "Your role does not include this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404, the same for what never was and for what belongs to somebody else."""
    return error_response(
        request,
        404,
        "The address may be mistyped, the file may have been deleted, or it belongs to an organization you are not "
        "signed in to.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500."""
    return error_response(
        request, 500, "Nothing was changed. The log has the details under this request."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was open too long or was sent from elsewhere."""
    return error_response(
        request, 403, "This form was open for too long. Load the page again and send it once more."
    )
