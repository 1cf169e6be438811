"""Filters as plain JSON, to be kept and asked again: of a saved view, of a selection, of an export."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from contacthub.contacts.filters import (
    CompanyFilters,
    ContactFilters,
    Filters,
    Location,
    list_active,
)

COMPANY = "company"


def dump_filters(filters: Filters) -> dict[str, Any]:
    """Return filters as JSON: the fields that have a condition; those of a contact's company below `company`."""
    dumped: dict[str, Any] = {name: _dump(value) for name, value in list_active(filters)}
    if filters.is_case_ignored:
        dumped["is_case_ignored"] = True
    if isinstance(filters, ContactFilters) and (company := dump_filters(filters.company)):
        dumped[COMPANY] = company
    return dumped


def load_filters(dumped: Mapping[str, Any], *, of_companies: bool) -> Filters:
    """Return the filters of which `dump_filters` made JSON.

    Raises `KeyError` for a field that there no longer is: to leave it out would find more than was meant.
    """
    if of_companies:
        return CompanyFilters(**_load_fields(CompanyFilters, dumped))
    own = {name: value for name, value in dumped.items() if name != COMPANY}
    filters = ContactFilters(**_load_fields(ContactFilters, own))
    company = dumped.get(COMPANY, {})
    return replace(filters, company=CompanyFilters(**_load_fields(CompanyFilters, company)))


def _dump(value: object) -> object:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [list(item) if isinstance(item, Location) else item for item in value]
    return value


def _load_fields(
    kind: type[ContactFilters | CompanyFilters], dumped: Mapping[str, Any]
) -> dict[str, Any]:
    types = {each.name: str(each.type) for each in fields(kind)}
    return {name: _load(types[name], value) for name, value in dumped.items()}


def _load(type_name: str, value: Any) -> Any:
    if "datetime.datetime" in type_name:
        return dt.datetime.fromisoformat(value)
    if "datetime.date" in type_name:
        return dt.date.fromisoformat(value)
    if isinstance(value, list):
        return tuple(Location(*item) if "Location" in type_name else item for item in value)
    return value
