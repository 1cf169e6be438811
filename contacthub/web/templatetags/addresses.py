"""Links to the page itself, in place of Django's own tag, which forgets what a query must not show, and to jobs."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.template import RequestContext
from django.urls import reverse

from contacthub.jobs.models import Job
from contacthub.web.job_pages import address_of

register = template.Library()


@register.simple_tag(takes_context=True)
def querystring(context: RequestContext, **changes: Any) -> str:
    """Return the page's query with some parts changed; None leaves a part out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"


@register.filter
def job_page(job: Job) -> str:
    """Return the path of a job's page."""
    return address_of(job)


@register.filter
def tray_part(jobs: Sequence[Job]) -> str:
    """Return where the pill of unfinished jobs is read again; nothing while there are none."""
    known = ",".join(str(job.pk) for job in jobs)
    return f"{reverse('job-tray')}?known={known}" if jobs else ""
