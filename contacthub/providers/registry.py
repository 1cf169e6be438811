"""The connectors there are, by vendor, in the order people see them."""

from contacthub.core.errors import Invalid
from contacthub.providers.backstory import Backstory
from contacthub.providers.base import Provider
from contacthub.providers.contactbased import ContactBased
from contacthub.providers.insideview import InsideView
from contacthub.providers.letrics import Letrics
from contacthub.providers.richutilities import RichUtilities

PROVIDERS: dict[str, type[Provider]] = {
    provider.vendor: provider
    for provider in (ContactBased, Letrics, Backstory, RichUtilities, InsideView)
}


def find_provider(vendor: str) -> type[Provider]:
    """Return a vendor's connector. Raises `Invalid` for a vendor that there is none for."""
    try:
        return PROVIDERS[vendor]
    except KeyError:
        raise Invalid(f"There is no connector for {vendor[:40]!r}.", field="vendor") from None
