"""Parameters of a query, read into messages like bodies: `?page=2&tlds=no&tlds=se` is `{"page": 2, "tlds": […]}`.

django-ninja's own reading takes `yes`, `1.0` and a name given twice without a word; here each parameter is what its
message says, or an error with its name.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import pydantic
from django.http import QueryDict
from ninja.errors import ValidationError
from pydantic import BaseModel

from contacthub.api.gateway.bodies import refuse_nul
from contacthub.api.gateway.documents import Document

Message = TypeVar("Message", bound=BaseModel)

INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def read_query(
    query: QueryDict, message: type[Message], *, separator: str | None = None
) -> Message:
    """Return the message that a query holds.

    A list is a name several times (`a=1&a=2`, `a[]=1&a[]=2`) and, with a separator, several items in one value, of
    which empty ones are dropped. Booleans are true, false, 1 and 0 in any case. Raises ninja's `ValidationError`.
    """
    refuse_nul(query)
    schemas = parameter_schemas(message)
    values: dict[str, Any] = {}
    for name, texts in query.lists():
        schema = schemas.get(name.removesuffix("[]"))
        if schema is not None and schema.get("type") == "array":
            read = READERS.get(schema["items"].get("type"), str)
            items = _split(texts, separator) if separator else texts
            values.setdefault(name.removesuffix("[]"), []).extend(map(read, items))
        else:
            read = READERS.get((schemas.get(name) or {}).get("type"), str)
            # A list where one value belongs is refused with the name of its field.
            values[name] = read(texts[0]) if len(texts) == 1 else texts
    return _validate(values, message)


def describe_query(message: type[BaseModel]) -> list[Document]:
    """Return a message's fields as OpenAPI parameters of a query."""
    return [
        {
            "in": "query",
            "name": name,
            "required": False,
            "schema": schema,
            "description": schema.get("description", ""),
        }
        for name, schema in parameter_schemas(message).items()
    ]


@cache
def parameter_schemas(message: type[BaseModel]) -> Mapping[str, Document]:
    """Return the JSON schemas of a message's fields, without null, which a query cannot hold."""
    properties = message.model_json_schema()["properties"]
    return {name: _without_null(schema) for name, schema in properties.items()}


def _without_null(schema: Document) -> Document:
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "title")}
    if kept.get("default", "") is None:
        del kept["default"]
    for choice in schema.get("anyOf", ()):
        if choice != {"type": "null"}:
            kept |= choice
    return kept


def _split(texts: list[str], separator: str) -> list[str]:
    items = (item.strip() for text in texts for item in text.split(separator))
    return [item for item in items if item]


def _validate(values: dict[str, Any], message: type[Message]) -> Message:
    try:
        return message.model_validate(values)
    except pydantic.ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationError(
            [{**item, "loc": ("query", *item["loc"])} for item in found]
        ) from error


# What cannot be read stays text, which the message refuses in its own words.


def _read_integer(text: str) -> int | str:
    return int(text) if INTEGER.fullmatch(text) else text


def _read_float(text: str) -> float | str:
    return float(text) if FLOAT.fullmatch(text) else text


def _read_boolean(text: str) -> bool | str:
    return BOOLEANS.get(text.lower(), text)


READERS: dict[str | None, Callable[[str], Any]] = {
    "integer": _read_integer,
    "number": _read_float,
    "boolean": _read_boolean,
}
