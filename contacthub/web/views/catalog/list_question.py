"""What the address of a list of contacts or companies asks: read once, for the list and for what acts on its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.web.scalars import Parameters
from contacthub.web.views.catalog.filters import FilterValue, list_faults
from contacthub.web.views.catalog.keyset import Place

Kind = TypeVar("Kind", ContactFilters, CompanyFilters)


@dataclass(frozen=True)
class ListQuestion(Generic[Kind]):
    """Filters, text, order and page of an address. With faults it asks nothing: no rows are listed or acted on."""

    sent: Parameters
    text: str
    asked: Sequence[FilterValue]
    filters: Kind
    place: Place

    @property
    def faults(self) -> list[str]:
        """Return what cannot be used, one sentence each."""
        return [*self.sent.faults.values(), *list_faults(self.asked)]
