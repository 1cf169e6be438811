"""Lists of contact ids to enrich, the waterfall of vendors for data missing from the catalog."""

from contacthub.enrichment.models.lists import EnrichmentAnswer, EnrichmentBatch, EnrichmentRow
from contacthub.enrichment.models.uploads import Upload, UploadPart
from contacthub.enrichment.models.waterfall import (
    Asking,
    Finding,
    StopRule,
    VendorAnswer,
    Waterfall,
    WaterfallStep,
)
from contacthub.enrichment.models.words import Outcome, Section

__all__ = [
    "Asking",
    "EnrichmentAnswer",
    "EnrichmentBatch",
    "EnrichmentRow",
    "Finding",
    "Outcome",
    "Section",
    "StopRule",
    "Upload",
    "UploadPart",
    "VendorAnswer",
    "Waterfall",
    "WaterfallStep",
]
