"""Celery entry points of organizations: the clean-up, and reads that become lines of the audit log."""

from celery import shared_task

from contacthub.core import clock
from contacthub.core.tenancy import across_organizations
from contacthub.organizations import audit, purging


@shared_task
@across_organizations()
def forget_ended() -> None:
    """Delete ended sessions, expired invitations and forgotten cache rows."""
    purging.forget_sessions()
    purging.forget_invitations()
    purging.forget_cache_rows()


@shared_task
@across_organizations()
def write_reads() -> None:
    """Write the reads of the minutes that are over."""
    audit.write_reads(now=clock.now())
