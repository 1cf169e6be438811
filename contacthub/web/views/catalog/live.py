"""Live search: a connected vendor searched with the filters of Contacts or Companies, page by page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_safe

from contacthub.connectors.errors import VendorError
from contacthub.connectors.registry import CONNECTORS
from contacthub.core.errors import Broken, Invalid, NotFound
from contacthub.organizations.rights import Right
from contacthub.sourcing.live import search
from contacthub.web.access import member
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest
from contacthub.web.looks import note_look
from contacthub.web.scalars import Parameters, Refused, read_text
from contacthub.web.views.catalog.filter_fields import COMPANY_GROUPS, CONTACT_GROUPS, Field
from contacthub.web.views.catalog.filters import FilterValue, list_faults, make_filters, read_fields
from contacthub.web.views.catalog.intent_filter import with_intent
from contacthub.web.views.catalog.list_filter import Groups, with_lists
from contacthub.web.views.catalog.listing import make_chips
from contacthub.web.views.catalog.live_view import QuestionView, choose_body, describe_found

LONGEST_POSITION = 2000
# What a page says where no vendor is offered.
NOT_LIVE: dict[str, Any] = {"live": [], "broken": []}


def describe_live(request: HubRequest, *, of_companies: bool = False) -> dict[str, Any]:
    """Return the connections that can be searched with the same filters, with the addresses of the searches, and broken
    ones."""
    if not request.membership.has_right(Right.ENRICH):
        return NOT_LIVE
    kept = request.GET.copy()
    for name in ("after", "before", "from", "sort", "position", "without"):
        kept.pop(name, None)
    route = "company-live" if of_companies else "contact-live"
    query = f"?{kept.urlencode(safe=';,:')}" if kept else ""
    found = search.list_searchable(organization=request.organization, of_companies=of_companies)
    return {
        "live": [(each.name, reverse(route, args=[each.pk]) + query) for each in found],
        "broken": search.list_broken_searches(
            organization=request.organization, of_companies=of_companies
        ),
    }


@require_safe
@member(Right.ENRICH)
def contact_live(request: HubRequest, connection_id: UUID) -> HttpResponseBase:
    """Search a vendor for contacts; filters that it cannot honor are named first, and then it is not called."""
    return _search(request, connection_id, of_companies=False)


@require_safe
@member(Right.ENRICH)
def company_live(request: HubRequest, connection_id: UUID) -> HttpResponseBase:
    """Ask a vendor for companies,, too."""
    return _search(request, connection_id, of_companies=True)


def read_position(request: HubRequest) -> str | None:
    """Return the vendor's own name for a page, None for the first one. Raises `Invalid` for what can be none."""
    try:
        return read_text(request.GET.get("position", ""), most=LONGEST_POSITION) or None
    except Refused as refused:
        raise Invalid(f"The position {refused}.", field="position") from refused


def find_faults(request: HubRequest, *, of_companies: bool) -> list[str]:
    """List what is wrong with the filters of the address. A vendor is not searched with the others alone."""
    sent = Parameters(request.GET)
    sent.text()
    return [*sent.faults.values(), *list_faults(_read_filters(request, of_companies=of_companies))]


def _read_filters(request: HubRequest, *, of_companies: bool) -> list[FilterValue]:
    return read_fields(request.GET, _groups(request, of_companies=of_companies), may_see=True)


def _groups(request: HubRequest, *, of_companies: bool) -> Groups:
    groups = COMPANY_GROUPS if of_companies else CONTACT_GROUPS
    lists = with_lists(groups, request, of_companies=of_companies)
    return with_intent(lists, request, of_companies=of_companies)


def read_question(
    request: HubRequest, connection_id: UUID, *, of_companies: bool
) -> search.Question:
    """Return what the address asks of a connection. Raises `NotFound`, also for one that is paused, and `Broken`.

    Where `find_faults` finds any, this holds the other filters and must not be sent.
    """
    filters = make_filters(_read_filters(request, of_companies=of_companies))
    text = Parameters(request.GET).text()
    question = search.make_question(
        organization=request.organization,
        connection_id=connection_id,
        filters=replace(filters.company, text=text)
        if of_companies
        else replace(filters, text=text),
        left_out=request.GET.getlist("without"),
    )
    if question.connection.is_paused:
        raise NotFound("This connection is paused.")
    if question.connection.is_broken:
        raise Broken(question.connection.closed_because)
    return question


