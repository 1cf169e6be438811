"""The columns of an export of the catalog: groups to choose from, what each needs, and how Postgres writes it.

A contact is one row, because a row is what people count, filter and import elsewhere. Its first three addresses and
phones have columns of their own, because other programs fill one field from one column; `all_emails` and `all_phones`
hold every one of them, joined with `|` as our imports read them, so that none is lost.
"""

from dataclasses import dataclass
from typing import NamedTuple

from psycopg import sql

from contacthub.formats import Column, Kind

# Addresses and phones of one contact that have columns of their own.
NUMBERED = 3
SEPARATOR = "|"


class Field(NamedTuple):
    """A column: its name, its expression over the tables of `catalog_rows`, its type and the joins that it needs."""

    name: str
    expression: str
    kind: Kind = Kind.TEXT
    needs: str = ""
    # Chosen unless somebody chooses otherwise.
    is_usual: bool = True

    def render(self) -> Column:
        """Return the column as formats write it, which join the expression with others."""
        return Column(self.name, sql.SQL(f"({self.expression})"), self.kind)


@dataclass(frozen=True)
class FieldGroup:
    """Columns that belong together. Personal ones need the right to see personal values, and a purpose."""

    label: str
    fields: tuple[Field, ...]
    is_personal: bool = False
    is_provenance: bool = False


def _text(name: str, expression: str = "", *, usual: bool = True, needs: str = "") -> Field:
    return Field(name, expression or f"contact.{name}", Kind.TEXT, needs, usual)


def _joined(name: str, expression: str, *, usual: bool = False, needs: str = "") -> Field:
    """Return a list in one cell; nothing for an empty one."""
    text = f"nullif(array_to_string({expression}, '{SEPARATOR}'), '')"
    return Field(name, text, Kind.TEXT, needs, usual)


def _range(name: str, expression: str) -> Field:
    """Return a range of whole numbers as imports read it: 250, 51-200 or 10001+."""
    last = f"upper({expression}) - 1"
    text = (
        f"lower({expression}) || CASE WHEN upper_inf({expression}) THEN '+'"
        f" WHEN lower({expression}) = {last} THEN '' ELSE '-' || ({last}) END"
    )
    return Field(name, text, Kind.TEXT, "company", is_usual=False)


def _flag(name: str, expression: str = "", *, usual: bool = False, needs: str = "") -> Field:
    text = (
        f"CASE {expression or f'contact.{name}'} WHEN true THEN 'true' WHEN false THEN 'false' END"
    )
    return Field(name, text, Kind.TEXT, needs, usual)


def _day(name: str, expression: str, *, usual: bool = False) -> Field:
    return Field(name, f"({expression} AT TIME ZONE 'UTC')::date", Kind.DATE, "", usual)


PERSON = FieldGroup(
    "Person",
    (
        _text("contact_id", "'id_' || lpad(to_hex(contact.key), 16, '0')"),
        _text("full_name", "nullif(contact.full_name, '')"),
        _text("first_name"),
        _text("last_name"),
        _text("job_title"),
        _text("department"),
        _text("seniority"),
        _text("seniority_level", usual=False),
        _text("country"),
    ),
)
COMPANY = FieldGroup(
    "Company",
    (
        _text("company_name", "company.name", needs="company"),
        _text("company_domain", "company.domain", needs="company"),
        _joined("company_industries", "company.industries", usual=True, needs="company"),
        _text("company_city", "company.city", needs="company"),
        _text("company_state", "company.state", usual=False, needs="company"),
        _text("company_country", "company.country", needs="company"),
        _joined("company_technologies", "company.technologies", needs="company"),
        _joined("company_keywords", "company.keywords", needs="company"),
        _range("company_employees", "company.employees"),
        _range("company_revenue", "company.revenue"),
        _joined("company_functions", "company.functions", needs="company"),
        _joined("company_nace_codes", "company.nace_codes", needs="company"),
        _text("company_linkedin_url", "company.linkedin_url", usual=False, needs="company"),
        Field("company_id", "company.number", Kind.INTEGER, "company", is_usual=False),
    ),
)


def _addresses() -> tuple[Field, ...]:
    more = (
        field
        for place in range(2, NUMBERED + 1)
        for field in (
            _text(f"email_{place}", f"emails.addresses[{place}]", usual=False, needs="emails"),
            _text(
                f"email_{place}_status", f"emails.statuses[{place}]", usual=False, needs="emails"
            ),
        )
    )
    return (
        _text("email"),
        _text("email_status"),
        _text("email_type", "email.type", usual=False, needs="email"),
        *more,
        _joined("all_emails", "emails.addresses", needs="emails"),
    )


def _phones() -> tuple[Field, ...]:
    more = (
        field
        for place in range(2, NUMBERED + 1)
        for field in (
            _text(f"phone_{place}", f"phones.numbers[{place}]", usual=False, needs="phones"),
            _text(f"phone_{place}_type", f"phones.types[{place}]", usual=False, needs="phones"),
            _flag(f"phone_{place}_do_not_call", f"phones.refusals[{place}]", needs="phones"),
        )
    )
    return (
        _text("phone"),
        _text("phone_type", "phone.type", needs="phone"),
        _flag("phone_do_not_call", "phone.is_do_not_call", usual=True, needs="phone"),
        *more,
        _joined("all_phones", "phones.numbers", needs="phones"),
    )


