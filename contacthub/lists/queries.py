"""Reads about lists. A private list is there for its owner only, and looks like an unknown one to all others.

One exception: when its owner has left the organization, its admins see it, so that it can be shared or deleted.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from contacthub.core import clock
from contacthub.core.errors import NotFound
from contacthub.core.matching import find_words
from contacthub.core.text import fold
from contacthub.lists.models import List, ListEntry, ListMember
from contacthub.organizations.models import Membership, Organization, User
from contacthub.organizations.rights import Right

NEW_FOR = dt.timedelta(days=7)


@dataclass(frozen=True)
class Reader:
    """Who reads: a person, and whether they manage the organization. A program is no person and reads shared lists."""

    organization: Organization
    user: User | None = None
    is_manager: bool = False

    @classmethod
    def of(cls, membership: Membership) -> "Reader":
        """Return the reader for a member."""
        manages = membership.has_right(Right.MANAGE)
        return cls(membership.organization, membership.user, manages)


def list_lists(*, reader: Reader) -> QuerySet[List]:
    """List the lists that somebody may see, those that changed last first."""
    return List.objects.filter(_visible(reader)).order_by("-changed_at", "-pk")


def find_lists(*, reader: Reader, text: str) -> QuerySet[List]:
    """List those with all words of a text in their name or description."""
    found = list_lists(reader=reader)
    return found.filter(find_words(text, "name", "description")) if text else found


def get_list(*, reader: Reader, list_id: UUID) -> List:
    """Return a list by its public id. Raises `NotFound`."""
    found = list_lists(reader=reader).filter(public_id=list_id).first()
    if found is None:
        raise NotFound("There is no such list.")
    return found


def find_by_name(*, reader: Reader, of_companies: bool, name: str) -> Sequence[List]:
    """Return the lists with a name, in any case and without accents: none, one, or one private and one shared."""
    found = list_lists(reader=reader).filter(of_companies=of_companies, name_key=fold(name))
    return list(found[:2])


def get_lists(*, reader: Reader, ids: Collection[int]) -> dict[int, List]:
    """Return those of some lists that somebody may see, by primary key."""
    return {each.pk: each for each in list_lists(reader=reader).filter(pk__in=ids)}


def _visible(reader: Reader) -> Q:
    visible = Q(is_shared=True)
    if reader.user is not None:
        visible |= Q(owner=reader.user)
    if reader.is_manager:
        left = Membership.objects.filter(organization=reader.organization, user=OuterRef("owner"))
        visible |= ~Q(Exists(left))
    return Q(organization=reader.organization) & visible


def may_change(*, reader: Reader, target: List) -> bool:
    """Return whether somebody who may work with lists may rename, share or delete this one: its owner, and admins."""
    is_owner = reader.user is not None and target.owner_id == reader.user.pk
    return is_owner or reader.is_manager


def list_entries(*, target: List) -> QuerySet[ListEntry]:
    """List the history, newest first."""
    return ListEntry.objects.filter(list=target).select_related("job").order_by("-pk")


def find_running(*, target: List) -> ListEntry | None:
    """Return the entry that a job works on."""
    return list_entries(target=target).filter(state=ListEntry.State.RUNNING).first()


def find_last(*, target: List) -> ListEntry | None:
    """Return the last entry that counts, which is the one that can be undone."""
    done = list_entries(target=target).filter(state=ListEntry.State.DONE, undone_at=None)
    return done.first()


def count_new(lists: Collection[List]) -> dict[int, int]:
    """Return how many members were added in the last seven days and are still there, by primary key of the list."""
    since = clock.now() - NEW_FOR
    entries = ListEntry.objects.filter(
        list__in=lists, is_removal=False, created_at__gte=since, undone_at=None
    )
    counts = entries.values("list").annotate(members=Sum("present_count")).order_by()
    return {row["list"]: row["members"] for row in counts}


def list_lists_with(*, reader: Reader, of_companies: bool, item: int) -> list[List]:
    """Return the lists that hold a contact, by its key, or a company, by its number; by name."""
    ids = list_lists(reader=reader).filter(of_companies=of_companies).values_list("pk", flat=True)
    # Each list is looked up in the primary key.
    holding = ListMember.objects.filter(list_id__in=list(ids), item=item)
    found = List.objects.filter(pk__in=list(holding.values_list("list_id", flat=True)))
    return sorted(found, key=lambda each: each.name_key)
