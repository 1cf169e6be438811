"""Rows of any table as text by column: read, compared, and written back to the byte.

Values pass as the text that Postgres writes for them, which it reads again exactly, whatever their type. Columns that
Postgres computes are left out. Tables and columns are found in the catalog of the database, so that later ones are
covered.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

# A row as text by column; None where a column is NULL.
Row = dict[str, str | None]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table, the column by which its rows belong to a contact, and its primary key."""

    name: str
    owner: str
    key: tuple[str, ...]

    def key_of(self, row: Mapping[str, str | None]) -> Key:
        """Return the primary key of a row."""
        return tuple(str(row[name]) for name in self.key)


LIST_COLUMNS = """
SELECT attribute.attname, format_type(attribute.atttypid, attribute.atttypmod) FROM pg_attribute AS attribute
WHERE attribute.attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
READ = "SELECT {columns} FROM {table} WHERE {condition} ORDER BY {key}"
INSERT = "INSERT INTO {table} ({columns}) VALUES ({items})"
UPDATE = "UPDATE {table} SET {changes} WHERE {condition}"
DELETE = "DELETE FROM {table} WHERE {condition}"


def list_columns(table: str) -> dict[str, str]:
    """Return the types of a table's columns, without those that Postgres computes."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_COLUMNS, [table])
        return dict(cursor.fetchall())


def read_of(table: Table, owners: Collection[int]) -> list[Row]:
    """Return the rows that belong to some contacts, by primary key, in order."""
    condition = sql.SQL("{} = ANY(%s::bigint[])").format(sql.Identifier(table.owner))
    return _read(table, condition, [list(owners)])


def read_by_key(table: Table, keys: Iterable[Key]) -> list[Row]:
    """Return rows by primary key; those that do not exist are left out."""
    return [row for key in keys for row in _read(table, _is_key(table), list(key))]


def insert(table: Table, row: Row) -> None:
    """Write a row as it was. A column that has been added since gets its default, one that is gone is left out."""
    types = list_columns(table.name)
    names = [name for name in row if name in types]
    items = sql.SQL(", ").join(_cast(types[name]) for name in names)
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    _execute(INSERT, table, [row[name] for name in names], columns=columns, items=items)


def update(table: Table, key: Key, changes: Mapping[str, str | None]) -> None:
    """Change some columns of a row."""
    types = list_columns(table.name)
    names = [name for name in changes if name in types]
    if not names:
        return
    assigned = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), _cast(types[name])) for name in names
    )
    values = [*(changes[name] for name in names), *key]
    _execute(UPDATE, table, values, changes=assigned, condition=_is_key(table))


def delete(table: Table, key: Key) -> None:
    """Delete a row."""
    _execute(DELETE, table, list(key), condition=_is_key(table))


def _read(table: Table, condition: sql.Composable, values: Sequence[Any]) -> list[Row]:
    names = list(list_columns(table.name))
    columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(n)) for n in names)
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    statement = sql.SQL(READ).format(
        columns=columns, table=sql.Identifier(table.name), condition=condition, key=key
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _is_key(table: Table) -> sql.Composable:
    types = list_columns(table.name)
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), _cast(types[name])) for name in table.key
    )


def _cast(type_name: str) -> sql.Composable:
    # Postgres's own name of a type.
    return sql.SQL("%s::" + type_name)


def _execute(
    statement: str, table: Table, values: Sequence[str | None], **parts: sql.Composable
) -> None:
    with connection.cursor() as cursor:
        composed = sql.SQL(statement).format(table=sql.Identifier(table.name), **parts)
        cursor.execute(composed, values)
