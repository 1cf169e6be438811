"""The facts of companies and contacts: what searches filter and sort by, made from the other tables."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

from django.db import connection, transaction
from psycopg import sql

from contacthub.contacts.bands import REVENUES, SIZES, Band
from contacthub.contacts.sql.duplicates import (
    check_for_duplicates,
    check_imported_for_duplicates,
)
from contacthub.contacts.sql.folding import key_of, load_keys

# What a company's facts and those of its contacts have in common.
TRAITS = (
    "company_text", "company_created_at", "company_has_generic_email", "company_has_linkedin", "company_country_code",
    "company_tld", "company_functions", "company_industries", "company_technologies", "company_words",
    "company_places", "company_nace",
)  # fmt: skip
COMPANY_NAMES = ("company_id", "owner", "number", "name", "domain", *TRAITS)
CONTACT_NAMES = (
    "contact_id", "company_id", "owner", "number", "key", "full_name", "quality_score", "confidence", "created_at",
    "is_stale", "is_speculative", "verified", "has_email", "has_phone", "has_personal_email", "has_linkedin",
    "is_decision_maker", "is_in_crm", "is_sourced_by_people_ai", "has_account_or_opportunity", "source", "seniority",
    "seniority_level", "email_status", "email_checked_on", "department", "department_text", "seniority_text", "country",
    "state", "name_text", "title_text", "email_text", *TRAITS,
)  # fmt: skip
# Why not the ORM: places and levels are written here once, for a million rows at a time, and equal rows are not
# written again.
SAVE_COMPANY_FACTS = """
INSERT INTO contacts_companyfacts AS facts ({names})
SELECT company.id, coalesce(organization_id, 0), number, coalesce(name, domain, ''), domain,
    concat_ws(' ', {name}, {domain}), created_at, has_generic_email, linkedin_url IS NOT NULL, country_code, tld,
    functions, industries, technologies,
    ARRAY(
        SELECT 'function:' || {word} FROM unnest(functions) AS word
        UNION ALL SELECT 'industry:' || {word} FROM unnest(industries) AS word
        UNION ALL SELECT 'technology:' || {word} FROM unnest(technologies) AS word
        UNION ALL SELECT 'keyword:' || {word} FROM unnest(keywords) AS word
        UNION ALL SELECT 'size:' || band.key FROM (VALUES {sizes}) AS band (key, bounds) WHERE band.bounds && employees
        UNION ALL SELECT 'revenue:' || band.key FROM (VALUES {revenues}) AS band (key, bounds)
            WHERE band.bounds && revenue
    ),
    array_remove(ARRAY[
        'country:' || place.country,
        'state:' || place.state || '||' || place.country,
        'city:' || place.city || '||' || place.state || '||' || place.country,
        'city:' || place.city || '||||' || place.country
    ], NULL),
    nace_codes || ARRAY(
        SELECT DISTINCT unnest(ARRAY[
            'in:' || left(code, 2),
            'level:' || CASE WHEN length(code) < 3 THEN length(code) ELSE length(code) - 1 END
        ]) FROM unnest(nace_codes) AS code
    )
FROM contacts_company AS company
CROSS JOIN LATERAL (SELECT {city} AS city, {state} AS state, {country} AS country) AS place
WHERE {wanted}
ON CONFLICT (company_id) DO UPDATE SET {changes} WHERE ({stored}) IS DISTINCT FROM ({fresh})
"""
COMPANY_TEXTS = """
SELECT given.text FROM contacts_company AS company CROSS JOIN LATERAL unnest(
    ARRAY[company.name, domain, city, state, country] || functions || industries || technologies || keywords
) AS given (text) WHERE {wanted}
"""
SAVE_CONTACT_FACTS = """
INSERT INTO contacts_contactfacts AS facts ({names})
SELECT contact.id, contact.company_id, coalesce(contact.organization_id, 0), contact.number, contact.key,
    contact.full_name, quality_score, confidence, contact.created_at, is_stale, is_speculative, verified,
    email IS NOT NULL, phone IS NOT NULL, has_personal_email, linkedin_url IS NOT NULL, is_decision_maker,
    is_in_crm, is_sourced_by_people_ai, has_account OR has_opportunity, source, seniority, seniority_level,
    email_status, email_checked_on, department, {department}, {seniority}, {country}, {state}, {full_name}, {job_title},
    {email}, {traits}
