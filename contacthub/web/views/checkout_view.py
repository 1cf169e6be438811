"""The checkout in words: what is wrong or to be known before, the choices, and the quote with its buttons."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from contacthub.core import clock
from contacthub.exports.columns import GROUPS
from contacthub.exports.options import ExportOptions, Quote
from contacthub.feeds.models import Feed, Search
from contacthub.formats import FORMATS
from contacthub.web.calls import Call
from contacthub.web.forms import ExportForm
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.times import day

# Of which the form's own errors stand above everything.
CHANGED = "This form was changed on its way. Nothing was charged; check it and send it again."


@dataclass(frozen=True)
class FormatChoice:
    """A file format to choose."""

    name: str
    label: str
    hint: str
    is_chosen: bool


@dataclass(frozen=True)
class CheckoutView:
    """The checkout but for its quote."""

    # What is wrong with the form as a whole.
    faults: tuple[str, ...]
    # Why nothing new can be exported; else, whether the vendor charges, and whether it is down.
    closed_because: str
    is_charged_by_vendor: bool
    is_vendor_away: bool
    # What the export is called without a name: the feed and its window.
    default_name: str
    # Columns that personal data and business info bring.
    pii_count: int
    business_count: int
    order_hint: str
    formats: tuple[FormatChoice, ...]


def describe_checkout(
    search: Search, form: ExportForm, quote: Quote, *, closed_because: str
) -> CheckoutView:
    """Return the checkout of a search with what was chosen so far."""
    feed = search.feed
    is_charged = feed.is_remote and not quote.is_paid_already and not closed_because
    chosen = form.cleaned_data.get("format") or "csv"
    first = "The first in the vendor's order." if feed.is_remote else "Newest first when limited."
    return CheckoutView(
        faults=_list_faults(form),
        closed_because=closed_because,
        is_charged_by_vendor=is_charged,
        is_vendor_away=is_charged and _is_away(feed),
        default_name=f"{feed.name}, {day(search.start_on)} – {day(search.end_on)}",
        pii_count=len(GROUPS[1].names),
        business_count=len(GROUPS[2].names),
        order_hint=f"{first} The file and the page will say so.",
        formats=tuple(
            FormatChoice(each.name, each.label, each.hint, each.name == chosen)
            for each in FORMATS.values()
        ),
    )


def _list_faults(form: ExportForm) -> tuple[str, ...]:
    told = " ".join(map(str, form.non_field_errors()))
    is_changed = "request_key" in form.errors or "quoted_rows" in form.errors
    return (
        *([f"{told} Nothing was charged."] if told else []),
        *([CHANGED] if is_changed else []),
    )


def _is_away(feed: Feed) -> bool:
    sync = getattr(feed.connection, "feed_sync", None)
    return bool(sync and sync.error)


# --- The quote ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuoteLine:
    """A line of the quote; a negative count is taken off."""

    name: str
    count: int
    note: str = ""


@dataclass(frozen=True)
class QuoteView:
    """The quote and the buttons below it. `body` is the template: there is none while a field is wrong."""

    body: str
    wrong_fields: str
    charged_rows: int
    counted_at: str
    lines: tuple[QuoteLine, ...]
    charged_note: str
    # What is left: which template shows it, and its words.
    left: str
    left_words: str
    remaining: int | None
    remaining_after: int | None
    limit: int | None
    # Beside the buttons.
    note: str
    call: Call | None
    needs_purpose: bool
    affordable_url: str
    button_words: str
    button_css: str
    is_off: bool


def describe_quote(
    search: Search,
    options: ExportOptions,
    quote: Quote,
    *,
    wrong_fields: Sequence[str],
    needs_purpose: bool,
    is_closed: bool,
    who: str,
    affordable_url: str,
) -> QuoteView:
    """Return what an export would charge and leave, and what its button says."""
    is_open = quote.is_affordable and not needs_purpose and not search.feed.is_remote
    can_take_fewer = not quote.is_affordable and quote.remaining and not is_closed
    return QuoteView(
        body="exports/_no_quote.html" if wrong_fields else "exports/_quote_lines.html",
        wrong_fields=" and ".join(wrong_fields),
        charged_rows=quote.charged_rows,
        counted_at=f"{clock.now():%H:%M}",
        lines=_list_lines(options, quote),
        charged_note=f"by {search.feed.vendor_label}" if search.feed.is_remote else "",
        left=_find_left(quote),
        left_words=_say_left(search.feed, quote),
        remaining=quote.remaining,
        remaining_after=quote.remaining_after,
        limit=quote.limit,
        note=_say_note(quote, who) if not (is_open or needs_purpose) else "",
        call=_call_of(search, options) if is_open else None,
        needs_purpose=needs_purpose,
        affordable_url=affordable_url if can_take_fewer else "",
        button_words=_say_button(quote),
        button_css="btn-primary" if quote.is_paid_already else "ch-btn-spend",
        is_off=needs_purpose or is_closed or not quote.is_affordable,
    )


def _list_lines(options: ExportOptions, quote: Quote) -> tuple[QuoteLine, ...]:
    lines = [QuoteLine("Records in this search", quote.record_count)]
    if options.require_contact_id:
        lines.append(QuoteLine("Without contact_id", -quote.without_contact))
    if quote.cut_rows:
        lines.append(QuoteLine("Left out", -quote.cut_rows, f"at most {options.max_rows:,}"))
    if quote.is_paid_already:
        lines.append(QuoteLine("Already exported", -quote.total_rows, "free"))
    return tuple(lines)


def _find_left(quote: Quote) -> str:
    if quote.limit is None:
        return "exports/_no_limit.html"
    return "exports/_left.html" if quote.is_affordable else "exports/_too_few.html"


def _say_left(feed: Feed, quote: Quote) -> str:
    if quote.limit is None:
        return (
            f"{feed.vendor_label} sets no limit" if feed.is_remote else "No limit set for this feed"
        )
    if not quote.is_affordable:
        return f"Only {quote.remaining:,} of {quote.limit:,} rows are left"
    told = f" as {feed.vendor_label} reports" if feed.is_remote else ""
    return f"of {quote.limit:,}, now {quote.remaining:,}{told}"


def _say_note(quote: Quote, who: str) -> str:
    return "You can leave; it runs in the background." if quote.is_affordable else who


def _say_button(quote: Quote) -> str:
    """Return what the button says: a button that spends carries its number."""
    if quote.is_paid_already:
        return f"Export {plural(quote.total_rows, 'row')} again · 0 rows charged"
    return f"Export {plural(quote.charged_rows, 'row')}"


def _call_of(search: Search, options: ExportOptions) -> Call:
    asked = {name: value for name, value in asdict(options).items() if value}
    return Call("contactbased", "/intent/feeds/exports", {"job_id": str(search.pk), **asked})
