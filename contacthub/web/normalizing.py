"""Read what people send as what is stored."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from contacthub.core.query_text import normalize_query

FORM_TYPE = "application/x-www-form-urlencoded"


class TextMiddleware:
    """Compose the text of queries and forms and drop its invisible characters, passwords excepted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass through: forms are read after the check against forgery, which reads them too."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> None:
        """Replace the query and a short form. A view that takes a file reads its form itself (`limit_upload`)."""
        request.GET = normalize_query(request.GET)  # type: ignore[assignment]
        takes_file = getattr(view, "takes_file", False)
        if request.method == "POST" and request.content_type == FORM_TYPE and not takes_file:
            request.POST = normalize_query(request.POST)  # type: ignore[assignment]
