"""What lists do when the catalog makes one contact of two, or gives one another key: members follow.

The member becomes the contact that stays. If that one is on the list already, the list has one member less, so that
each person is counted once. Each move is kept, so that separating the contacts again can take it back.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q

from contacthub.lists.models import ListMove
from contacthub.organizations.models import Organization


@dataclass(frozen=True)
class MoveReport:
    """In how many lists members moved, how many did, and how many of them were on their list under both names."""

    lists: int = 0
    moved: int = 0
    counted_twice: int = 0


LISTS = """
SELECT id FROM lists_list WHERE of_companies = %(of_companies)s
AND (%(organization)s::bigint IS NULL OR organization_id = %(organization)s)
AND organization_id <> ALL(%(but)s::bigint[])
"""
# Before anything is read: members that somebody adds at this moment are there once the lock is.
LOCK = LISTS + "ORDER BY id FOR UPDATE"
# Why not the ORM: the members of all lists are moved by one statement. They are looked up list by list in the primary
# key; there is no index of items alone, which would double what a member costs.
MOVE = """
WITH pairs AS MATERIALIZED (
    SELECT unnest(%(old)s::bigint[]) AS old_item, unnest(%(new)s::bigint[]) AS new_item
), lists AS MATERIALIZED (
    {lists}
), found AS (
    SELECT lists.id AS list_id, pairs.old_item, pairs.new_item, member.entry_id,
        row_number() OVER (PARTITION BY lists.id, pairs.new_item ORDER BY pairs.old_item) > 1 OR EXISTS (
            SELECT FROM lists_listmember AS other WHERE other.list_id = lists.id AND other.item = pairs.new_item
        ) AS was_there
    FROM lists CROSS JOIN pairs
    JOIN lists_listmember AS member ON member.list_id = lists.id AND member.item = pairs.old_item
), gone AS (
    DELETE FROM lists_listmember AS member USING found
    WHERE member.list_id = found.list_id AND member.item = found.old_item
), come AS (
    INSERT INTO lists_listmember (list_id, item, entry_id)
    SELECT list_id, new_item, entry_id FROM found WHERE NOT was_there
), noted AS (
    INSERT INTO lists_listmove (list_id, entry_id, old_item, new_item, was_there)
    SELECT list_id, entry_id, old_item, new_item, was_there FROM found
), fewer AS (
    UPDATE lists_list SET member_count = member_count - twice.members
    FROM (SELECT list_id, count(*) AS members FROM found WHERE was_there GROUP BY list_id) AS twice
    WHERE lists_list.id = twice.list_id
), less AS (
    UPDATE lists_listentry SET present_count = present_count - twice.members
    FROM (SELECT entry_id, count(*) AS members FROM found WHERE was_there GROUP BY entry_id) AS twice
    WHERE lists_listentry.id = twice.entry_id
)
SELECT count(DISTINCT list_id), count(*), count(*) FILTER (WHERE was_there) FROM found
"""
# What undoing a removal would put back follows as well.
MOVE_REMOVALS = """
WITH pairs AS MATERIALIZED (
    SELECT unnest(%(old)s::bigint[]) AS old_item, unnest(%(new)s::bigint[]) AS new_item
), entries AS MATERIALIZED (
    SELECT id FROM lists_listentry WHERE is_removal AND list_id IN ({lists})
), found AS (
    SELECT removal.*, pairs.old_item, pairs.new_item,
        row_number() OVER (PARTITION BY removal.entry_id, pairs.new_item ORDER BY pairs.old_item) > 1 OR EXISTS (
            SELECT FROM lists_listremoval AS other
            WHERE other.entry_id = removal.entry_id AND other.item = pairs.new_item
        ) AS was_there
    FROM entries CROSS JOIN pairs
    JOIN lists_listremoval AS removal ON removal.entry_id = entries.id AND removal.item = pairs.old_item
), gone AS (
    DELETE FROM lists_listremoval AS removal USING found
    WHERE removal.entry_id = found.entry_id AND removal.item = found.old_item
), noted AS (
    INSERT INTO lists_listmove (list_id, entry_id, old_item, new_item, was_there, added_by_id, is_removal)
    SELECT list_id, entry_id, old_item, new_item, was_there, added_by_id, true FROM found
)
INSERT INTO lists_listremoval (entry_id, item, list_id, added_by_id)
SELECT entry_id, new_item, list_id, added_by_id FROM found WHERE NOT was_there
"""
# Where the entry still holds the one that stayed: an entry that was undone since has nothing to put back.
MOVE_REMOVALS_BACK = """
WITH moves AS (
    DELETE FROM lists_listmove AS move
    WHERE is_removal AND old_item = %(old)s AND new_item = %(new)s AND list_id IN ({lists}) RETURNING move.*
), found AS (
    SELECT moves.* FROM moves JOIN lists_listremoval AS removal
        ON removal.entry_id = moves.entry_id AND removal.item = moves.new_item
), gone AS (
    DELETE FROM lists_listremoval AS removal USING found
    WHERE NOT found.was_there AND removal.entry_id = found.entry_id AND removal.item = found.new_item
)
INSERT INTO lists_listremoval (entry_id, item, list_id, added_by_id)
SELECT entry_id, old_item, list_id, added_by_id FROM found ON CONFLICT DO NOTHING
"""
# Only where the one that stayed is still on the list: who was removed since does not come back by being told apart.
MOVE_BACK = """
WITH lists AS MATERIALIZED (
    {lists}
), moves AS (
    DELETE FROM lists_listmove AS move USING lists
    WHERE NOT is_removal AND move.list_id = lists.id AND old_item = %(old)s AND new_item = %(new)s RETURNING move.*
), found AS (
    SELECT moves.* FROM moves JOIN lists_listmember AS member
        ON member.list_id = moves.list_id AND member.item = moves.new_item
    WHERE NOT EXISTS (
        SELECT FROM lists_listmember AS other WHERE other.list_id = moves.list_id AND other.item = moves.old_item
    )
), gone AS (
    DELETE FROM lists_listmember AS member USING found
    WHERE NOT found.was_there AND member.list_id = found.list_id AND member.item = found.new_item
        AND member.entry_id = found.entry_id
    RETURNING member.list_id, member.item
), come AS (
    INSERT INTO lists_listmember (list_id, item, entry_id) SELECT list_id, old_item, entry_id FROM found
), more AS (
    UPDATE lists_list SET member_count = member_count + back.members
    FROM (
        SELECT list_id, count(*) AS members FROM found
        WHERE (list_id, new_item) NOT IN (SELECT list_id, item FROM gone) GROUP BY list_id
    ) AS back
    WHERE lists_list.id = back.list_id
), present AS (
    UPDATE lists_listentry SET present_count = present_count + back.members
    FROM (
        SELECT entry_id, count(*) AS members FROM found
        WHERE (list_id, new_item) NOT IN (SELECT list_id, item FROM gone) GROUP BY entry_id
    ) AS back
    WHERE lists_listentry.id = back.entry_id
)
SELECT count(DISTINCT list_id), count(*), count(*) FILTER (WHERE was_there) FROM found
"""


@transaction.atomic
def move_members(
    *,
    organization: Organization | None,
    of_companies: bool,
    items: Mapping[int, int],
    but: Collection[int] = (),
) -> MoveReport:
    """Let members follow contacts (by the keys inside their ids) or companies (by number) that became other ones.

    `items` leads from the old to the new one; of a chain the last counts. Only the lists of one organization follow,
    or those of all `but` some, by primary key. In the transaction that changes the catalog.
    """
    final = {old: _follow(old, items) for old in items}
    pairs = {old: new for old, new in final.items() if old != new}
    if not pairs:
        return MoveReport()
    values = {"old": list(pairs), "new": list(pairs.values())}
    with connection.cursor() as cursor:
        values |= _lock(cursor, organization, of_companies=of_companies, but=but)
        cursor.execute(MOVE.format(lists=LISTS), values)
        report = MoveReport(*cursor.fetchone())
        cursor.execute(MOVE_REMOVALS.format(lists=LISTS), values)
    return report


@transaction.atomic
def move_back(
    *, organization: Organization | None, of_companies: bool, old: int, new: int
) -> MoveReport:
    """Take back that one contact or company became another one, where that one is still on the list."""
    with connection.cursor() as cursor:
        scope = _lock(cursor, organization, of_companies=of_companies)
        values = scope | {"old": old, "new": new}
        cursor.execute(MOVE_REMOVALS_BACK.format(lists=LISTS), values)
        cursor.execute(MOVE_BACK.format(lists=LISTS), values)
        return MoveReport(*cursor.fetchone())


def count_moves() -> MoveReport:
    """Return what moved until now, in all lists."""
    counts = ListMove.objects.filter(is_removal=False).aggregate(
        lists=Count("list", distinct=True),
        moved=Count("pk"),
        counted_twice=Count("pk", filter=Q(was_there=True)),
    )
    return MoveReport(**counts)


def _lock(
    cursor: Any,
    organization: Organization | None,
    *,
    of_companies: bool,
    but: Collection[int] = (),
) -> dict[str, Any]:
    """Lock the lists, in the order in which all do. Returns the parameters that name them."""
    scope = {
        "organization": None if organization is None else organization.pk,
        "of_companies": of_companies,
        "but": list(but),
    }
    cursor.execute(LOCK, scope)
    return scope


def _follow(item: int, items: Mapping[int, int]) -> int:
    seen = {item}
    while (item := items.get(item, item)) not in seen:
        seen.add(item)
    return item
