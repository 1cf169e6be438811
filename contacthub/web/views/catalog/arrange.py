"""Changing how a list is shown: columns, rows on a page, density. Filters stay as they are."""

from collections.abc import Sequence

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_POST

from contacthub.organizations.actions import remember_lists
from contacthub.web.access import member
from contacthub.web.http import HubRequest
from contacthub.web.private_query import PrivateQuery
from contacthub.web.views.catalog.display import (
    COLUMNS,
    DENSITIES,
    DENSITY,
    PAGE,
    PER_PAGE,
    SAVED,
    SIZES,
    choose_columns,
    write_columns,
)
from contacthub.web.views.catalog.filters import change
from contacthub.web.views.catalog.list_kinds import KINDS, ListKind

# The fields of the form; all others are parts of the list's address.
SHOW, MOVE, SIZE, TURN = "show", "move", "size", "turn"
FIELDS = (SHOW, MOVE, SIZE, TURN, PAGE, "csrfmiddlewaretoken")
# The pages that show such a list.
ROUTES = ("contact-list", "company-list", "list-detail")


@require_POST
@member()
def arrange_list(request: HubRequest, kind: str) -> HttpResponse:
    """Go back to the list with other columns, rows on a page or density; the last two are remembered."""
    query = read_list_query(request)
    changes = _read_columns(request, KINDS[kind]) | _remember(
        request, is_view=bool(query.get(SAVED))
    )
    response = HttpResponseRedirect(change(query, _read_path(request, KINDS[kind]), changes))
    response.status_code = 303
    return response


def _read_path(request: HubRequest, kind: ListKind) -> str:
    """Return the page that the form came from, if it shows a list, else that of the list itself."""
    path = request.POST.get(PAGE, "")
    try:
        return path if path and resolve(path).url_name in ROUTES else kind.path
    except Resolver404:
        return kind.path


def read_list_query(request: HubRequest) -> PrivateQuery:
    """Return the address of the list that a form keeps in hidden fields."""
    query = PrivateQuery("", mutable=True)
    query.organization = request.organization
    for name, values in request.POST.lists():
        if name not in FIELDS:
            query.setlist(name, [str(value) for value in values])
    return query


def _read_columns(request: HubRequest, kind: ListKind) -> dict[str, str | None]:
    if SHOW not in request.POST:
        return {}
    names = _move(request.POST.getlist(SHOW), request.POST.get(MOVE, ""))
    if set(names) - {each.name for each in kind.columns}:
        # The list says what is wrong with them.
        return {COLUMNS: ",".join(names)}
    return {COLUMNS: write_columns(choose_columns(names, kind.columns), kind.columns)}


def _move(names: Sequence[str], where: str) -> list[str]:
    """Move a column by one place: "title:up", "title:down"."""
    name, _, direction = where.partition(":")
    ordered = list(names)
    if name in ordered:
        place = ordered.index(name)
        other = place + (-1 if direction == "up" else 1)
        if 0 <= other < len(ordered):
            ordered[place], ordered[other] = ordered[other], ordered[place]
    return ordered


def _remember(request: HubRequest, *, is_view: bool) -> dict[str, str | None]:
    """Remember rows and density; return how the address changes, which holds them only in a saved view.

    What cannot be used is not remembered and goes to the address, where the list says what is wrong with it.
    """
    changes: dict[str, str | None] = {}
    size, density = request.POST.get(SIZE), request.POST.get(TURN)
    if size is not None:
        is_usable = size in map(str, SIZES)
        changes[PER_PAGE] = size if is_view or not is_usable else None
        if is_usable:
            remember_lists(membership=request.membership, rows_per_page=int(size))
    if density is not None:
        is_usable = density in DENSITIES
        changes[DENSITY] = density if is_view or not is_usable else None
        if is_usable:
            remember_lists(membership=request.membership, is_compact=density == "compact")
    return changes
