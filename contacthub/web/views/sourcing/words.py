"""A pull in the words that its pages share."""

from dataclasses import dataclass

from contacthub.connectors.registry import find_connector
from contacthub.sourcing.bulk import requests
from contacthub.sourcing.bulk.models import Pull
from contacthub.web.job_words import Fact
from contacthub.web.templatetags.figures import plural

# What a vendor's own state is called, after "At InsideView".
AT_VENDOR = {
    "": "Not asked yet",
    "queued": "Waiting for its turn",
    "running": "Running",
    "completed": "Done",
    "cancelled": "Cancelled",
    "failed": "Failed",
    "gone": "No longer kept",
}


@dataclass(frozen=True)
class Step:
    """One of the three steps of a pull: how much of what is done. Without a total it is not known."""

    label: str
    words: str
    used: int
    total: int | None
    note: str = ""


def name_vendor(pull: Pull) -> str:
    """Return the vendor's name as people know it."""
    return find_connector(pull.vendor).label


def name_source(pull: Pull, form: str) -> str:
    """Return the connection's name, and in `form` the vendor's where the connection does not name it."""
    vendor = name_vendor(pull)
    return pull.connection_name + ("" if vendor in pull.connection_name else form.format(vendor))


def list_options(pull: Pull, *, with_days: bool) -> tuple[Fact, ...]:
    """Return what a pull by days requests, in words."""
    window = requests.read_window(pull.window)
    days = f", {plural((window.end_on - window.start_on).days + 1, 'day')} in UTC"
    left_out = [
        *([] if window.include_historical else ["contacts without account and opportunity"]),
        *([] if window.include_existing else ["contacts that are in the CRM"]),
        *(["contacts that Backstory did not create"] if window.is_sourced_by_people_ai else []),
    ]
    asked = f"{window.start_on:%-d %b %Y} – {window.end_on:%-d %b %Y}"
    return (
        Fact("Created", asked + (days if with_days else "")),
        *([Fact("Country", window.country)] if window.country else []),
        *([Fact("State", window.state)] if window.state else []),
        Fact("Left out", ", ".join(left_out) or "none"),
    )


def list_steps(pull: Pull) -> tuple[Step, ...]:
    """Return the three steps of a pull."""
    here = pull.fragments.count()
    imported = min(pull.imported, pull.row_count or 0)
    all_here, all_imported = f"{here:,} of", f"{imported:,} of"
    return (
        _describe_work(pull),
        Step(
            "Fragments received",
            f"{all_here} {pull.fragment_count:,}" if pull.fragment_count else "None yet",
            here,
            pull.fragment_count,
        ),
        Step(
            "Contacts imported",
            "None yet" if pull.row_count is None else f"{all_imported} {pull.row_count:,}",
            imported,
            pull.row_count,
        ),
    )


def _describe_work(pull: Pull) -> Step:
    """Return how far the vendor is; of a pull by days it does not say."""
    label, state = f"At {name_vendor(pull)}", _say_state(pull)
    is_done, count = pull.vendor_state == Pull.VendorState.COMPLETED, len(pull.ids)
    if not count:
        return Step(label, state, int(is_done), 1 if is_done else None)
    processed = count if is_done else min(pull.processed or 0, count)
    return Step(label, f"{processed:,} of {count:,} ids", processed, count, state)


def _say_state(pull: Pull) -> str:
    if pull.asked_at is not None and not pull.vendor_id:
        return "No answer yet"
    return AT_VENDOR[pull.vendor_state]
