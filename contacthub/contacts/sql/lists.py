"""Lists of columns within a statement, so that a column is named in one place only: the intake's table."""

from collections.abc import Mapping
from types import MappingProxyType

from psycopg import sql

from contacthub.core.tabular.columns import Columns

# What a stored row has where no file says anything, by the type of the column.
DEFAULTS = {
    "text[]": "'{}'",
    "boolean": "false",
    "timestamptz": "%(now)s",
    "smallint": "0",
    "double precision": "0",
}


def each(
    template: str,
    columns: Columns,
    *,
    prefix: str = "",
    defaults: Mapping[str, str] = MappingProxyType({}),
) -> sql.Composed:
    """Repeat a template for each column, with commas between.

    It may hold `{name}`, `{staged}` (the name with a prefix), `{type}` and `{default}`: a column's own one from
    `defaults`, else that of its type.
    """
    return sql.SQL(", ").join(
        sql.SQL(template).format(
            name=sql.Identifier(column.name),
            staged=sql.Identifier(prefix + column.name),
            type=sql.SQL(column.sql_type),
            default=sql.SQL(defaults.get(column.name) or DEFAULTS.get(column.sql_type, "NULL")),
        )
        for column in columns
    )
