"""The protocols and their paths, all at the root of the host and without trailing slashes."""

from importlib import import_module

from contacthub.api.gateway import GatewayAPI
from contacthub.api.gateway.protocol import Protocol
from contacthub.credentials.protocols import PROTOCOLS


def _load(name: str) -> GatewayAPI:
    api: GatewayAPI = import_module(f"contacthub.api.{name}.views").api
    return api


# A protocol that is in the table is answered by the folder of its name.
APIS = {name: _load(name) for name in PROTOCOLS}


def find_protocol(path: str) -> Protocol | None:
    """Return the protocol that a path belongs to, also where nothing is there."""
    for api in APIS.values():
        if api.protocol.owns(path):
            return api.protocol
    return None
