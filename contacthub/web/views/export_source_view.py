"""What an export is of, in words: a window of a feed, or a question about the catalog."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html

from contacthub.contacts.models import Selection
from contacthub.exports.models import Export
from contacthub.feeds.models import Feed
from contacthub.web.calls import Call
from contacthub.web.job_words import Fact
from contacthub.web.templatetags.figures import rows
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog.selection_actions import SELECTION
from contacthub.web.views.remembered_choices import choices_of

ORDERS = {
    "quality_score": ("Vendor quality, lowest first", "Vendor quality, highest first"),
    "confidence": ("Confidence, lowest first", "Confidence, highest first"),
    "created_at": ("Oldest first", "Newest first"),
    "full_name": ("Name, A to Z", "Name, Z to A"),
    "name": ("Name, A to Z", "Name, Z to A"),
}


@dataclass(frozen=True)
class SourceView:
    """The source of an export: its name with a link, and which part of it, in words."""

    name: str
    url: str
    words: str
    # The feed; None for the catalog.
    feed: Feed | None
    # Exporting the same once more, and what its button says.
    again_url: str
    again_words: str
    # What becomes of the rows when the file is deleted.
    kept_words: str
    facts: tuple[Fact, ...]
    call: Call | None = None


def describe_source(export: Export) -> SourceView:
    """Return what an export is of."""
    if export.selection is not None:
        return _describe_selection(export, export.selection)
    return _describe_search(export)


# --- A feed ---------------------------------------------------------------------------------------


def _describe_search(export: Export) -> SourceView:
    search = export.feed_search
    return SourceView(
        name=search.feed.name,
        url=reverse("feed-detail", args=[search.feed.public_id]),
        words=f"{day(search.start_on)} – {day(search.end_on)}",
        feed=search.feed,
        again_url=reverse("export-checkout", args=[search.pk]),
        again_words="Export again · 0 rows charged",
        kept_words="The search and its rows are kept; exporting it again is free.",
        facts=(
            Fact("Search", str(search.pk), "ch-mono"),
            Fact("Question", _describe_window(export)),
            *_list_vendor_facts(export),
        ),
        call=Call(
            "contactbased", "/intent/feeds/exports/page", {"export_id": str(export.pk), "page": 1}
        ),
    )


def _describe_window(export: Export) -> str:
    search = export.feed_search
    parts = [
        search.feed.name,
        f"{search.start_on:%-d %b %Y} to {search.end_on:%-d %b %Y} UTC",
        *(["only rows with contact_id"] if export.require_contact_id else []),
        f"PII {'included' if export.get_pii else 'left out'}",
        f"business info {'included' if export.include_business_info else 'left out'}",
        f"frozen {search.created_at:%-d %b %Y %H:%M}",
    ]
    return ", ".join(parts)


def _list_vendor_facts(export: Export) -> list[Fact]:
    if export.remote is None:
        return [Fact("Order", "Newest day first")]
    feed = export.feed_search.feed
    source = f"{feed.vendor_label}, by the connection {feed.source}"
    if export.remote.vendor_id:
        named = '{}; its export <span class="ch-mono">{}</span>'
        source = format_html(named, source, export.remote.vendor_id)
    return [Fact("Source", source), Fact("Order", "The vendor's own")]


# --- The catalog ----------------------------------------------------------------------------------


def name_kind(selection: Selection) -> str:
    """Return what a selection is of: Contacts or Companies."""
    return "Companies" if selection.of_companies else "Contacts"


def say_question(selection: Selection) -> str:
    """Return the question of a selection in words."""
    words = selection.words or f"all {name_kind(selection).lower()}"
    return words[:1].upper() + words[1:]


def _describe_selection(export: Export, selection: Selection) -> SourceView:
    return SourceView(
        name=name_kind(selection),
        url=reverse("company-list" if selection.of_companies else "contact-list"),
        words=say_question(selection),
        feed=None,
        again_url=_address_of_choices(export, selection),
        again_words="Run again",
        kept_words="Run the export again for a new file of what your catalog has now; it is free.",
        facts=(
            Fact("Question", say_question(selection)),
            Fact("Rows", _describe_rows(selection)),
            Fact("Source", "Your catalog: shared and your own; free"),
            Fact("Order", ORDERS.get(selection.sort, ("", ""))[selection.is_descending]),
            Fact("Personal values", "Included" if export.get_pii else "Left out"),
        ),
    )


def _describe_rows(selection: Selection) -> str:
    counted = f"{rows(selection.count)} counted"
    if selection.frozen_at is None:
        return counted
    return f"{counted}, frozen {selection.frozen_at:%-d %b %Y %H:%M}"


def _address_of_choices(export: Export, selection: Selection) -> str:
    """Return the checkout of the same question with the same choices; it counts again."""
    return (
        f"{reverse('contact-export')}?{SELECTION}={selection.pk}&{choices_of(export).urlencode()}"
    )
