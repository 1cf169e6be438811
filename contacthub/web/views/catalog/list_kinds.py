"""The two lists of the catalog, contacts and companies: what both have, by the name that addresses use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from contacthub.web.views.catalog import company_columns, contact_columns
from contacthub.web.views.catalog.columns import Column
from contacthub.web.views.catalog.filter_fields import COMPANY_GROUPS, CONTACT_GROUPS, Field
from contacthub.web.views.catalog.keyset import Sort


@dataclass(frozen=True)
class ListKind:
    """A list: its name, its route, and the filters, columns and orders it has."""

    name: str
    route: str
    groups: dict[str, tuple[Field, ...]]
    columns: Sequence[Column[Any]]
    sorts: Mapping[str, Sort]

    @property
    def path(self) -> str:
        """Return the path of the list."""
        return reverse(self.route)

    @property
    def of_companies(self) -> bool:
        """Return whether the list is of companies."""
        return self is COMPANIES


CONTACTS = ListKind(
    "contacts", "contact-list", CONTACT_GROUPS, contact_columns.COLUMNS, contact_columns.SORTS
)
COMPANIES = ListKind(
    "companies", "company-list", COMPANY_GROUPS, company_columns.COLUMNS, company_columns.SORTS
)
KINDS = {each.name: each for each in (CONTACTS, COMPANIES)}
