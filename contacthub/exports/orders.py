"""What someone chooses when they export a search or a selection of the catalog."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import orjson

from contacthub.exports.options import ExportOptions


@dataclass(frozen=True)
class ExportOrder:
    """One export that is requested: of which search or selection, with which rows and fields, as which file.

    Without a `format` the export of a search has pages and no file. Without `columns` a file has all that the options
    include.
    """

    options: ExportOptions
    # Exactly one of the two.
    search_id: UUID | None = None
    selection_id: UUID | None = None
    format: str | None = None
    columns: Sequence[str] | None = None
    name: str = ""
    # What personal data is for; a person has to say it.
    purpose: str = ""
    # The charge in rows that was shown before. Nothing is spent if it is no longer true.
    quoted_rows: int | None = None
    # The rows of a selection that were shown before. Nothing is made if there are others now.
    shown_rows: int | None = None

    def digest(self) -> bytes:
        """Return a hash of what the export would hold: equal for a form that is sent twice."""
        held = [
            str(self.search_id or self.selection_id),
            asdict(self.options),
            self.format,
            list(self.columns) if self.columns is not None else None,
        ]
        return hashlib.sha256(orjson.dumps(held, option=orjson.OPT_SORT_KEYS)).digest()
