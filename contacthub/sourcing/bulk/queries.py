"""Reads about bulk pulls."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from contacthub.connectors.base import Capability
from contacthub.core.errors import NotFound
from contacthub.core.matching import find_words
from contacthub.core.tabular.excel import BYTE_ORDER_MARK, format_excel_rows
from contacthub.credentials.connections.models import Connection
from contacthub.credentials.connections.queries import list_able, list_broken
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization
from contacthub.sourcing.bulk.models import Pull, PullReject

REJECT_HEADER = ["fragment", "row", "vendor_id", "reason", "values"]
UNFINISHED = (Job.State.QUEUED, Job.State.RUNNING)
# The pulls of a tab.
SHOWN = {
    "running": Q(job__state__in=UNFINISHED),
    "failed": Q(job__state=Job.State.FAILED),
    "draft": Q(job=None),
}


def list_sources(*, organization: Organization) -> list[Connection]:
    """List the connections that contacts can be pulled from in bulk now, by name."""
    return list_able(organization=organization, capability=Capability.BULK_JOBS)


def list_broken_sources(*, organization: Organization) -> list[Connection]:
    """List the connections that contacts could be pulled from, were they not broken, by name."""
    return list_broken(organization=organization, capability=Capability.BULK_JOBS)


def list_pulls(*, organization: Organization, show: str = "all", text: str = "") -> QuerySet[Pull]:
    """List an organization's pulls, newest first, all or those of a tab; `text` finds by name or connection."""
    pulls = Pull.objects.filter(SHOWN.get(show, Q()), organization=organization)
    if text:
        pulls = pulls.filter(find_words(text, "name", "connection_name"))
    pulls = pulls.select_related("job", "connection").defer("ids", "connection__sealed")
    return pulls.order_by("-created_at", "-id")


def count_states(*, organization: Organization) -> dict[str, int]:
    """Count pulls for the tabs of their page."""
    pulls = Pull.objects.filter(organization=organization)
    tabs = {name: Count("pk", filter=condition) for name, condition in SHOWN.items()}
    return pulls.aggregate(all=Count("pk"), **tabs)


def get_pull(*, organization: Organization, pull_id: UUID) -> Pull:
    """Return a pull of this organization. Raises `NotFound`."""
    found = Pull.objects.filter(organization=organization, pk=pull_id)
    pull = found.select_related("organization", "connection", "job", "origin").first()
    if pull is None:
        raise NotFound("There is no such pull.")
    return pull


def lock_pull(*, organization: Organization, pull_id: UUID) -> Pull:
    """Return a pull of this organization, locked until the commit: before its job, of all organizations. Raises
    `NotFound`."""
    found = Pull.objects.filter(organization=organization, pk=pull_id)
    pull = (
        found.select_for_update(of=("self",))
        .select_related("organization", "connection", "job")
        .first()
    )
    if pull is None:
        raise NotFound("There is no such pull.")
    return pull


def status_of(pull: Pull) -> str:
    """Return the one word for a pull's state: draft, queued, running, completed, cancelled or failed.

    Once begun it runs, also while its job sleeps.
    """
    if pull.job is None:
        return "draft"
    if pull.job.state == Job.State.QUEUED and pull.job.started_at is not None:
        return "running"
    return str(pull.job.state)


def cost_of_retry(pull: Pull) -> int:
    """Return the most that going on with a pull may take: nothing once the vendor's work has begun and is not lost."""
    return 0 if pull.is_begun and not pull.is_lost else pull.price


def list_rejects(*, pull: Pull, most: int) -> list[PullReject]:
    """List the first rows that were not imported."""
    return list(PullReject.objects.filter(pull=pull).order_by("fragment", "line")[:most])


def format_rejects(*, pull: Pull) -> Iterator[bytes]:
    """Yield the rows that were not imported, with the reason, as CSV for Excel."""
    yield (BYTE_ORDER_MARK + format_excel_rows([REJECT_HEADER])).encode()
    rejects = PullReject.objects.filter(pull=pull).order_by("fragment", "line")
    for each in rejects.iterator(chunk_size=1000):
        row = (each.fragment + 1, each.line, each.vendor_id, each.reason, each.row)
        yield format_excel_rows([row]).encode()