FROM contacts_contact AS contact
LEFT JOIN contacts_companyfacts AS company ON company.company_id = contact.company_id
WHERE {wanted}
ORDER BY contact.id
"""
CONTACT_TEXTS = """
SELECT given.text FROM contacts_contact AS contact CROSS JOIN LATERAL (
    VALUES (department), (seniority), (country), (state), (full_name), (job_title), (email)
) AS given (text) WHERE {wanted}
"""
REPLACE = """
ON CONFLICT (contact_id) DO UPDATE SET {changes} WHERE ({stored}) IS DISTINCT FROM ({fresh})
"""
# Companies that an import wrote carry its time. A contact's company may be shared where the contact is private, so that
# a change of a company reaches contacts of all organizations.
WRITTEN_COMPANIES = sql.SQL("company.imported_at = %(now)s")
NEW_CONTACTS = sql.SQL("contact.id IN (SELECT id FROM contact_match WHERE is_new)")
CHANGED_CONTACTS = sql.SQL(
    "(contact.id IN (SELECT id FROM contact_changed) OR contact.company_id IN ("
    "SELECT id FROM contacts_company WHERE imported_at = %(now)s"
    ")) AND contact.id NOT IN (SELECT id FROM contact_match WHERE is_new)"
)
CONTACTS_OF_WRITTEN = sql.SQL(
    "contact.company_id IN (SELECT id FROM contacts_company WHERE imported_at = %(now)s)"
)
GIVEN_COMPANIES = sql.SQL(
    "company.id IN (SELECT company_id FROM contacts_contact WHERE id = ANY(%(contacts)s))"
)
GIVEN_CONTACTS = sql.SQL("contact.id = ANY(%(contacts)s)")


def save_import_facts(*, now: dt.datetime) -> None:
    """Make the facts of the companies and contacts that an import at `now` added or changed, in its transaction.

    They are noted to be compared with others, see `contacts.duplicates`.
    """
    _save_companies(WRITTEN_COMPANIES, {"now": now})
    _save_contacts(SAVE_CONTACT_FACTS, NEW_CONTACTS, {})
    _save_contacts(SAVE_CONTACT_FACTS + REPLACE, CHANGED_CONTACTS, {"now": now})
    check_imported_for_duplicates()


def save_company_facts(*, now: dt.datetime) -> None:
    """Make the facts of the companies that an import of nothing but companies wrote at `now`, and of their contacts."""
    _save_companies(WRITTEN_COMPANIES, {"now": now})
    _save_contacts(SAVE_CONTACT_FACTS + REPLACE, CONTACTS_OF_WRITTEN, {"now": now})


@transaction.atomic
def save_facts(*, contacts: Sequence[int]) -> None:
    """Make the facts of contacts, given by primary key, and of their companies again; they are compared with others."""
    values = {"contacts": list(contacts)}
    _save_companies(GIVEN_COMPANIES, values)
    _save_contacts(SAVE_CONTACT_FACTS + REPLACE, GIVEN_CONTACTS, values)
    check_for_duplicates(contacts=contacts)


@transaction.atomic
def save_facts_of_companies(*, companies: Sequence[int]) -> None:
    """Make the facts of companies, given by primary key, and of all their contacts."""
    values = {"companies": list(companies)}
    _save_companies(sql.SQL("company.id = ANY(%(companies)s)"), values)
    wanted = sql.SQL("contact.company_id = ANY(%(companies)s)")
    _save_contacts(SAVE_CONTACT_FACTS + REPLACE, wanted, values)


@transaction.atomic
def save_all_facts() -> None:
    """Make the facts of everything that is stored and has none."""
    _save_companies(sql.SQL("true"), {})
    _save_contacts(SAVE_CONTACT_FACTS, sql.SQL("true"), {})


def _save_companies(wanted: sql.Composable, values: dict[str, Any]) -> None:
    load_keys(sql.SQL(COMPANY_TEXTS).format(wanted=wanted), values)
    names = ("domain", "city", "state", "country", "word")
    keys = {"name": key_of("company.name")} | {name: key_of(name) for name in names}
    _save(
        sql.SQL(SAVE_COMPANY_FACTS).format(
            wanted=wanted,
            sizes=_list_bands(SIZES, "int4range"),
            revenues=_list_bands(REVENUES, "int8range"),
            **keys,
            **_parts(COMPANY_NAMES),
        ),
        values,
    )


def _list_bands(bands: Iterable[Band], kind: LiteralString) -> sql.Composed:
    row = sql.SQL("({}, " + kind + "({}, {}))")
    return sql.SQL(", ").join(
        row.format(*map(sql.Literal, (band.key, band.least, band.above))) for band in bands
    )


def _save_contacts(statement: str, wanted: sql.Composable, values: dict[str, Any]) -> None:
    load_keys(sql.SQL(CONTACT_TEXTS).format(wanted=wanted), values)
    names = ("department", "seniority", "country", "state", "full_name", "job_title", "email")
    keys = {name: key_of(f"contact.{name}") for name in names}
    traits = _repeat("company.{}", TRAITS)
    parts = _parts(CONTACT_NAMES)
    _save(sql.SQL(statement).format(wanted=wanted, traits=traits, **keys, **parts), values)


def _save(statement: sql.Composed, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _parts(names: Sequence[str]) -> dict[str, sql.Composable]:
    values = names[1:]
    return {
        "names": _repeat("{}", names),
        "changes": _repeat("{0} = EXCLUDED.{0}", values),
        "stored": _repeat("facts.{}", values),
        "fresh": _repeat("EXCLUDED.{}", values),
    }


def _repeat(template: str, names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(template).format(sql.Identifier(name)) for name in names)
