"""Pages for what went wrong: one sentence, what to do, and the request id."""

from typing import Any
from urllib.parse import quote

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from contacthub.core.errors import (
    AlreadyFinished,
    Broken,
    ContactHubError,
    Expired,
    FileDamaged,
    LookbackTooLong,
    NotReady,
    OptionNotAllowed,
    QuotaExceeded,
    QuoteChanged,
    RightMissing,
    StorageAway,
    TooManyJobs,
    TransactionsExceeded,
)

# What is said where no more is known than the status. A page's title names the reason (see `title_of`).
TITLES = {
    400: "Invalid request",
    403: "Not allowed",
    404: "Page not found",
    405: "Method not supported",
    409: "Already changed",
    413: "Too large",
    422: "That link is not valid",
    429: "Too many tries",
    500: "Something went wrong in ContactHub",
    503: "ContactHub is busy",
}
REASONS: dict[type[ContactHubError], str] = {
    AlreadyFinished: "Already finished",
    NotReady: "Not ready yet",
    QuoteChanged: "The price has changed",
    Broken: "This connection does not work",
    TooManyJobs: "Too many jobs",
    Expired: "No longer kept",
    OptionNotAllowed: "Not part of this feed's agreement",
    QuotaExceeded: "Too few rows left",
    StorageAway: "Files are not available now",
    FileDamaged: "This file is damaged",
    TransactionsExceeded: "Too few transactions left",
}


TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def describe_limit() -> str:
    """Return what a form may hold, in words."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1000
    fields = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    return f"A form can have up to {most} kB and {fields:,} fields. Go back and send less."


def title_of(error: ContactHubError) -> str:
    """Return what an error's page is called: the reason, in the words of the thing that is limited or missing."""
    if isinstance(error, LookbackTooLong):
        return f"Limited to {error.cap} days"
    if isinstance(error, RightMissing):
        return f"You need the “{error.right}” right"
    return next((title for kind, title in REASONS.items() if isinstance(error, kind)), "")


def error_response(
    request: HttpRequest, status: int, message: str, *, title: str = ""
) -> HttpResponse:
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
        "title": title or TITLES.get(status, TITLES[400]),
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
    """Answer 400; 413 for a form that is too large or has too many fields."""
    if isinstance(exception, TOO_LARGE):
        return error_response(request, 413, describe_limit())
    return error_response(request, 400, "It is damaged or too long. Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return error_response(request, 403, str(exception) or "Your role does not include this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404, the same for what never was and for what belongs to someone else."""
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


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 429: allauth's limits of an address."""
    response = error_response(
        request, 429, "Too many requests came from your address. Try again in 1 minute."
    )
    response["Retry-After"] = "60"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was open too long or was sent from elsewhere."""
    return error_response(
        request,
        403,
        "This form was open for too long, or another site sent it. Nothing was changed. "
        "Reload the page and send it again.",
        title="Session expired",
    )
