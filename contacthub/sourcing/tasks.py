"""Celery entry points of live search and of bulk pulls."""

from __future__ import annotations

from uuid import UUID

from celery import Task, shared_task

from contacthub.core.tenancy import across_organizations
from contacthub.jobs.runner import perform
from contacthub.sourcing.bulk import actions
from contacthub.sourcing.bulk.runner import PullContacts
from contacthub.sourcing.live.runner import SaveFound


@shared_task(bind=True)
def save_found(self: Task[[str], None], job_id: str) -> None:
    """Save all rows that a vendor's search finds."""
    perform(UUID(job_id), SaveFound, task=self.name)


@shared_task(bind=True)
def pull_contacts(self: Task[[str], None], job_id: str) -> None:
    """Call the vendor, wait for its job, and import the result; a step at a time."""
    perform(UUID(job_id), PullContacts, task=self.name)


@shared_task
@across_organizations()
def expire_pulls() -> None:
    """Delete what is only kept for a while."""
    actions.expire_pulls()


# The names of the release before. Its processes may still ring them while this one is deployed, and jobs that it began
# keep the name that they were made with. They go with the next release.


@shared_task(bind=True, name="contacthub.enrichment.tasks.save_found")
def save_found_by_former_name(self: Task[[str], None], job_id: str) -> None:
    """Save all rows that a vendor's search finds."""
    perform(UUID(job_id), SaveFound, task=self.name)


@shared_task(bind=True, name="contacthub.pulls.tasks.pull_contacts")
def pull_contacts_by_former_name(self: Task[[str], None], job_id: str) -> None:
    """Continue a pull."""
    perform(UUID(job_id), PullContacts, task=self.name)


@shared_task(name="contacthub.pulls.tasks.expire_pulls")
@across_organizations()
def expire_pulls_by_former_name() -> None:
    """Delete what is only kept for a while."""
    actions.expire_pulls()
