"""Where the rows of exports come from: one module a kind, chosen here."""

from contacthub.exports.models import Export
from contacthub.exports.orders import ExportOrder
from contacthub.exports.sources.base import Source
from contacthub.exports.sources.searches import SearchSource
from contacthub.exports.sources.selections import SelectionSource


def source_of(export: Export) -> Source:
    """Return what an export is made of."""
    return SearchSource(export) if export.selection_id is None else SelectionSource(export)


def choose_source(export: Export, order: ExportOrder) -> Source:
    """Return what an export that is being made will be made of."""
    return SearchSource(export) if order.selection_id is None else SelectionSource(export)
