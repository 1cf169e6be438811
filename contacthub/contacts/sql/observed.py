"""The domains and contacts that feeds observed, as parts of the statements of searches.

Each part sees only the windows that the organization is granted at this moment (`contacts.windows`): a filter, a count
and an order read as much as a page does.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import connection
from psycopg import sql

from contacthub.contacts.filters import CompanyFilters
from contacthub.contacts.models import RECENT_DAYS
from contacthub.contacts.windows import list_starts

Values = dict[str, Any]
Part = tuple[sql.Composable, Values]

WINDOWS = "unnest(%(intent_feeds)s::bigint[], %(intent_starts)s::date[]) AS asked (feed, start)"

# Any topic: sums of each domain answer, which look back from its last day (`models.IntentDomain`).
SUMS = f"""
FROM {WINDOWS} JOIN contacts_intentdomain AS seen ON seen.feed = asked.feed AND seen.last_day >= asked.start
"""
LAST_DAYS = f"SELECT seen.domain, seen.last_day {SUMS}"
LAST_SCORED_DAYS = f"""
SELECT seen.domain, seen.days[width_bucket(-%(intent_score)s::float8, seen.drops)] AS last_day {SUMS}
WHERE seen.days[width_bucket(-%(intent_score)s::float8, seen.drops)] >= asked.start
"""
# A statement that filters and ranks has both windows.
RECENT_STARTS = ("%(intent_starts)s", "%(recent_starts)s")
RECENT = f"""
SELECT seen.domain, seen.recent[least(seen.last_day - asked.start + 1, {RECENT_DAYS})] AS records {SUMS}
""".replace(*RECENT_STARTS)
# Otherwise the records themselves are asked, in their blocks.
TOPICS = "AND block.topic = ANY(%(intent_topics)s::text[])"
ENTRIES = f"""
FROM {WINDOWS} JOIN contacts_intentblock AS block
    ON block.feed = asked.feed AND block.day >= asked.start {{topics}}
CROSS JOIN LATERAL unnest(block.domains, block.contact_keys, block.scores) AS seen (domain, contact_key, score)
"""
LAST_DAYS_OF_TOPICS = "SELECT seen.domain, block.day AS last_day {entries} WHERE {scored}"
RECENT_OF_TOPICS = "SELECT seen.domain, 1 AS records {entries}"
SCORED = "seen.score >= %(intent_score)s"
# Companies are joined first and then added up: how many they are the planner knows, of texts in blocks it does not.
COMPANIES = """
SELECT company.company_id FROM contacts_companyfacts AS company
WHERE company.owner IN (0, %(owner)s) AND company.domain IN (SELECT observed.domain FROM ({domains}) AS observed)
"""
RANKED = """
SELECT company.company_id AS employer, {rank} AS rank FROM contacts_companyfacts AS company
JOIN ({domains}) AS observed ON observed.domain = company.domain WHERE company.owner IN (0, %(owner)s)
GROUP BY company.company_id
"""
RANKS = {"last_day": "max(observed.last_day)", "records": "sum(observed.records)::bigint"}
OF_DOMAINS = """
SELECT observed.domain, {rank} FROM ({domains}) AS observed WHERE observed.domain = ANY(%(domains)s::text[])
GROUP BY observed.domain
"""
# Contacts that records name. An id of today may have had another one when its records came.
CONTACTS = f"""
SELECT seen.contact_key FROM {WINDOWS}
JOIN contacts_intentcontact AS seen ON seen.feed = asked.feed AND seen.last_day >= asked.start
"""  # noqa: S608
CONTACTS_OF_RECORDS = (
    "SELECT seen.contact_key {entries} WHERE seen.contact_key IS NOT NULL AND {scored}"
)
NAMED = """
SELECT coalesce(renamed.new_key, named.contact_key) FROM ({contacts}) AS named
LEFT JOIN contacts_renamed_keys(%(owner)s::bigint) AS renamed ON renamed.old_key = named.contact_key
"""


def _last_days(filters: CompanyFilters, owner: int) -> Part:
    """Return the select of the domains that filters are about, with last days of each inside the windows."""
    values = _values(filters, owner)
    if filters.intent_topics:
        return sql.SQL(LAST_DAYS_OF_TOPICS).format(**_of_records(filters)), values
    return sql.SQL(LAST_DAYS if filters.intent_score is None else LAST_SCORED_DAYS), values


def _recent(filters: CompanyFilters, owner: int) -> Part:
    """Return the select of domains with numbers of recent records, of the filters' feeds and topics."""
    days = min(filters.intent_days or RECENT_DAYS, RECENT_DAYS)
    values = _values(replace(filters, intent_days=days), owner)
    values["recent_starts"] = values.pop("intent_starts")
    if not filters.intent_topics:
        return sql.SQL(RECENT), values
    entries = ENTRIES.replace(*RECENT_STARTS)
    return sql.SQL(RECENT_OF_TOPICS).format(**_of_records(filters, entries)), values


def of_companies(filters: CompanyFilters, *, owner: int) -> Part:
    """Return the condition that a row's company is one of them. The statement has the parameter `owner`."""
    domains, values = _last_days(filters, owner)
    companies = sql.SQL(COMPANIES).format(domains=domains)
    return sql.SQL("company_id IN ({})").format(companies), values


