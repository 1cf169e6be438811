"""What the last step before a list is started shows, in words: choices, the quote and what its buttons may spend."""

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import reverse

from contacthub.enrichment.keys.mappings import list_keys
from contacthub.enrichment.models import EnrichmentBatch, EnrichmentRow, Section
from contacthub.enrichment.queries.quotes import VendorLine, VendorQuote
from contacthub.formats import FORMATS
from contacthub.web.money import MoneyLine
from contacthub.web.templatetags.figures import plural, rows
from contacthub.web.views.enrichment.progress_view import list_input_lines

SECTION_HINTS = {
    Section.PII: "Name, address, gender, age range",
    Section.EMAILS: "Up to 3 addresses with status and check date, hashes of the first",
    Section.PHONES: "Up to 3 numbers with type and do-not-call flag",
}


@dataclass(frozen=True)
class Limit:
    """The field "Spend at most": its text, the lookups that it allows, and what is wrong with it.

    An unchanged field follows the quote.
    """

    text: str
    lookups: int | None = None
    errors: tuple[str, ...] = ()
    is_followed: bool = False


@dataclass(frozen=True)
class Choice:
    """A section to look up, or a format of the file."""

    value: str
    label: str
    hint: str
    is_chosen: bool


@dataclass(frozen=True)
class QuoteView:
    """What a list may spend, line by line, the field of its limit, and the words of its buttons."""

    has_waterfall: bool
    answered_by: str
    lines: list[MoneyLine]
    most_lookups: int
    limit_text: str
    limit_errors: tuple[str, ...]
    limit_hint: str
    is_followed: bool
    run_words: str
    is_run_off: bool
    trial_words: str
    is_trial_off: bool


