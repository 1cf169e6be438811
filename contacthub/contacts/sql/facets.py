"""How many contacts or companies have each value of a field, under the filters of the other fields.

Whether an own row hides a shared one is asked of the own rows, as in `page_numbers`: what they hide is left out. Where
finding all that match is expensive, a sample is counted instead, the same blocks of the table each time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg import errors, sql

from contacthub.contacts.filters import Filters
from contacthub.contacts.sql.conditions import compose
from contacthub.contacts.sql.page_numbers import hidden_rows
from contacthub.contacts.sql.search_pages import COMPANIES, Kind

Values = dict[str, Any]
# What the planner may say of finding all: the cost in its own unit, and the rows. Within both it takes, measured, up to
# 300 ms; beyond either, so many rows of the table are sampled.
CHEAP = 60_000
FEW_ROWS = 60_000
SAMPLE_ROWS = 40_000


class Row(NamedTuple):
    """A value as searches compare it, how many have it, and the primary key of a row that has it."""

    key: str
    total: int
    example: int


class Rows(NamedTuple):
    """Some values, how many different ones there are, and how many rows have none."""

    rows: list[Row]
    distinct: int
    empty: int


class Plan(NamedTuple):
    """What the planner believes of finding all that match."""

    cost: float
    rows: float

    @property
    def is_cheap(self) -> bool:
        """Return whether all can be counted while somebody waits."""
        return self.cost <= CHEAP and self.rows <= FEW_ROWS


class TooSlow(Exception):
    """Counting took longer than it may."""


# --- What is counted by ------------------------------------------------------------------------------

COLUMNS = {
    "departments": "department_text",
    "seniorities": "seniority_text",
    "seniority_levels": "seniority_level",
    "job_titles": "title_text",
    "sources": "source",
    "email_statuses": "email_status",
    "email_checks": "email_checked_on",
    "quality_bands": "quality_score",
    "is_decision_maker": "is_decision_maker",
    "country_codes": "company_country_code",
    "nace_branches": "company_nace",
}


class Trait(NamedTuple):
    """A column of many values of a company, and the statement that lists those of one kind."""

    column: str
    keys: str


WORDS = "SELECT DISTINCT substr(word, {}) FROM unnest(company_words) AS word WHERE word ^@ '{}:'"


def _words(kind: str) -> Trait:
    return Trait("company_words", WORDS.format(len(kind) + 2, kind))


TRAITS = {
    "industries": _words("industry"),
    "functions": _words("function"),
    "technologies": _words("technology"),
    "keywords": _words("keyword"),
    "sizes": _words("size"),
    "revenues": _words("revenue"),
    "regions": Trait(
        "company_places",
        "SELECT place FROM unnest(company_places) AS place WHERE place ^@ 'state:'",
    ),
    # Each city stands there with its state and in any state.
    "cities": Trait(
        "company_places",
        "SELECT place FROM unnest(company_places) AS place WHERE place ^@ 'city:' AND strpos(place, '||||') > 0",
    ),
}

# --- Statements --------------------------------------------------------------------------------------

# Why not the ORM: it cannot sample, and the conditions are those of the searches.
FROM = """
FROM {table} AS facts {sample}
WHERE owner IN (0, %(owner)s) AND {matches} AND {id} NOT IN (SELECT id FROM ({hidden}) AS hidden)
"""
SAMPLE = "TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)"
BY_COLUMN = """
WITH counted AS MATERIALIZED (SELECT {column} AS key, count(*) AS n, min({id}) AS example {rows} GROUP BY 1)
"""
BY_TRAIT = """
WITH matching AS MATERIALIZED (SELECT {id} AS id, {column} {rows}), counted AS MATERIALIZED (
    SELECT trait.key, count(*) AS n, min(id) AS example
    FROM matching CROSS JOIN LATERAL ({keys}) AS trait (key) GROUP BY trait.key
    UNION ALL
    SELECT NULL, count(*), NULL FROM matching WHERE NOT EXISTS ({keys})
)
"""
# The last row is that of having no value.
READ = """
(
    SELECT key::text, n, example, (SELECT count(*) FROM counted WHERE key IS NOT NULL AND {wanted})
    FROM counted WHERE key IS NOT NULL AND ({wanted} OR key::text = ANY(%(keys)s))
    ORDER BY key::text = ANY(%(keys)s) DESC, n DESC, key LIMIT %(limit)s
) UNION ALL SELECT NULL, coalesce(sum(n), 0)::bigint, 0, 0 FROM counted WHERE key IS NULL
"""
SUM = "SELECT coalesce(sum(n), 0)::bigint FROM counted"
LIST_BRANCHES = "SELECT coalesce(key, '{}'), n FROM counted"
# A title counts once for each word in it; what is counted is what the filter finds, which is text anywhere.
LIST_WORDS = """
, candidates AS (
    SELECT word, sum(n) AS n FROM (SELECT key, n FROM counted WHERE key IS NOT NULL ORDER BY n DESC LIMIT 5000) AS often
    CROSS JOIN LATERAL (SELECT DISTINCT word FROM regexp_split_to_table(key, '[^[:alnum:]]+') AS word) AS words
    WHERE length(word) > 2 AND strpos(word, %(find)s) > 0 AND word <> ALL(%(common)s)
    GROUP BY word ORDER BY 2 DESC, 1 LIMIT %(limit)s
), wanted AS (
    SELECT word FROM candidates UNION SELECT unnest(%(keys)s::text[])
)
(
    SELECT word, (SELECT coalesce(sum(n), 0)::bigint FROM counted WHERE strpos(key, word) > 0) AS found, 0
    FROM wanted ORDER BY found DESC, word
) UNION ALL SELECT NULL, coalesce(sum(n), 0)::bigint, 0 FROM counted WHERE key IS NULL
"""
COMMON_WORDS = ["and", "the", "for", "und", "der", "die", "des", "les", "von"]
EXPLAIN = (
    "EXPLAIN (FORMAT JSON) SELECT FROM {table} AS facts WHERE owner IN (0, %(owner)s) AND {matches}"
)
SIZE = "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = %(table)s::regclass"
# A value as somebody wrote it, by the primary key of a row that has it.
OF_CONTACT = "SELECT contact_id, {} FROM contacts_contactfacts WHERE contact_id = ANY(%(ids)s)"
OF_COMPANY = "SELECT company_id, {} FROM contacts_companyfacts WHERE company_id = ANY(%(ids)s)"
PLACE_OF_CONTACT = """
SELECT contact.id, ARRAY[company.city, company.state, company.country] FROM contacts_contact AS contact
JOIN contacts_company AS company ON company.id = contact.company_id WHERE contact.id = ANY(%(ids)s)
"""
PLACE_OF_COMPANY = (
    "SELECT id, ARRAY[city, state, country] FROM contacts_company WHERE id = ANY(%(ids)s)"
)
KEYWORDS_OF_CONTACT = """
SELECT contact.id, company.keywords FROM contacts_contact AS contact
JOIN contacts_company AS company ON company.id = contact.company_id WHERE contact.id = ANY(%(ids)s)
"""
KEYWORDS_OF_COMPANY = "SELECT id, keywords FROM contacts_company WHERE id = ANY(%(ids)s)"
WRITTEN = {
    "departments": "ARRAY[department]",
    "seniorities": "ARRAY[seniority]",
    "industries": "company_industries",
    "functions": "company_functions",
    "technologies": "company_technologies",
    # Not among the facts.
    "keywords": "",
}


@dataclass(frozen=True)
class Counting:
    """What is counted: rows of a kind that match, all of them or a percentage of the table."""

    kind: Kind
    owner: int
    filters: Filters
    percent: float | None = None

    def head(self, name: str) -> tuple[sql.Composed, Values]:
        """Return the beginning of a statement that has the values of a field in `counted`, and its parameters."""
        matches, values = compose(self.filters, owner=self.owner)
        base: dict[str, sql.Composable] = {"table": self.kind.table, "id": self.kind.id}
        rows = sql.SQL(FROM).format(
            sample=sql.SQL("" if self.percent is None else SAMPLE),
            matches=matches,
            hidden=hidden_rows(self.kind),
            **base,
        )
        trait = TRAITS.get(name)
        column = sql.Identifier(trait.column if trait else COLUMNS[name])
        # In a sample it does not matter that a company may have a value twice, differently written.
        keys = trait.keys.replace("DISTINCT ", "" if self.percent else "DISTINCT ") if trait else ""
        statement = sql.SQL(BY_TRAIT if trait else BY_COLUMN)
        head = statement.format(column=column, keys=sql.SQL(keys), rows=rows, **base)
        return head, values | {"owner": self.owner, "percent": self.percent}


def make_plan(counting: Counting) -> Plan:
    """Return what the planner believes that finding all matches costs."""
    matches, values = compose(counting.filters, owner=counting.owner)
    statement = sql.SQL(EXPLAIN).format(table=counting.kind.table, matches=matches)
    plan = _run(statement, values | {"owner": counting.owner})[0][0][0]["Plan"]
    return Plan(plan["Total Cost"], plan["Plan Rows"])


def find_percent(kind: Kind) -> float:
    """Return which percentage of a table the sample is."""
    table = "contacts_companyfacts" if kind is COMPANIES else "contacts_contactfacts"
    rows: float = _run(sql.SQL(SIZE), {"table": table})[0][0]
    return min(100.0, 100.0 * SAMPLE_ROWS / max(rows, 1.0))


def count_values(
    counting: Counting, name: str, *, keys: Sequence[str], find: str, limit: int
) -> Rows:
    """Return the most frequent values that hold a text, those of `keys` before all others."""
    is_wanted = sql.SQL("strpos(key::text, %(find)s) > 0") if find else sql.SQL("true")
    head, values = counting.head(name)
    more = {"keys": list(keys), "find": find, "limit": limit + len(keys)}
    *found, empty = _run(head + sql.SQL(READ).format(wanted=is_wanted), values | more)
    return Rows([Row(*row[:3]) for row in found], found[0][3] if found else 0, empty[1])


def count_rows(counting: Counting) -> int:
    """Return how many rows of those that are counted match."""
    head, values = counting.head("country_codes")
    count: int = _run(head + sql.SQL(SUM), values)[0][0]
    return count


def count_title_words(counting: Counting, *, keys: Sequence[str], find: str, limit: int) -> Rows:
    """Return the most frequent words of titles that hold a text, and the counts of `keys`, which may be longer."""
    head, values = counting.head("job_titles")
    more = {"keys": list(keys), "find": find, "limit": limit, "common": COMMON_WORDS}
    *found, empty = _run(head + sql.SQL(LIST_WORDS), values | more)
    return Rows([Row(*row) for row in found], len(found), empty[1])


def count_branches(counting: Counting) -> list[tuple[list[str], int]]:
    """Return the sets of NACE codes that companies have, as their facts hold them, with how many rows have each."""
    head, values = counting.head("nace_branches")
    return _run(head + sql.SQL(LIST_BRANCHES), values)


def list_written(kind: Kind, name: str, examples: Sequence[int]) -> dict[int, list[str | None]]:
    """Return the values of a field as they are written, by the primary keys of rows."""
    if not examples:
        return {}
    is_company = kind is COMPANIES
    if name == "keywords":
        statement = KEYWORDS_OF_COMPANY if is_company else KEYWORDS_OF_CONTACT
    elif name in WRITTEN:
        statement = (OF_COMPANY if is_company else OF_CONTACT).format(WRITTEN[name])
    else:
        statement = PLACE_OF_COMPANY if is_company else PLACE_OF_CONTACT
    return dict(_run(sql.SQL(statement), {"ids": list(examples)}))


def _run(statement: sql.Composable, values: Values) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Any] = cursor.fetchall()
    return rows


# Large hash tables pay only here; elsewhere many such statements run at once.
BOUND = "SELECT set_config('statement_timeout', %(milliseconds)s, true), set_config('work_mem', '64MB', true)"
UNBOUND = (
    "SELECT set_config('statement_timeout', '0', true), set_config('work_mem', %(memory)s, true)"
)


@contextmanager
def within(milliseconds: int) -> Iterator[None]:
    """Let each statement of a block take so many milliseconds. Raises `TooSlow` where one would take longer."""
    try:
        with transaction.atomic():
            memory = _run(sql.SQL("SELECT current_setting('work_mem')"), {})[0][0]
            _run(sql.SQL(BOUND), {"milliseconds": str(milliseconds)})
            yield
            _run(sql.SQL(UNBOUND), {"memory": memory})
    except OperationalError as error:
        if isinstance(error.__cause__, errors.QueryCanceled):
            raise TooSlow from error
        raise
