"""All lists that a person may see."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from contacthub.lists import queries
from contacthub.lists.models import List
from contacthub.web.access import member
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest
from contacthub.web.paging import read_page_number
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters
from contacthub.web.views.catalog.keyset import Place, Sort, list_headers
from contacthub.web.views.lists.overview_view import describe_rows, list_tabs
from contacthub.web.views.lists.reading import reader_of

PAGE_SIZE = 50
SHOWN = ("all", "mine", "shared", "people", "companies")
SORTS = {
    "changed": Sort("changed", "Changed", "changed_at", is_descending=True),
    "name": Sort("name", "Name", "name_key"),
    "members": Sort("members", "Members", "member_count", is_descending=True),
}
CHOICES = {text for name in SORTS for text in (name, f"-{name}")}


@require_http_methods(["GET", "HEAD", "POST"])
@member()
@searches_by_post
def list_list(request: HubRequest) -> HttpResponse:
    """List the lists that the person may see: all, mine, shared, of people or companies; found by name."""
    return render_overview(request)


def render_overview(request: HubRequest) -> HttpResponse:
    """Render the overview."""
    context = describe_overview(request)
    return render_page(
        request, "lists/list.html", "lists/_list.html", context, status=context["status"]
    )


def describe_overview(request: HubRequest) -> dict[str, Any]:
    """Return what the overview shows, also below a drawer."""
    reader, sent = reader_of(request), Parameters(request.GET)
    text = sent.text()
    show = sent.choice("show", SHOWN, label="Lists to show", default="all")
    order = sent.choice("sort", CHOICES, label="Order", default="-changed")
    found = queries.find_lists(reader=reader, text=text).filter(_condition(request, show))
    place = _read_order(order)
    lists = _sort(found, place) if not sent.faults else found.none()
    page = Paginator(lists, PAGE_SIZE).get_page(read_page_number(request))
    return {
        "status": sent.status,
        "page": page,
        "rows": describe_rows(list(page.object_list)),
        "tabs": list_tabs(queries.list_lists(reader=reader), request.user, show),
        "headers": list_headers(request.GET, request.path, SORTS, place),
        "show": show,
        **sent.context,
    }


def _condition(request: HubRequest, show: str) -> Q:
    return {
        "mine": Q(owner=request.user),
        "shared": Q(is_shared=True),
        "people": Q(of_companies=False),
        "companies": Q(of_companies=True),
    }.get(show, Q())


def _read_order(text: str) -> Place:
    sort = SORTS.get(text.lstrip("-"), SORTS["changed"])
    return Place(sort, text.startswith("-"), None, None, 1)


def _sort(lists: QuerySet[List], place: Place) -> QuerySet[List]:
    sign = "-" if place.is_descending else ""
    return lists.order_by(sign + place.sort.column, f"{sign}pk")
