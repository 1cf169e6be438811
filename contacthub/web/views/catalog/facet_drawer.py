"""The drawer of filters beside the lists: which facets it has, and one facet counted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from django.http import QueryDict
from django.urls import reverse

from contacthub.contacts.facets import FacetQuestion, count_facet, find_nearest
from contacthub.contacts.filters import CompanyFilters, Filters
from contacthub.contacts.sql.facets import TooSlow
from contacthub.core.text import fold
from contacthub.web.http import HubRequest
from contacthub.web.scalars import Refused, read_text
from contacthub.web.views.catalog.display import PARTS
from contacthub.web.views.catalog.facet_view import (
    FEW,
    MANY,
    DrawerView,
    FacetView,
    PickRow,
    list_wrong,
    make_chosen_rows,
    make_counted_rows,
    make_row,
    option_keys,
    read_chosen,
    sum_up,
)
from contacthub.web.views.catalog.filter_fields import (
    FACET_ORDER,
    OPEN_FACETS,
    PLACE,
    Field,
    is_of_companies,
)
from contacthub.web.views.catalog.filters import DRAWER, FilterValue, canonical, change

OPEN = "filters"
# Makes a facet of a field with what is chosen; true: it is the one that the address names, whose values are shown.
MakeFacet = Callable[[FilterValue, bool], FacetView]
LONGEST_FIND = 100


def is_drawer_open(query: QueryDict) -> bool:
    """Return whether an address shows the drawer."""
    return query.get(OPEN, "") == "open"


def open_address(query: QueryDict, path: str) -> str:
    """Return the address with the drawer open."""
    return change(query, path, {OPEN: "open"})


def total_address(query: QueryDict, *, of_companies: bool) -> str:
    """Return where everything that matches is counted."""
    path = reverse("company-total" if of_companies else "contact-total")
    return change(query, path, dict.fromkeys((*PARTS, OPEN)))


def make_drawer(
    request: HubRequest,
    asked: Sequence[FilterValue],
    groups: Mapping[str, Sequence[Field]],
    filters: Filters | None,
    make: MakeFacet | None = None,
) -> DrawerView:
    """Return the drawer. The facet that the address names is counted at once, the others when they are asked for.

    `make` makes facets of another kind than those of the catalog.
    """
    query, path, of_companies = request.GET, request.path, is_of_companies(groups)
    named = query.get("facet", "")
    by_name = {each.field.name: each for each in asked}
    make = make or partial(_make_catalog_facet, request, filters, of_companies)
    facets = [make(by_name[name], name == named) for name in FACET_ORDER if name in by_name]
    plain = [(label, _list_plain(fields, by_name)) for label, fields in groups.items()]
    more = [(label, fields) for label, fields in plain if fields]
    chosen = [each for _, fields in more for each in fields if is_chosen(each)]
    number = sum(is_chosen(each) for each in asked)
    drawn = {each.field.name for each in asked}
    return DrawerView(
        action=path,
        close=change(query, path, {OPEN: None}),
        clear=change(query, path, {name: None for name in query if name not in (*PARTS, OPEN)}),
        noun="companies" if of_companies else "contacts",
        facets=facets,
        groups=more,
        kept=_list_kept(query, drawn),
        set_words=f"{number} set" if number else "none set",
        is_set=number > 0,
        is_more_open=named == "more" or any(each.fault for each in chosen),
        more_summary=", ".join(each.field.label for each in chosen) or "any",
        is_more_set=bool(chosen),
    )


def _make_catalog_facet(
    request: HubRequest,
    filters: Filters | None,
    of_companies: bool,
    asked: FilterValue,
    is_named: bool,
) -> FacetView:
    if is_named and filters is not None:
        return make_counted_facet(request, asked, filters)
    return make_facet(
        request, asked, url=facet_url(asked, of_companies=of_companies), is_named=is_named
    )


def is_chosen(asked: FilterValue) -> bool:
    return bool(asked.fault) or (asked.is_active and not asked.is_default)


def _list_plain(fields: Sequence[Field], by_name: Mapping[str, FilterValue]) -> list[FilterValue]:
    """Return the fields that are no facets; those that only former links use, where one does."""
    found = [by_name[each.name] for each in fields if each.name in by_name]
    return [
        each
        for each in found
        if not (each.field.is_facet or each.field.name == "company")
        and (not each.field.is_former or is_chosen(each))
    ]


def _list_kept(query: QueryDict, drawn: set[str]) -> list[tuple[str, str]]:
    """Return what the form has to keep of an address: all that it has no controls for."""
    own = {f"{name}{end}" for name in drawn for end in ("", "_not", "_empty")} - {"company"}
    return [
        (name, value)
        for name, values in canonical(query).lists()
        for value in values
        if value and name not in (*own, *PLACE, *DRAWER) and not name.startswith("find_")
    ]


def make_facet(
    request: HubRequest, asked: FilterValue, *, url: str, is_named: bool = False
) -> FacetView:
    """Return a facet with what is chosen, before it is counted."""
    each = asked.field
    is_set = is_chosen(asked)
    return FacetView(
        name=each.name,
        label=each.label,
        url=url,
        rows=make_chosen_rows(asked),
        summary=sum_up(asked),
        is_set=is_set,
        is_open=is_set or is_named or each.name in OPEN_FACETS,
        find=each.find,
        fault=asked.fault,
        wrong=list_wrong(asked),
        shown_url=change(request.GET, request.path, {OPEN: "open", "facet": each.name}),
    )


def facet_url(asked: FilterValue, *, of_companies: bool) -> str:
    """Return where a facet is counted."""
    route = "company-facet" if of_companies else "contact-facet"
    return reverse(route, args=[asked.field.name])


def make_counted_facet(request: HubRequest, asked: FilterValue, filters: Filters) -> FacetView:
    """Return a facet with the counts of its values under the filters, those that hold a text that is looked for.

    Where none does, the nearest value is offered.
    """
    each = asked.field
    text, fault = read_find(request.GET, each)
    limit = MANY if request.GET.get("more", "") == each.name else FEW
    question = FacetQuestion(
        organization=request.organization,
        filters=filters,
        name=each.counted_as or each.target,
        choices=[(key, words) for key, _, words in each.choices],
        keys=[*option_keys(each), *read_chosen(asked).keys],
        find="" if fault else text,
        limit=MANY if each.options else limit,
    )
    base = FacetView(
        name=each.name,
        label=each.label,
        url=facet_url(asked, of_companies=isinstance(filters, CompanyFilters)),
        is_open=True,
        is_counted=True,
        is_set=is_chosen(asked),
        find=each.find,
        text=text,
    )
    try:
        return _fill(base, asked, question, fault=fault, limit=question.limit)
    except TooSlow:
        rows = make_chosen_rows(asked)
        note = "Counting takes too long under these filters. Add another filter first."
        return replace(base, rows=rows, note=note, summary=sum_up(asked))


def _fill(
    base: FacetView, asked: FilterValue, question: FacetQuestion, *, fault: str, limit: int
) -> FacetView:
    facet = count_facet(question)
    rows, more = make_counted_rows(asked, facet, find=question.find, limit=limit)
    wanted = fold(question.find)
    nearest = None
    if wanted and not any(
        wanted in each.key or wanted in fold(each.words) for each in facet.values
    ):
        fault, nearest = offer_nearest(asked, question)
    note = "Counts under your other filters" if asked.field.name == FACET_ORDER[0] else ""
    note = "Counted on a sample" if facet.is_estimate else note
    # Why there is nothing to pick, such as that there are no lists yet.
    note = note if rows else asked.field.hint
    return replace(
        base,
        rows=rows,
        summary=sum_up(asked, None if facet.is_estimate or question.find else facet.distinct),
        fault=fault or asked.fault,
        nearest=nearest,
        more=_name_more(asked, more) if more and limit == FEW else "",
        note=f"{more:,} more: search for them" if more and limit == MANY else note,
    )


def _name_more(asked: FilterValue, more: int) -> str:
    return "Browse the tree" if asked.field.target == "nace_branches" else f"{more:,} more"


def offer_nearest(asked: FilterValue, question: FacetQuestion) -> tuple[str, PickRow | None]:
    fault = f"No {asked.field.label.lower()} matches “{question.find}”."
    value = find_nearest(question)
    if value is None:
        return fault, None
    row = make_row(asked.field, value, read_chosen(asked), count=f"{value.count:,}")
    return f"{fault} The nearest is:", row


def read_find(query: QueryDict, each: Field) -> tuple[str, str]:
    """Return what is looked for in a facet, and why it cannot be."""
    text = query.get(f"find_{each.name}", "") if each.find else ""
    try:
        return read_text(text, most=LONGEST_FIND), ""
    except Refused as refused:
        return text[:LONGEST_FIND], f"The search {refused}."
