"""Contacts: search all of them with filters; an id, an address or a hash goes to its contact."""

from collections.abc import Sequence
from dataclasses import replace

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from contacthub.contacts import search
from contacthub.contacts.filters import ContactFilters
from contacthub.contacts.search import ContactPage, Count, Position
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.htmx import is_fragment
from contacthub.web.http import HubRequest
from contacthub.web.looks import note_look
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters
from contacthub.web.views.catalog.api_equivalents import make_contacts_equivalent
from contacthub.web.views.catalog.column_choice import describe_controls
from contacthub.web.views.catalog.contact_columns import COLUMNS, SORTS, make_contact_table
from contacthub.web.views.catalog.directly import find_directly
from contacthub.web.views.catalog.display import read_display
from contacthub.web.views.catalog.duplicates_view import describe_count
from contacthub.web.views.catalog.filter_fields import CONTACT_GROUPS
from contacthub.web.views.catalog.filters import FilterValue, make_filters, read_fields
from contacthub.web.views.catalog.intent_columns import ask_intent
from contacthub.web.views.catalog.intent_filter import with_intent
from contacthub.web.views.catalog.keyset import Place, Sort, list_headers, read_place
from contacthub.web.views.catalog.known_filters import refuse_unknown
from contacthub.web.views.catalog.list_filter import with_lists
from contacthub.web.views.catalog.list_kinds import CONTACTS
from contacthub.web.views.catalog.list_question import ListQuestion
from contacthub.web.views.catalog.listing import (
    HIDDEN_CAP,
    ListPage,
    describe_filters,
    describe_turns,
    leave_out_fixed,
    list_blocking_filters,
    render_list,
    render_refusal,
)
from contacthub.web.views.catalog.live_offers import NOT_LIVE, describe_live
from contacthub.web.views.catalog.opened_view import open_view
from contacthub.web.views.catalog.quick_look import (
    describe_contact_look,
    draw_look,
    is_asked_alone,
    render_look,
)
from contacthub.web.views.catalog.selection_view import describe_bar, list_keys
from contacthub.web.views.catalog.view_tabs import show_views


@require_http_methods(["GET", "HEAD", "POST"])
@member()
@searches_by_post
def contact_list(request: HubRequest) -> HttpResponseBase:
    """List the contacts that fit the filters of the address, a page at a time."""
    return show_contacts(request)


def show_contacts(request: HubRequest, own_page: ListPage | None = None) -> HttpResponse:
    """Render the list, on the page of Contacts or on one of its own."""
    if is_asked_alone(request):
        return render_look(request, describe_contact_look(request))
    may_see = request.membership.has_right(Right.VALUES)
    find_hint = "Name, title, company, e-mail or id" if may_see else "Name, title, company or id"
    opened = open_view(request, CONTACTS) if own_page is None else None
    question = read_question(request)
    sent, text, asked = question.sent, question.text, question.asked
    if contact_id := find_directly(request.organization, text, may_see=may_see):
        return _go(request, contact_id)
    display = read_display(request, sent, COLUMNS)
    groups = with_intent(with_lists(CONTACT_GROUPS, request), request)
    shown = leave_out_fixed(asked, own_page)
    views = show_views(request, CONTACTS, opened, sent)
    if question.faults:
        return render_refusal(
            request, "contacts", shown, groups, sent, own_page, find_hint=find_hint, views=views
        )
    filters, place = question.filters, question.place
    page = read_page(request, filters, place, display.per_page)
    headers = list_headers(request.GET, request.path, SORTS, place)
    note_look(request, "Contacts", people=len(page.items))
    count = search.count_contacts(organization=request.organization, filters=filters)

    def count_hidden(asked: Sequence[FilterValue], text: str) -> Count:
        hidden = add_text(make_filters(asked), text, may_see=may_see)
        return search.count_contacts(
            organization=request.organization, filters=hidden, cap=HIDDEN_CAP
        )

    context = {
        "q": text,
        "count": count,
        "api_equivalent": make_contacts_equivalent(filters, place, per_page=display.per_page),
        "find_hint": find_hint,
        "table": make_contact_table(
            request.organization,
            page.items,
            may_see=may_see,
            columns=ask_intent(display.columns, filters.company),
            headers=headers,
        ),
        "display": display,
        "views": views,
        "controls": describe_controls(request, CONTACTS, display, headers, views),
        **(describe_live(request) if own_page is None else NOT_LIVE),
        **describe_filters(request, shown, groups, filters),
        **describe_turns(request, page, place, count, display.per_page),
        "selecting": (bar := describe_bar(request, filters, count)),
        "keys": list_keys(bar),
        "look": draw_look(request, describe_contact_look(request)),
        "blocking_filters": []
        if count.value
        else list_blocking_filters(request, asked, text, count_hidden, own_page),
        "duplicate_count": describe_count(request) if own_page is None else "",
        "is_empty_catalog": not count.value
        and not search.count_contacts(
            organization=request.organization, filters=ContactFilters(), cap=1
        ).value,
    }
    return render_list(request, "contacts", context, place, is_personal=True, page=own_page)


def read_question(request: HubRequest) -> ListQuestion[ContactFilters]:
    """Read what an address asks; of the filters, those that the person may use."""
    may_see = request.membership.has_right(Right.VALUES)
    sent = Parameters(request.GET)
    text = sent.text()
    groups = with_intent(with_lists(CONTACT_GROUPS, request), request)
    asked = refuse_unknown(read_fields(request.GET, groups, may_see=may_see), request.organization)
    filters = add_text(make_filters(asked), text, may_see=may_see)
    return ListQuestion(sent, text, asked, filters, read_place(request.GET, SORTS))


def _go(request: HubRequest, contact_id: str) -> HttpResponse:
    response = redirect("contact-detail", contact_id=contact_id)
    return (
        HttpResponse(headers={"HX-Redirect": response["Location"]})
        if is_fragment(request)
        else response
    )


def add_text(filters: ContactFilters, text: str, *, may_see: bool) -> ContactFilters:
    """Add the text of the search field. People who may not see addresses do not find by them either."""
    return replace(filters, words=text) if may_see else replace(filters, public_words=text)


def read_page(
    request: HubRequest, filters: ContactFilters, place: Place, per_page: int
) -> ContactPage:
    """Read the page that an address asks for."""
    return search.list_contacts(
        organization=request.organization,
        filters=filters,
        sort=place.sort.column,
        descending=place.is_descending,
        after=_find_position(request, filters, place.sort, place.after),
        before=_find_position(request, filters, place.sort, place.before),
        limit=per_page,
    )


def _find_position(
    request: HubRequest, filters: ContactFilters, sort: Sort, number: int | None
) -> Position | None:
    # The address holds the number alone: a name is nothing to leave in the logs.
    if number is None:
        return None
    return search.find_contact_position(
        organization=request.organization, sort=sort.column, number=number, filters=filters
    )
