"""Files and lists that were not continued: deleted for all organizations, whether they come back or not.

Each is locked, looked at again and deleted in a transaction of its own, so that a list that someone starts at this
moment stays. Run twice, the second run finds nothing.
"""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from contacthub.core import clock
from contacthub.core.apart import apart
from contacthub.enrichment.actions.drafts import DRAFT_LIFE
from contacthub.enrichment.models import EnrichmentBatch, Upload
from contacthub.jobs.models import Job

# A file that could not be read is kept so long, for another encoding.
FAILED_LIFE = dt.timedelta(days=1)
# Deleted in one run; the next one continues.
MOST = 1_000
UNFINISHED = (Job.State.QUEUED, Job.State.RUNNING)


def forget_uploads() -> int:
    """Delete files that no list was read from, with their bytes, a day after the last try. Returns how many."""
    return _delete_each("upload_not_forgotten", _list_forgotten_uploads())


def forget_drafts() -> int:
    """Delete lists that were not started within a week, with their rows and files. Returns how many."""
    return _delete_each("draft_not_forgotten", _list_forgotten_drafts())


def _list_forgotten_uploads() -> QuerySet[Upload]:
    before = clock.now() - FAILED_LIFE
    has_ended = Q(job=None) | Q(job__finished_at__lt=before)
    return Upload.objects.filter(has_ended, batch=None, created_at__lt=before)


def _list_forgotten_drafts() -> QuerySet[EnrichmentBatch]:
    # A file that is being read again replaces the rows of its list.
    being_read = Upload.objects.filter(batch__isnull=False, job__state__in=UNFINISHED)
    is_matched = Q(match_job=None) | ~Q(match_job__state__in=UNFINISHED)
    return EnrichmentBatch.objects.filter(
        is_matched, state=EnrichmentBatch.State.DRAFT, created_at__lt=clock.now() - DRAFT_LIFE
    ).exclude(pk__in=being_read.values("batch"))


def _delete_each(event: str, forgotten: "QuerySet[Upload] | QuerySet[EnrichmentBatch]") -> int:
    count = 0
    keys: Iterable[UUID] = list(forgotten.order_by("pk").values_list("pk", flat=True)[:MOST])
    for key in keys:
        with apart(event, id=str(key)), transaction.atomic():
            row = forgotten.filter(pk=key).select_for_update(of=("self",)).first()
            if row is not None:
                row.delete()
                count += 1
    return count
