"""Which lists the person of a request may see and change."""

from collections.abc import Sequence
from uuid import UUID

from contacthub.core.errors import NotAllowed, NotFound
from contacthub.lists import queries
from contacthub.lists.models import List
from contacthub.lists.queries import Reader
from contacthub.organizations.rights import Right
from contacthub.web.http import HubRequest
from contacthub.web.scalars import parse_uuid


def reader_of(request: HubRequest) -> Reader:
    """Return the reader that a person is."""
    return Reader.of(request.membership)


def find_list(request: HubRequest, list_id: UUID) -> List:
    """Return a list that the person may see. Raises `NotFound`."""
    return queries.get_list(reader=reader_of(request), list_id=list_id)


def may_manage(request: HubRequest, target: List) -> bool:
    """Return whether the person may name, share and delete a list."""
    has_right = request.membership.has_right(Right.SEARCH)
    return has_right and queries.may_change(reader=reader_of(request), target=target)


def find_own_list(request: HubRequest, list_id: UUID) -> List:
    """Return a list that the person may name, share and delete. Raises `NotFound` or `NotAllowed`."""
    found = find_list(request, list_id)
    if not may_manage(request, found):
        raise NotAllowed(f"Only {found.owner_name}, who made this list, and admins can change it.")
    return found


def find_chosen(request: HubRequest, texts: Sequence[str]) -> list[List]:
    """Return the lists whose public ids an address holds, each once, in its order. Raises `NotFound`."""
    ids = dict.fromkeys(parse_uuid(text) for text in texts if text)
    if None in ids:
        raise NotFound("There is no such list.")
    return [find_list(request, each) for each in ids if each is not None]
