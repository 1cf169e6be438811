"""Searches of contacts: common, rare, empty and without a filter, each beside the best of all plans of the same run.

`python -m tests.bench --only searches [--searched N …]` measures these alone.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from django.db import connection
from psycopg import sql as psycopg_sql

from contacthub.contacts import search
from contacthub.contacts.filters import CompanyFilters, ContactFilters, Location
from contacthub.contacts.search import Position
from contacthub.contacts.sql import facts
from contacthub.contacts.sql import search_pages as sql
from contacthub.organizations.models import Organization
from tests.bench.measuring import compare, once, report

GOAL = 3
PAGE = 50
ROUNDS = 5
QUALITY = sql.Order("quality_score", "smallint", is_descending=True)
DEFAULTS = {"is_stale": False, "is_speculative": False}

# One company in ten contacts. The last countries, industries and technologies are rare; Trapware is found only where
# the quality is low, at the far end of the usual order.
FILL_COMPANIES = """
INSERT INTO contacts_company (source_number, domain, name, tld, industries, functions, technologies, nace_codes, city,
    state, country, country_code, linkedin_url, has_generic_email, created_at)
SELECT n, 'company' || n || '.example', 'Company ' || n, 'example', ARRAY['Industry ' || n % 40],
    ARRAY['Function ' || n % 12, 'Function ' || n % 7],
    CASE WHEN n % 1000 = 7 THEN ARRAY['Trapware'] ELSE
        ARRAY['Technology ' || n % 30, 'Technology ' || n % 47, 'Rareware ' || n % 4001] END,
    ARRAY[CASE WHEN n % 2000 = 3 THEN '99.00' ELSE (ARRAY['62.01', '46.90', '70.22', '25.11', '64.19'])[1 + n % 5] END],
    'City ' || n % 900, 'State ' || n % 50, 'Country ' || place.code, place.code,
    CASE WHEN n % 3 > 0 THEN 'https://linkedin.example/company/' || n END, n % 2 = 0,
    now() - n % 2000 * interval '1 day'
FROM generate_series(1, {companies}) AS n
CROSS JOIN LATERAL (SELECT CASE WHEN n % 500 = 1 THEN 'EE' WHEN n % 400 = 3 THEN 'IS' ELSE
    (ARRAY['US', 'US', 'US', 'GB', 'DE', 'FR', 'NO', 'SE', 'DK', 'FI'])[1 + n * 7919 % 10] END AS code) AS place
"""
FILL_CONTACTS = """
INSERT INTO contacts_contact (key, source_number, company_id, full_name, job_title, department, seniority,
    seniority_level, email, email_status, email_checked_on, phone, quality_score, confidence, is_stale, is_speculative,
    verified, source,
    linkedin_url, is_decision_maker, has_personal_email, is_in_crm, has_account, created_at, pii, country, state)
SELECT n, n, company.id, first || ' ' || last || CASE WHEN n % 5 > 0 THEN '' ELSE ' ' || n END,
    CASE WHEN n % 180000 = 11 THEN 'Hydrology Archivist' WHEN n % 3000 = 5 THEN 'HR Partner' ELSE
        (ARRAY['Head', 'Director', 'VP', 'Manager', 'Senior Manager', 'Engineer', 'Analyst', 'Assistant'])[1 + draw % 8]
        || ' of ' || (ARRAY['Data', 'Sales', 'Finance', 'Product', 'Legal', 'Supply'])[1 + draw / 8 % 6]
        || CASE WHEN n % 3 > 0 THEN '' ELSE ' ' || n / 4 END END,
    (ARRAY['Sales', 'IT', 'Finance', 'Operations', 'Legal'])[1 + draw / 48 % 5], 'Level ' || draw % 9,
    (ARRAY['executive', 'senior', 'manager', 'staff'])[1 + draw % 4],
    CASE WHEN n % 10 > 0 THEN lower(first) || '.' || n || '@' || company.domain END,
    (ARRAY['valid', 'catch_all', 'pending', 'invalid'])[1 + draw / 7 % 4],
    CASE WHEN n % 10 > 2 THEN current_date - (draw / 29 % 400)::int END, CASE WHEN n % 3 = 0 THEN '+47' || n END,
    CASE WHEN company.technologies[1] = 'Trapware' THEN draw % 16 ELSE draw / 11 % 101 END, draw % 1001 / 1000.0,
    draw / 13 % 10 = 0, draw / 17 % 9 = 0, n % 2 = 0, 'website',
    CASE WHEN n % 4 > 0 THEN 'https://in.example/' || n END,
    n % 6 = 0, n % 7 = 0, n % 8 = 0, n % 5 = 0, now() - draw % 1000000 * interval '1 minute',
    jsonb_build_object('address', n || ' Street Road', 'city', company.city, 'gender', 'female'), company.country,
    company.state
