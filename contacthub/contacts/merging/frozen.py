"""Frozen selections of contacts that were merged since: each person is acted on once, as the contact that stayed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection

from contacthub.contacts.models import Merge

# Why not the ORM: parts hold ten thousand ids each, which are compared where they are.
FIND_PLACES = """
SELECT row.id FROM contacts_selectionpart AS part CROSS JOIN LATERAL unnest(part.ids) WITH ORDINALITY AS row (id, place)
WHERE part.selection_id = %s AND part.ids && %s::bigint[] AND row.id = ANY(%s::bigint[]) ORDER BY part.place, row.place
"""


def replace_merged(*, selection: UUID, ids: Sequence[int]) -> Sequence[int]:
    """Return the contacts of one part of a frozen selection, by primary key, as they are now.

    In the place of a merged one stands the one that stayed; where the selection holds several that are one person now,
    it stands in one place of all, its own if it has one. The merge that is undone changes nothing of the selection.
    """
    final = _follow(ids)
    if not final:
        return ids
    groups = _list_groups(set(final.values()))
    places = {survivor: _find_place(selection, survivor, groups) for survivor in groups}
    return [
        final.get(each, each) for each in ids if each == places.get(final.get(each, each), each)
    ]


def list_parts(contacts: Iterable[int]) -> list[int]:
    """Return contacts, given by primary key, with all that were merged into them: frozen rows may name any."""
    return sorted(each for group in _list_groups(set(contacts)).values() for each in group)


def _follow(ids: Sequence[int]) -> dict[int, int]:
    """Return, of some contacts, those that were merged or that others were merged into, with what they are now."""
    live = Merge.objects.filter(undone_at=None)
    found = dict(live.filter(merged__in=ids).values_list("merged", "survivor"))
    while further := dict(
        live.filter(merged__in=set(found.values())).values_list("merged", "survivor")
    ):
        found = {merged: further.get(survivor, survivor) for merged, survivor in found.items()}
    survivors = live.filter(survivor__in=ids).values_list("survivor", flat=True)
    return found | {each: each for each in survivors if each not in found}


def _list_groups(survivors: set[int]) -> dict[int, set[int]]:
    """Return all that became each of some contacts, itself included."""
    groups: dict[int, set[int]] = defaultdict(set)
    for survivor in survivors:
        fresh = {survivor}
        while fresh:
            groups[survivor] |= fresh
            into = Merge.objects.filter(undone_at=None, survivor__in=fresh)
            fresh = set(into.values_list("merged", flat=True))
    return groups


def _find_place(selection: UUID, survivor: int, groups: dict[int, set[int]]) -> int:
    """Return which of the contacts that are one now stands for it in a selection."""
    group = list(groups[survivor])
    with connection.cursor() as cursor:
        cursor.execute(FIND_PLACES, [selection, group, group])
        present = [row[0] for row in cursor.fetchall()]
    return survivor if survivor in present else present[0]
