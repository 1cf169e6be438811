"""From the objects in a file to columns of their parts, as if the file had dotted columns."""

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from contacthub.contacts.intake.columns import NAMES, NESTED, OBJECTS
from contacthub.core.tabular import Block
from contacthub.core.tabular.blocks import as_text
from contacthub.core.tabular.columns import Reasons, agree, is_absent, note

# What a company is called where a file has text in place of the object.
NAME_OF_OBJECT = {"company": "company.name"}
# The way to a part, without the object's own name.
PATHS = {name: name.split(".")[1:] for name in NAMES}


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
            values.append([_format_part(found, part) for part in parts])
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


def _format_part(value: object, part: str) -> str | None:
    """Return the text of a part such as `company.location.city`; None if an object on the way there is none."""
    for key in PATHS[part]:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, list | dict) and part not in NESTED:
        kind = "a list" if isinstance(value, list) else "an object"
        raise ValueError(
            f"is an object whose {'.'.join(PATHS[part])} holds {kind} instead of one value"
        )
    return as_text(value)
