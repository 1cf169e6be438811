"""Facets: the values that a field has under the filters of all other fields, each with how many rows have it.

They count what searches find: shared rows and the organization's own, no row that an own one hides, nothing of other
organizations. The field's own conditions are left out here, so that a caller cannot forget to. Where counting all would
take long, the counts come from a sample, and say so.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz import fuzz, process

from contacthub.contacts import nace
from contacthub.contacts.facet_choices import COMPANY_LISTS, FEEDS, LISTS, TOPICS, count_choices
from contacthub.contacts.filters import EXCLUDE, CompanyFilters, ContactFilters, Filters
from contacthub.contacts.sql import facets as sql
from contacthub.contacts.sql import page_numbers
from contacthub.contacts.sql.search_pages import COMPANIES, CONTACTS, Kind
from contacthub.core import clock
from contacthub.core.countries import country_name
from contacthub.core.text import fold
from contacthub.organizations.models import Organization

# Facets whose values the caller says.
CHOICES = (LISTS, COMPANY_LISTS, FEEDS, TOPICS)
# Values that are read where all are needed, and those among which the nearest one is looked for.
MOST_VALUES = 10_000
MOST_WORDS = 200
# A value that is less alike than this, of 100, is not what somebody meant.
LEAST_ALIKE = 60
# How long a statement may take before a sample is counted, and how long one may that only a sample is left for.
MILLISECONDS = 1_000
MOST_MILLISECONDS = 10_000
# So few rows of a sample say nothing; there are then few rows at all, and all of them are counted.
FEWEST_SAMPLED = 300


@dataclass(frozen=True)
class FacetValue:
    """A value: as filters compare it, as people read it, and how many rows have it."""

    key: str
    words: str
    count: int


@dataclass(frozen=True)
class Facet:
    """Values, the most frequent first, how many different ones there are, and how many rows have none.

    An estimate is counted on a sample: values that are rare may be missing.
    """

    values: list[FacetValue]
    distinct: int
    empty: int
    is_estimate: bool = False


@dataclass(frozen=True, kw_only=True)
class FacetQuestion:
    """A field of the filters, by its name there, under the filters of a list; `keys` are values to count in any case.

    `find` is a part of the values wanted, in any case and without accents.
    """

    organization: Organization
    filters: Filters
    name: str
    keys: Sequence[str] = ()
    find: str = ""
    limit: int = 8
    # Of lists, feeds and topics: those that the reader may see, by key with words. No others are counted.
    choices: Sequence[tuple[str, str]] = ()

    @property
    def kind(self) -> Kind:
        """Return what is counted."""
        return CONTACTS if isinstance(self.filters, ContactFilters) else COMPANIES

    def counting(self) -> sql.Counting:
        """Return what is counted, under the filters of the other fields."""
        others = leave_out(self.filters, self.name)
        return sql.Counting(self.kind, self.organization.pk, others)


def count_facet(question: FacetQuestion) -> Facet:
    """Return the values of a field with their counts."""
    counting = question.counting()
    if question.name in CHOICES:
        with sql.within(MOST_MILLISECONDS):
            return _count_choices(question, counting)
    if not sql.make_plan(counting).is_cheap:
        percent = sql.find_percent(question.kind)
        sampled = _count(question, replace(counting, percent=percent))
        if percent < 100 and _sum_up(sampled) >= FEWEST_SAMPLED:
            return _scale(sampled, 100 / percent)
    with sql.within(MOST_MILLISECONDS):
        return _count(question, counting)


def find_nearest(question: FacetQuestion) -> FacetValue | None:
    """Return the value that is most alike to what is looked for, of all that the catalog has; None if none is.

    It is counted under the filters.
    """
    if question.name in CHOICES:
        return _find_nearest_choice(question)
    everything = ContactFilters() if question.kind is CONTACTS else CompanyFilters()
    # Of titles the most frequent words will do: each is looked for in all of them.
    limit = MOST_WORDS if question.name == "job_titles" else MOST_VALUES
    wide = replace(question, filters=everything, find="", keys=(), limit=limit)
    found = count_facet(wide).values
    words = {each.key: fold(each.words) for each in found}
    best = process.extractOne(
        fold(question.find), words, scorer=fuzz.WRatio, score_cutoff=LEAST_ALIKE
    )
    if best is None:
        return None
    nearest = next(each for each in found if each.key == best[2])
    counted = count_facet(replace(question, find="", keys=(nearest.key,), limit=0)).values
    return next((each for each in counted if each.key == nearest.key), replace(nearest, count=0))


def _count_choices(question: FacetQuestion, counting: sql.Counting) -> Facet:
    find = fold(question.find)
    words = dict(question.choices)
    wanted = [key for key, text in question.choices if find in fold(text)]
    keys = [*dict.fromkeys([*(key for key in question.keys if key in words), *wanted])]
    if question.name in (FEEDS, TOPICS):
        keys = keys[: question.limit + len(question.keys)]
    counts = count_choices(question.name, counting, keys)
    return Facet([FacetValue(key, words[key], n) for key, n in counts.items()], len(wanted), 0)


def _find_nearest_choice(question: FacetQuestion) -> FacetValue | None:
    words = {key: fold(text) for key, text in question.choices}
    best = process.extractOne(
        fold(question.find), words, scorer=fuzz.WRatio, score_cutoff=LEAST_ALIKE
    )
    if best is None:
        return None
    counts = count_choices(question.name, question.counting(), [best[2]])
    return FacetValue(best[2], dict(question.choices)[best[2]], counts[best[2]])


def leave_out(filters: Filters, name: str) -> Filters:
    """Return filters without any condition on a field, of contacts or else of their company."""
    if name == COMPANY_LISTS:
        company = filters.company if isinstance(filters, ContactFilters) else filters
        company = replace(company, **_list_gone(company, LISTS))
        return replace(filters, company=company) if isinstance(filters, ContactFilters) else company
    if isinstance(filters, CompanyFilters):
        return replace(filters, **_list_gone(filters, name))
    if name in ContactFilters.__dataclass_fields__:
        return replace(filters, **_list_gone(filters, name))
    return replace(filters, company=replace(filters.company, **_list_gone(filters.company, name)))


def _list_gone(filters: Filters, name: str) -> dict[str, Any]:
    fields = type(filters).__dataclass_fields__
    gone: dict[str, Any] = {
        each: fields[each].default for each in (name, EXCLUDE + name) if each in fields
    }
    for each in ("empty", "exclude_empty"):
        gone[each] = tuple(one for one in getattr(filters, each) if one != name)
    return gone


# --- Exact totals ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Total:
    """How many rows match: exactly, or estimated from a sample."""

    value: int
    is_estimate: bool = False


def count_exactly(*, organization: Organization, filters: Filters) -> Total:
    """Return how many rows match, exactly where that takes up to a second."""
    kind = CONTACTS if isinstance(filters, ContactFilters) else COMPANIES
    try:
        with sql.within(MILLISECONDS):
            return Total(page_numbers.count_all(kind, owner=organization.pk, filters=filters))
    except sql.TooSlow:
        percent = sql.find_percent(kind)
        counting = sql.Counting(kind, organization.pk, filters, percent)
        return Total(round(sql.count_rows(counting) * 100 / percent), is_estimate=True)


# --- Kinds of facets ---------------------------------------------------------------------------------


def _count(question: FacetQuestion, counting: sql.Counting) -> Facet:
    count = {
        "email_checks": _count_checks,
        "quality_bands": _count_bands,
        "nace_branches": _count_branches,
        "country_codes": _count_countries,
        "job_titles": _count_titles,
    }.get(question.name, _count_values)
    return count(question, counting)


def _count_values(question: FacetQuestion, counting: sql.Counting) -> Facet:
    rows = sql.count_values(
        counting,
        question.name,
        keys=question.keys,
        find=fold(question.find),
        limit=question.limit,
    )
    is_place = question.name in ("regions", "cities")
    has_words = is_place or question.name in sql.WRITTEN
    examples = [row.example for row in rows.rows] if has_words else []
    written = sql.list_written(question.kind, question.name, examples)
    words = _place_words if is_place else _value_words
    values = [
        FacetValue(row.key, words(row.key, written.get(row.example)), row.total)
        for row in rows.rows
    ]
    return Facet(values, rows.distinct, rows.empty)


def _value_words(key: str, written: Sequence[str | None] | None) -> str:
    """Return a value as somebody wrote it, the first of several ways."""
    return next((each for each in written or () if each and fold(each) == key), key)


def _place_words(key: str, written: Sequence[str | None] | None) -> str:
    """Return a place as its company has it: "Halden, Norway"."""
    city, state, country = written or (None, None, None)
    name = city if key.startswith("city:") else state
    if name and country:
        return f"{name}, {country}"
    return ", ".join(part for part in key.partition(":")[2].split("||") if part)


def _count_titles(question: FacetQuestion, counting: sql.Counting) -> Facet:
    find = fold(question.find)
    # What somebody types may be several words, which no single one contains.
    keys = [*question.keys, *([find] if find and not find.isalnum() else [])]
    rows = sql.count_title_words(counting, keys=keys, find=find, limit=question.limit)
    values = [
        FacetValue(row.key, row.key, row.total)
        for row in rows.rows
        if row.total or row.key in question.keys
    ]
    return Facet(values, len(values), rows.empty)


def _count_countries(question: FacetQuestion, counting: sql.Counting) -> Facet:
    rows = sql.count_values(counting, question.name, keys=question.keys, find="", limit=MOST_VALUES)
    find = fold(question.find)
    values = [FacetValue(row.key, _country_words(row.key), row.total) for row in rows.rows]
    wanted = [
        each
        for each in values
        if each.key in question.keys or find in fold(each.words) or find == each.key.lower()
    ]
    kept = [each for each in wanted if each.key in question.keys]
    others = [each for each in wanted if each.key not in question.keys]
    return Facet([*kept, *others[: question.limit]], len(wanted), rows.empty)


def _country_words(code: str) -> str:
    try:
        return country_name(code)
    except KeyError:
        return code


def _count_checks(question: FacetQuestion, counting: sql.Counting) -> Facet:
    rows = sql.count_values(counting, question.name, keys=(), find="", limit=MOST_VALUES)
    today = clock.today()
    ages = [((today - dt.date.fromisoformat(row.key)).days, row.total) for row in rows.rows]

    def count(key: str) -> int:
        side, _, days = key.partition(":")
        is_within = side == "within"
        return sum(n for age, n in ages if (age <= int(days)) is is_within)

    return _make_fixed(question.keys, count, rows.empty)


def _count_bands(question: FacetQuestion, counting: sql.Counting) -> Facet:
    rows = sql.count_values(counting, question.name, keys=(), find="", limit=MOST_VALUES)

    def count(key: str) -> int:
        least, most = map(int, key.split("-"))
        return sum(row.total for row in rows.rows if least <= int(row.key) <= most)

    return _make_fixed(question.keys, count, rows.empty)


def _make_fixed(keys: Iterable[str], count: Any, empty: int) -> Facet:
    values = [FacetValue(key, key, count(key)) for key in keys]
    return Facet(values, len(values), empty)


def _count_branches(question: FacetQuestion, counting: sql.Counting) -> Facet:
    """Count every branch of the tree that has companies: a company counts once in each, whatever it has below it."""
    counts: Counter[str] = Counter()
    empty = 0
    for codes, n in sql.count_branches(counting):
        branches = {branch for code in codes for branch in _list_branches(code)}
        counts.update(dict.fromkeys(branches, n))
        empty += 0 if codes else n
    keys = {*counts, *question.keys}
    values = [FacetValue(code, nace.find_title(code), counts[code]) for code in sorted(keys)]
    find = fold(question.find)
    if find:
        values = [
            each
            for each in values
            if each.key in question.keys
            or find in fold(each.words)
            or each.key.lower().startswith(find)
        ]
    return Facet(values, len(values), empty)


def _list_branches(code: str) -> Iterable[str]:
    """List a code and all above it; the facts' own words for divisions and levels are none."""
    if not nace.CODE.fullmatch(code):
        return
    while code:
        yield code
        code = nace.find_parent(code)


# --- Samples -----------------------------------------------------------------------------------------


def _sum_up(facet: Facet) -> int:
    return sum(each.count for each in facet.values) + facet.empty


def _scale(facet: Facet, factor: float) -> Facet:
    values = [replace(each, count=round(each.count * factor)) for each in facet.values]
    return Facet(values, facet.distinct, round(facet.empty * factor), is_estimate=True)
