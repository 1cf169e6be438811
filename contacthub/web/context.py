"""What every page of the shell needs."""

from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest

from contacthub.enrichment.actions.batches import ANSWER_TASK, ASK_TASK
from contacthub.exports.actions import BRING_TASK, RENDER_TASK
from contacthub.feeds.models import FeedGrant
from contacthub.feeds.queries import list_grants
from contacthub.jobs.queries import add_counts, count_unfinished_jobs, list_unfinished_jobs
from contacthub.organizations.models import Organization
from contacthub.organizations.rights import Right


class NavItem(NamedTuple):
    """One entry of the rail; it is current on every page below its prefix."""

    label: str
    icon: str
    url_name: str
    prefix: str
    phone_label: str = ""
    is_current: bool = False
    # Of its page's list, the jobs that have not ended, in words; None: none are listed there.
    job_count: str | None = None


NAVIGATION = (
    NavItem("Home", "home", "home", "/", "Home"),
    NavItem("Intent feeds", "wave-sine", "feed-list", "/feeds/", "Feeds"),
    NavItem("Saved searches", "bookmark", "search-list", "/searches/"),
    NavItem("Contacts", "users", "contact-list", "/contacts/", "Contacts"),
    NavItem("Companies", "building", "company-list", "/companies/"),
    NavItem("Lists", "list-details", "list-list", "/lists/"),
    NavItem("Enrichment", "sparkles", "enrichment-list", "/enrichment/"),
    NavItem("Exports", "file-export", "export-list", "/exports/", "Exports"),
)


# Whose jobs are counted beside which entry: those that the page behind it lists.
COUNTED = {
    "enrichment-list": (ANSWER_TASK, ASK_TASK),
    "export-list": (RENDER_TASK, BRING_TASK),
}


def count_jobs(organization: Organization) -> dict[str, Any]:
    """Return the unfinished jobs of an organization: the oldest ones, their count, and the counts of each page."""
    counts = count_unfinished_jobs(organization=organization)
    return {
        "jobs": list_unfinished_jobs(organization=organization) if counts else [],
        "job_count": add_counts(counts.values()),
        "rail_counts": {
            name: str(add_counts(counts[task] for task in tasks if task in counts))
            for name, tasks in COUNTED.items()
        },
    }


SETTINGS = NavItem("Settings", "settings", "settings", "/settings/")


def mark_current(item: NavItem, path: str) -> NavItem:
    """Return the item, marked where the page is below it; the home page is below nothing but itself."""
    return item._replace(
        is_current=path == "/" if item.prefix == "/" else path.startswith(item.prefix)
    )


class QuotaSum(NamedTuple):
    """Rows left over all feeds that have a limit."""

    used: int
    held: int
    limit: int
    left: int
    feeds: int


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the navigation, running jobs and quota of the person's organization; nothing for anyone else."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"base_url": settings.BASE_URL}
    rights = {right.value: membership.has_right(right) for right in Right}
    if getattr(request, "htmx", False):
        return {"base_url": settings.BASE_URL, "rights": rights}
    grants = list(list_grants(organization=membership.organization))
    jobs = count_jobs(membership.organization)
    return {
        "base_url": settings.BASE_URL,
        "navigation": [
            mark_current(item, request.path)._replace(
                job_count=jobs["rail_counts"].get(item.url_name)
            )
            for item in NAVIGATION
        ],
        "phone_navigation": [
            mark_current(item, request.path) for item in NAVIGATION if item.phone_label
        ],
        "settings_item": mark_current(SETTINGS, request.path),
        "rights": rights,
        "shell_grants": grants,
        "shell_quota": sum_quota(grants),
        "shell_jobs": jobs["jobs"],
        "shell_job_count": jobs["job_count"],
    }


def sum_quota(grants: list[FeedGrant]) -> QuotaSum | None:
    """Add up the feeds with a limit, or return None if there are none."""
    limited = [grant for grant in grants if grant.export_row_limit is not None]
    if not limited:
        return None
    return QuotaSum(
        used=sum(grant.export_rows_used - grant.export_rows_held for grant in limited),
        held=sum(grant.export_rows_held for grant in limited),
        limit=sum(grant.export_row_limit or 0 for grant in limited),
        left=sum(grant.export_rows_remaining or 0 for grant in limited),
        feeds=len(limited),
    )
