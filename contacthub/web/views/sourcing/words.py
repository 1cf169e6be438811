"""A pull in the words of its pages."""

from typing import Any

from contacthub.connectors.registry import find_connector
from contacthub.sourcing.bulk import queries, requests
from contacthub.sourcing.bulk.models import Pull

# What a vendor's own state is called, after "At InsideView".
AT_VENDOR = {
    "": "Not asked yet",
    "queued": "Waiting for its turn",
    "running": "At work",
    "completed": "Done",
    "cancelled": "Cancelled",
    "failed": "Failed",
    "gone": "Not kept any more",
}


def describe(pull: Pull) -> dict[str, Any]:
    """Return a pull with its state, its vendor's name and how many contacts it saved."""
    return {
        "pull": pull,
        "status": queries.status_of(pull),
        "vendor": find_connector(pull.vendor).label,
        "saved": pull.added + pull.changed + pull.unchanged,
    }


def describe_question(pull: Pull) -> dict[str, Any]:
    """Return what is asked, in words."""
    if pull.ids:
        return {"window": None, "options": []}
    window = requests.read_window(pull.window)
    left_out = [
        *([] if window.include_historical else ["contacts without account and opportunity"]),
        *([] if window.include_existing else ["contacts that are in the CRM"]),
        *(["contacts that Backstory did not create"] if window.is_sourced_by_people_ai else []),
    ]
    options = [("Country", window.country)] if window.country else []
    options += [("State", window.state)] if window.state else []
    options += [("Left out", ", ".join(left_out) or "nobody")]
    return {
        "window": window,
        "options": options,
        "days": (window.end_on - window.start_on).days + 1,
    }


def list_steps(pull: Pull) -> list[dict[str, Any]]:
    """Return the three steps of a pull: a label, words, and how much of what is done."""
    here = pull.fragments.count()
    vendor = find_connector(pull.vendor).label
    is_done = pull.vendor_state == Pull.VendorState.COMPLETED
    processed = len(pull.ids) if is_done else min(pull.processed or 0, len(pull.ids))
    imported = min(pull.imported, pull.row_count or 0)
    return [
        {
            "label": f"At {vendor}",
            "words": f"{processed:,} of {len(pull.ids):,} ids" if pull.ids else _say_state(pull),
            "note": _say_state(pull) if pull.ids else "",
            "used": processed if pull.ids else int(is_done),
            "total": len(pull.ids) if pull.ids else (1 if is_done else None),
        },
        {
            "label": "Fragments here",
            "words": f"{here:,} of {pull.fragment_count:,}" if pull.fragment_count else "None yet",
            "used": here,
            "total": pull.fragment_count,
        },
        {
            "label": "Contacts imported",
            "words": "None yet"
            if pull.row_count is None
            else f"{imported:,} of {pull.row_count:,}",
            "used": imported,
            "total": pull.row_count,
        },
    ]


def _say_state(pull: Pull) -> str:
    if pull.asked_at is not None and not pull.vendor_id:
        return "Asked, not answered"
    return AT_VENDOR[pull.vendor_state]
