"""Celery entry points: the sender and the clean-up."""

from celery import shared_task

from contacthub.core.tenancy import across_organizations
from contacthub.webhooks import actions, runner


@shared_task
@across_organizations()
def deliver_due(_delivery_id: str | None = None) -> None:
    """Send the webhooks that are due, whichever of them rang."""
    runner.deliver_due()


@shared_task
@across_organizations()
def expire_deliveries() -> None:
    """Delete webhooks past their date."""
    actions.expire_deliveries()


# The names of the release before. Its processes may still ring them while this one is deployed, and rings may wait in
# Redis. They go with the next release.


@shared_task(name="contacthub.jobs.tasks.deliver_due")
@across_organizations()
def deliver_due_by_former_name(_delivery_id: str | None = None) -> None:
    """Send the webhooks that are due."""
    runner.deliver_due()


@shared_task(name="contacthub.jobs.tasks.expire_deliveries")
@across_organizations()
def expire_deliveries_by_former_name() -> None:
    """Delete webhooks past their date."""
    actions.expire_deliveries()
