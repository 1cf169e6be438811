"""The drawer of filters beside a vendor's search: the facets of the lists, with suggestions in place of counts.

No vendor says how many rows have a value. The values come from the organization's own catalog, the most frequent first;
what it does not have can be typed. Each facet says who applies it; those that cannot be applied are left out unless
chosen.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from contacthub.contacts.facets import Facet, FacetQuestion, FacetValue, count_facet
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.sql.facets import TooSlow
from contacthub.core.text import fold
from contacthub.organizations.rights import Right
from contacthub.sourcing.live.plan import Way
from contacthub.web.access import member
from contacthub.web.http import HubRequest
from contacthub.web.scalars import Refused
from contacthub.web.views.catalog.facet_drawer import (
    is_chosen,
    make_drawer,
    make_facet,
    offer_nearest,
    read_find,
)
from contacthub.web.views.catalog.facet_view import (
    FEW,
    MANY,
    DrawerView,
    FacetView,
    PickRow,
    as_value,
    key_of,
    make_counted_rows,
    make_row,
    option_keys,
    read_chosen,
    sum_up,
)
from contacthub.web.views.catalog.facets import answer_facet, take_posted
from contacthub.web.views.catalog.filter_fields import Field, find_facet
from contacthub.web.views.catalog.filters import FilterValue
from contacthub.web.views.catalog.live_question import LiveQuestion, kind_of, read_question
from contacthub.web.views.catalog.live_view import say_way


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def contact_live_facet(request: HubRequest, connection_id: UUID, facet: str) -> HttpResponseBase:
    """Suggest facet values in a live search for contacts. Calls no vendor."""
    return _suggest(request, connection_id, facet, of_companies=False)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def company_live_facet(request: HubRequest, connection_id: UUID, facet: str) -> HttpResponseBase:
    """Suggest facet values in a live search for companies. Calls no vendor."""
    return _suggest(request, connection_id, facet, of_companies=True)


def _suggest(
    request: HubRequest, connection_id: UUID, name: str, *, of_companies: bool
) -> HttpResponseBase:
    take_posted(request)
    live = read_question(request, connection_id, of_companies=of_companies)
    field = find_facet(live.groups, name)
    asked = next((each for each in live.asked if each.field is field), None)
    if field is None or asked is None:
        raise Http404
    facet = _make_suggested(request, live, asked)
    # A filter that cannot be applied is no wrong input.
    is_wrong = facet.fault not in ("", find_refusal(live, asked))
    return answer_facet(request, facet, 422 if is_wrong else 200)


def make_live_drawer(request: HubRequest, live: LiveQuestion, *, foot: str) -> DrawerView:
    """Return the drawer with the filters that the vendor or ContactHub can apply."""
    offered = [
        each
        for each in live.asked
        if is_chosen(each) or live.find_field_way(each.field) != Way.NEITHER
    ]
    shown = [_mark(live, each) for each in offered]
    names = {each.field.name for each in offered}
    groups = {
        label: [field for field in fields if field.name in names]
        for label, fields in live.groups.items()
    }

    def make(asked: FilterValue, is_named: bool) -> FacetView:
        if is_named and not asked.fault:
            return _make_suggested(request, live, asked)
        return _make_unfilled(request, live, asked, is_named=is_named)

    drawer = make_drawer(request, shown, groups, None, make)
    return replace(drawer, foot=foot, note=_name_missing(live, names), busy="searching…")


def _mark(live: LiveQuestion, asked: FilterValue) -> FilterValue:
    """Return a field with who applies it beside it, below More; what cannot be applied is wrong there."""
    if asked.field.is_facet or asked.fault:
        return asked
    refused = find_refusal(live, asked)
    if refused:
        return replace(asked, fault=refused)
    note = _note(live, asked.field)
    words = " ".join(part for part in (asked.field.hint, note) if part)
    return replace(asked, field=replace(asked.field, hint=words))


def _note(live: LiveQuestion, field: Field) -> str:
    way = live.find_field_way(field)
    return say_way(live.vendor, field.label, way) if way == Way.HERE else ""


def find_refusal(live: LiveQuestion, asked: FilterValue) -> str:
    """Return why what is chosen of a field cannot be applied; nothing where it can."""
    for side in live.refused:
        if side.chip is not None and side.chip.name == asked.field.name:
            return say_way(live.vendor, side.label, Way.NEITHER)
    return ""


def _name_missing(live: LiveQuestion, offered: set[str]) -> str:
    labels = [
        each.label
        for fields in live.groups.values()
        for each in fields
        if each.name not in offered and not each.is_former
    ]
    if not labels:
        return ""
    return f"{live.vendor} neither filters by these nor says them: {', '.join(labels)}."


def _make_unfilled(
    request: HubRequest, live: LiveQuestion, asked: FilterValue, *, is_named: bool = False
) -> FacetView:
    facet = make_facet(request, asked, url=_url(live, asked.field), is_named=is_named)
    return replace(
        facet,
        rows=[replace(row, is_suggested=True) for row in facet.rows],
        fault=facet.fault or find_refusal(live, asked),
        waiting="Loading suggestions…",
        is_suggested=True,
    )


def _url(live: LiveQuestion, field: Field) -> str:
    kind = kind_of(of_companies=live.question.of_companies)
    return reverse(f"{kind}-live-facet", args=[live.connection.pk, field.name])


def _make_suggested(request: HubRequest, live: LiveQuestion, asked: FilterValue) -> FacetView:
    """Return a facet with values of the catalog, those that hold what was typed, and what was typed itself."""
    if asked.fault:
        return _make_unfilled(request, live, asked, is_named=True)
    each = asked.field
    text, fault = read_find(request.GET, each)
    limit = MANY if each.options or request.GET.get("more", "") == each.name else FEW
    question = FacetQuestion(
        organization=request.organization,
        filters=CompanyFilters() if live.question.of_companies else ContactFilters(),
        name=each.target,
        keys=[*option_keys(each), *read_chosen(asked).keys],
        find="" if fault else text,
        limit=limit,
    )
    rows, more = make_counted_rows(asked, _list_values(question, each), find=text, limit=limit)
    typed = [] if fault else _offer_typed(asked, question.find, rows)
    nearest = None
    if question.find and not typed and not any(_holds(row, question.find) for row in rows):
        fault, nearest = offer_nearest(asked, question)
    return FacetView(
        name=each.name,
        label=each.label,
        url=_url(live, each),
        is_open=True,
        is_counted=True,
        is_set=is_chosen(asked),
        is_suggested=True,
        find=each.find,
        text=text,
        rows=[_without_count(row) for row in (*typed, *rows)],
        summary=sum_up(asked),
        fault=fault or find_refusal(live, asked),
        nearest=nearest and _without_count(nearest),
        more="More suggestions" if more and limit == FEW else "",
        note=_note(live, each),
    )


def _list_values(question: FacetQuestion, each: Field) -> Facet:
    """Return the values that are suggested; the options of a field are all there are."""
    if each.options:
        values = [FacetValue(key, key, 0) for key in dict.fromkeys(question.keys)]
        return Facet(values, len(values), 0)
    try:
        return count_facet(question)
    except TooSlow:
        return Facet([], 0, 0)


def _offer_typed(asked: FilterValue, text: str, rows: Sequence[PickRow]) -> list[PickRow]:
    """Return a row for what was typed, where it can be used and no suggestion is the same."""
    each = asked.field
    if not text or any(fold(row.words) == fold(text) for row in rows):
        return []
    try:
        key = key_of(each, each.read(text))
    except Refused:
        return []
    if any(key == row.include[1] for row in rows):
        return []
    return [make_row(each, as_value(each, key, text), read_chosen(asked), find=text)]


def _holds(row: PickRow, text: str) -> bool:
    return fold(text) in fold(row.words)


def _without_count(row: PickRow) -> PickRow:
    return replace(row, count="", is_zero=False, is_suggested=True)
