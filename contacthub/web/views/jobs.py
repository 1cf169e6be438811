"""The pill of jobs that have not ended."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from contacthub.core.errors import NotFound
from contacthub.jobs.models import Job
from contacthub.jobs.queries import get_job
from contacthub.web.access import member
from contacthub.web.context import count_jobs
from contacthub.web.http import HubRequest
from contacthub.web.job_pages import address_of
from contacthub.web.scalars import parse_uuid


@require_safe
@member()
def job_tray(request: HubRequest) -> HttpResponse:
    """Show what runs and waits now, and tell about the first known job that has ended since."""
    counted = count_jobs(request.organization)
    response = render(request, "jobs/_tray_swap.html", counted)
    ended = _find_ended(request, {str(job.pk) for job in counted["jobs"]})
    if ended is not None:
        text = f"{ended.title}: {ended.get_state_display().lower()}"
        trigger_client_event(response, "toast", {"text": text, "link": address_of(ended)})
    return response


def _find_ended(request: HubRequest, running: set[str]) -> Job | None:
    known = [
        job_id
        for text in request.GET.get("known", "").split(",")[:50]
        if (job_id := parse_uuid(text)) and str(job_id) not in running
    ]
    for job_id in known:
        try:
            return get_job(organization=request.organization, job_id=job_id)
        except NotFound:
            continue
    return None
