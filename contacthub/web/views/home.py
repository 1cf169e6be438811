"""Home: what is left, what is new, what runs."""

import datetime as dt

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from contacthub.contact_jobs import queries as contact_jobs_queries
from contacthub.core import clock
from contacthub.enrichment.queries.batches import status_of
from contacthub.exports import queries as exports_queries
from contacthub.exports.models import Export
from contacthub.exports.queries import count_expiring, list_exports
from contacthub.feeds import queries
from contacthub.feeds.models import FeedGrant, Search
from contacthub.jobs.models import Job
from contacthub.jobs.queries import list_jobs
from contacthub.organizations.actions import hide_checklist
from contacthub.web.access import member
from contacthub.web.http import HubRequest
from contacthub.web.views.home_view import (
    JobRow,
    SearchRow,
    Step,
    describe_quota,
    describe_search,
    describe_steps,
)

TREND_DAYS = 24
SEARCHES_SHOWN = 5
JOBS_SHOWN = 5
# A file about to be deleted is announced this long before.
EXPIRY_NOTICE = dt.timedelta(days=5)


@require_safe
@member()
def home(request: HubRequest) -> HttpResponse:
    """Show quotas, new rows in one's searches and one's jobs; the first steps to someone new."""
    organization, today = request.organization, clock.today()
    grants = list(queries.list_grants(organization=organization))
    searches = list(queries.list_searches(organization=organization)[:SEARCHES_SHOWN])
    since = today - dt.timedelta(days=TREND_DAYS - 1)
    counts = queries.list_daily_counts(feed_ids=[s.feed_id for s in searches], since=since)
    exports = list_exports(organization=organization)
    steps = None if request.user.has_hidden_checklist else _list_steps(request, grants, exports)
    context = {
        "heading": f"Welcome, {request.user.name}" if steps else "Home",
        "steps": steps,
        "quotas": [describe_quota(grant, _lasts_until(grant)) for grant in grants],
        "searches": [
            _describe_search(search, counts[search.feed_id], since) for search in searches
        ],
        "jobs": _list_own_jobs(request),
        "previous_visit": request.membership.previous_visit_at,
        "expiring": count_expiring(
            organization=organization, user=request.user, before=clock.now() + EXPIRY_NOTICE
        ),
    }
    return render(request, "home/home.html", context)


def _describe_search(search: Search, counts: dict[dt.date, int], since: dt.date) -> SearchRow:
    days = [since + dt.timedelta(days=n) for n in range(TREND_DAYS)]
    arrived = queries.count_arrived_since(search=search)
    return describe_search(search, arrived, [counts.get(day, 0) for day in days])


def _list_own_jobs(request: HubRequest) -> list[JobRow]:
    """Return a person's last jobs, each with the word that its own page and list have for its state."""
    jobs = list_jobs(organization=request.organization).filter(created_by=request.user)
    jobs = jobs.select_related("result", "export", "enrichment", "contact_job")
    return [JobRow(job, _status_of(job)) for job in jobs[:JOBS_SHOWN]]


def _status_of(job: Job) -> str:
    """Return what became of a job as the work that it does is called: also limited, or expired."""
    if (export := getattr(job, "export", None)) is not None:
        return exports_queries.status_of(export)
    if (batch := getattr(job, "enrichment", None)) is not None:
        return status_of(batch)
    if (contact_job := getattr(job, "contact_job", None)) is not None:
        return contact_jobs_queries.status_of(contact_job)
    return str(job.state)


@require_safe
@member()
def more(request: HubRequest) -> HttpResponse:
    """List the whole rail for phones."""
    return render(request, "home/more.html", {})


@require_POST
@member()
def checklist_hide(request: HubRequest) -> HttpResponse:
    """Hide the first steps for good."""
    hide_checklist(user=request.user)
    return redirect("home")


def _lasts_until(grant: FeedGrant) -> dt.date | None:
    """Return when the rows left will be used up at the pace so far, where that is within a year."""
    used, left = grant.export_rows_used, grant.export_rows_remaining
    days = (clock.now() - grant.created_at).days
    if not used or left is None or days < 1:
        return None
    days_left = left * days // used
    return clock.today() + dt.timedelta(days=days_left) if days_left <= 365 else None


def _list_steps(
    request: HubRequest, grants: list[FeedGrant], exports: QuerySet[Export]
) -> list[Step] | None:
    """Return the first steps with what is done of them, or None once all are done."""
    searches = queries.list_searches(organization=request.organization)
    is_done = (bool(grants), searches.first() is not None, exports.first() is not None)
    if all(is_done):
        return None
    return describe_steps(is_done, feed_count=len(grants), organization=request.organization.name)
