"""How a file that is kept is offered before the same rows are charged again: what it is, and what came since."""

from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.urls import reverse

from contacthub.exports.kept_files import KeptFile
from contacthub.exports.queries import options_of
from contacthub.feeds.windows import Window
from contacthub.formats import FORMATS
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.times import day

COLUMNS_NAMED = 3


@dataclass(frozen=True)
class Offer:
    """An offered file in words, and where it leads."""

    kept: KeptFile
    day: str
    title: str
    facts: str
    since: str
    note: str
    download_url: str
    # The checkout of the search that the file is of, whose exports are free; empty if it is the one that is open.
    again_url: str


def offer_file(
    kept: KeptFile | None, *, window: Window, charged_rows: int | None = None
) -> Offer | None:
    """Return a file in words. `charged_rows` is what an export of the search would charge; None before it is run."""
    if kept is None:
        return None
    export = kept.export
    exported_on = f"{export.created_at:%-d %b %Y}"
    return Offer(
        kept,
        day=exported_on,
        title=f"Exported on {exported_on} by {export.created_by_name}",
        facts=_describe_file(kept, window),
        since=_describe_new_rows(kept),
        note=" ".join(filter(None, (_describe_charge(kept, charged_rows), _describe_gaps(kept)))),
        download_url=reverse("export-download", args=[export.pk]),
        again_url="" if kept.is_same_search else _again_url(kept),
    )


def _describe_file(kept: KeptFile, window: Window) -> str:
    export, search = kept.export, kept.export.feed_search
    parts = [plural(export.total_rows, "row"), FORMATS[export.format].label]
    if (search.start_on, search.end_on) != (window.start, window.end):
        parts.append(f"{day(search.start_on)} – {day(search.end_on)}")
    parts += ["with PII"] if export.get_pii else []
    parts += ["with business info"] if export.include_business_info else []
    return " · ".join(parts)


def _describe_new_rows(kept: KeptFile) -> str:
    counted = (
        f" by {kept.export.feed_search.feed.vendor_label}'s count" if kept.is_vendor_count else ""
    )
    return f"+{plural(kept.new_rows, 'row')} since{counted}."


def _describe_charge(kept: KeptFile, charged_rows: int | None) -> str:
    if kept.is_same_search:
        return "0 rows are charged for any choice here."
    if charged_rows is None:
        return "The file has every row of this window." if _is_complete(kept) else ""
    has = "The file has every row of this search. " if _is_complete(kept) else ""
    return f"{has}Exporting this search charges {plural(charged_rows, 'row')}."


def _is_complete(kept: KeptFile) -> bool:
    return kept.has_all_rows and not kept.is_vendor_count


def _describe_gaps(kept: KeptFile) -> str:
    missing = kept.missing_columns
    if not missing:
        return ""
    more = len(missing) - COLUMNS_NAMED
    names = ", ".join(missing[:COLUMNS_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"Not in the file: {names}."


def _again_url(kept: KeptFile) -> str:
    options = asdict(options_of(kept.export))
    asked = {name: "on" for name, value in options.items() if value is True}
    address = reverse("export-checkout", args=[kept.export.feed_search.pk])
    return f"{address}?{urlencode(asked)}" if asked else address
