"""The protocol's call that gets what a list of contacts or companies shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from contacthub.connectors.letrics import COMPANY_TABLE
from contacthub.connectors.letrics import CONTACT_TABLE as LETRICS_TABLE
from contacthub.connectors.questions import Parameter, Table, encode, list_unhonored, only_one
from contacthub.connectors.richutilities import CONTACT_TABLE as RICHUTILITIES_TABLE
from contacthub.connectors.richutilities import UNSAID
from contacthub.contacts.filters import CompanyFilters, ContactFilters, list_active
from contacthub.web.calls import Call
from contacthub.web.views.catalog.keyset import Place
from contacthub.wire.richutilities import SortBy

# Here the numbers are ours, which a vendor's filters could not know.
OWN_TABLE: Table = {**RICHUTILITIES_TABLE, "company.numbers": Parameter("company_id", only_one)}

PROTOCOL_SORTS: tuple[str, ...] = get_args(SortBy)


@dataclass(frozen=True)
class ApiEquivalent:
    """A call, and in words the filters that its protocol does not have."""

    call: Call
    left_out: list[str]


def make_contacts_equivalent(
    filters: ContactFilters, place: Place, *, per_page: int
) -> ApiEquivalent:
    """Return the call for contacts on the protocol that has most of the filters."""
    question = dict(list_active(filters)) | {
        f"company.{name}": value for name, value in list_active(filters.company)
    }
    query, missed = _format_query(OWN_TABLE, question)
    body, missed_there = _format_query(LETRICS_TABLE, question)
    if len(missed_there) < len(missed):
        call = Call("letrics", "/api/contacts", {**body, "per_page": per_page})
        return ApiEquivalent(call, missed_there)
    sort: dict[str, Any] = {"limit": per_page}
    if place.sort.column in PROTOCOL_SORTS:
        order = "desc" if place.is_descending else "asc"
        sort = {"sort_by": place.sort.column, "sort_order": order, "limit": per_page}
    else:
        missed = [*missed, f"order by {place.sort.label.lower()}"]
    return ApiEquivalent(
        Call("richutilities", "/v1/contacts", query={**UNSAID, **query, **sort}), missed
    )


def make_companies_equivalent(filters: CompanyFilters, *, per_page: int) -> ApiEquivalent:
    """Return the call for companies; only one protocol has any."""
    body, missed = _format_query(COMPANY_TABLE, dict(list_active(filters)))
    return ApiEquivalent(Call("letrics", "/api/companies", {**body, "per_page": per_page}), missed)


def _format_query(table: Table, question: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    missed = list_unhonored(table, question)
    kept = {name: value for name, value in question.items() if name not in missed}
    words = [name.replace(".", " ").replace("_", " ") for name in missed]
    return encode(table, kept, label=""), words
