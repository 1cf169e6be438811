"""Connections: what is kept, sealed and recorded; the breaker and the rate that all workers share."""

from collections.abc import Callable
from typing import Any

import pytest

from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.core.secrets import SecretUnreadable
from contacthub.credentials.connections import actions, queries, sealing, sql
from contacthub.credentials.connections.gate import ConnectionGate
from contacthub.credentials.connections.models import Connection, ConnectionHealth, ProviderCall
from contacthub.organizations.actions import COMMAND_LINE
from contacthub.organizations.models import AuditEvent, Organization

SECRET = "sk_planted_0123456789_WXYZ"


def add(organization: Organization, **values: Any) -> Connection:
    given = {
        "vendor": "contactbased",
        "name": "ContactBased",
        "credentials": {"api_key": SECRET},
        **values,
    }
    return actions.add_connection(organization=organization, actor=COMMAND_LINE, **given)


def test_add_seals_the_key_and_keeps_the_vendors_address(acme: Organization) -> None:
    connection = add(acme)
    assert connection.base_url == "https://api.contactbased.com"
    assert connection.hints == {"api_key": "…WXYZ"}
    assert SECRET.encode() not in bytes(connection.sealed)
    assert sealing.unseal(connection) == {"api_key": SECRET}
    event = AuditEvent.objects.get(action="Added connection")
    assert SECRET not in f"{event.target} {event.detail} {event.changes}"
