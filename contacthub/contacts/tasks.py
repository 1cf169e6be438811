"""Celery entry points of the catalog: the clean-up."""

from celery import shared_task

from contacthub.contacts import purging
from contacthub.core.tenancy import across_organizations


@shared_task
@across_organizations()
def forget_selections() -> None:
    """Delete selections that nothing has used for 30 days."""
    purging.forget_selections()
