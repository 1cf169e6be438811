"""The connectors there are, by vendor, in the order people see them."""

from contacthub.connectors.backstory import Backstory
from contacthub.connectors.base import Connector
from contacthub.connectors.contactbased import ContactBased
from contacthub.connectors.insideview import InsideView
from contacthub.connectors.letrics import Letrics
from contacthub.connectors.richutilities import RichUtilities
from contacthub.core.errors import Invalid

CONNECTORS: dict[str, type[Connector]] = {
    connector.vendor: connector
    for connector in (ContactBased, Letrics, Backstory, RichUtilities, InsideView)
}


def find_connector(vendor: str) -> type[Connector]:
    """Return a vendor's connector. Raises `Invalid` for a vendor that there is none for."""
    try:
        return CONNECTORS[vendor]
    except KeyError:
        raise Invalid(f"There is no connector for {vendor[:40]!r}.", field="vendor") from None
