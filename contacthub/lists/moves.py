"""What lists do when the catalog makes one contact of two, or gives one another key: members follow.

The member becomes the contact that stays. If that one is on the list already, the list has one member less, so that
each person is counted once. Each move is kept, so that separating the contacts again can take it back.
"""

from collections.abc import Mapping
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


# Why not the ORM: the members of all lists are moved by one statement. They are looked up list by list in the primary
# key; there is no index of items alone, which would double what a member costs.
MOVE = """
WITH pairs AS MATERIALIZED (
    SELECT unnest(%(old)s::bigint[]) AS old_item, unnest(%(new)s::bigint[]) AS new_item
), lists AS MATERIALIZED (
    SELECT id FROM lists_list
    WHERE of_companies = %(of_companies)s AND (%(organization)s::bigint IS NULL OR organization_id = %(organization)s)
    ORDER BY id FOR UPDATE
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
    SELECT entry.id FROM lists_listentry AS entry JOIN lists_list ON lists_list.id = entry.list_id
    WHERE is_removal AND of_companies = %(of_companies)s
        AND (%(organization)s::bigint IS NULL OR organization_id = %(organization)s)
), gone AS (
    DELETE FROM lists_listremoval AS removal USING entries, pairs
    WHERE removal.entry_id = entries.id AND removal.item = pairs.old_item
    RETURNING removal.entry_id, pairs.new_item, removal.list_id, removal.added_by_id
)
INSERT INTO lists_listremoval (entry_id, item, list_id, added_by_id)
SELECT entry_id, new_item, list_id, added_by_id FROM gone ON CONFLICT DO NOTHING
"""
# Only where the one that stayed is still on the list: who was removed since does not come back by being told apart.
MOVE_BACK = """
WITH lists AS MATERIALIZED (
    SELECT id FROM lists_list
    WHERE of_companies = %(of_companies)s AND (%(organization)s::bigint IS NULL OR organization_id = %(organization)s)
    ORDER BY id FOR UPDATE
), moves AS (
    DELETE FROM lists_listmove AS move USING lists
    WHERE move.list_id = lists.id AND old_item = %(old)s AND new_item = %(new)s RETURNING move.*
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
    *, organization: Organization | None, of_companies: bool, items: Mapping[int, int]
) -> MoveReport:
    """Let members follow contacts (by the keys inside their ids) or companies (by number) that became other ones.

    `items` leads from the old to the new one; of a chain the last counts. Only the lists of one organization follow,
    or those of all. In the transaction that changes the catalog.
    """
    final = {old: _follow(old, items) for old in items}
    pairs = {old: new for old, new in final.items() if old != new}
    if not pairs:
        return MoveReport()
    values = {"old": list(pairs), "new": list(pairs.values())}
    with connection.cursor() as cursor:
        scope = _scope(organization, of_companies=of_companies)
        cursor.execute(MOVE, scope | values)
        report = MoveReport(*cursor.fetchone())
        cursor.execute(MOVE_REMOVALS, scope | values)
    return report


@transaction.atomic
def move_back(
    *, organization: Organization | None, of_companies: bool, old: int, new: int
) -> MoveReport:
    """Take back that one contact or company became another one, where that one is still on the list."""
    with connection.cursor() as cursor:
        scope = _scope(organization, of_companies=of_companies)
        cursor.execute(MOVE_BACK, scope | {"old": old, "new": new})
        return MoveReport(*cursor.fetchone())


def count_moves() -> MoveReport:
    """Return what moved until now, in all lists."""
    counts = ListMove.objects.aggregate(
        lists=Count("list", distinct=True),
        moved=Count("pk"),
        counted_twice=Count("pk", filter=Q(was_there=True)),
    )
    return MoveReport(**counts)


def _scope(organization: Organization | None, *, of_companies: bool) -> dict[str, Any]:
    return {
        "organization": None if organization is None else organization.pk,
        "of_companies": of_companies,
    }


def _follow(item: int, items: Mapping[int, int]) -> int:
    seen = {item}
    while (item := items.get(item, item)) not in seen:
        seen.add(item)
    return item
