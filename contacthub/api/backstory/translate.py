"""ContactHub's jobs in Backstory's words."""

import datetime as dt
from typing import Any

from contacthub.api.gateway.exchange import IssuedToken
from contacthub.contact_jobs.models import ContactJob
from contacthub.contact_jobs.records import Conditions
from contacthub.wire import backstory as wire

Phase = ContactJob.Phase
STATES: dict[Phase, wire.State] = {
    Phase.WAITING: "Queued",
    Phase.RUNNING: "Running",
    Phase.COMPLETED: "Completed",
    Phase.CANCELLED: "Canceled",
    Phase.FAILED: "Failed",
}
FORMATS = {"CSV": ContactJob.Format.CSV, "JSON": ContactJob.Format.JSON}
OUTPUT_FORMATS = {format: name for name, format in FORMATS.items()}


def conditions(body: wire.CreateJob) -> Conditions:
    """Read the conditions of the request."""
    return Conditions(
        start_on=body.start_date,
        end_on=body.end_date,
        include_historical=body.include_historical,
        include_existing=body.include_existing,
        is_sourced_by_people_ai=body.is_sourced_by_people_ai,
        country=body.country,
        state=body.state,
    )


def job(found: ContactJob) -> dict[str, Any]:
    """Serialize a job."""
    result = getattr(found.job, "result", None)
    return {
        "job_id": found.public_id,
        "state": STATES[found.phase],
        "output_format": OUTPUT_FORMATS[ContactJob.Format(found.format)],
        "job_created_time": _moment(found.created_at),
        "job_start_time": _moment(found.job.started_at),
        "job_end_time": _moment(found.job.finished_at),
        "results_size": result.size if result else None,
        "fragments": found.fragment_count,
    }


def _moment(time: dt.datetime | None) -> str | None:
    return None if time is None else time.astimezone(dt.UTC).strftime(wire.TIME)


def token(issued: IssuedToken) -> dict[str, Any]:
    """Serialize a token."""
    return {
        "access_token": issued.text,
        "token_type": "bearer",
        "expires_in": issued.seconds_left,
    }
