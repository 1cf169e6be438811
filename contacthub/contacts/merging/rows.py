"""Every row that a merge changed, as it was before and after, and how undoing puts it back.

Undoing looks at each column of each row that the merge changed. Where it is as the merge left it, it becomes what it
was. Where something changed it since, that stays: it is about the contact that survived.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import ForeignObjectRel

from contacthub.contacts.models import (
    Contact,
    ContactDocument,
    ContactFacts,
    KeptRow,
    Merge,
    Settlement,
    SourceRecord,
)
from contacthub.contacts.sql import kept_rows as sql
from contacthub.contacts.sql.kept_rows import Key, Row, Table
from contacthub.contacts.value_fields import FIELDS, ValueField
from contacthub.core.errors import Conflict

# Made of the other tables whenever these change.
DERIVED = (ContactFacts, ContactDocument)
CONTACTS = Table("contacts_contact", "id", ("id",))
# Objects of which imports change single keys.
_OBJECTS = {("contacts_contact", "pii"), ("contacts_contact", "crm")}
# What moves without anything being said of the row: imports number addresses again, and note what the rule would show.
_PASSING = {
    "contacts_contactemail": {"position"},
    "contacts_contactphone": {"position"},
    "contacts_settlement": {"rule_value"},
    "contacts_sourcerecord": {"given"},
}
SOURCES, SETTLEMENTS = SourceRecord._meta.db_table, Settlement._meta.db_table
Snapshot = dict[tuple[str, Key], Row]


def list_tables() -> list[Table]:
    """List the tables whose rows belong to a contact by a foreign key, whichever there are by now; contacts first."""
    tables = [CONTACTS]
    for relation in Contact._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.related_model in DERIVED:
            continue
        model: Any = relation.related_model
        key = tuple(field.column for field in model._meta.pk_fields)
        column: Any = relation.field
        tables.append(Table(model._meta.db_table, column.column, key))
    return tables


def take(contacts: Iterable[int], *, also: Snapshot | None = None) -> Snapshot:
    """Return all rows of contacts as they are now, and those rows of another snapshot that still exist."""
    ids = list(contacts)
    rows: Snapshot = {}
    for table in list_tables():
        found = sql.read_of(table, ids)
        if also is not None:
            found += sql.read_by_key(table, [key for name, key in also if name == table.name])
        rows |= {(table.name, table.key_of(row)): row for row in found}
    return rows


def keep(merge: Merge, before: Snapshot, after: Snapshot) -> None:
    """Keep each row that differs between two snapshots."""
    KeptRow.objects.bulk_create(
        KeptRow(
            organization_id=merge.organization_id,
            merge=merge,
            table=place[0],
            before=before.get(place),
            after=after.get(place),
        )
        for place in dict.fromkeys((*before, *after))
        if before.get(place) != after.get(place)
    )


@dataclass(frozen=True)
class _Kept:
    """A kept row of a table, and what the table has of it now."""

    table: Table
    before: Row | None
    after: Row | None
    now: Row | None

    @property
    def is_as_left(self) -> bool:
        """Whether nothing changed the row since the merge. A column that the table got since is no change."""
        if self.after is None or self.now is None:
            return self.after is self.now
        return all(self.after.get(name, value) == value for name, value in self.now.items())

    @property
    def is_said_again(self) -> bool:
        """Whether something was said of the row since."""
        passing = _PASSING.get(self.table.name, ())
        after, now = self.after or {}, self.now or {}
        if any(after.get(n, v) != v for n, v in now.items() if n not in passing):
            return True
        # A source whose value gave way to another source's loses a bit and says nothing.
        more = int(now.get("given") or 0) & ~int(after.get("given") or 0)
        return bool(more)


class Restoring:
    """Puts the rows of a merge back.

    `is_exact` says whether nothing had changed them since. `late_values` are, by field, what sources said of settled
    fields since, where the choice goes with the merge.
    """

    def __init__(self, merge: Merge) -> None:
        tables = {table.name: table for table in list_tables()}
        self._rows = [
            _Kept(table, each.before, each.after, _read_now(table, each.after or each.before or {}))
            for each in KeptRow.objects.filter(merge=merge).order_by("pk")
            for table in [tables[each.table]]
        ]
        self.is_exact = all(each.is_as_left for each in self._rows)
        self.late_values: dict[str, Any] = {}
        # The bits of the fields whose value becomes the one of before.
        self._mask = sum(field.mask for field in FIELDS if self._is_restored(field))

    def run(self) -> None:
        """Put every row back. Raises `Conflict` if another row took the place of one."""
        gone = [each for each in self._rows if each.after is None]
        for each in sorted(gone, key=lambda row: row.table.name != CONTACTS.name):
            _insert(each)
        for each in self._rows:
            if each.before is None and each.now is not None:
                self._remove(each, each.now)
            elif each.before is not None and each.after is not None and each.now is not None:
                self._change(each, each.before, each.after, each.now)

    def _is_restored(self, field: ValueField) -> bool:
        name = "pii" if field.pii else field.column
        for each in self._rows:
            if each.table == CONTACTS and each.after and each.now:
                both = (each.after[name], each.now[name])
                if field.pii:
                    return len({str(_load(text).get(field.pii)) for text in both}) == 1
                return both[0] == both[1]
        return False

    def _remove(self, row: _Kept, now: Row) -> None:
        """Delete a row that the merge made, unless something was said of it since."""
        if not row.is_said_again:
            if row.table.name == SETTLEMENTS and not row.is_as_left:
                self.late_values[str(now["field"])] = json.loads(now["rule_value"] or "null")
            sql.delete(row.table, row.table.key_of(now))
        elif row.table.name == SOURCES:
            sql.update(row.table, row.table.key_of(now), {"given": self._bits(now, None)})

    def _change(self, row: _Kept, before: Row, after: Row, now: Row) -> None:
        """Undo what the merge changed in a row; what was deleted since stays so."""
        restored = {
            name: _restore(row.table, name, before[name], after[name], now[name])
            for name in before
            if name in now and before[name] != after[name]
        }
        if row.table.name == SOURCES and now["given"] != after["given"]:
            restored["given"] = self._bits(now, before)
        sql.update(row.table, row.table.key_of(now), restored)

    def _bits(self, now: Row, before: Row | None) -> str:
        """Return what a source gave: of fields that are restored as before, of others as it is now."""
        was = int(before["given"] or 0) if before else 0
        return str((int(now["given"] or 0) & ~self._mask) | (was & self._mask))


def _read_now(table: Table, row: Row) -> Row | None:
    return next(iter(sql.read_by_key(table, [table.key_of(row)])), None)


def _insert(row: _Kept) -> None:
    if row.now is not None or row.before is None:
        raise Conflict("Another contact has taken the place of the merged one.")
    sql.insert(row.table, row.before | _find_gone(row.table, row.before))


def _find_gone(table: Table, row: Row) -> Row:
    """Return the columns that name something which was deleted since, such as a user: nothing stands there then."""
    model = next(each for each in apps.get_models() if each._meta.db_table == table.name)
    gone: Row = {}
    for field in model._meta.concrete_fields:
        target: Any = field.related_model
        value = row.get(field.column)
        if target is None or not field.null or value is None:
            continue
        if not target._base_manager.filter(pk=value).exists():
            gone[field.column] = None
    return gone


def _restore(
    table: Table, name: str, before: str | None, after: str | None, now: str | None
) -> str | None:
    """Return what a column becomes: what it was, where it is as the merge left it."""
    if now == after:
        return before
    if (table.name, name) not in _OBJECTS or now is None:
        return now
    return json.dumps(_restore_object(_load(before), _load(after), _load(now)), ensure_ascii=False)


def _restore_object(
    before: dict[str, Any], after: dict[str, Any], now: dict[str, Any]
) -> dict[str, Any]:
    restored = {}
    for name, value in now.items():
        if name not in after or after[name] != value:
            restored[name] = value
        elif name in before:
            restored[name] = before[name]
    return restored


def _load(text: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if text else {}
    return found
