"""The table of filters, second half: the condition of each field of `contacts.filters` on a row of facts.

Columns that begin with `company_` stand in the facts of companies and of contacts alike, so that one row of the table
serves both.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from psycopg import sql

from contacthub.contacts.filters import (
    EXCLUDE,
    INTENT,
    CompanyFilters,
    ContactFilters,
    Filters,
    Location,
    asks_intent,
    list_active,
)
from contacthub.contacts.nace import list_divisions
from contacthub.contacts.sql.observed import of_companies, of_contacts
from contacthub.core import clock
from contacthub.core.countries import as_country_name
from contacthub.core.text import fold

Values = dict[str, Any]


# Three letters or digits in a row are the least that an index of trigrams knows.
TRIGRAM = re.compile(r"[^\W_]{3}")


class Condition(NamedTuple):
    """A field's condition: `{value}` is the value, or of a list one item after the other where `each` or `all` is set.

    Of `each` one item suffices, of `all` every one must hold. Without any item, nothing matches.
    """

    text: str
    prepare: Callable[[Any], Any] = lambda value: value
    each: bool = False
    all: bool = False
    # For patterns without a trigram: the index would hand over every row, which costs more than reading the table.
    without_trigram: str = ""
    # How a row is left out, where that is not the opposite of the text: a join that finds none, not a test of each row.
    opposite: str = ""

    def render(self, item: Any) -> str:
        """Return the text for a value."""
        is_scan = self.without_trigram and not TRIGRAM.search(item)
        return self.without_trigram if is_scan else self.text


def contains(text: str) -> str:
    """Return the pattern for a text anywhere in a search key, in which `%` and `_` of the text stand for themselves."""
    escaped = fold(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def contains_words(text: str) -> list[str]:
    """Return the patterns for the words of a text, which may stand anywhere and in any order: "Garnier, Nathalie"."""
    words = (word.strip(",;") or word for word in fold(text).split())
    return [contains(word) for word in dict.fromkeys(words)]


def contains_texts(texts: Iterable[str]) -> list[str]:
    """Return the patterns for whole texts; one of which folding leaves nothing finds nothing."""
    return [contains(text) for text in texts if fold(text)]


def _words(kind: str) -> Callable[[Iterable[str]], list[str]]:
    return lambda texts: [f"{kind}:{fold(text)}" for text in texts]


def _keys(texts: Iterable[str]) -> list[str]:
    return [fold(text) for text in texts]


def _tlds(names: Iterable[str]) -> list[str]:
    return [name.strip().lower().lstrip(".") for name in names]


def _places(locations: Iterable[Location]) -> list[str]:
    return [location.place for location in locations]


def _sections(letters: Iterable[str]) -> list[str]:
    return [f"in:{code}" for letter in letters for code in (letter, *list_divisions(letter))]


def _levels(levels: Iterable[int]) -> list[str]:
    return [f"level:{level}" for level in levels]


# Semi-joins: the planner reads the list, or looks each row up in its primary key, whichever is less.
ON_LIST = """
EXISTS (
    SELECT FROM lists_listmember AS member WHERE member.list_id = ANY({value}::bigint[]) AND member.item = facts.key
)
"""
# Of a contact, its company. Contacts of a shared company count as those of the own one that hides it.
COMPANY_ON_LIST = """
EXISTS (
    SELECT FROM (
        SELECT named.company_id FROM lists_listmember AS member
        JOIN contacts_companyfacts AS named ON named.number = member.item AND named.owner IN (0, %(owner)s)
        WHERE member.list_id = ANY({value}::bigint[])
        UNION ALL
        SELECT hidden.company_id FROM lists_listmember AS member
        JOIN contacts_companyfacts AS own ON own.number = member.item AND own.owner = %(owner)s
        JOIN contacts_companyfacts AS hidden ON hidden.domain = own.domain AND hidden.owner = 0
        WHERE member.list_id = ANY({value}::bigint[])
    ) AS listed WHERE listed.company_id = facts.company_id
)
"""


def _branches(codes: Iterable[str]) -> list[str]:
    """Return what the facts say of a company in a branch: the code itself, and what stands below it."""
    return list(dict.fromkeys(word for code in codes for word in _branch(code)))


def _branch(code: str) -> list[str]:
    if len(code) < 3:
        return _sections(code) if code.isalpha() else [f"in:{code}"]
    below = [code]
    if len(code) == 4:
        below += [f"{code}{digit}" for digit in range(10)]
    return below + [f"{each}{digit}" for each in below if len(each) == 5 for digit in range(10)]


def _days_of_checks(ages: Iterable[str]) -> list[str]:
    """Return the days that ages of checks are, as ranges that Postgres reads."""
    return [_range_of_days(*age.split(":")) for age in ages]


def _range_of_days(side: str, days: str) -> str:
    first = clock.today() - dt.timedelta(days=int(days))
    return f"[{first},)" if side == "within" else f"(,{first})"


def _bands(bands: Iterable[str]) -> list[str]:
    return [f"[{band.replace('-', ',')}]" for band in bands]


_ANY = "= ANY({value}::text[])"
_OVERLAPS = "&& {value}::text[]"

# Companies are found first: there are fewer of them than contacts, and the contacts of one by an index.
_OF_COMPANY = (
    "company_id = ANY(ARRAY(SELECT company_id FROM contacts_companyfacts"
    " WHERE owner IN (0, %(owner)s) AND company_text LIKE {value}))"
)


# What is written of a contact, beside each other: one index of trigrams finds words of any of it, whichever column each
# stands in, by those that fewest contacts have.
EVERYTHING = (
    "(name_text || ' ' || coalesce(title_text, '') || ' ' || coalesce(email_text, '')"
    " || ' ' || coalesce(company_text, ''))"
)
WITHOUT_ADDRESS = (
    "(name_text || ' ' || coalesce(title_text, '') || ' ' || coalesce(company_text, ''))"
)


def _within(sure: str, prepare: Callable[[Any], Any]) -> Condition:
    """Return a condition on a text of a contact: the index of everything finds the rows, and `sure` decides."""
    found = f"({EVERYTHING} LIKE {{value}} AND {sure})"
    return Condition(found, prepare, without_trigram=sure)


CONDITIONS = {
    # Of a contact.
    "words": Condition(
        f"{EVERYTHING} LIKE {{value}}",
        contains_words,
        all=True,
        without_trigram=f"{EVERYTHING} || '' LIKE {{value}}",
    ),
    "public_words": _within(f"{WITHOUT_ADDRESS} LIKE {{value}}", contains_words)._replace(all=True),
    "is_stale": Condition("is_stale = {value}"),
    "is_speculative": Condition("is_speculative = {value}"),
    "verified": Condition("verified = {value}"),
    "has_email": Condition("has_email = {value}"),
    "has_phone": Condition("has_phone = {value}"),
    "has_personal_email": Condition("has_personal_email = {value}"),
    "has_linkedin": Condition("has_linkedin = {value}"),
    "is_decision_maker": Condition("is_decision_maker = {value}"),
    "min_quality_score": Condition("quality_score >= {value}"),
    "max_quality_score": Condition("quality_score <= {value}"),
    "min_confidence": Condition("confidence >= {value}::float8"),
    "max_confidence": Condition("confidence <= {value}::float8"),
    "created_from": Condition("created_at >= {value}"),
    "created_before": Condition("created_at < {value}"),
    "sources": Condition(f"source {_ANY}", list),
    "seniority_levels": Condition(f"seniority_level {_ANY}", list),
    "email_statuses": Condition(f"email_status {_ANY}", list),
    "email_checks": Condition("email_checked_on <@ ANY({value}::daterange[])", _days_of_checks),
    "quality_bands": Condition("quality_score::int <@ ANY({value}::int4range[])", _bands),
    "departments": Condition(f"department {_ANY}", list),
    "seniorities": Condition(f"seniority {_ANY}", list),
    "department": Condition("department_text = {value}", fold),
    "country": Condition("country = {value}", lambda text: fold(as_country_name(text))),
    "state": Condition("state = {value}", fold),
    "is_in_crm": Condition("is_in_crm = {value}"),
    "is_sourced_by_people_ai": Condition("is_sourced_by_people_ai = {value}"),
    "has_account_or_opportunity": Condition("has_account_or_opportunity = {value}"),
    "text": _within("(name_text LIKE {value} OR email_text LIKE {value})", contains_words)._replace(
        all=True
    ),
    "name": _within("name_text LIKE {value}", contains_words)._replace(all=True),
    # One LIKE for each: an index of trigrams does not know LIKE ANY.
    "job_titles": _within("title_text LIKE {value}", contains_texts)._replace(each=True),
    "lists": Condition(ON_LIST, list, opposite=f"NOT {ON_LIST}"),
}
# What takes their place where the case of whole values does not matter.
IN_ANY_CASE = {
    "departments": Condition(f"department_text {_ANY}", _keys),
    "seniorities": Condition(f"seniority_text {_ANY}", _keys),
    "functions": Condition(f"company_words {_OVERLAPS}", _words("function")),
    "industries": Condition(f"company_words {_OVERLAPS}", _words("industry")),
    "technologies": Condition(f"company_words {_OVERLAPS}", _words("technology")),
}
COMPANY_CONDITIONS = {
    # Of a company. The first two name companies outright, of which there are fewer than contacts.
    "numbers": Condition(
        "company_id = ANY(ARRAY(SELECT company_id FROM contacts_companyfacts"
        " WHERE owner IN (0, %(owner)s) AND number = ANY({value}::bigint[])))",
        list,
    ),
    "text": Condition(_OF_COMPANY, contains_words, all=True),
    "created_from": Condition("company_created_at >= {value}"),
    "created_until": Condition("company_created_at <= {value}"),
    "has_generic_email": Condition("company_has_generic_email = {value}"),
    "has_linkedin": Condition("company_has_linkedin = {value}"),
    "country_codes": Condition(f"company_country_code {_ANY}", list),
    "tlds": Condition(f"(company_tld {_ANY} OR split_part(company_tld, '.', -1) {_ANY})", _tlds),
    "functions": Condition(f"company_functions {_OVERLAPS}", list),
    "industries": Condition(f"company_industries {_OVERLAPS}", list),
    "technologies": Condition(f"company_technologies {_OVERLAPS}", list),
    "keywords": Condition(f"company_words {_OVERLAPS}", _words("keyword")),
    "sizes": Condition(f"company_words {_OVERLAPS}", _words("size")),
    "revenues": Condition(f"company_words {_OVERLAPS}", _words("revenue")),
    "locations": Condition(f"company_places {_OVERLAPS}", _places),
    "nace_codes": Condition(f"company_nace {_OVERLAPS}", list),
    "nace_sections": Condition(f"company_nace {_OVERLAPS}", _sections),
    "nace_levels": Condition(f"company_nace {_OVERLAPS}", _levels),
    "lists": Condition(COMPANY_ON_LIST, list, opposite=f"NOT {COMPANY_ON_LIST}"),
    "nace_branches": Condition(f"company_nace {_OVERLAPS}", _branches),
    "regions": Condition(f"company_places {_OVERLAPS}", _places),
    "cities": Condition(f"company_places {_OVERLAPS}", _places),
}
# What takes their place where companies are the rows: a word that most of them have, such as "com", would be compared
# with a list of all their numbers for each row.
OF_ROWS = {
    "text": Condition(
        "company_text LIKE {value}",
        contains_words,
        all=True,
        without_trigram="company_text || '' LIKE {value}",
    ),
}
_LACKS = "cardinality(coalesce({}, '{{}}')) = 0"
_HAS_NO_WORD = "NOT EXISTS (SELECT FROM unnest(company_words) AS word WHERE word ^@ '{}:')"
_HAS_NO_PLACE = "NOT EXISTS (SELECT FROM unnest(company_places) AS place WHERE place ^@ '{}:')"
# What a row without a value looks like. Of each of these fields `empty` and `exclude_empty` can be asked.
IS_EMPTY = {
    "departments": "department_text IS NULL",
    "seniorities": "seniority_text IS NULL",
    "seniority_levels": "seniority_level IS NULL",
    "job_titles": "title_text IS NULL",
    "email_statuses": "email_status IS NULL",
    "email_checks": "email_checked_on IS NULL",
    "country_codes": "company_country_code IS NULL",
    "regions": _HAS_NO_PLACE.format("state"),
    "cities": _HAS_NO_PLACE.format("city"),
    "industries": _LACKS.format("company_industries"),
    "functions": _LACKS.format("company_functions"),
    "technologies": _LACKS.format("company_technologies"),
    "keywords": _HAS_NO_WORD.format("keyword"),
    "sizes": _HAS_NO_WORD.format("size"),
    "revenues": _HAS_NO_WORD.format("revenue"),
    "nace_branches": _LACKS.format("company_nace"),
}


def compose(filters: Filters, *, owner: int) -> tuple[sql.Composable, Values]:
    """Return the filters as one condition on a row of facts, and its parameters.

    `owner` is the organization that asks, whose windows of feeds they mean; the statement has the parameter as well.
    """
    if isinstance(filters, CompanyFilters):
        parts = list(_compose(filters, COMPANY_CONDITIONS | OF_ROWS, "company_"))
    else:
        parts = [
            *_compose(filters, CONDITIONS, "contact_"),
            *_compose(filters.company, COMPANY_CONDITIONS, "company_"),
        ]
    parts += _compose_intent(filters, owner)
    values = {name: value for _, named in parts for name, value in named.items()}
    return sql.SQL(" AND ").join([sql.SQL("true"), *(text for text, _ in parts)]), values


def _compose_intent(filters: Filters, owner: int) -> Iterator[tuple[sql.Composable, Values]]:
    company = filters.company if isinstance(filters, ContactFilters) else filters
    if isinstance(filters, ContactFilters) and filters.has_own_intent is not None:
        text, values = of_contacts(company, owner=owner)
        yield (text if filters.has_own_intent else _leave_out(text)), values
    elif asks_intent(company):
        text, values = of_companies(company, owner=owner)
        yield (_leave_out(text) if company.has_intent is False else text), values


def _leave_out(text: sql.Composable) -> sql.Composable:
    # A row without a value is not what is excluded.
    return sql.SQL("({}) IS NOT TRUE").format(text)


def _compose(
    filters: Filters, conditions: dict[str, Condition], prefix: str
) -> Iterator[tuple[sql.Composable, Values]]:
    for name, value in list_active(filters):
        if name in (*INTENT, "has_own_intent", "empty", "exclude_empty"):
            continue
        field = name.removeprefix(EXCLUDE)
        condition = conditions[field]
        if filters.is_case_ignored:
            condition = IN_ANY_CASE.get(field, condition)
        is_excluded = name.startswith(EXCLUDE)
        if is_excluded and condition.opposite:
            condition, is_excluded = condition._replace(text=condition.opposite), False
        text, values = _render(condition, prefix + name, condition.prepare(value))
        if name in filters.empty:
            text = sql.SQL("({} OR {})").format(text, sql.SQL(IS_EMPTY[name]))
        # A row without a value is not what is excluded.
        yield (sql.SQL("({}) IS NOT TRUE").format(text) if is_excluded else text), values
    yield from ((text, {}) for text in _list_empty(filters))


def _list_empty(filters: Filters) -> Iterator[sql.Composable]:
    """List the conditions of fields of which nothing else than having none, or having one, is asked."""
    for name in filters.empty:
        if not getattr(filters, name):
            yield sql.SQL("({})").format(sql.SQL(IS_EMPTY[name]))
    for name in filters.exclude_empty:
        yield sql.SQL("NOT ({})").format(sql.SQL(IS_EMPTY[name]))


def _render(condition: Condition, name: str, value: Any) -> tuple[sql.Composable, Values]:
    items = value if condition.each or condition.all else [value]
    if not items:
        return sql.SQL("false"), {}
    values = {f"{name}_{place}": item for place, item in enumerate(items)}
    alternatives = [
        sql.SQL(condition.render(item)).format(value=sql.Placeholder(each))
        for each, item in values.items()
    ]
    return sql.SQL("({})").format(
        sql.SQL(" AND " if condition.all else " OR ").join(alternatives)
    ), values
