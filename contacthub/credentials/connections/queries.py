"""Reads about connections, and the way to call a vendor with one."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from contacthub.connectors.base import Capability, Connector
from contacthub.connectors.client import BACKGROUND, INTERACTIVE, Patience
from contacthub.connectors.registry import CONNECTORS, find_connector
from contacthub.core import clock
from contacthub.core.errors import NotFound
from contacthub.credentials.connections import sealing, sql
from contacthub.credentials.connections.gate import ConnectionGate
from contacthub.credentials.connections.models import Connection, VendorCall
from contacthub.credentials.connections.sql import Usage
from contacthub.organizations.models import Organization

KEEP = dt.timedelta(days=30)
# How long a job waits for a breaker to close or a window to begin again; a person does not.
JOB_WAIT_SECONDS, PERSON_WAIT_SECONDS = 8.0, 1.0


def list_connections(*, organization: Organization) -> QuerySet[Connection]:
    """List an organization's connections with their health, by name, without what is sealed."""
    return (
        Connection.objects.filter(organization=organization)
        .select_related("health")
        .defer("sealed")
        .order_by("name", "pk")
    )


def list_able(*, organization: Organization, capability: Capability) -> list[Connection]:
    """List the connections that offer something and may be used, by name: neither paused nor broken ones."""
    able = _list_active(organization, capability)
    return [connection for connection in able if not connection.is_broken]


def list_broken(*, organization: Organization, capability: Capability) -> list[Connection]:
    """List the connections that would offer something, were they not broken, by name."""
    able = _list_active(organization, capability)
    return [connection for connection in able if connection.is_broken]


def _list_active(organization: Organization, capability: Capability) -> QuerySet[Connection]:
    vendors = [v for v, connector in CONNECTORS.items() if capability in connector.capabilities]
    active = Connection.State.ACTIVE
    return list_connections(organization=organization).filter(vendor__in=vendors, state=active)


def list_kept(*, organization: Organization, ids: Collection[UUID]) -> list[Connection]:
    """List those of some connections that the organization still has, by name."""
    return list(list_connections(organization=organization).filter(pk__in=ids)) if ids else []


def get_connection(*, organization: Organization, connection_id: UUID) -> Connection:
    """Return a connection of this organization with its health. Raises `NotFound`."""
    found = (
        Connection.objects.filter(organization=organization, pk=connection_id)
        .select_related("health", "organization")
        .first()
    )
    if found is None:
        raise NotFound("There is no such connection.")
    return found


def list_usage(*, organization: Organization) -> dict[UUID, Usage]:
    """Return what each connection did in the last 24 hours; one without a call is not there."""
    return sql.list_usage(organization_id=organization.pk, now=clock.now())


def list_calls(*, connection: Connection, failed_only: bool = False) -> QuerySet[VendorCall]:
    """List the calls of a connection, newest first; they are kept for 30 days."""
    calls = VendorCall.objects.filter(
        connection=connection, started_at__gte=clock.now() - KEEP
    ).order_by("-started_at", "-id")
    return calls.exclude(error="") if failed_only else calls


def open_connector(
    connection: Connection, *, is_interactive: bool = False, patience: Patience | None = None
) -> Connector:
    """Return the connector of a connection, wired to its gate; close it in the end (`with open_connector(…) as …`).

    `is_interactive`: a person waits, so that it rather fails within seconds than tries again for long. Raises
    `SecretUnreadable` where the credentials were not sealed for this row. Never call the vendor inside a transaction.
    """
    wait = PERSON_WAIT_SECONDS if is_interactive else JOB_WAIT_SECONDS
    return make_connector(
        connection,
        gate=ConnectionGate(connection.pk, patience_seconds=wait),
        patience=patience or (INTERACTIVE if is_interactive else BACKGROUND),
    )


def make_connector(
    connection: Connection, *, gate: ConnectionGate, patience: Patience
) -> Connector:
    """Return the connector of a connection behind a gate."""
    return find_connector(connection.vendor)(
        base_url=connection.base_url,
        credentials=sealing.unseal(connection),
        gate=gate,
        patience=patience,
    )
