"""The columns that a file may have: by which names, how each value is checked, and what is wrong with which row."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from contacthub.core.tabular.cleaning import Cleaner, clean_column, clean_text
from contacthub.core.tabular.values import (
    FIRST_YEAR,
    clean_boolean,
    clean_contact_id,
    clean_day,
    clean_moment,
    clean_url,
)

# Depends on the day of the import: nothing was observed after it.
DatedCleaner = Callable[[dt.date], Cleaner]
# Why rows cannot be used, by their place in the block.
Reasons = dict[int, list[str]]


class Source(NamedTuple):
    """A name under which a file may hold a column, and how its values are checked there. No check: free text."""

    name: str
    clean: Cleaner | None = None
    make_clean: DatedCleaner | None = None
    most: int = 200

    def cleaner(self, today: dt.date) -> Cleaner | None:
        """Return the check for an import on a day."""
        return self.make_clean(today) if self.make_clean else self.clean


@dataclass(frozen=True)
class Column:
    """A column as the import uses it, and the names that files have for it. Two names in a row must agree."""

    name: str
    sources: tuple[Source, ...]
    sql_type: str = "text"
    # A row without it is rejected.
    is_required: bool = False


Columns = tuple[Column, ...]


def make_column(
    name: str,
    *names: str,
    clean: Cleaner | None = None,
    make_clean: DatedCleaner | None = None,
    most: int = 200,
    sql_type: str = "text",
    is_required: bool = False,
) -> Column:
    """Return a column that files call by one of `names`, if any are given, else by its own.

    Without a check its values are free text of at most `most` characters.
    """
    sources = tuple(Source(source, clean, make_clean, most) for source in names or (name,))
    return Column(name, sources, sql_type, is_required)


def make_flag(name: str, *names: str) -> Column:
    """Return a column of booleans."""
    return make_column(name, *names, clean=clean_boolean, sql_type="boolean")


def make_link(name: str, *names: str) -> Column:
    """Return a column of web addresses."""
    return make_column(name, *names, clean=clean_url)


def make_moment(name: str, *names: str) -> Column:
    """Return a column of times. A source's clock may be a little ahead of ours."""
    day = dt.timedelta(days=1)
    return make_column(
        name,
        *names,
        make_clean=lambda today: partial(clean_moment, last=today + day),
        sql_type="timestamptz",
    )


def make_day(name: str, *, first_year: int = FIRST_YEAR, is_required: bool = False) -> Column:
    """Return a column of dates from the year `first_year` up to the day of the import."""
    return make_column(
        name,
        make_clean=lambda today: partial(clean_day, last=today, first_year=first_year),
        sql_type="date",
        is_required=is_required,
    )


def make_contact_id(name: str, *names: str) -> Column:
    """Return a column of contact ids, which are stored as their keys."""
    return make_column(name, *names, clean=clean_contact_id, sql_type="bigint")


# --- The check of a block ---------------------------------------------------------------------------


def note(bad: Reasons, name: str, reasons: Mapping[int, str]) -> None:
    """Add what is wrong with a column to what is wrong with its rows."""
    for row, reason in reasons.items():
        bad.setdefault(row, []).append(f"{name} {reason}")


def is_absent(array: pa.Array) -> bool:
    """Return whether a column holds nothing at all, as most do in most files."""
    return bool(array.null_count == len(array))


def clean_columns(
    columns: Columns, given: Mapping[str, pa.Array], bad: Reasons, *, today: dt.date
) -> dict[str, pa.Array]:
    """Check and normalize columns, whatever the file calls them.

    `given` holds every name of every column. Adds to `bad` why rows cannot be used; there the values are null.
    """
    cleaned: dict[str, pa.Array] = {}
    for column in columns:
        found = []
        told: set[int] = set()
        for source in column.sources:
            if is_absent(given[source.name]):
                continue
            array, reasons = _check(source, given[source.name], today)
            note(bad, source.name, reasons)
            told |= reasons.keys()
            found.append((source.name, array))
        cleaned[column.name] = agree(found, bad) if found else given[column.sources[0].name]
        if column.is_required:
            empty = pc.indices_nonzero(pc.is_null(cleaned[column.name])).to_pylist()
            missing = [row for row in empty if row not in told]
            note(bad, column.name, dict.fromkeys(missing, "is missing"))
    return cleaned


def _check(source: Source, array: pa.Array, today: dt.date) -> tuple[pa.Array, dict[int, str]]:
    cleaner = source.cleaner(today)
    if cleaner is None:
        return clean_text(array, most=source.most)
    return clean_column(array, cleaner)


def agree(found: list[tuple[str, pa.Array]], bad: Reasons) -> pa.Array:
    """Make one column of several; where two of them say something, they must say the same."""
    (name, array), *others = found
    for other_name, other in others:
        differing = pc.indices_nonzero(pc.fill_null(pc.not_equal(array, other), False)).to_pylist()
        note(bad, other_name, dict.fromkeys(differing, f"differs from {name}"))
        array = pc.coalesce(array, other)
    return array
