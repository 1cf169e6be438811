"""Live search: a connected vendor searched with the filters of Contacts or Companies, refined in place."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from contacthub.connectors.errors import VendorError
from contacthub.core.errors import Invalid
from contacthub.credentials.connections.queries import get_connection
from contacthub.organizations.rights import Right
from contacthub.sourcing.live import search
from contacthub.sourcing.live.plan import Way
from contacthub.web.access import member
from contacthub.web.htmx import is_fragment, render_page
from contacthub.web.http import HubRequest
from contacthub.web.looks import note_look
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Refused, read_text
from contacthub.web.views.catalog.display import clear_address, list_parts
from contacthub.web.views.catalog.facet_drawer import is_drawer_open, open_address
from contacthub.web.views.catalog.filters import change
from contacthub.web.views.catalog.live_facets import make_live_drawer
from contacthub.web.views.catalog.live_question import (
    AGREED,
    LiveQuestion,
    agree_address,
    kind_of,
    read_question,
    remove_address,
)
from contacthub.web.views.catalog.live_view import (
    QuestionView,
    Refusal,
    choose_body,
    describe_found,
    describe_page,
    mark_chip,
    say_way,
)

LONGEST_POSITION = 2000


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def contact_live(request: HubRequest, connection_id: UUID) -> HttpResponseBase:
    """Search a vendor for contacts. Filters that it cannot apply are named first, and then it is not called."""
    return _show(request, connection_id, of_companies=False)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def company_live(request: HubRequest, connection_id: UUID) -> HttpResponseBase:
    """Ask a vendor for companies,, too."""
    return _show(request, connection_id, of_companies=True)


def _show(request: HubRequest, connection_id: UUID, *, of_companies: bool) -> HttpResponseBase:
    # A form that is sent to another organization's connection must not be answered with its address.
    get_connection(organization=request.organization, connection_id=connection_id)
    return _search(request, connection_id, of_companies=of_companies)


def read_position(request: HubRequest) -> str | None:
    """Return the vendor's own name for a page, None for the first one. Raises `Invalid` for what can be none."""
    try:
        return read_text(request.GET.get("position", ""), most=LONGEST_POSITION) or None
    except Refused as refused:
        raise Invalid(f"The position {refused}.", field="position") from refused


def describe_question(request: HubRequest, live: LiveQuestion) -> QuestionView:
    """Return the search, its connection and who applies its filters, as the pages show them."""
    of_companies = live.question.of_companies
    kind = kind_of(of_companies=of_companies)
    query = request.GET.urlencode(safe=";,:")
    save_url, save_all_url = (
        f"{reverse(f'{kind}-{route}', args=[live.connection.pk])}?{query}"
        for route in ("live-save", "live-all")
    )
    return QuestionView(
        connection=live.connection,
        vendor=live.vendor,
        of_companies=of_companies,
        noun="Companies" if of_companies else "Contacts",
        q=live.typed,
        chips=[
            mark_chip(each.chip, live.vendor, each.way)
            for each in live.sides
            if each.chip is not None
        ],
        notes=[say_way(live.vendor, each.label, Way.HERE) for each in live.here],
        back=change(request.GET, reverse(f"{kind}-list"), {AGREED: None, "filters": None}),
        query=query,
        search_url=f"{live.address}?{query}",
        save_url=save_url,
        save_all_url=save_all_url,
    )


@searches_by_post
def _search(request: HubRequest, connection_id: UUID, *, of_companies: bool) -> HttpResponse:
    live = read_question(request, connection_id, of_companies=of_companies)
    page, fault, faults = None, "", list(live.faults)
    if live.can_search and live.is_agreed:
        try:
            page = search.read_page(question=live.question, position=read_position(request))
        except Invalid as error:
            faults = [str(error)]
        except VendorError as error:
            fault = str(error)
    context = _describe(request, live, page, faults=faults, fault=fault)
    if not of_companies:
        note_look(request, "Vendor search", people=len(context["rows"]))
    response = render_page(
        request,
        "sourcing/live/list.html",
        "sourcing/live/_list.html",
        context,
        status=422 if faults else 200,
        is_personal=True,
    )
    return _place(request, response, is_refused=bool(faults))


def _place(request: HubRequest, response: HttpResponse, *, is_refused: bool) -> HttpResponse:
    """Tell htmx the address, and to show the whole search where something is wrong beside a field."""
    if is_fragment(request):
        position = request.GET.get("position", "") or None
        response["HX-Push-Url"] = change(request.GET, request.path, {"position": position})
        if is_refused:
            response["HX-Retarget"] = response["HX-Reselect"] = "#live"
    return response


def _describe(
    request: HubRequest,
    live: LiveQuestion,
    page: search.FoundPage | None,
    *,
    faults: list[str],
    fault: str,
) -> dict[str, Any]:
    question = describe_question(request, live)
    words = page and describe_page(page, live.vendor, is_filtered=live.question.is_filtered_here)
    is_open = is_drawer_open(request.GET) or any(each.fault for each in live.asked)
    foot = f"{words.shown} {words.of}" if words else "Not searched yet"
    own_chips = [chip for chip in question.chips if not chip.is_default]
    return {
        "question": question,
        "body": choose_body(
            faults=bool(faults),
            refused=bool(live.refused),
            agreed=live.is_agreed,
            fault=bool(fault),
            found=bool(page and page.items),
            is_short=bool(page and page.is_short),
        ),
        "page": words,
        "rows": [describe_found(each) for each in page.items] if page else [],
        "next": _turn(request, page.next) if page and page.next else "",
        "first": _turn(request, None) if request.GET.get("position") else "",
        "again": _turn(request, request.GET.get("position")),
        "agree": agree_address(request, live),
        "most_fetched": search.MOST_FETCHED,
        "refusals": [
            Refusal(
                say_way(live.vendor, each.label, Way.NEITHER),
                remove_address(request, live, [each]),
                each.label,
            )
            for each in live.refused
        ],
        "remove_all": remove_address(request, live, live.refused),
        "fault": fault,
        "faults": faults,
        "search_fault": live.text_fault,
        "q": live.typed,
        "chips": question.chips,
        "filter_count": len(own_chips),
        "has_choices": bool(own_chips),
        "clear": clear_address(request.GET, request.path),
        "action": request.path,
        "kept": list_parts(request.GET, leaving_out=["q"]),
        "open_drawer": open_address(request.GET, request.path),
        "drawer": make_live_drawer(request, live, foot=foot) if is_open else None,
    }


def _turn(request: HubRequest, position: str | None) -> str:
    return change(request.GET, request.path, {"position": position})
