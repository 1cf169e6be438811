"""Saved searches as the tables show them: what was exported of each, and what another export would charge."""

from dataclasses import dataclass, replace

from django.urls import reverse

from contacthub.exports.kept_files import find_kept_files
from contacthub.exports.models import Export
from contacthub.exports.queries import list_exports_of_searches, status_of
from contacthub.feeds.models import Search
from contacthub.feeds.windows import Window
from contacthub.web.http import HubRequest
from contacthub.web.kept_files import Offer, offer_file
from contacthub.web.templatetags.figures import plural


@dataclass(frozen=True)
class SearchRow:
    """A search, its newest export, and the word for it: shape, word and note of a status."""

    search: Search
    export: Export | None
    offer: Offer | None
    shape: str
    word: str
    note: str
    # The file that holds its rows, of this search or of another one; empty if there is none.
    download_url: str = ""
    is_active: bool = False
    # It was run just now: the page was asked to show it.
    is_new: bool = False

    @property
    def download_css(self) -> str:
        """Return the class of the link to the file, which stands out where it saves a charge."""
        return " ch-strong" if self.offer else ""

    @property
    def export_css(self) -> str:
        """Return the class of the link to the checkout, which stands out where nothing else can be done yet."""
        return "" if self.download_url or self.search.charged_export else " ch-strong"


def list_search_rows(request: HubRequest, searches: list[Search]) -> list[SearchRow]:
    """Return each search with its newest export and the word for what an export of it would cost.

    One that was not charged comes with the file of another search that has its rows already, if there is one.
    """
    exports = list_exports_of_searches(searches=searches)
    unpaid = [search for search in searches if search.charged_export is None]
    kept = find_kept_files(organization=request.organization, searches=unpaid)
    rows = []
    for search in searches:
        offer = offer_file(
            kept.get(search.pk),
            window=Window(search.start_on, search.end_on),
            charged_rows=search.record_count,
        )
        row = _describe(search, exports.get(search.pk), offer)
        rows.append(replace(row, is_new=request.GET.get("new") == str(search.pk)))
    return rows


def _describe(search: Search, export: Export | None, offer: Offer | None) -> SearchRow:
    status = status_of(export) if export else ""
    if export is not None and status in ("queued", "running"):
        note = plural(export.total_rows, "row")
        return SearchRow(search, export, None, "run", "Exporting", note, is_active=True)
    if export is None or (search.charged_export is None and status in ("failed", "cancelled")):
        return _describe_unpaid(search, export, offer)
    if status == "expired":
        return SearchRow(search, export, None, "null", "File deleted", "export again free")
    if status in ("failed", "cancelled"):
        # A vendor has charged it and gives nothing back.
        return SearchRow(search, export, None, "null", "No file", "export again free")
    if export.job is None:
        return SearchRow(search, export, None, "ok", "Exported", "export again free")
    url = reverse("export-download", args=[export.pk])
    return SearchRow(search, export, None, "ok", "Exported", "download again free", url)


def _describe_unpaid(search: Search, export: Export | None, offer: Offer | None) -> SearchRow:
    cost = f"would use up to {search.record_count:,}"
    if offer is None:
        return SearchRow(search, export, None, "none", "Not exported", cost)
    since = offer.since.removesuffix(".")
    if not offer.kept.has_all_rows:
        note = f"{cost}, {since} {offer.day}"
        return SearchRow(search, export, offer, "none", "Not exported", note)
    word = f"Exported {offer.day}"
    return SearchRow(search, export, offer, "ok", word, since, offer.download_url)
