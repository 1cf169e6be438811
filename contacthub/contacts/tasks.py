"""Celery entry points of the catalog: the clean-up, and the search for duplicates."""

from celery import shared_task

from contacthub.contacts import purging
from contacthub.contacts.duplicates.scan import propose_duplicates
from contacthub.core.tenancy import across_organizations


@shared_task
@across_organizations()
def forget_selections() -> None:
    """Delete selections that nothing has used for 30 days."""
    purging.forget_selections()


# A task ends in time for the next one, which begins where it stopped.
SCAN_SECONDS = 45.0


@shared_task
@across_organizations()
def find_duplicates() -> None:
    """Compare the contacts that imports and people changed since the last time with all others of their owner."""
    propose_duplicates(seconds=SCAN_SECONDS)
