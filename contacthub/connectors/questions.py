"""Questions in a vendor's words: one table for each vendor says what it can honor, and how."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from contacthub.connectors.records import Question
from contacthub.core.errors import Invalid

# What `encode` returns for a value that the vendor cannot honor, where it can honor others.
CANNOT = object()


class Parameter(NamedTuple):
    """The vendor's name of a filter, and what it makes of a value."""

    name: str
    encode: Callable[[Any], Any] = lambda value: value


Table = Mapping[str, Parameter]


def list_unhonored(table: Table, question: Question) -> list[str]:
    """List the filters of a question that cannot be honored, in its order.

    Two filters that the vendor has one field for are alternatives there and not both required: only the first is
    honored.
    """
    unhonored: list[str] = []
    taken: set[str] = set()
    for name, value in question.items():
        if name not in table or table[name].name in taken or table[name].encode(value) is CANNOT:
            unhonored.append(name)
        else:
            taken.add(table[name].name)
    return unhonored


def encode(table: Table, question: Question, *, label: str) -> dict[str, Any]:
    """Return a question by the vendor's names. Raises `Invalid`: what is dropped would find other rows."""
    unhonored = list_unhonored(table, question)
    if unhonored:
        raise Invalid(f"{label} cannot filter by {', '.join(unhonored)}.", field=unhonored[0])
    return {table[name].name: table[name].encode(value) for name, value in question.items()}


def only_true(value: bool) -> object:
    """Return True; a vendor that ignores false cannot honor it."""
    return True if value else CANNOT


def only_one(values: tuple[Any, ...]) -> object:
    """Return the one value of a list; a vendor that takes one cannot honor more."""
    return values[0] if len(values) == 1 else CANNOT


def as_list(values: tuple[Any, ...]) -> list[Any]:
    """Return a list of JSON."""
    return list(values)
