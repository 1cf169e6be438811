"""Values as vendors gave them, saved thousands at a time."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from contacthub.enrichment.models import Asking


class Given(NamedTuple):
    """A value of a contact; `name` is the field of a profile. Tuples: ten thousand contacts have a hundred thousand."""

    contact_key: int
    section: str
    name: str
    value: str
    status: str
    confidence: float | None
    rule: str


# Why not the ORM: making and serializing a hundred thousand objects took twice as long as all else that an answer
# needs.
SAVE = """
INSERT INTO enrichment_finding (
    organization_id, connection_key, connection_name, vendor, request_id, fetched_at,
    contact_key, section, name, value, status, confidence, rule
)
SELECT DISTINCT ON (contact_key, section, name, value)
    %(organization)s, %(connection)s, %(connection_name)s, %(vendor)s, %(request_id)s, %(fetched_at)s, given.*
FROM unnest(
    %(contact_key)s::bigint[], %(section)s::text[], %(name)s::text[], %(value)s::text[], %(status)s::text[],
    %(confidence)s::float8[], %(rule)s::text[]
) AS given (contact_key, section, name, value, status, confidence, rule)
ON CONFLICT (organization_id, contact_key, section, name, value, connection_key) DO UPDATE SET
    fetched_at = excluded.fetched_at, confidence = excluded.confidence, status = excluded.status,
    request_id = excluded.request_id, rule = excluded.rule
"""


def save_findings(*, asking: Asking, given: Sequence[Given], fetched_at: dt.datetime) -> None:
    """Save what the answer to a call said; what the same connection said before is updated."""
    if not given:
        return
    columns = dict(zip(Given._fields, map(list, zip(*given, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            SAVE,
            {
                **columns,
                "organization": asking.organization_id,
                "connection": asking.connection_key,
                "connection_name": asking.connection_name,
                "vendor": asking.vendor,
                "request_id": asking.request_id,
                "fetched_at": fetched_at,
            },
        )
