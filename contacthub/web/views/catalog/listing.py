"""What the lists of contacts and companies have in common: filters as chips, turning pages, what hides everything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from contacthub.contacts.filters import Filters
from contacthub.contacts.queries import name_companies
from contacthub.contacts.search import CompanyPage, ContactPage, Count
from contacthub.web.htmx import is_fragment, render_page
from contacthub.web.http import HubRequest
from contacthub.web.scalars import Parameters
from contacthub.web.views.catalog.display import clear_address, list_parts
from contacthub.web.views.catalog.facet_drawer import (
    is_drawer_open,
    make_drawer,
    open_address,
    total_address,
)
from contacthub.web.views.catalog.filter_fields import Field, is_of_companies
from contacthub.web.views.catalog.filters import (
    Chip,
    FilterValue,
    change,
    list_chips,
    list_company_ids,
    list_faults,
)
from contacthub.web.views.catalog.keyset import Place, turn

# How far a count goes that only says what a filter hides.
HIDDEN_CAP = 1_000


@dataclass(frozen=True)
class ListPage:
    """A page of its own around a list: its template, what that needs besides the list, and the filter that stays."""

    template: str
    describe: Callable[[], dict[str, Any]]
    fixed: str


@dataclass(frozen=True)
class BlockingFilter:
    """A filter without which there would be results."""

    label: str
    address: str
    count: Count


@dataclass(frozen=True)
class ListWords:
    """What the list of contacts and that of companies do not share: their names, their looks, where rows come from."""

    name: str
    one: str
    many: str
    css: str
    none: str
    # In the search field where the page says nothing else.
    hint: str = ""
    note: str = ""


LIST_WORDS = {
    "contacts": ListWords(
        name="Contacts",
        one="contact",
        many="contacts",
        css="ch-cards ch-people",
        none="Contacts come from an import or from an enrichment."
        " An operator imports them with manage.py import_contacts.",
        note="Times in UTC",
    ),
    "companies": ListWords(
        name="Companies",
        one="company",
        many="companies",
        css="ch-tall ch-cards",
        none="Companies come with contacts: an import or an enrichment adds both.",
        hint="Name or domain",
    ),
}


def make_chips(request: HubRequest, asked: Sequence[FilterValue], path: str) -> list[Chip]:
    """Return the active filters of a request as chips, companies by their names."""
    companies = name_companies(organization=request.organization, numbers=list_company_ids(asked))
    return list_chips(asked, request.GET, path, companies=companies)


def describe_filters(
    request: HubRequest,
    asked: Sequence[FilterValue],
    groups: Mapping[str, Sequence[Field]],
    filters: Filters | None = None,
) -> dict[str, Any]:
    """Return what chips and the drawer of filters need. Without `filters`, which cannot be read, nothing is counted."""
    chips = make_chips(request, asked, request.path)
    of_companies = is_of_companies(groups)
    # What is wrong is said beside its field.
    is_open = is_drawer_open(request.GET) or any(each.fault for each in asked)
    return {
        "drawer": make_drawer(request, asked, groups, filters) if is_open else None,
        "open_drawer": open_address(request.GET, request.path),
        "total_url": total_address(request.GET, of_companies=of_companies),
        "filter_count": sum(not chip.is_default for chip in chips),
        "chips": chips,
        "has_choices": any(not chip.is_default for chip in chips),
        "clear": clear_address(request.GET, request.path),
        "action": request.path,
        "kept": list_parts(request.GET, leaving_out=["q"]),
    }


def describe_turns(
    request: HubRequest,
    page: ContactPage | CompanyPage,
    place: Place,
    count: Count,
    per_page: int,
) -> dict[str, Any]:
    """Return which rows these are, and where the pages beside this one are."""
    first, last = place.first_row, place.first_row + len(page.items) - 1
    older, newer = page.previous_position, page.next_position
    return {
        "first_row": first,
        # Rows that were added since must not make a page end beyond the whole.
        "last_row": last if count.is_capped else min(last, count.value),
        "next": newer and turn(request.GET, request.path, first_row=last + 1, after=newer.number),
        "previous": older
        and turn(request.GET, request.path, first_row=first - per_page, before=older.number),
    }


def list_blocking_filters(
    request: HubRequest,
    asked: Sequence[FilterValue],
    text: str,
    count_hidden: Callable[[Sequence[FilterValue], str], Count],
    page: ListPage | None = None,
) -> list[BlockingFilter]:
    """List the filters each of which, left out alone, would give results, the one that hides most first."""
    found = []
    for chip in make_chips(request, leave_out_fixed(asked, page), request.path):
        others = [
            each.without(excluded=chip.is_not) if each.field.name == chip.name else each
            for each in asked
        ]
        found.append(BlockingFilter(chip.words, chip.remove, count_hidden(others, text)))
    if text:
        address = change(request.GET, request.path, {"q": None})
        found.append(BlockingFilter(f"“{text}”", address, count_hidden(asked, "")))
    return sorted((each for each in found if each.count.value), key=lambda each: -each.count.value)


def render_refusal(
    request: HubRequest,
    area: str,
    asked: Sequence[FilterValue],
    groups: Mapping[str, Sequence[Field]],
    sent: Parameters,
    page: ListPage | None = None,
    **context: Any,
) -> HttpResponse:
    """Render a list whose filters cannot all be read: what is wrong beside each, what was typed, and no rows."""
    context |= {
        "q": sent.typed["q"],
        "search_fault": sent.faults.get("q", ""),
        "faults": [*sent.faults.values(), *list_faults(asked)],
        **describe_filters(request, asked, groups),
    }
    response = render_page(
        request,
        *_find_templates(request, area, page, context),
        context,
        status=422,
        is_personal=True,
    )
    # The drawer asks for the results alone, but what is wrong is said beside its field.
    for header, value in (("Retarget", f"#{area}"), ("Reselect", f"#{area}")):
        response[f"HX-{header}"] = value
    return response


def _find_templates(
    request: HubRequest, area: str, page: ListPage | None, context: dict[str, Any]
) -> tuple[str, str]:
    """Return the templates of the page and of its fragment; what both and what the page alone need is added."""
    context["list_words"] = LIST_WORDS[area]
    if page is None:
        return f"{area}/list.html", f"{area}/_list.html"
    # The page around it acts on all of its rows; only what filters leave of them needs buttons of its own.
    context["is_whole_list"] = not (context.get("chips") or context.get("q"))
    if not is_fragment(request):
        context |= page.describe()
    return page.template, f"{area}/_list.html"


def leave_out_fixed(asked: Sequence[FilterValue], page: ListPage | None) -> list[FilterValue]:
    """Return the filters that a person can change on a page."""
    return [
        each.without(excluded=False) if page is not None and each.field.name == page.fixed else each
        for each in asked
        if page is None or each.field.name != page.fixed or each.excludes
    ]


def render_list(
    request: HubRequest,
    area: str,
    context: dict[str, Any],
    place: Place,
    *,
    is_personal: bool,
    page: ListPage | None = None,
) -> HttpResponse:
    """Render a list, or for htmx its fragment."""
    response = render_page(
        request,
        *_find_templates(request, area, page, context),
        context,
        is_personal=is_personal,
    )
    if is_fragment(request):
        # What a form sends empty does not belong in the address.
        response["HX-Push-Url"] = (
            request.get_full_path()
            if place.after or place.before
            else _find_short_address(context) or change(request.GET, request.path, {})
        )
    return response


def _find_short_address(context: dict[str, Any]) -> str:
    """Return the address of the saved view that a list shows as it is saved; nothing for any other list."""
    views = context.get("views")
    return views.address if views is not None else ""