EMAILS = FieldGroup("E-mails", _addresses(), is_personal=True)
PHONES = FieldGroup("Phones", _phones(), is_personal=True)
PROFILE = FieldGroup(
    "Profile",
    (
        _text("linkedin_url"),
        _text("facebook_handle", usual=False),
        _text("twitter_handle", usual=False),
        _text("gender", "contact.pii ->> 'gender'", usual=False),
        _text("age_range", "contact.pii ->> 'age_range'", usual=False),
        _text("address", "contact.pii ->> 'address'", usual=False),
        _text("city", "contact.pii ->> 'city'", usual=False),
        _text("state", "coalesce(contact.pii ->> 'state', contact.state)", usual=False),
        _text("postal_code", "contact.pii ->> 'postal_code'", usual=False),
        _text("source_url", usual=False),
    ),
    is_personal=True,
)
BUSINESS = FieldGroup(
    "Business",
    (
        Field("quality_score", "contact.quality_score", Kind.INTEGER),
        Field("confidence", "contact.confidence", Kind.NUMBER, is_usual=False),
        _flag("verified"),
        _flag("is_stale"),
        _flag("is_decision_maker", usual=True),
        _joined("job_functions", "contact.job_functions"),
        _joined("job_levels", "contact.job_levels"),
        _flag("is_in_crm"),
        _flag("has_account"),
        _flag("has_opportunity"),
        _text("source", usual=False),
        _day("created_on", "contact.created_at"),
        _day("updated_on", "contact.updated_at", usual=True),
    ),
)
# Where a value comes from, by the end of its column's name.
ORIGINS = {
    "source": ("source", Kind.TEXT),
    "confidence": ("confidence", Kind.NUMBER),
    "first_seen": ("first_seen", Kind.DATE),
    "last_seen": ("last_seen", Kind.DATE),
    "observations": ("observations", Kind.INTEGER),
}


def _origins(value: str, checked: str | None = None) -> tuple[Field, ...]:
    """Return the provenance columns of the first address or phone, and of those after it."""
    known = {"source": ORIGINS["source"]}
    known |= {"checked_at": (checked, Kind.DATE)} if checked else {}
    known |= ORIGINS
    first = tuple(
        Field(f"{value}__{end}", f"{value}.{column}", kind, value)
        for end, (column, kind) in known.items()
    )
    more = tuple(
        Field(f"{value}_{place}__{end}", f"{value}s.{column}[{place}]", kind, f"{value}s", False)
        for place in range(2, NUMBERED + 1)
        for end, (column, kind) in known.items()
    )
    return first + more


PROVENANCE = FieldGroup(
    "Provenance",
    (*_origins("email", "checked_on"), *_origins("phone")),
    is_personal=True,
    is_provenance=True,
)
CONTACT_GROUPS = (PERSON, COMPANY, EMAILS, PHONES, PROFILE, BUSINESS, PROVENANCE)

# The same names and expressions as beside a contact; all of them are usual where the company is the row.
COMPANY_GROUPS = (
    FieldGroup(COMPANY.label, tuple(field._replace(is_usual=True) for field in COMPANY.fields)),
    FieldGroup(
        "Business",
        (
            _text("company_country_code", "company.country_code", usual=False),
            _text("company_tld", "company.tld", usual=False),
            _flag("company_has_generic_email", "company.has_generic_email"),
            _day("company_created_on", "company.created_at"),
        ),
    ),
)
# Cells that a page of rows blocks for who may not see personal values.
PERSONAL = frozenset(
    field.name for group in CONTACT_GROUPS if group.is_personal for field in group.fields
)
# Of these the values themselves, which it masks for all roles; where someone lives is shown coarsely.
MASKED = frozenset(
    {
        *("email", *(f"email_{place}" for place in range(2, NUMBERED + 1)), "all_emails"),
        *("phone", *(f"phone_{place}" for place in range(2, NUMBERED + 1)), "all_phones"),
        *("linkedin_url", "facebook_handle", "twitter_handle", "gender", "age_range"),
        *("address", "postal_code", "source_url"),
    }
)


def list_groups(
    *, of_companies: bool, with_personal: bool, with_provenance: bool
) -> list[FieldGroup]:
    """List the groups of columns that an export with these options can have."""
    groups = COMPANY_GROUPS if of_companies else CONTACT_GROUPS
    return [
        group
        for group in groups
        if (with_personal or not group.is_personal) and (with_provenance or not group.is_provenance)
    ]


def list_fields(
    *, of_companies: bool, with_personal: bool, with_provenance: bool
) -> dict[str, Field]:
    """Return the columns that an export with these options can have, by name, in their usual order."""
    groups = list_groups(
        of_companies=of_companies, with_personal=with_personal, with_provenance=with_provenance
    )
    return {field.name: field for group in groups for field in group.fields}


def find_fields(*, of_companies: bool) -> dict[str, Field]:
    """Return every column there is, by name."""
    return list_fields(of_companies=of_companies, with_personal=True, with_provenance=True)
