"""The page that asks which contacts to pull: what the connection's vendor takes, ids or days."""

from collections.abc import Sequence
from dataclasses import dataclass

from contacthub.connectors.registry import find_connector
from contacthub.credentials.connections.models import Connection
from contacthub.sourcing.bulk import requests
from contacthub.web.job_words import Tab


@dataclass(frozen=True)
class NewView:
    """Which form is shown. Without a connection there is none."""

    vendor: str = ""
    form: str = ""
    most_ids: int = 0
    most_days: int = requests.MOST_DAYS
    # The connections to choose from, where there are several.
    tabs: tuple[Tab, ...] = ()


def describe_new(sources: Sequence[Connection], source: Connection | None) -> NewView:
    """Return the page for a chosen connection, None: there is none that works."""
    if source is None:
        return NewView()
    connector = find_connector(source.vendor)
    takes_ids = bool(connector.most_bulk_ids)
    tabs = tuple(
        Tab(each.name, f"?connection={each.pk}", is_current=each.pk == source.pk)
        for each in sources
    )
    return NewView(
        vendor=connector.label,
        form="sourcing/bulk/_ids.html" if takes_ids else "sourcing/bulk/_days.html",
        most_ids=connector.most_bulk_ids,
        tabs=tabs if len(tabs) > 1 else (),
    )
