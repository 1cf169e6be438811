"""Connections for tests."""

from typing import Any

from contacthub.credentials.connections import actions
from contacthub.credentials.connections.models import Connection
from contacthub.organizations.audit import COMMAND_LINE
from contacthub.organizations.models import Organization

SECRET = "sk_planted_0123456789_WXYZ"


def add(organization: Organization, **values: Any) -> Connection:
    """Add a connection to ContactBased, or what `values` say."""
    given = {
        "vendor": "contactbased",
        "name": "ContactBased",
        "credentials": {"api_key": SECRET},
        **values,
    }
    return actions.add_connection(organization=organization, actor=COMMAND_LINE, **given)
