"""A list as a filter of Contacts and Companies, by its name or its id; only lists that the reader may see.

Another member's private list, and another organization's, is as unknown as one that does not exist.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from django.http import QueryDict

from contacthub.core.errors import NotFound
from contacthub.lists import queries
from contacthub.lists.models import List
from contacthub.lists.queries import Reader
from contacthub.web.http import HubRequest
from contacthub.web.scalars import Refused, parse_uuid
from contacthub.web.views.catalog.filter_fields import Field

# So many lists can be picked; where there are more, the others are typed.
MOST_OFFERED = 500
Groups = dict[str, tuple[Field, ...]]
LIST = Field(
    "list",
    "List",
    "lists",
    is_list=True,
    is_facet=True,
    find="Find a list of people",
    hint="There are no lists of people yet.",
)
COMPANY_LIST = Field(
    "company_list",
    "Company list",
    "lists",
    counted_as="company_lists",
    is_list=True,
    is_company=True,
    is_facet=True,
    find="Find a list of companies",
    hint="There are no lists of companies yet.",
)


def with_lists(groups: Groups, request: HubRequest, *, of_companies: bool = False) -> Groups:
    """Return the groups of a page's filters with those that are about lists, read for the person of the request."""
    fields = (COMPANY_LIST,) if of_companies else (LIST, COMPANY_LIST)
    reader = Reader.of(request.membership)
    offered = list(queries.list_lists(reader=reader)[:MOST_OFFERED])
    return groups | {"Lists": tuple(_bind(each, reader, offered) for each in fields)}


def fix_list(request: HubRequest, target: List) -> None:
    """Let the address of a request name a list, with all of its members, for the page of that list.

    Stale and speculative members are shown: a list holds everyone that somebody put on it.
    """
    query: QueryDict = request.GET.copy()
    name = field_of(target).name
    query[name] = str(target.public_id)
    for gone in (f"{name}_is", "done"):
        query.pop(gone, None)
    if not target.of_companies:
        for each in ("stale", "speculative"):
            query.setdefault(each, "show")
    request.GET = query  # type: ignore[assignment]


def field_of(target: List) -> Field:
    """Return the filter that a list is a value of."""
    return COMPANY_LIST if target.of_companies else LIST


def _bind(field: Field, reader: Reader, offered: Sequence[List]) -> Field:
    names: dict[int, str] = {}

    def read(text: str) -> int:
        found = _find(reader, text, of_companies=field.is_company)
        names[found.pk] = found.name
        return found.pk

    choices = tuple(
        (str(each.pk), str(each.public_id), each.name)
        for each in offered
        if each.of_companies == field.is_company
    )
    show: Callable[[int], str] = names.__getitem__
    return replace(field, read=read, show=show, choices=choices)


def _find(reader: Reader, text: str, *, of_companies: bool) -> List:
    kind = "companies" if of_companies else "people"
    list_id = parse_uuid(text)
    found = (
        _find_by_id(reader, list_id, of_companies=of_companies)
        if list_id is not None
        else list(queries.find_by_name(reader=reader, of_companies=of_companies, name=text))
    )
    if not found:
        raise Refused(f"does not know “{text}”; enter the name of a list of {kind}")
    if len(found) > 1:
        raise Refused(f"knows two lists “{text}”, your private one and a shared one; rename one")
    return found[0]


def _find_by_id(reader: Reader, list_id: UUID, *, of_companies: bool) -> list[List]:
    try:
        found = queries.get_list(reader=reader, list_id=list_id)
    except NotFound:
        return []
    return [found] if found.of_companies == of_companies else []
