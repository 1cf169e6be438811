"""ContactHub's jobs in InsideView's words."""

import datetime as dt
from typing import Any

from contacthub.api.gateway.exchange import IssuedToken
from contacthub.contact_jobs.models import ContactJob
from contacthub.wire import insideview as wire

Phase = ContactJob.Phase
STATUSES: dict[Phase, wire.Status] = {
    Phase.WAITING: "accepted",
    Phase.RUNNING: "processing",
    Phase.COMPLETED: "finished",
    Phase.FAILED: "failed",
    Phase.CANCELLED: "aborted",
}
PHASES = {status: phase for phase, status in STATUSES.items()}
STATUS_ROOT, RESULTS_ROOT, LIST_ROOT, TOKEN_ROOT = (
    "BulkLeadEnrichmentStatus",
    "bulkJob",
    "bulkJobs",
    "accessTokenDetails",
)


def accepted(job: ContactJob) -> dict[str, Any]:
    """Serialize a job that was taken in."""
    return {"jobId": job.public_id, "status": "accepted", "type": "contacts"}


def status(job: ContactJob) -> dict[str, Any]:
    """Serialize how far a job is."""
    return {
        "jobId": job.public_id,
        "status": STATUSES[job.phase],
        "totalProcessed": job.job.done,
        "type": "contact",
    }


def aborted(job: ContactJob) -> dict[str, Any]:
    """Serialize a job that was cancelled."""
    return {"jobId": job.public_id, "status": "aborted", "type": "contact"}


def results(job: ContactJob, url: str | None) -> dict[str, Any]:
    """Serialize where the file is, or why there is none."""
    return {
        "createdDate": job.created_at.astimezone(dt.UTC).isoformat(timespec="milliseconds"),
        "creditsConsumed": job.charged,
        "jobId": job.public_id,
        "jobStatus": STATUSES[job.phase],
        "jobType": wire.OURS,
        "resultsUrl": url,
        "errorMessage": None if url else job.job.error or "No reason was given.",
    }


def listed(job: ContactJob) -> dict[str, Any]:
    """Serialize a job in the list."""
    return {
        "jobId": job.public_id,
        "jobType": wire.OURS,
        "jobStatus": STATUSES[job.phase],
        "createdDate": job.created_at.astimezone(dt.UTC).date().isoformat(),
        "creditsConsumed": job.charged,
    }


def token(issued: IssuedToken) -> dict[str, Any]:
    """Serialize a token."""
    return {
        "accessToken": issued.text,
        "expirationTime": issued.expires_at.astimezone(dt.UTC).strftime(wire.EXPIRATION),
        "tokenType": "bearer",
    }
