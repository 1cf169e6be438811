"""Credentials at rest: sealed for one row of one organization and one address."""

from collections.abc import Mapping

import orjson

from contacthub.connectors.base import Connector
from contacthub.core import secrets
from contacthub.credentials.connections.models import Connection

# Of a secret this long its last four characters are shown; of a shorter one they would be too much of it.
LEAST_FOR_HINT = 12


def seal(connection: Connection, credentials: Mapping[str, str]) -> bytes:
    """Return credentials encrypted for this connection."""
    return secrets.seal(orjson.dumps(dict(credentials)).decode(), owner=_owner(connection))


def unseal(connection: Connection) -> dict[str, str]:
    """Return the credentials. Raises `SecretUnreadable` if they were sealed for another row or address."""
    text = secrets.unseal(bytes(connection.sealed), owner=_owner(connection))
    return {str(name): str(value) for name, value in orjson.loads(text).items()}


def unseal_if_possible(connection: Connection) -> dict[str, str]:
    """Return the credentials; nothing if no key opens them, so that they must be entered again."""
    try:
        return unseal(connection)
    except secrets.SecretUnreadable:
        return {}


def make_hints(connector: type[Connector], credentials: Mapping[str, str]) -> dict[str, str]:
    """Return what may be shown of credentials."""
    return {
        term.name: _mask(credentials[term.name]) if term.is_secret else credentials[term.name]
        for term in connector.terms
    }


def _mask(secret: str) -> str:
    return f"…{secret[-4:]}" if len(secret) >= LEAST_FOR_HINT else "…"


def _owner(connection: Connection) -> str:
    # With the address: to change it, in the database too, takes the credentials again.
    return f"connection:{connection.organization_id}:{connection.pk}:{connection.base_url}"