def of_contacts(filters: CompanyFilters, *, owner: int) -> Part:
    """Return the condition that records of the filters' windows, topics and score name the contact of a row."""
    contacts: sql.Composable = sql.SQL(CONTACTS)
    if filters.intent_topics or filters.intent_score is not None:
        contacts = sql.SQL(CONTACTS_OF_RECORDS).format(**_of_records(filters))
    named = sql.SQL(NAMED).format(contacts=contacts)
    return sql.SQL("key IN ({})").format(named), _values(filters, owner)


def ranked_companies(filters: CompanyFilters, *, owner: int, column: str) -> Part:
    """Return the select of the companies that have a rank: employer and rank, which is `last_day` or `records`."""
    domains, values = (_recent if column == "records" else _last_days)(filters, owner)
    text = sql.SQL(RANKED).format(domains=domains, rank=sql.SQL(RANKS[column]))
    return text, values | {"owner": owner}


def _of_records(filters: CompanyFilters, entries: str = ENTRIES) -> dict[str, sql.Composable]:
    topics = sql.SQL(TOPICS if filters.intent_topics else "")
    scored = sql.SQL(SCORED if filters.intent_score is not None else "true")
    return {"entries": sql.SQL(entries).format(topics=topics), "scored": scored}


def _values(filters: CompanyFilters, owner: int) -> Values:
    starts = list_starts(owner, filters)
    return {
        "intent_feeds": [start.feed for start in starts],
        "intent_starts": [start.day for start in starts],
        "intent_topics": list(filters.intent_topics),
        "intent_score": filters.intent_score,
    }


# --- Reads for pages ---------------------------------------------------------------------------------

COUNT_TOPICS = f"""
SELECT block.topic, sum(block.records)::bigint AS records FROM {WINDOWS}
JOIN contacts_intentblock AS block ON block.feed = asked.feed AND block.day >= asked.start
GROUP BY block.topic ORDER BY records DESC, block.topic
"""  # noqa: S608
# Only blocks that hold the domain are taken apart.
OF_DOMAIN = f"""
FROM {WINDOWS} JOIN contacts_intentdomain AS known
    ON known.feed = asked.feed AND known.domain = %(domain)s AND known.last_day >= asked.start
JOIN contacts_intentblock AS block ON block.feed = asked.feed AND block.day >= asked.start
    AND block.day <= known.last_day AND %(domain)s = ANY(block.domains)
CROSS JOIN LATERAL unnest(block.domains, block.contact_keys, block.scores) AS seen (domain, contact_key, score)
WHERE seen.domain = %(domain)s
"""
TOPIC_DAYS = f"""
SELECT block.feed, block.topic, block.day, count(*), max(seen.score),
    array_remove(array_agg(seen.contact_key), NULL) {OF_DOMAIN}
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
# What frozen searches hold of a domain: each feed is read once for all of them.
COUNT_FROZEN = """
WITH seen AS MATERIALIZED (
    SELECT block.feed, block.day, block.batch, seen.contact_key FROM contacts_intentblock AS block
    CROSS JOIN LATERAL unnest(block.domains, block.contact_keys) AS seen (domain, contact_key)
    WHERE block.feed = ANY(%(feeds)s) AND %(domain)s = ANY(block.domains) AND seen.domain = %(domain)s
)
SELECT asked.place, count(*), count(seen.contact_key)
FROM unnest(%(feeds)s::bigint[], %(starts)s::date[], %(ends)s::date[], %(batches)s::integer[])
    WITH ORDINALITY AS asked (feed, first_day, last_day, batch, place)
JOIN seen ON seen.feed = asked.feed AND seen.day BETWEEN asked.first_day AND asked.last_day
    AND seen.batch <= asked.batch
GROUP BY asked.place
"""
Rows = list[tuple[Any, ...]]


def read_last_days(filters: CompanyFilters, *, owner: int, domains: list[str]) -> Rows:
    """Return domain and last day of some domains."""
    return _read(_last_days(filters, owner), "last_day", domains)


def read_recent(filters: CompanyFilters, *, owner: int, domains: list[str]) -> Rows:
    """Return domain and recent records of some domains."""
    return _read(_recent(filters, owner), "records", domains)


def _read(observed: Part, column: str, domains: list[str]) -> Rows:
    selected, values = observed
    statement = sql.SQL(OF_DOMAINS).format(domains=selected, rank=sql.SQL(RANKS[column]))
    return _fetch(statement, values | {"domains": domains})


def count_topics(filters: CompanyFilters, *, owner: int) -> Rows:
    """Return topics with their records."""
    return _fetch(sql.SQL(COUNT_TOPICS), _values(filters, owner))


def read_topic_days(*, owner: int, domain: str) -> Rows:
    """Return feed, topic, day, records, best score and the contacts that records name, of a domain."""
    return _fetch(sql.SQL(TOPIC_DAYS), _values(CompanyFilters(), owner) | {"domain": domain})


def count_frozen(*, domain: str, searches: Sequence[tuple[int, dt.date, dt.date, int]]) -> Rows:
    """Return place, from 1 on, records and records with a contact of searches: feed, first and last day, last batch."""
    feeds, starts, ends, batches = (list(each) for each in zip(*searches, strict=True))
    values = {"feeds": feeds, "starts": starts, "ends": ends, "batches": batches}
    return _fetch(sql.SQL(COUNT_FROZEN), values | {"domain": domain})


def _fetch(statement: sql.Composable, values: Values) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: Rows = cursor.fetchall()
    return rows
