"""From the columns of a file to those of the import: other names, objects with parts, and the check of every value."""

import datetime as dt
from collections.abc import Mapping

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from contacthub.contacts.intake.columns import NAMES, NESTED, OBJECTS
from contacthub.contacts.intake.kinds import Columns
from contacthub.core.tabular import Block, clean_column, clean_text
from contacthub.core.tabular.blocks import as_text

# Why rows cannot be used, by their place in the block.
Reasons = dict[int, list[str]]
# What a company is called where a file has text in place of the object.
NAME_OF_OBJECT = {"company": "company.name"}
# The way to a part, without the object's own name.
PATHS = {name: name.split(".")[1:] for name in NAMES}


def note(bad: Reasons, name: str, reasons: Mapping[int, str]) -> None:
    """Add what is wrong with a column to what is wrong with its rows."""
    for row, reason in reasons.items():
        bad.setdefault(row, []).append(f"{name} {reason}")


def is_absent(array: pa.Array) -> bool:
    """Return whether a column holds nothing at all, as most do in most files."""
    return bool(array.null_count == len(array))


def gather(block: Block, bad: Reasons) -> dict[str, pa.Array]:
    """Return a block's columns with the parts of its objects beside them, as if the file had dotted columns."""
    given = dict(block.columns)
    for name in OBJECTS:
        if is_absent(given[name]):
            continue
        parts, reasons = take_apart(given[name], name)
        note(bad, name, reasons)
        for part, array in parts.items():
            given[part] = agree([(part, given[part]), (name, array)], bad)
    return given


def take_apart(array: pa.Array, name: str) -> tuple[dict[str, pa.Array], dict[int, str]]:
    """Return the parts of a column of JSON objects under their dotted names, and why a row's object is none."""
    encoded = pc.dictionary_encode(pc.utf8_trim_whitespace(array))
    parts = [part for part in NAMES if part.startswith(f"{name}.")]
    values: list[list[str | None]] = []
    wrong: dict[int, str] = {}
    for place, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            found = _read_object(text, name)
            values.append([_spell_part(found, part) for part in parts])
        except ValueError as error:
            wrong[place] = str(error)
            values.append([None] * len(parts))
    columns = zip(*values, strict=True) if values else [()] * len(parts)
    arrays = {
        part: pa.array(column, pa.string()).take(encoded.indices)
        for part, column in zip(parts, columns, strict=True)
    }
    places = encoded.indices.to_pylist() if wrong else []
    return arrays, {row: wrong[place] for row, place in enumerate(places) if place in wrong}


def _read_object(text: str, name: str) -> dict[str, object]:
    if not text.startswith(("{", "[")) and name in NAME_OF_OBJECT:
        return {NAME_OF_OBJECT[name].partition(".")[2]: text}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError("is not a JSON object") from error
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")
    return value


def _spell_part(value: object, part: str) -> str | None:
    """Return the text of a part such as `company.location.city`; None where an object on the way there is none."""
    for key in PATHS[part]:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, list | dict) and part not in NESTED:
        kind = "a list" if isinstance(value, list) else "an object"
        raise ValueError(
            f"is an object whose {'.'.join(PATHS[part])} holds {kind} instead of one value"
        )
    return as_text(value)


def clean_columns(
    columns: Columns, given: Mapping[str, pa.Array], bad: Reasons, *, today: dt.date
) -> dict[str, pa.Array]:
    """Check and normalise columns, whatever the file calls them."""
    cleaned: dict[str, pa.Array] = {}
    for column in columns:
        found = []
        for source in column.sources:
            if is_absent(given[source.name]):
                continue
            cleaner = source.cleaner(today)
            if cleaner is None:
                array, reasons = clean_text(given[source.name], most=source.most)
            else:
                array, reasons = clean_column(given[source.name], cleaner)
            note(bad, source.name, reasons)
            found.append((source.name, array))
        cleaned[column.name] = agree(found, bad) if found else given[column.sources[0].name]
    return cleaned


def agree(found: list[tuple[str, pa.Array]], bad: Reasons) -> pa.Array:
    """Make one column of several; where two of them say something, they must say the same."""
    (name, array), *others = found
    for other_name, other in others:
        differing = pc.indices_nonzero(pc.fill_null(pc.not_equal(array, other), False)).to_pylist()
        note(bad, other_name, dict.fromkeys(differing, f"differs from {name}"))
        array = pc.coalesce(array, other)
    return array
