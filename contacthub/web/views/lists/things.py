"""What can be put on a list from other pages. An address names it, such as `?selection=<id>`.

A selection, the contacts or companies of an export, what an enrichment found, what was saved of a live search, what a
pull brought.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from contacthub.contacts import list_members as catalog_members
from contacthub.contacts.selections import get_selection
from contacthub.core.errors import NotFound
from contacthub.enrichment import list_members as enrichment_members
from contacthub.enrichment.queries.batches import get_batch
from contacthub.exports import list_members as export_members
from contacthub.exports.queries import get_export
from contacthub.lists.changes import count_source
from contacthub.lists.sources import Source
from contacthub.organizations.models import Organization
from contacthub.organizations.rights import Right
from contacthub.sourcing.bulk import list_members as pull_members
from contacthub.sourcing.bulk.queries import get_pull
from contacthub.sourcing.live import list_members as live_members
from contacthub.sourcing.live.queries import get_save
from contacthub.web.access import refuse
from contacthub.web.http import HubRequest
from contacthub.web.scalars import parse_uuid


@dataclass(frozen=True)
class Thing:
    """What can be put on a list, with how many contacts or companies it has and the page that it came from."""

    # How an address names it.
    parameter: str
    id: str
    source: Source
    of_companies: bool
    count: int
    back: str

    @property
    def query(self) -> str:
        """Return what stands in an address."""
        return f"{self.parameter}={self.id}"


@dataclass(frozen=True)
class _Kind:
    """A kind of thing: how it is found, and the right that its own pages need."""

    find: Callable[[Organization, UUID], tuple[Source | None, bool, int | None, str]]
    right: Right | None = None


def _find_selection(
    organization: Organization, thing_id: UUID
) -> tuple[Source | None, bool, int | None, str]:
    found = get_selection(organization=organization, selection_id=thing_id)
    back = reverse("company-list" if found.of_companies else "contact-list")
    return catalog_members.source_of(found), found.of_companies, found.count, back


def _find_export(
    organization: Organization, thing_id: UUID
) -> tuple[Source | None, bool, int | None, str]:
    found = get_export(organization=organization, export_id=thing_id)
    of_companies = found.selection is not None and found.selection.of_companies
    back = reverse("export-detail", args=[found.pk])
    return export_members.source_of(found), of_companies, None, back


def _find_export_companies(
    organization: Organization, thing_id: UUID
) -> tuple[Source | None, bool, int | None, str]:
    found = get_export(organization=organization, export_id=thing_id)
    back = reverse("export-detail", args=[found.pk])
    return export_members.companies_of(found), True, None, back


def _find_batch(
    organization: Organization, thing_id: UUID
) -> tuple[Source | None, bool, int | None, str]:
    found = get_batch(organization=organization, batch_id=thing_id)
    back = reverse("enrichment-detail", args=[found.pk])
    return enrichment_members.source_of(found), False, None, back


def _find_save(
    organization: Organization, thing_id: UUID
) -> tuple[Source | None, bool, int | None, str]:
    found = get_save(organization=organization, save_id=thing_id)
    back = reverse("live-save-detail", args=[found.pk])
    return live_members.source_of(found), found.of_companies, None, back


def _find_pull(
    organization: Organization, thing_id: UUID
) -> tuple[Source | None, bool, int | None, str]:
    found = get_pull(organization=organization, pull_id=thing_id)
    back = reverse("pull-detail", args=[found.pk])
    return pull_members.source_of(found), False, None, back


KINDS: Mapping[str, _Kind] = {
    "selection": _Kind(_find_selection),
    "export": _Kind(_find_export),
    "export_companies": _Kind(_find_export_companies),
    "enrichment": _Kind(_find_batch, Right.ENRICH),
    "live": _Kind(_find_save, Right.ENRICH),
    "pull": _Kind(_find_pull, Right.ENRICH),
}


def read_thing(request: HubRequest) -> Thing:
    """Return what an address wants to be put on a list. Raises `NotFound`, for another organization's too."""
    for name, kind in KINDS.items():
        text = request.GET.get(name, "")
        if not text:
            continue
        thing_id = parse_uuid(text)
        if thing_id is None:
            break
        if kind.right is not None and not request.membership.has_right(kind.right):
            refuse(request, kind.right)
        source, of_companies, count, back = kind.find(request.organization, thing_id)
        if source is None:
            break
        if count is None:
            count = count_source(organization=request.organization, source=source)
        return Thing(name, str(thing_id), source, of_companies, count, back)
    raise NotFound("There is nothing to put on a list.")
