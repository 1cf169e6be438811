"""Lists in the words of their overview."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from contacthub.lists.models import List
from contacthub.lists.queries import count_new
from contacthub.organizations.models import User
from contacthub.web.job_words import Tab, make_tabs
from contacthub.web.views.lists.list_words import (
    describe_new,
    icon_of_kind,
    icon_of_visibility,
    name_kind,
    name_visibility,
)


@dataclass(frozen=True)
class ListRow:
    """A list in the overview."""

    id: str
    url: str
    name: str
    description: str
    kind: str
    kind_icon: str
    members: int
    # How many came this week; empty: none.
    new: str
    owner: str
    visibility: str
    visibility_icon: str
    origin: str
    changed_at: dt.datetime


def describe_rows(lists: Sequence[List]) -> list[ListRow]:
    """Return lists as the overview shows them."""
    new = count_new(lists)
    return [_describe(each, new.get(each.pk, 0)) for each in lists]


def _describe(each: List, new: int) -> ListRow:
    return ListRow(
        id=str(each.public_id),
        url=reverse("list-detail", args=[each.public_id]),
        name=each.name,
        description=each.description,
        kind=name_kind(each),
        kind_icon=icon_of_kind(each),
        members=each.member_count,
        new=describe_new(new),
        owner=each.owner_name,
        visibility=name_visibility(each),
        visibility_icon=icon_of_visibility(each),
        origin=each.origin or "–",
        changed_at=each.changed_at,
    )


def list_tabs(lists: QuerySet[List], user: User, show: str) -> list[Tab]:
    """Return the tabs of the overview, with how many lists each shows."""
    counts = lists.order_by().aggregate(
        all=Count("pk"),
        mine=Count("pk", filter=Q(owner=user)),
        shared=Count("pk", filter=Q(is_shared=True)),
        people=Count("pk", filter=Q(of_companies=False)),
        companies=Count("pk", filter=Q(of_companies=True)),
    )
    words = {name: name.capitalize() for name in counts}
    return make_tabs(reverse("list-list"), words, show, counts)
