"""Page or fragment: the one place that decides."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from contacthub.web.http import HubRequest


def is_fragment(request: HubRequest) -> bool:
    """Return whether htmx asks for a part of the page; a restored page from its history is a whole one."""
    return (
        bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request
    )


def render_page(
    request: HubRequest,
    page: str,
    fragment: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    is_personal: bool = False,
) -> HttpResponse:
    """Render the fragment for htmx and the page, which includes the fragment, for everyone else.

    `is_personal` pages are stored by no browser and no cache.
    """
    response = render(request, fragment if is_fragment(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    response["Cache-Control"] = "no-store" if is_personal else "private, no-cache"
    return response
