"""The five protocols and their paths, all at the root of the host and without trailing slashes."""

from contacthub.api.backstory.views import api as backstory
from contacthub.api.contactbased.views import api as contactbased
from contacthub.api.door import DoorAPI
from contacthub.api.door.protocol import Protocol
from contacthub.api.insideview.views import api as insideview
from contacthub.api.letrics.views import api as letrics
from contacthub.api.richutilities.views import api as richutilities

APIS: dict[str, DoorAPI] = {
    api.protocol.name: api for api in (contactbased, letrics, backstory, richutilities, insideview)
}


def find_protocol(path: str) -> Protocol | None:
    """Return the protocol that a path belongs to, also where nothing is there."""
    for api in APIS.values():
        if api.protocol.owns(path):
            return api.protocol
    return None
