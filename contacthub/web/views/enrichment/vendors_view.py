"""What each vendor did for a list, in words."""

from dataclasses import dataclass

from contacthub.enrichment.models import EnrichmentBatch
from contacthub.enrichment.queries.waterfall import VendorSum
from contacthub.web.templatetags.figures import plural, rows


@dataclass(frozen=True)
class VendorRow:
    """A connection that was queried; `vendor` is empty if it is called like that itself."""

    sum: VendorSum
    vendor: str
    median: str
    errors: str


@dataclass(frozen=True)
class Vendors:
    """What the vendors of a list did and spent, and what retrying the failed rows may cost."""

    spent: str
    rows: list[VendorRow]
    none_asked: str
    failed_contacts: int
    most_again: int


def describe_vendors(
    batch: EnrichmentBatch, sums: list[VendorSum], *, failed_contacts: int, most_again: int
) -> Vendors:
    """Return what vendors did for a list. `most_again` are the lookups that a retry may spend."""
    is_active = batch.state == EnrichmentBatch.State.RUNNING
    return Vendors(
        spent=f"{rows(batch.lookups_spent)} of {plural(batch.lookup_limit, 'lookup')} spent",
        rows=[_describe_sum(each) for each in sums],
        none_asked="No vendor has been queried yet."
        if is_active
        else "No vendor was queried: your own catalog had everything.",
        failed_contacts=failed_contacts,
        most_again=most_again,
    )


def _describe_sum(each: VendorSum) -> VendorRow:
    return VendorRow(
        each,
        vendor=each.vendor if each.vendor != each.name else "",
        median="–" if each.median_ms is None else f"{rows(each.median_ms)} ms",
        errors=", ".join(f"{word} {rows(count)}" for word, count in each.errors) or "none",
    )
