"""Celery entry points of organizations: the clean-up, and reads that become lines of the audit log."""

from celery import shared_task

from contacthub.core import clock
from contacthub.organizations import audit, purging


@shared_task
def forget_ended() -> None:
    """Delete ended sessions, expired invitations and forgotten cache rows."""
    purging.forget_sessions()
    purging.forget_invitations()
    purging.forget_cache_rows()


@shared_task
def write_reads() -> None:
    """Write the reads of the minutes that are over."""
    audit.write_reads(now=clock.now())
