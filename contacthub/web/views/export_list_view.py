"""Exports in the words of their list."""

from dataclasses import dataclass

from django.urls import reverse

from contacthub.exports.models import Export
from contacthub.exports.queries import status_of
from contacthub.formats import FORMATS
from contacthub.organizations.models import Membership
from contacthub.organizations.rights import Right
from contacthub.web.job_words import Action, Tab, describe_kept, make_tabs
from contacthub.web.templatetags.figures import file_size, rows
from contacthub.web.views.export_source_view import SourceView, describe_source
from contacthub.web.views.export_view import find_result


@dataclass(frozen=True)
class ExportRow:
    """An export in the list."""

    export: Export
    source: SourceView
    status: str
    # Of what its rows are, below the name.
    summary: str
    limit: str
    file: str
    file_size: str
    status_note: str
    kept: str
    action: Action | None
    is_of_vendor: bool
    is_running: bool


def describe_row(export: Export, membership: Membership) -> ExportRow:
    """Return an export as the list shows it to a member."""
    status, result = status_of(export), find_result(export)
    may_export = membership.has_right(Right.EXPORT)
    source = describe_source(export)
    return ExportRow(
        export=export,
        source=source,
        status=status,
        summary=_summarize(export, source),
        limit=f"of {export.matched_rows:,}" if export.is_limited else "",
        file=FORMATS[export.format].label if export.format else "Pages only",
        file_size=file_size(result.size) if result and export.format else "",
        status_note=_note_status(export, status),
        kept=describe_kept(result),
        action=_find_action(export, source, status, has_result=result is not None)
        if may_export
        else None,
        is_of_vendor=export.remote_id is not None,
        is_running=status == "running",
    )


def _summarize(export: Export, source: SourceView) -> str:
    if source.feed is None:
        named = f"{source.name} · {source.words}"
        return f"{named}, personal values" if export.get_pii else named
    window = f"{source.name}, {source.words}"
    parts = [
        *([] if source.name in export.name else [window]),
        "with contact_id" if export.require_contact_id else "with and without contact_id",
        *(["PII"] if export.get_pii else []),
        *(["business info"] if export.include_business_info else []),
        *([f"at most {rows(export.max_rows)}"] if export.max_rows else []),
    ]
    return ", ".join(parts)


def _note_status(export: Export, status: str) -> str:
    if export.selection_id is not None:
        return "nothing exported" if status == "failed" else ""
    if status == "failed":
        is_made = export.remote is not None and export.remote.is_made
        return "run it again for free" if is_made else "no rows charged"
    return "search kept" if status == "expired" else ""


def _find_action(
    export: Export, source: SourceView, status: str, *, has_result: bool
) -> Action | None:
    if status == "expired":
        words = "Export again, free"
        return Action(source.again_url, words, f"{words}: {export.name}")
    if status not in ("completed", "limited"):
        return Action(reverse("export-detail", args=[export.pk]), "View", f"View {export.name}")
    if not has_result:
        return None
    url = reverse("export-download", args=[export.pk])
    return Action(url, "Download", f"Download {export.name}", is_download=True)


def list_tabs(counts: dict[str, int], show: str) -> list[Tab]:
    """Return the tabs of the list; the last one leads to the list of contact jobs."""
    words = {
        "all": "All",
        "mine": "Mine",
        "running": "In progress",
        "failed": "Failed",
    }
    return [
        *make_tabs(reverse("export-list"), words, show, counts),
        Tab("Contact jobs", reverse("contact-job-list")),
    ]
