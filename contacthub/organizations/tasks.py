"""Celery entry points of organizations: the clean-up."""

from celery import shared_task

from contacthub.organizations import purging


@shared_task
def forget_ended() -> None:
    """Delete ended sessions, expired invitations and forgotten cache rows."""
    purging.forget_sessions()
    purging.forget_invitations()
    purging.forget_cache_rows()
