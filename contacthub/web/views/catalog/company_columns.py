"""The columns of lists of companies."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from contacthub.contacts import search
from contacthub.contacts.models import Company
from contacthub.organizations.models import Organization
from contacthub.web.contact_words import UNKNOWN, Cell, Mark
from contacthub.web.templatetags.figures import rows
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog.columns import Column, Table, make_table, show
from contacthub.web.views.catalog.keyset import Header, Sort

# The first is the order of a list that says none.
SORTS = {
    "name": Sort("name", "Name", "name"),
    "added": Sort("added", "Added", "created_at", is_descending=True),
}
OWN = Mark("Your own", "off", "lock")


# --- Cells ----------------------------------------------------------------------------------------


def _make_name(company: Company, _: Any) -> Cell:
    return Cell(
        str(company),
        url=reverse("company-detail", args=[company.number]),
        marks=(OWN,) if company.organization_id else (),
        below=company.domain if company.domain and company.name else "",
    )


def _make_industry(company: Company, _: Any) -> Cell:
    codes = ", ".join(company.nace_codes)
    return Cell(_join(company.industries), below=f"NACE {codes}" if codes else "")


def _join(values: Sequence[str]) -> str:
    return ", ".join(values) or UNKNOWN


def _read_people(organization: Organization, companies: Sequence[Company]) -> Mapping[int, int]:
    return search.count_people(organization=organization, companies=companies)


def _make_people(_: Company, people: int) -> Cell:
    return Cell(rows(people))


# --- Columns --------------------------------------------------------------------------------------

# In the order in which they are offered; the pinned one is the first.
COLUMNS: tuple[Column[Company], ...] = (
    Column("name", "Name", _make_name, css="ch-clip", sort="name", is_default=True, is_pinned=True),
    Column("industry", "Industry", _make_industry, css="ch-clip ch-2 ch-off", is_default=True),
    Column(
        "headquarters",
        "Headquarters",
        show(lambda company: company.headquarters),
        css="ch-clip ch-2 ch-wide",
        is_default=True,
    ),
    Column(
        "technologies",
        "Technologies",
        show(lambda company: _join(company.technologies)),
        css="ch-clip ch-2 ch-off",
        is_default=True,
    ),
    Column(
        "people",
        "Contacts",
        _make_people,
        read=_read_people,
        css="ch-side",
        is_number=True,
        is_default=True,
    ),
    Column(
        "added",
        "Added",
        show(lambda company: day(company.created_at.date())),
        css="ch-2 ch-off ch-nowrap",
        is_number=True,
        sort="added",
        is_default=True,
    ),
)
DEFAULT = tuple(each for each in COLUMNS if each.is_default)


def make_company_table(
    organization: Organization,
    companies: Sequence[Company],
    *,
    may_see: bool,
    columns: Sequence[Column[Company]] = DEFAULT,
    headers: Mapping[str, Header] | None = None,
) -> Table[Company]:
    """Return companies as a list shows them."""
    return make_table(
        organization,
        columns,
        companies,
        identify=lambda company: (str(company.number), str(company)),
        may_see=may_see,
        headers=headers,
    )