FROM (
    SELECT n, abs(hashint8(n)::bigint) AS draw, 1 + abs(hashint8(n * 31)::bigint) % {companies} AS firm
    FROM generate_series(1, {contacts}) AS n
) AS numbers
JOIN contacts_company AS company ON company.source_number = firm
CROSS JOIN LATERAL (SELECT
    (ARRAY['Ingrid', 'Jonas', 'Dana', 'Amara', 'Priya', 'Lars', 'Mette', 'Olav'])[1 + draw / 19 % 8] AS first,
    (ARRAY['Virtanen', 'Berg', 'Lund', 'Okafor', 'Rao', 'Dahl', 'Nilsen', 'Smith', 'Jones', 'Weber'])[
        1 + draw / 23 % 10] || CASE WHEN n % 4 = 0 THEN 'sson' ELSE '' END AS last
) AS names
"""

QUERIES: dict[str, ContactFilters] = {
    "no filter": ContactFilters(),
    "not stale, not speculative": ContactFilters(**DEFAULTS),
    "common: manager, US, quality 50 and more": ContactFilters(
        **DEFAULTS,
        job_titles=("manager",),
        min_quality_score=50,
        company=CompanyFilters(country_codes=("US",)),
    ),
    "common: technology": ContactFilters(
        **DEFAULTS, company=CompanyFilters(technologies=("Technology 3",))
    ),
    "common: part of a name": ContactFilters(**DEFAULTS, text="berg"),
    "rare: head of data, NO or SE, technology": ContactFilters(
        **DEFAULTS,
        job_titles=("head of data",),
        company=CompanyFilters(
            country_codes=("NO", "SE"), technologies=("Rareware 7", "Rareware 9")
        ),
    ),
    "rare: title, IS, section U": ContactFilters(
        **DEFAULTS,
        job_titles=("hydrology archivist",),
        company=CompanyFilters(country_codes=("IS", "US"), nace_sections=("U", "J")),
    ),
    "rare: title": ContactFilters(**DEFAULTS, job_titles=("hydrology",)),
    "rare: full name": ContactFilters(**DEFAULTS, text="ingrid virtanensson 1000"),
    "rare: quality up to 3, IT, EE": ContactFilters(
        **DEFAULTS,
        max_quality_score=3,
        departments=("IT",),
        company=CompanyFilters(country_codes=("EE",)),
    ),
    "rare: a city": ContactFilters(
        **DEFAULTS, company=CompanyFilters(locations=(Location("Country EE", city="City 1"),))
    ),
    "rare: a company": ContactFilters(company=CompanyFilters(numbers=(77,))),
    "rare, far down the order: Trapware": ContactFilters(
        **DEFAULTS, company=CompanyFilters(technologies=("Trapware",))
    ),
    "rare, far down the order: Trapware, US": ContactFilters(
        **DEFAULTS, company=CompanyFilters(technologies=("Trapware",), country_codes=("US",))
    ),
    "empty: a title": ContactFilters(**DEFAULTS, job_titles=("zzzquantum",)),
    "empty: frequent words that never meet": ContactFilters(
        **DEFAULTS,
        job_titles=("manager",),
        departments=("Nobody",),
        company=CompanyFilters(country_codes=("US",)),
    ),
    "words: a full name": ContactFilters(words="virtanensson ingrid 1000"),
    "words: a name and a company": ContactFilters(words="dana company77"),
    "words: a title and a company's domain": ContactFilters(
        words="finance director company123.example"
    ),
    "words: a title of many": ContactFilters(words="director of finance"),
    "words: a name of many": ContactFilters(words="ingrid"),
    "words: of nobody": ContactFilters(words="ingrid zzzquantum"),
    "two letters of a title: hr": ContactFilters(**DEFAULTS, job_titles=("hr",)),
}
# What the planner may be kept from; the best of these and of the two statements is the limit.
HINTS: tuple[tuple[str, ...], ...] = ((), ("enable_seqscan",))


class SearchBench:
    """Contacts made in the database itself, and searches of them."""

    def __init__(self, organization: Organization, contacts: int) -> None:
        self.organization = organization
        self.contacts = contacts

    def run(self) -> None:
        """Fill, then measure pages, deep pages, counts and all ids."""
        seconds = once(self.fill)
        trigrams = "with" if self.has_trigrams() else "without"
        print(f"\n{self.contacts:,} contacts {trigrams} trigrams, made in {seconds:.0f} s")
        for name, filters in QUERIES.items():
            self.measure_page(name, filters)
        self.measure_depth()
        self.measure_counts()

    # --- Filling -------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Make companies, contacts and their facts; indexes come last, which is several times faster."""
        sizes = {"contacts": self.contacts, "companies": self.contacts // 10}
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE contacts_company CASCADE")
            cursor.execute("SET session_replication_role = replica")
            with self.without_indexes("contacts_contactfacts"):
                cursor.execute(FILL_COMPANIES.format(**sizes))
                cursor.execute(FILL_CONTACTS.format(**sizes))
                cursor.execute("ANALYZE contacts_company, contacts_contact")
                facts.save_all_facts()
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("VACUUM ANALYZE")

    @contextmanager
    def without_indexes(self, table: str) -> Iterator[None]:
        """Drop a table's indexes and make them again."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT LIKE '%%pkey'",
                [table],
            )
            found = cursor.fetchall()
            for name, _ in found:
                cursor.execute(
                    psycopg_sql.SQL("DROP INDEX {}").format(psycopg_sql.Identifier(name))
                )
            yield
            for _, definition in found:
                cursor.execute(definition)

    def has_trigrams(self) -> bool:
        """Return whether Postgres has the indexes for text anywhere."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'contact_facts_%%trigrams'"
            )
            return bool(cursor.fetchone()[0])

    # --- Pages ---------------------------------------------------------------------------------------

    def measure_page(self, name: str, filters: ContactFilters) -> None:
        """The first page of the usual order."""
        expected = self.find(filters)
        times = []
        for call in self.list_plans(filters):
            assert call() == expected, name
            times.append(quick(call))
        best = min(times)
        report(
            f"{name} ({len(expected)})",
            quick(lambda: self.find(filters)),
            "the best plan",
            best,
            GOAL,
        )

    def find(
        self, filters: ContactFilters, after: Position | None = None, limit: int = PAGE
    ) -> list[sql.Found]:
        return sql.find_page(
            sql.CONTACTS,
            owner=self.organization.pk,
            filters=filters,
            order=QUALITY,
            after=after,
            limit=limit,
        )

    def list_plans(self, filters: ContactFilters) -> Iterator[Callable[[], object]]:
        """List every way to the same page: each statement, with every hint."""
        page = sql.Page(sql.CONTACTS, self.organization.pk, filters, QUALITY, None, PAGE)
        for hints in HINTS:
            yield partial(self.read, partial(page.walk, self.contacts), hints)
            yield partial(self.read, page.find_all, hints)

    def read(self, call: Callable[[], list[sql.Found]], hints: tuple[str, ...]) -> list[sql.Found]:
        """Read a page while the planner may not use some kinds of plans."""
        with connection.cursor() as cursor:
            for hint in hints:
                cursor.execute(f"SET {hint} = off")
            started = time.perf_counter()
            rows = call()
            self.seconds = time.perf_counter() - started
            for hint in hints:
                cursor.execute(f"RESET {hint}")
        return rows

    def measure_depth(self) -> None:
        """The thousandth page against the first, for a common question."""
        filters = QUERIES["not stale, not speculative"]
        last = self.find(filters, limit=PAGE * 999)[-1]
        deep = Position(last.value, last.number)
        compare(
            "page 1,000",
            lambda: self.find(filters, deep),
            "page 1",
            lambda: self.find(filters),
            goal=1.2,
            rounds=40,
        )

    def measure_counts(self) -> None:
        """Counts as pages show them, the exact ones of page numbers, and all ids in bulk."""
        for name in ("no filter", "common: manager, US, quality 50 and more", "rare: title"):
            filters = QUERIES[name]
            capped = quick(
                lambda f=filters: search.count_contacts(organization=self.organization, filters=f)
            )  # type: ignore[misc]
            exact = quick(
                lambda f=filters: sql.count_matching(
                    sql.CONTACTS, owner=self.organization.pk, filters=f, most=None
                )  # type: ignore[misc]
            )
            report(f"count up to 10,000, {name}", capped, "exact", exact)
        filters = QUERIES["not stale, not speculative"]
        bare = once(lambda: self.fetch_count("SELECT count(*) FROM contacts_contactfacts"))
        report(
            "ids of all that match, in chunks", once(lambda: self.drain(filters)), "count(*)", bare
        )

    def drain(self, filters: ContactFilters) -> int:
        return sum(
            map(len, search.iterate_contact_ids(organization=self.organization, filters=filters))
        )

    def fetch_count(self, statement: str) -> object:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()


def quick(call: Callable[[], object]) -> float:
    """Return the median seconds of a few runs after one that warms up; of a slow call fewer."""
    times = [once(call)]
    while len(times) < ROUNDS and sum(times) < 2:
        times.append(once(call))
    return statistics.median(times[1:] or times)