def describe_question(request: HubRequest, question: search.Question) -> QuestionView:
    """Return the search, its connection and the omitted filters, as the pages show them."""
    of_companies = question.of_companies
    groups = _groups(request, of_companies=of_companies)
    back = reverse("company-list" if of_companies else "contact-list")
    labels = _labels(groups)
    left_out = [label_of(name, labels) for name in request.GET.getlist("without")]
    chips = make_chips(request, _read_filters(request, of_companies=of_companies), back)
    own = {each.name: each.label for fields in groups.values() for each in fields}
    sent = Parameters(request.GET)
    sent.text()
    kind = "company" if of_companies else "contact"
    query = request.GET.urlencode(safe=";,:")
    search_url, save_url, save_all_url = (
        f"{reverse(f'{kind}-{route}', args=[question.connection.pk])}?{query}"
        for route in ("live", "live-save", "live-all")
    )
    return QuestionView(
        connection=question.connection,
        vendor=CONNECTORS[question.connection.vendor].label,
        of_companies=of_companies,
        noun="Companies" if of_companies else "Contacts",
        q=sent.typed["q"].strip(),
        chips=[
            chip
            for chip in chips
            if own[chip.name] + (" (is not)" if chip.is_not else "") not in left_out
        ],
        unhonored=[label_of(name, labels) for name in question.unhonored],
        left_out=left_out,
        back=f"{back}?{_kept(request).urlencode(safe=';,:')}",
        query=query,
        search_url=search_url,
        save_url=save_url,
        save_all_url=save_all_url,
    )


def _search(request: HubRequest, connection_id: UUID, *, of_companies: bool) -> HttpResponseBase:
    question = read_question(request, connection_id, of_companies=of_companies)
    faults = find_faults(request, of_companies=of_companies)
    page, fault, status = None, "", 422 if faults else 200
    if not (question.unhonored or faults):
        try:
            page = search.read_page(question=question, position=read_position(request))
        except Invalid as error:
            faults, status = [str(error)], 422
        except VendorError as error:
            fault = str(error)
    rows = [describe_found(each) for each in page.items] if page else []
    without = [*request.GET.getlist("without"), *question.unhonored]
    context = {
        "question": describe_question(request, question),
        "body": choose_body(
            faults=bool(faults),
            unhonored=bool(question.unhonored),
            fault=bool(fault),
            found=bool(rows),
        ),
        "ask_anyway": _address(request, without=without),
        "page": page,
        "rows": rows,
        "next": _address(request, position=[page.next]) if page and page.next else "",
        "first": _address(request, position=[]) if read_position(request) else "",
        "fault": fault,
        "faults": faults,
    }
    if not question.of_companies:
        note_look(request, "Vendor search", people=len(rows))
    template = "sourcing/live/list.html"
    return render_page(request, template, template, context, status=status, is_personal=True)


def _kept(request: HubRequest) -> QueryDict:
    kept = request.GET.copy()
    for name in ("position", "without"):
        kept.pop(name, None)
    return kept


def _address(request: HubRequest, **changes: list[str]) -> str:
    """Return the address of this page with some parts changed; a repeated search begins on the first page."""
    kept = request.GET.copy()
    kept.pop("position", None)
    for name, values in changes.items():
        kept.setlist(name, values)
    return f"{request.path}?{kept.urlencode(safe=';,:')}"


def _labels(groups: Mapping[str, tuple[Field, ...]]) -> dict[str, str]:
    """Return the words of filters by the names that connectors use."""
    is_of_companies = groups is COMPANY_GROUPS
    found = {"text": "Words in the search field", "empty": "No value", "company.empty": "No value"}
    for fields in groups.values():
        for each in fields:
            prefix = "company." if each.is_company and not is_of_companies else ""
            found[f"{prefix}{each.target}"] = each.label
    return found


def label_of(name: str, labels: Mapping[str, str]) -> str:
    """Return the words of a filter; one that leaves out says so."""
    if name in labels:
        return labels[name]
    plain = name.replace("exclude_", "")
    return f"{labels[plain]} (is not)" if plain in labels else plain.replace("_", " ")
