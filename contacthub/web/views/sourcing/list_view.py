"""Pulls in the words of their list."""

from dataclasses import dataclass

from django.urls import reverse

from contacthub.sourcing.bulk.models import Pull
from contacthub.sourcing.bulk.queries import status_of
from contacthub.web.job_words import Action, Tab, make_tabs
from contacthub.web.views.sourcing.words import name_source


@dataclass(frozen=True)
class PullRow:
    """A pull in the list. Counts are None until its rows are known."""

    pull: Pull
    status: str
    source: str
    saved: int | None
    added: str
    rejected: int | None
    # What it took: "free", or nothing if that is not known, unless it costs something.
    cost: str
    agreed: str
    is_measured: bool
    action: Action


def describe_row(pull: Pull) -> PullRow:
    """Return a pull as the list shows it."""
    status, is_known = status_of(pull), pull.row_count is not None
    is_draft = status == "draft"
    return PullRow(
        pull=pull,
        status=status,
        source=name_source(pull, ", {}"),
        saved=pull.added + pull.changed + pull.unchanged if is_known else None,
        added=f"{pull.added:,} new" if is_known and pull.added else "",
        rejected=pull.refused if is_known else None,
        cost="–" if is_draft else "free",
        agreed=f"of {pull.most_cost:,} agreed" if pull.most_cost else "",
        is_measured=status == "running" and pull.job is not None and pull.job.percent is not None,
        action=Action(
            reverse("pull-detail", args=[pull.pk]),
            "Continue" if is_draft else "View",
            f"{'Continue with' if is_draft else 'View'} {pull.name}, {pull.created_at:%-d %b %H:%M:%S}",
        ),
    )


def list_tabs(counts: dict[str, int], show: str) -> list[Tab]:
    """Return the tabs of the list."""
    words = {
        "all": f"All {counts['all']:,}",
        "running": f"In progress {counts['running']:,}",
        "failed": f"Failed {counts['failed']:,}",
        "draft": f"Not started {counts['draft']:,}",
    }
    return make_tabs(reverse("pull-list"), words, show)
