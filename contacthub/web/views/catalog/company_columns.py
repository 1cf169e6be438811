"""The columns of lists of companies."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from contacthub.contacts import search
from contacthub.contacts.bands import describe_revenue, describe_size
from contacthub.contacts.models import Company
from contacthub.contacts.nace import find_nearest_title, find_section
from contacthub.organizations.models import Organization
from contacthub.web.contact_words import UNKNOWN, Cell, Mark
from contacthub.web.templatetags.figures import rows
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog import intent_columns
from contacthub.web.views.catalog.columns import Column, Table, make_table, show
from contacthub.web.views.catalog.keyset import Header, Sort

# The first is the order of a list that says none.
SORTS = {
    "name": Sort("name", "Name", "name"),
    "added": Sort("added", "Added", "created_at", is_descending=True),
    **intent_columns.SORTS,
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


def _make_nace(company: Company, _: Any) -> Cell:
    titles = (find_nearest_title(code)[1] for code in company.nace_codes)
    return Cell(_join(company.nace_codes), below=", ".join(filter(None, titles)))


def _join(values: Sequence[str]) -> str:
    return ", ".join(values) or UNKNOWN


def _list_sections(company: Company) -> str:
    sections = filter(None, map(find_section, company.nace_codes))
    return _join(list(dict.fromkeys(f"{each.letter} {each.short}" for each in sections)))


def _read_people(organization: Organization, companies: Sequence[Company]) -> Mapping[int, int]:
    return search.count_people(organization=organization, companies=companies)


def _make_people(_: Company, people: int) -> Cell:
    return Cell(rows(people))


# --- Columns --------------------------------------------------------------------------------------


def _column(
    name: str,
    label: str,
    cell: Callable[[Company, Any], Cell],
    css: str = "ch-clip ch-2 ch-off",
    **more: Any,
) -> Column[Company]:
    return Column(name, label, cell, css=css, **more)


def _number(
    name: str,
    label: str,
    cell: Callable[[Company, Any], Cell],
    css: str = "ch-2 ch-off ch-nowrap",
    **more: Any,
) -> Column[Company]:
    return Column(name, label, cell, css=css, is_number=True, **more)


# In the order in which they are offered; the pinned one is the first.
COLUMNS: tuple[Column[Company], ...] = (
    _column("name", "Name", _make_name, "ch-clip", sort="name", is_default=True, is_pinned=True),
    _column("industry", "Industry", _make_industry, is_default=True),
    _column(
        "headquarters",
        "Headquarters",
        show(lambda company: company.headquarters),
        "ch-clip ch-2 ch-wide",
        is_default=True,
    ),
    _column(
        "technologies",
        "Technologies",
        show(lambda company: _join(company.technologies)),
        is_default=True,
    ),
    _number("people", "Contacts", _make_people, "ch-side", read=_read_people, is_default=True),
    _number(
        "added",
        "Added",
        show(lambda company: day(company.created_at.date())),
        sort="added",
        is_default=True,
    ),
    _number("size", "Employees", show(lambda company: describe_size(company.employees))),
    _number("revenue", "Revenue", show(lambda company: describe_revenue(company.revenue))),
    _column("keywords", "Keywords", show(lambda company: _join(company.keywords))),
    _column("domain", "Domain", show(lambda company: company.domain)),
    _column("country", "Country", show(lambda company: company.country)),
    _column("region", "Region", show(lambda company: company.state)),
    _column("city", "City", show(lambda company: company.city)),
    _column("nace", "NACE code", _make_nace),
    _column("section", "NACE section", show(_list_sections)),
    _column("function", "Function", show(lambda company: _join(company.functions))),
    _column("tld", "Top-level domain", show(lambda company: company.tld)),
    _column(
        "linkedin",
        "LinkedIn",
        show(lambda company: "Known" if company.linkedin_url else None),
    ),
    _column(
        "generic_email",
        "General e-mail",
        show(lambda company: "Known" if company.has_generic_email else None),
    ),
    _number("updated", "Last import", show(lambda company: day(company.imported_at.date()))),
    _column(
        "ownership",
        "Shared or own",
        show(lambda company: "Your own" if company.organization_id else "Shared"),
    ),
    _number("id", "Company id", show(lambda company: str(company.number))),
    *intent_columns.make_columns(),
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
