"""Celery entry points of the ground work: the sweeper, the sender of webhooks and the clean-up."""

from celery import shared_task

from contacthub.core.tenancy import across_organizations
from contacthub.jobs import actions, serving
from contacthub.jobs.webhooks import actions as webhook_actions
from contacthub.jobs.webhooks import runner as webhook_runner


@shared_task
@across_organizations()
def sweep() -> None:
    """Ring again for lost rings and dead workers."""
    actions.sweep()


@shared_task
@across_organizations()
def expire_results() -> None:
    """Delete the bytes of results past their date."""
    actions.expire_results()
    serving.sweep_folder()


@shared_task
@across_organizations()
def deliver_due(_delivery_id: str | None = None) -> None:
    """Send the webhooks that are due, whichever of them rang."""
    webhook_runner.deliver_due()


@shared_task
@across_organizations()
def expire_deliveries() -> None:
    """Delete webhooks past their date."""
    webhook_actions.expire_deliveries()
