"""Two contacts that are one person, from different sources, and complete dumps of what the database holds."""

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from contacthub.contacts import actions
from contacthub.contacts.merging.actions import merge_contacts
from contacthub.contacts.merging.rule import Side
from contacthub.contacts.models import Contact, Load, Merge
from contacthub.contacts.origins import Origin
from contacthub.organizations.models import Organization
from tests.contacts.files import write_jsonl
from tests.enrichment.builders import SOMEBODY

ANNA, ANNIE = 0x10AA, 0x20BB
DAY = dt.date(2026, 11, 2)
FIRST: dict[str, Any] = {
    "contact_id": f"id_{ANNA:016x}",
    "id": 71,
    "full_name": "Anna Berg",
    "job_title": "VP Sales",
    "country": "Norway",
    "titles": ["VP Sales"],
    "company": {"domain": "halden.example", "name": "Halden"},
    "emails": [{"email": "anna@halden.example", "status": "valid", "checked_on": "2026-10-01"}, "b@x.example"],
    "phones": ["+4722334418"],
    "pii": {"city": "Oslo", "gender": "F"},
    "account_name": "Halden",
}  # fmt: skip
SECOND: dict[str, Any] = {
    "contact_id": f"id_{ANNIE:016x}",
    "id": 72,
    "full_name": "Annie Berg",
    "job_title": "Head of Sales",
    "department": "Sales",
    "titles": ["Head of Sales", "VP Sales"],
    "linkedin_url": "https://www.linkedin.com/in/anna-berg",
    "company": {"domain": "halden.example", "name": "Halden"},
    "emails": ["annie@mail.example", {"email": "b@x.example", "status": "valid", "checked_on": "2026-11-01"}],
    "phones": ["+4722334418", "+4722334419"],
    "pii": {"city": "Bergen", "age_range": "30-39"},
}  # fmt: skip
# What merging and undoing add for good, and what notes that rows were touched.
LEFT_OUT = {
    "contacts_merge",
    "organizations_auditevent",
    "organizations_auditread",
    "contacts_duplicatecheck",
}
LIST_TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name
"""
# A contact is named by its primary key, by the key inside its id, or as a member of a list.
LIST_NAMING = """
SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public' AND (
    column_name IN ('contact_id', 'contact_key', 'contact_keys', 'contact', 'item', 'old_key', 'new_key', 'key', 'ids',
        'into_key', 'lower_key', 'higher_key', 'old_item', 'new_item', 'candidates', 'chosen', 'excepted')
)
"""


def load(
    folder: Path,
    row: dict[str, Any],
    organization: Organization | None,
    *,
    kind: Load.Kind = Load.Kind.SEARCH,
    number: int = 1,
) -> None:
    """Save a row as it comes from a source of its own."""

    origin = Origin(kind=kind, name=f"Vendor {number}", source=uuid.UUID(int=number))
    if organization is not None:
        with transaction.atomic():
            actions.save_contacts(organization=organization, rows=[row], origin=origin)
    else:
        actions.import_contacts(path=write_jsonl(folder / f"{number}.jsonl", row))


def load_both(folder: Path, organization: Organization | None) -> tuple[Contact, Contact]:
    """Save both contacts; the second comes later, from another source."""
    load(folder, FIRST, organization, number=1)
    load(folder, SECOND, organization, number=2)
    return get(ANNA, organization), get(ANNIE, organization)


def get(key: int, organization: Organization | None) -> Contact:
    """Return a contact of one owner by its key."""
    return Contact.objects.get(key=key, organization=organization)


def merge(organization: Organization | None, **picks: str) -> Merge:
    """Merge the second contact into the first."""
    return merge_contacts(
        organization=organization,
        actor=SOMEBODY,
        survivor_key=ANNA,
        merged_key=ANNIE,
        picks={name.replace("__", "."): Side(side) for name, side in picks.items()},
    )


def dump() -> dict[str, list[str]]:
    """Return every row of every table as text, whichever tables there are."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_TABLES)
        names = [name for (name,) in cursor.fetchall() if name not in LEFT_OUT]
        found = {}
        for name in names:
            table = sql.Identifier(name)
            statement = sql.SQL("SELECT stored::text FROM {} AS stored ORDER BY 1").format(table)
            cursor.execute(statement)
            found[name] = [text for (text,) in cursor.fetchall()]
    return found


def list_naming() -> set[str]:
    """List the tables that name contacts in some way."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_NAMING)
        return {name for (name,) in cursor.fetchall()}


def differing(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, Any]:
    """Return the tables in which two dumps differ, with the rows."""
    return {
        name: (sorted({*one[name]} - {*other[name]}), sorted({*other[name]} - {*one[name]}))
        for name in one
        if one[name] != other[name]
    }
