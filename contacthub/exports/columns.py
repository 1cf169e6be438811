"""The columns of an export: which exist, what they need, and how Postgres writes them."""

from dataclasses import dataclass

from psycopg import sql

from contacthub.exports.models import RemotePage
from contacthub.feeds.intake import BUSINESS_COLUMNS, PII_COLUMNS
from contacthub.formats import Column, Kind

BASE_COLUMNS = ("contact_id", "observed_on", "domain", "topic", "score", "company_name", "industry")
CONTACT_ID = "'id_' || lpad(to_hex(record.contact_key), 16, '0')"
KINDS = {"observed_on": Kind.DATE, "score": Kind.NUMBER}
# What `Right.VALUES` opens on the screen; names and countries are everyone's (organizations/rights.py).
PERSONAL = frozenset(PII_COLUMNS) - {"first_name", "last_name", "country"} | {"linkedin_url"}
# Masked even then; where someone lives is shown coarsely.
MASKED = PERSONAL - {"city", "state"}


@dataclass(frozen=True)
class ColumnGroup:
    """Columns that come together, and the option that includes them."""

    option: str
    label: str
    names: tuple[str, ...]


GROUPS = (
    ColumnGroup("", "Intent", BASE_COLUMNS),
    ColumnGroup("get_pii", "PII", PII_COLUMNS),
    ColumnGroup("include_business_info", "Business info", BUSINESS_COLUMNS),
)
# What a vendor's rows have is what `RemotePage` keeps of them; `contact_id` is kept as a key.
REMOTE = frozenset(field.name for field in RemotePage._meta.concrete_fields) | {"contact_id"}


def list_names(*, get_pii: bool, include_business_info: bool, is_remote: bool = False) -> list[str]:
    """List the columns that an export with these options can have, in their usual order."""
    chosen = {"": True, "get_pii": get_pii, "include_business_info": include_business_info}
    names = [name for group in GROUPS if chosen[group.option] for name in group.names]
    return [name for name in names if not is_remote or name in REMOTE]


def make_column(name: str) -> Column:
    """Return how a column of the table `record` is written."""
    expression = sql.SQL(CONTACT_ID) if name == "contact_id" else sql.Identifier("record", name)
    return Column(name, expression, KINDS.get(name, Kind.TEXT))
