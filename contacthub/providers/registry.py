"""The connectors there are, by vendor, in the order people see them."""

from contacthub.core.errors import Invalid
from contacthub.providers.base import Provider
from contacthub.providers.contactbased import ContactBased

PROVIDERS: dict[str, type[Provider]] = {provider.vendor: provider for provider in (ContactBased,)}


def find_provider(vendor: str) -> type[Provider]:
    """Return a vendor's connector. Raises `Invalid` for a vendor that there is none for."""
    try:
        return PROVIDERS[vendor]
    except KeyError:
        raise Invalid(f"There is no connector for {vendor[:40]!r}.", field="vendor") from None
