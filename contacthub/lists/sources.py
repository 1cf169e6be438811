"""Where members come from: a selection, an export, other lists. Each floor registers the sources it knows.

A source is kept by kind and reference, as JSON, so that a job can read it later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from contacthub.core.errors import NotFound
from contacthub.lists.sql import Items
from contacthub.organizations.models import Organization


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where members come from: the kind, the reference by which the kind finds it, and words for the history."""

    kind: str
    ref: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""


class Reader(Protocol):
    """Reads one kind of source for an organization. Both raise `NotFound` for another organization's."""

    def select(self, organization: Organization, ref: Mapping[str, Any]) -> Items:
        """Return all items as one query, as they are now, to count them."""

    def iterate(self, organization: Organization, ref: Mapping[str, Any]) -> Iterator[Items]:
        """Yield the items in parts, to add or remove them in the caller's transaction.

        Raises `CountChanged` if they are others than were counted.
        """


_READERS: dict[str, Reader] = {}
# In the history and on the overview; a kind without a reader has its members handed over at once.
KIND_WORDS = {
    "hand": "By hand",
    "selection": "Selection",
    "lists": "Other lists",
    "export": "Export",
    "export-companies": "Export",
    "enrichment": "Enrichment",
    "live-save": "Live search",
    "pull": "Pull",
    "upload": "Upload",
    "program": "Program",
}


def register_reader(kind: str, reader: Reader) -> None:
    """Let sources of a kind be read. Called when the program starts."""
    _READERS[kind] = reader


def reader_of(kind: str) -> Reader:
    """Return the reader of a kind. Raises `NotFound`."""
    if kind not in _READERS:
        raise NotFound("There is no such source.")
    return _READERS[kind]
