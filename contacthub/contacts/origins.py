"""Where rows of contacts come from, as the import writes it down."""

from dataclasses import dataclass
from uuid import UUID

from contacthub.contacts.models import FILES, Load
from contacthub.core import clock
from contacthub.organizations.models import Organization

# Pages of one search and steps of one pull are one load a day.
IN_PARTS = frozenset({Load.Kind.SEARCH, Load.Kind.PULL})


@dataclass(frozen=True)
class Origin:
    """A file by its name, or a connection by its name, its id (`source`), its vendor, and what it calls the request."""

    kind: Load.Kind = Load.Kind.FILE
    name: str = "Rows"
    source: UUID = FILES
    vendor: str = ""
    request_id: str = ""

    @property
    def is_profile_only(self) -> bool:
        """Whether rows say nothing new besides profile, addresses and numbers: the rest is what was known before."""
        return self.kind == Load.Kind.ENRICHMENT


def save_load(origin: Origin, *, organization: Organization | None) -> Load:
    """Return the load of some rows, in the caller's transaction: that of today's earlier parts, or a new one."""
    values = {
        "organization": organization,
        "kind": origin.kind,
        "name": origin.name[:200],
        "vendor": origin.vendor,
        "source": origin.source,
        "request_id": origin.request_id[:100],
    }
    if origin.kind in IN_PARTS:
        earlier = Load.objects.filter(**values, loaded_at__date=clock.today())
        if (load := earlier.order_by("-pk").first()) is not None:
            return load
    return Load.objects.create(**values, loaded_at=clock.now())
