"""The connectors there are, by vendor, in the order people see them."""

from importlib import import_module

from contacthub.connectors.base import Connector
from contacthub.core.errors import Invalid

# Each is a module beside this one with one connector in it.
VENDORS = ("contactbased", "letrics", "backstory", "richutilities", "insideview")


def _load(vendor: str) -> type[Connector]:
    module = import_module(f"contacthub.connectors.{vendor}")
    classes = (each for each in vars(module).values() if isinstance(each, type))
    return next(
        each
        for each in classes
        if issubclass(each, Connector) and getattr(each, "vendor", "") == vendor
    )


CONNECTORS = {vendor: _load(vendor) for vendor in VENDORS}


def find_connector(vendor: str) -> type[Connector]:
    """Return a vendor's connector. Raises `Invalid` for a vendor that there is none for."""
    try:
        return CONNECTORS[vendor]
    except KeyError:
        raise Invalid(f"There is no connector for {vendor[:40]!r}.", field="vendor") from None
