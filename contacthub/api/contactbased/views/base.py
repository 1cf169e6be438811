"""The API to which both modules add their calls; the order of their import is that of the document."""

from contacthub.api.contactbased.protocol import PROTOCOL
from contacthub.api.gateway import GatewayAPI

api = GatewayAPI(PROTOCOL)
