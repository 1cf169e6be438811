"""Where the pages of jobs are."""

from django.urls import reverse

from contacthub.jobs.models import Job

# By the first word of a job's subject: the name of the page that shows what the job works on.
PAGES = {
    "contact-job": "contact-job-detail",
    "enrichment": "enrichment-detail",
    "export": "export-detail",
    "list": "list-detail",
    "live-save": "live-save-detail",
    "pull": "pull-detail",
    "upload": "enrichment-upload",
}


def address_of(job: Job) -> str:
    """Return the path of a job's page; empty if the job works on nothing that has one."""
    kind, _, subject_id = job.subject.partition(" ")
    return reverse(PAGES[kind], args=[subject_id]) if kind in PAGES else ""
