"""Changing how a list is shown: columns, rows on a page, density. Filters stay as they are."""

from collections.abc import Sequence
from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_POST

from contacthub.contacts import saved_views
from contacthub.core.errors import NotFound
from contacthub.organizations.actions import remember_lists
from contacthub.organizations.rights import Right
from contacthub.web.access import member, refuse
from contacthub.web.htmx import is_fragment
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.private_query import PrivateQuery
from contacthub.web.scalars import parse_whole
from contacthub.web.views.catalog.display import (
    COLUMNS,
    DENSITIES,
    DENSITY,
    PAGE,
    PER_PAGE,
    SAVED,
    SIZES,
    choose_columns,
    split_columns,
    write_columns,
)
from contacthub.web.views.catalog.filters import change
from contacthub.web.views.catalog.list_kinds import KINDS, ListKind
from contacthub.web.views.catalog.opened_view import MOST_ID_DIGITS

# The fields of the form; all others are parts of the list's address.
SHOW, MOVE, SIZE, TURN, SAVE = "show", "move", "size", "turn", "save_columns"
FIELDS = (SHOW, MOVE, SIZE, TURN, SAVE, PAGE, "csrfmiddlewaretoken")
# The pages that show such a list.
ROUTES = ("contact-list", "company-list", "list-detail")


@require_POST
@member()
def arrange_list(request: HubRequest, kind: str) -> HttpResponse:
    """Go back to the list with other columns, rows on a page or density; the last two are remembered.

    Columns can be saved into the open view as well, which changes nothing else of it.
    """
    query = read_list_query(request)
    changes = _read_columns(request, KINDS[kind]) | _remember(
        request, is_view=bool(query.get(SAVED))
    )
    address = change(query, _read_path(request, KINDS[kind]), changes)
    if request.POST.get(SAVE) and COLUMNS in changes:
        _save_columns(request, KINDS[kind], query.get(SAVED, ""), changes[COLUMNS])
        if is_fragment(request):
            return HttpResponse(headers={"HX-Redirect": address})
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def _save_columns(request: HubRequest, kind: ListKind, view: str, columns: str | None) -> None:
    """Save columns into a view, None for the usual ones; unknown ones are not saved, and the list says so.

    Raises `NotFound` for a view that the person may not open, and refuses one that they may not change.
    """
    if not request.membership.has_right(Right.SEARCH):
        refuse(request, Right.SEARCH)
    number = parse_whole(view, most_digits=MOST_ID_DIGITS)
    found = saved_views.get_view(
        organization=request.organization, user=request.user, view_id=number or 0
    )
    if found.of_companies != kind.of_companies:
        raise NotFound("There is no such view.")
    if not saved_views.may_change(view=found, membership=request.membership):
        refuse(request, Right.MANAGE)
    names = tuple(split_columns(columns or ""))
    if set(names) - {each.name for each in kind.columns}:
        return
    state = replace(saved_views.state_of(found), columns=names)
    saved_views.save_view(view=found, actor=actor_of(request), state=state)
    messages.success(request, f"Saved the columns of “{found.name}”.", extra_tags="ok")


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
