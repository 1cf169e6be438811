"""Searches and exports for tests."""

from typing import Any

from contacthub.exports import actions
from contacthub.exports.models import Export
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
from contacthub.exports.runner import RenderFile
from contacthub.feeds import actions as feed_actions
from contacthub.feeds.models import FeedGrant, Search
from contacthub.jobs.fragments import STORE
from contacthub.jobs.runner import perform
from contacthub.organizations.audit import Actor


def run_search(grant: FeedGrant, actor: Actor, days: int = 7) -> Search:
    """Freeze a search."""
    return feed_actions.run_search(
        organization=grant.organization, actor=actor, grant=grant, lookback_days=days
    )


def make_export(
    search: Search,
    actor: Actor,
    *,
    format: str | None = "csv",
    request_key: str | None = None,
    **options: Any,
) -> Export:
    """Make an export; names of ExportOptions are options, everything else is of the order.

    One with personal data has a purpose unless it is given another, as a person needs one.
    """
    fields = ExportOptions.__dataclass_fields__
    chosen = ExportOptions(**{name: options.pop(name) for name in list(options) if name in fields})
    if chosen.get_pii:
        options.setdefault("purpose", "Campaign")
    export, _ = actions.create_export(
        organization=search.organization,
        actor=actor,
        order=ExportOrder(search_id=search.pk, options=chosen, format=format, **options),
        request_key=request_key,
    )
    return export


def render(export: Export) -> Export:
    """Do the export's job here and now."""
    assert export.job_id is not None
    perform(export.job_id, RenderFile)
    return Export.objects.select_related("search__feed", "job__result").get(pk=export.pk)


def read_file(export: Export) -> bytes:
    """Return the bytes of a finished export's file."""
    assert export.job is not None
    return b"".join(STORE.read(job_id=export.job.pk, first=0, last=export.job.result.size - 1))
