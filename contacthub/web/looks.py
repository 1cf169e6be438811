"""Looks at people: every page that shows contacts counts them for the audit log, masked as they are."""

from contacthub.organizations.audit import record_read
from contacthub.web.http import HubRequest, actor_of


def note_look(request: HubRequest, page: str, *, people: int) -> None:
    """Note that someone looks at so many contacts, for one line of the log a person, page and minute."""
    record_read(
        organization=request.organization,
        actor=actor_of(request),
        action="Viewed contacts",
        detail=f"{page}, masked",
        rows=people,
    )
