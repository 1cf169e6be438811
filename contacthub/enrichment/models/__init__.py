"""Lists of people to enrich and how their columns are mapped; the waterfall of vendors for data not in the catalog."""

from contacthub.enrichment.models.lists import EnrichmentAnswer, EnrichmentBatch, EnrichmentRow
from contacthub.enrichment.models.mappings import ColumnMapping
from contacthub.enrichment.models.uploads import Upload, UploadPart
from contacthub.enrichment.models.waterfall import (
    Asking,
    Finding,
    StopRule,
    VendorAnswer,
    Waterfall,
    WaterfallStep,
)
from contacthub.enrichment.models.words import ColumnUse, MatchKey, Outcome, Section

__all__ = [
    "Asking",
    "ColumnMapping",
    "ColumnUse",
    "EnrichmentAnswer",
    "EnrichmentBatch",
    "EnrichmentRow",
    "Finding",
    "MatchKey",
    "Outcome",
    "Section",
    "StopRule",
    "Upload",
    "UploadPart",
    "VendorAnswer",
    "Waterfall",
    "WaterfallStep",
]
