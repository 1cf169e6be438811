"""Reads about rows of vendors' searches that were saved."""

from dataclasses import dataclass
from uuid import UUID

from contacthub.contacts.models import Company, Contact
from contacthub.contacts.queries import find_contacts
from contacthub.core.errors import NotFound
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization
from contacthub.sourcing.live.models import LiveSave, LiveSaveRow


def get_save(*, organization: Organization, save_id: UUID) -> LiveSave:
    """Return a run of this organization with its job and list. Raises `NotFound`."""
    found = LiveSave.objects.select_related(
        "job", "list", "batch", "organization", "created_by"
    ).filter(organization=organization, pk=save_id)
    return _one(found.first())


def lock_save(*, organization: Organization, save_id: UUID) -> LiveSave:
    """Return a run of this organization, locked for the caller's transaction. Raises `NotFound`."""
    found = LiveSave.objects.select_for_update(of=("self",)).select_related(
        "job", "list", "batch", "organization", "created_by"
    )
    return _one(found.filter(organization=organization, pk=save_id).first())


def _one(save: LiveSave | None) -> LiveSave:
    if save is None:
        raise NotFound("There is no such job.")
    return save


def status_of(save: LiveSave) -> str:
    """Return the one word for a run's state: queued, running, completed, cancelled or failed."""
    is_queued = save.job is not None and save.job.state == Job.State.QUEUED
    return "queued" if save.state == LiveSave.State.RUNNING and is_queued else str(save.state)


@dataclass(frozen=True)
class SavedRow:
    """A row as it was saved: a contact or a company, or neither where it could not be used or is gone."""

    row: LiveSaveRow
    contact: Contact | None = None
    company: Company | None = None


def list_saved(*, save: LiveSave, after: int = 0, most: int) -> list[SavedRow]:
    """List rows that a run saved in the vendor's order, behind a row's primary key."""
    rows = LiveSaveRow.objects.filter(save_of=save, pk__gt=after).select_related("company")
    kept = rows.exclude(contact_key=None, company=None).order_by("pk")[:most]
    keys = [row.contact_key for row in kept if row.contact_key is not None]
    contacts = find_contacts(organization=save.organization, keys=keys)
    return [SavedRow(row, contacts.get(row.contact_key or 0), row.company) for row in kept]


def list_sources(*, organization: Organization, company: Company) -> list[LiveSave]:
    """List the runs that saved a company for this organization, newest first, one for each connection."""
    runs = LiveSave.objects.filter(organization=organization, rows__company=company)
    newest: dict[UUID, LiveSave] = {}
    for run in runs.order_by("-created_at", "-pk")[:50]:
        newest.setdefault(run.connection_key, run)
    return list(newest.values())
