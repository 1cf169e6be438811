"""Celery entry points of feeds: the mirror of vendors' feeds."""

from celery import shared_task

from contacthub.core.tenancy import across_organizations
from contacthub.feeds.mirror import actions


@shared_task
@across_organizations()
def sync_remote_feeds() -> None:
    """Mirror the feeds and quotas of every connected vendor."""
    actions.sync_all()