@dataclass(frozen=True)
class Figure:
    """A number of rows with its name."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class Checked:
    """What the rows of a list were found to be, by which keys, and where that can be changed."""

    summary: str
    figures: list[Figure]
    keys: str
    url: str
    action: str


def describe_checked(batch: EnrichmentBatch) -> Checked:
    """Return what the rows of a list were found to be."""
    is_file, is_by_ids = bool(batch.file_name), batch.is_by_ids
    name = "enrichment-map" if is_by_ids else "enrichment-match"
    return Checked(
        summary=f"{plural(batch.valid_count, 'different contact')} in {plural(batch.row_count, 'row')}.",
        figures=_list_id_figures(batch) if is_by_ids else _list_figures(batch),
        keys=_name_keys(batch),
        url=reverse(name, args=[batch.pk]) if is_file or not is_by_ids else "",
        action="Change" if is_by_ids else "See the matches",
    )


def _name_keys(batch: EnrichmentBatch) -> str:
    if batch.is_by_ids:
        return f"ids from “{batch.header[batch.id_column or 0]}”"
    return "by " + ", ".join(str(key.label).lower() for key in list_keys(batch.uses)[:3])


def _list_id_figures(batch: EnrichmentBatch) -> list[Figure]:
    return [
        Figure("Valid", rows(batch.valid_count), "looked up"),
        Figure("Duplicate", rows(batch.duplicate_count), "counted once"),
        Figure("Malformed", rows(batch.malformed_count), "kept, not sent"),
        Figure("Without id", rows(batch.missing_count), "kept, not sent"),
    ]


def _list_figures(batch: EnrichmentBatch) -> list[Figure]:
    different = f"{plural(batch.valid_count, 'different contact')}, looked up"
    askable = f"{rows(batch.askable_count)} can be looked up at vendors"
    return [
        Figure("Matched", rows(batch.matched_count), different),
        Figure("Ambiguous", rows(batch.ambiguous_count), "left out unless you choose"),
        Figure("No match", rows(count_unmatched(batch)), askable),
        Figure("Rejected", rows(batch.reject_count), "kept, not sent"),
    ]


def count_unmatched(batch: EnrichmentBatch) -> int:
    """Return the rows that are no contact of the catalog, repeated ones among them."""
    known = batch.matched_count + batch.ambiguous_count + batch.reject_count
    return batch.row_count - known


def describe_cells(batch: EnrichmentBatch, row: EnrichmentRow) -> str:
    """Return what stands in the columns of a row that are used for matching."""
    if batch.is_by_ids:
        return batch.id_of(row)
    cells = (
        row.cells[place] for place, use in enumerate(batch.uses) if use and place < len(row.cells)
    )
    return ", ".join(cell.strip() for cell in cells if cell.strip())


def list_section_choices(chosen: Collection[str]) -> list[Choice]:
    """Return the sections that can be looked up."""
    return [
        Choice(section.value, section.label, SECTION_HINTS[section], section in chosen)
        for section in Section
    ]


def list_format_choices(chosen: str) -> list[Choice]:
    """Return the formats in which the file can be written."""
    return [
        Choice(each.name, each.label, each.hint, each.name == chosen) for each in FORMATS.values()
    ]


def describe_quote(batch: EnrichmentBatch, quote: VendorQuote, limit: Limit) -> QuoteView:
    """Return what a list may spend in words; each button carries what it may spend, none while the limit is wrong."""
    has_waterfall, is_wrong = bool(quote.connections), bool(limit.errors)
    run_words = f"{plural(quote.rows, 'row')}, up to {plural(quote.lookups, 'lookup')}"
    up_to = f", up to {plural(quote.trial_lookups, 'lookup')}"
    return QuoteView(
        has_waterfall=has_waterfall,
        answered_by="Own catalog first" if has_waterfall else "Own catalog",
        lines=_list_lines(batch, quote, is_wrong=is_wrong),
        most_lookups=quote.most_lookups,
        limit_text=f"{quote.most_lookups:,}" if limit.is_followed else limit.text,
        limit_errors=limit.errors,
        limit_hint=_hint_limit(quote, limit),
        is_followed=limit.is_followed,
        run_words="" if is_wrong else run_words,
        is_run_off=is_wrong or not quote.lookups,
        trial_words=plural(quote.trial_rows, "row") + ("" if is_wrong else up_to),
        is_trial_off=is_wrong or not quote.trial_lookups,
    )


def _list_lines(batch: EnrichmentBatch, quote: VendorQuote, *, is_wrong: bool) -> list[MoneyLine]:
    lines = list_input_lines(batch, batch.valid_count)
    if not quote.connections:
        return [*lines, MoneyLine("Charged", "0, free", kind="after", value_css="ch-strong")]
    return [
        *lines,
        MoneyLine("Own catalog", "0, free", kind="after", value_css="ch-strong"),
        *([_describe_strangers(quote)] if quote.strangers else []),
        *map(_describe_vendor, quote.lines),
        MoneyLine(
            "Vendors",
            f"up to {rows(quote.lookups)}",
            note=f"limit of an enrichment {rows(quote.run_limit)}",
            kind="sum",
        ),
        *([] if is_wrong or not quote.most_lookups else _list_reach(quote)),
    ]


def _describe_strangers(quote: VendorQuote) -> MoneyLine:
    """Return how many people of no catalog vendors are asked about."""
    return MoneyLine(
        "Without a match",
        rows(quote.askable),
        note=f"of {rows(quote.strangers)}, by e-mail or name",
    )


def _describe_vendor(line: VendorLine) -> MoneyLine:
    connection = line.connection
    if connection.is_paused:
        return MoneyLine(connection.name, "0", note="paused, not asked")
    note = "only where your catalog knows enough" if line.asks_by else ""
    return MoneyLine(connection.name, f"up to {rows(line.lookups)}", note=note)


def _list_reach(quote: VendorQuote) -> list[MoneyLine]:
    """Return how many rows the lookups are enough for, and how many may not be looked up."""
    reach = MoneyLine("Rows this is enough for", _count_reached(quote))
    unreached = f"up to {rows(quote.most_unreached)}"
    rest = MoneyLine("Not asked", unreached, note="limit reached")
    return [reach, rest] if quote.is_short else [reach]


def _count_reached(quote: VendorQuote) -> str:
    if not quote.is_short:
        return f"all {quote.rows:,}"
    if quote.least_reached == quote.most_reached:
        return f"{quote.least_reached:,} of {quote.rows:,}"
    return f"{quote.least_reached:,} to {quote.most_reached:,} of {quote.rows:,}"


def _hint_limit(quote: VendorQuote, limit: Limit) -> str:
    """Return what is said below the field while nothing is wrong with it."""
    words = "Lookups at vendors, for data missing from your catalog. The run stops there."
    if limit.lookups is not None and limit.lookups > quote.most_lookups:
        words += f" This enrichment needs at most {quote.most_lookups:,}."
    if quote.without_vendors:
        names = " and ".join(section.label.lower() for section in quote.without_vendors)
        words += f" The waterfall has no vendor for {names}."
    return words
