"""Which saved view an address opens, and whether the address still says what the view does.

`?saved=7` alone is the view as it is saved. Any further part makes the address say everything itself, so that it can be
changed and passed on; `saved` then only names the view that it began with. `saved=all` is no view.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from contacthub.contacts.models import SavedView
from contacthub.contacts.saved_views import ViewState, list_views, state_of
from contacthub.core.errors import NotFound
from contacthub.organizations.rights import Right
from contacthub.web.access import who_can_grant
from contacthub.web.http import HubRequest
from contacthub.web.private_query import PrivateQuery, is_private
from contacthub.web.scalars import parse_whole
from contacthub.web.views.catalog.display import (
    COLUMNS,
    DEFAULT_SIZE,
    DENSITY,
    PER_PAGE,
    SAVED,
    SORT,
    choose_columns,
    name_density,
    split_columns,
)
from contacthub.web.views.catalog.facet_drawer import OPEN
from contacthub.web.views.catalog.filter_fields import DEFAULTS, LOOK, PLACE, Field
from contacthub.web.views.catalog.filters import DRAWER, canonical, join_values, split_values
from contacthub.web.views.catalog.keyset import read_place
from contacthub.web.views.catalog.list_filter import with_lists
from contacthub.web.views.catalog.list_kinds import ListKind

NO_VIEW = "all"
# Parts of an address that say where somebody is in the list, and not what is listed.
WHERE = (*PLACE, *DRAWER, LOOK, OPEN)
TEXT = "q"
MOST_ID_DIGITS = 12


@dataclass(frozen=True)
class OpenedView:
    """The views of a list, the one that the address names, and what the address asks.

    With faults no rows are listed: without the filters that cannot be used there would be more than the view means.
    """

    views: list[SavedView]
    current: SavedView | None
    state: ViewState
    faults: list[str] = field(default_factory=list)

    @property
    def is_edited(self) -> bool:
        """Return whether the address says something else than the view that it names."""
        return self.current is not None and self.state != state_of(self.current)

    @property
    def named_faults(self) -> dict[str, str]:
        """Return the faults as those of parameters."""
        return {f"{SAVED} {place}": fault for place, fault in enumerate(self.faults)}

    @property
    def has_default(self) -> bool:
        """Return whether the bare address of the list opens a view."""
        return any(each.is_default for each in self.views)


def open_view(request: HubRequest, kind: ListKind) -> OpenedView:
    """Open the view that an address names: from here on `request.GET` says all that it holds.

    Raises `NotFound` for a view that the person may not open, or that there is not.
    """
    views = list_views(
        organization=request.organization, user=request.user, of_companies=kind.of_companies
    )
    current = _find_current(request.GET, views)
    query = request.GET.copy()
    if current is not None and not _says_more(query):
        query = _write_state(request, state_of(current))
    if current is not None:
        query[SAVED] = str(current.pk)
    elif query and any(each.is_default for each in views):
        # Else the last filter to be removed would open the default view.
        query[SAVED] = NO_VIEW
    faults = _list_faults(request, kind, current, query) if current is not None else []
    request.GET = query  # type: ignore[assignment]
    return OpenedView(views, current, read_state(request, kind), faults)


def _find_current(query: QueryDict, views: Iterable[SavedView]) -> SavedView | None:
    text = query.get(SAVED, "")
    if not text and not any(name not in WHERE for name in query):
        return next((each for each in views if each.is_default), None)
    if text in ("", NO_VIEW):
        return None
    number = parse_whole(text, most_digits=MOST_ID_DIGITS)
    found = next((each for each in views if each.pk == number), None)
    if found is None:
        raise NotFound("There is no such view.")
    return found


def _says_more(query: QueryDict) -> bool:
    return any(name not in (SAVED, *WHERE) for name in query)


def _write_state(request: HubRequest, state: ViewState) -> PrivateQuery:
    query = PrivateQuery("", mutable=True)
    query.organization = request.organization
    for name, texts in state.filters.items():
        query.setlist(name, texts)
    if state.columns:
        query[COLUMNS] = ",".join(state.columns)
    query[SORT] = state.sort
    query[PER_PAGE] = str(state.per_page)
    query[DENSITY] = name_density(is_compact=state.is_compact)
    for name in WHERE:
        if name in request.GET:
            query[name] = request.GET[name]
    return query


# --- What an address asks -------------------------------------------------------------------------


def read_state(request: HubRequest, kind: ListKind) -> ViewState:
    """Return what the address of a list asks, written so that equal lists are equal states."""
    query, membership = request.GET, request.membership
    place = read_place(query, kind.sorts)
    density, size = query.get(DENSITY), parse_whole(query.get(PER_PAGE, ""), most_digits=3)
    is_compact = density == "compact" if density else membership.has_compact_lists
    return ViewState(
        read_filters(request, kind),
        _read_columns(query, kind),
        f"{'-' if place.is_descending else ''}{place.sort.name}",
        size or membership.rows_per_page or DEFAULT_SIZE,
        is_compact,
    )


def read_filters(request: HubRequest, kind: ListKind) -> dict[str, list[str]]:
    """Return the filters of an address and the text of its search field; nothing empty, nothing that holds anyway."""
    fields = _name_fields(request, kind)
    found = {}
    for name, given in canonical(request.GET).lists():
        texts = _read_texts(given, _find_field(name, fields)) if _is_known(name, fields) else []
        if texts and texts != [DEFAULTS.get(name)]:
            found[name] = [join_values(texts)] if len(texts) > 1 else texts
    return found


def _read_texts(given: Sequence[str], of: Field | None) -> list[str]:
    """Return what a part of an address says; values of which any will do in one order, whatever was picked first."""
    is_list = of is not None and of.is_list
    texts = [part for text in given for part in split_values(text)] if is_list else given[-1:]
    return sorted(text.strip() for text in texts if text.strip())


def _read_columns(query: QueryDict, kind: ListKind) -> tuple[str, ...]:
    names = split_columns(query.get(COLUMNS, ""))
    chosen = tuple(each.name for each in choose_columns(names, kind.columns))
    usual = tuple(each.name for each in choose_columns([], kind.columns))
    return () if chosen == usual else chosen


def _name_fields(request: HubRequest, kind: ListKind) -> dict[str, Field]:
    """Return the fields by their names, among them that of the lists which the person may see."""
    groups = with_lists(kind.groups, request, of_companies=kind.of_companies)
    return {each.name: each for fields in groups.values() for each in fields}


def _is_known(name: str, fields: Mapping[str, Field]) -> bool:
    return name == TEXT or _find_field(name, fields) is not None


def _find_field(name: str, fields: Mapping[str, Field]) -> Field | None:
    """Return the field of a part of an address such as `seniority` or `seniority_not`."""
    return fields.get(name) or fields.get(name.rpartition("_")[0])


# --- What a view asks that cannot be used ---------------------------------------------------------


def _list_faults(
    request: HubRequest, kind: ListKind, view: SavedView, query: QueryDict
) -> list[str]:
    """Return what of a view is no longer there, or not for this person. Values of addresses leave `query`."""
    faults = []
    fields = _name_fields(request, kind)
    gone = [name for name in view.filters if name in query and not _is_known(name, fields)]
    if gone:
        named = " and ".join(f"“{name}”" for name in gone)
        faults.append(f"The view filters by {named}, which no longer exists.")
    if not request.membership.has_right(Right.VALUES):
        faults += _list_forbidden(request, query, fields)
    return faults


def _list_forbidden(
    request: HubRequest, query: QueryDict, fields: Mapping[str, Field]
) -> list[str]:
    private = [name for name, texts in query.lists() if any(map(is_private, texts))]
    used = [_find_field(name, fields) for name in query if name not in private]
    labels = [each.label for each in dict.fromkeys(used) if each is not None and each.is_personal]
    for name in private:
        del query[name]
    words = [*labels, *(["an e-mail address"] if private else [])]
    if not words:
        return []
    return [
        f"The view filters by {' and '.join(words)}, which your role does not include. {who_can_grant(request)}"
    ]
