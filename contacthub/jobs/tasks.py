"""Celery entry points of the ground work: the sweeper and the clean-up."""

from celery import shared_task

from contacthub.core.tenancy import across_organizations
from contacthub.jobs import actions, links, serving
from contacthub.jobs.fragments import STORE


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
def sweep_fragments() -> None:
    """Delete objects that no row names, and copies of whole files, a day after they were put."""
    STORE.sweep()
    links.sweep()
