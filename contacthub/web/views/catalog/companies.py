"""Companies: search all of them with filters, and look at one beside the list."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from contacthub.contacts import search
from contacthub.contacts.filters import CompanyFilters
from contacthub.contacts.queries import get_company
from contacthub.contacts.search import CompanyPage, Count, Position
from contacthub.core import clock
from contacthub.core.errors import NotFound
from contacthub.feeds.queries import DomainTopic, list_domain_topics
from contacthub.lists.queries import Reader, list_lists_with
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.http import HubRequest
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters, parse_whole
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog.api_equivalents import make_companies_equivalent
from contacthub.web.views.catalog.column_choice import describe_controls
from contacthub.web.views.catalog.company_columns import COLUMNS, SORTS, make_company_table
from contacthub.web.views.catalog.company_page import find_people
from contacthub.web.views.catalog.company_view import sum_up
from contacthub.web.views.catalog.display import PARTS, read_display
from contacthub.web.views.catalog.filter_fields import COMPANY_GROUPS, LOOK
from contacthub.web.views.catalog.filters import FilterValue, change, make_filters, read_fields
from contacthub.web.views.catalog.intent_columns import ask_intent
from contacthub.web.views.catalog.intent_filter import with_intent
from contacthub.web.views.catalog.keyset import Place, Sort, list_headers, read_place
from contacthub.web.views.catalog.known_filters import refuse_unknown
from contacthub.web.views.catalog.list_filter import with_lists
from contacthub.web.views.catalog.list_kinds import COMPANIES
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
    QuickLook,
    address_without_look,
    draw_look,
    is_asked_alone,
    render_look,
)
from contacthub.web.views.catalog.selection_actions import describe_listing
from contacthub.web.views.catalog.selection_view import describe_bar, list_keys
from contacthub.web.views.catalog.view_tabs import show_views

INTENT_DAYS = 30
TOPICS_BESIDE = 4


@dataclass(frozen=True)
class IntentRow:
    """What one feed observed of a company on one topic."""

    feed_name: str
    feed_url: str
    note: str
    trend: list[int]


# --- The list -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member()
@searches_by_post
def company_list(request: HubRequest) -> HttpResponseBase:
    """List the companies that fit the filters of the address, a page at a time."""
    return show_companies(request)


def show_companies(request: HubRequest, own_page: ListPage | None = None) -> HttpResponse:
    """Render the list, on the page of Companies or on one of its own."""
    if is_asked_alone(request):
        return render_look(request, _describe_look(request))
    opened = open_view(request, COMPANIES) if own_page is None else None
    question = read_question(request)
    text, asked = question.text, question.asked
    display = read_display(request, question.sent, COLUMNS)
    groups = with_intent(
        with_lists(COMPANY_GROUPS, request, of_companies=True), request, of_companies=True
    )
    shown = leave_out_fixed(asked, own_page)
    views = show_views(request, COMPANIES, opened, question.sent)
    if question.faults:
        return render_refusal(
            request, "companies", shown, groups, question.sent, own_page, views=views
        )
    filters, place = question.filters, question.place
    page = _read_page(request, filters, place, display.per_page)
    headers = list_headers(request.GET, request.path, SORTS, place)
    count = search.count_companies(organization=request.organization, filters=filters)

    def count_hidden(asked: Sequence[FilterValue], text: str) -> Count:
        return search.count_companies(
            organization=request.organization, filters=_filters_of(asked, text), cap=HIDDEN_CAP
        )

    context = {
        "q": text,
        "count": count,
        "api_equivalent": make_companies_equivalent(filters, per_page=display.per_page),
        "table": make_company_table(
            request.organization,
            page.items,
            may_see=request.membership.has_right(Right.VALUES),
            columns=ask_intent(display.columns, filters),
            headers=headers,
        ),
        "display": display,
        "views": views,
        "controls": describe_controls(request, COMPANIES, display, headers, views),
        **(describe_live(request, of_companies=True) if own_page is None else NOT_LIVE),
        **describe_filters(request, shown, groups, filters),
        **describe_turns(request, page, place, count, display.per_page),
        "selecting": (bar := describe_bar(request, filters, count)),
        "keys": list_keys(bar),
        "people_url": _address_people(request),
        "look": draw_look(request, _describe_look(request)),
        "blocking_filters": []
        if count.value
        else list_blocking_filters(request, asked, text, count_hidden, own_page),
        "is_empty_catalog": not count.value
        and not search.count_companies(
            organization=request.organization, filters=CompanyFilters(), cap=1
        ).value,
    }
    return render_list(request, "companies", context, place, is_personal=False, page=own_page)


def read_question(request: HubRequest) -> ListQuestion[CompanyFilters]:
    """Read what an address asks."""
    sent = Parameters(request.GET)
    text = sent.text()
    groups = with_intent(
        with_lists(COMPANY_GROUPS, request, of_companies=True), request, of_companies=True
    )
    asked = refuse_unknown(read_fields(request.GET, groups, may_see=True), request.organization)
    place = read_place(request.GET, SORTS)
    return ListQuestion(sent, text, asked, _filters_of(asked, text), place)


def _address_people(request: HubRequest) -> str:
    """Return the address of the contacts of all companies on the list: the same filters, on Contacts."""
    changes: dict[str, str | None] = dict.fromkeys((*PARTS, LOOK, "q"))
    if text := request.GET.get("q"):
        changes["company_name"] = text
    return change(request.GET, reverse("contact-list"), changes)


def _filters_of(asked: Sequence[FilterValue], text: str) -> CompanyFilters:
    return replace(make_filters(asked).company, text=text)


def _read_page(
    request: HubRequest, filters: CompanyFilters, place: Place, per_page: int
) -> CompanyPage:
    return search.list_companies(
        organization=request.organization,
        filters=filters,
        sort=place.sort.column,
        descending=place.is_descending,
        after=_find_position(request, filters, place.sort, place.after),
        before=_find_position(request, filters, place.sort, place.before),
        limit=per_page,
    )


def _find_position(
    request: HubRequest, filters: CompanyFilters, sort: Sort, number: int | None
) -> Position | None:
    if number is None:
        return None
    return search.find_company_position(
        organization=request.organization, sort=sort.column, number=number, filters=filters
    )


def _describe_look(request: HubRequest) -> dict[str, Any]:
    """Return what the template needs of the company that an address names; nothing if it names none."""
    text = request.GET.get(LOOK, "")
    if not text:
        return {}
    close = address_without_look(request)
    number = parse_whole(text, most_digits=16)
    try:
        company = get_company(organization=request.organization, number=number or 0)
    except NotFound:
        return {"look": QuickLook("", close)}
    today = clock.today()
    intents = list_domain_topics(organization=request.organization, domain=company.domain or "")
    people, address = find_people(request, company)
    page = reverse("company-detail", args=[company.number])
    return {
        "look": QuickLook(str(company.number), close, page, "companies/_look.html"),
        "company": company,
        "summary": sum_up(company),
        "intents": [_describe_intent(intent, today) for intent in intents[:TOPICS_BESIDE]],
        "intent_days": INTENT_DAYS,
        "people_count": search.count_contacts(organization=request.organization, filters=people),
        "all_people": address,
        "lists": list_lists_with(
            reader=Reader.of(request.membership), of_companies=True, item=company.number
        ),
        **describe_listing(request, of_companies=True),
    }


def _describe_intent(intent: DomainTopic, today: dt.date) -> IntentRow:
    first = today - dt.timedelta(days=INTENT_DAYS - 1)
    counts = {each.day: each.records for each in intent.days}
    note = f"{intent.feed.name}, last observed {day(intent.last_day)}"
    return IntentRow(
        feed_name=intent.topic,
        feed_url=reverse("feed-detail", args=[intent.feed.public_id]),
        note=f"{note}, {plural(intent.count_since(first), 'record')}",
        trend=[counts.get(first + dt.timedelta(days=n), 0) for n in range(INTENT_DAYS)],
    )
