"""The filters of the pages Contacts and Companies: what an address says of each field, and the chips that show it.

The address holds the filters and nothing else, so that it can be pasted to a colleague. `seniority=VP;Director`
includes values, `seniority_not=Manager` excludes some, `seniority_empty=yes` or `no` includes or excludes rows without
any.
Links of earlier versions say `seniority_is=not` in place of `_not`, for all values of a field.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.web import scalars
from contacthub.web.scalars import UNSTORABLE, Refused
from contacthub.web.views.catalog.filter_fields import (
    COMPANY_ID,
    DEFAULTS,
    LIMIT,
    LONGEST,
    LONGEST_LIST,
    MOST_VALUES,
    PLACE,
    Field,
)

# Values are separated by semicolons; one that belongs to a value has a backslash in front.
SEPARATOR = re.compile(r"(?<!\\);")
# What the drawer sends beside the filters: what is being looked for in a facet, and which facet is open.
DRAWER = ("facet", "more")
# Filters by which the path of a page can say what the page is about.
PATH_NAMES = ("list", "company_list")


# --- What an address asks -------------------------------------------------------------------------


@dataclass(frozen=True)
class FilterValue:
    """One field with what the address says of it: the texts, the values read from them, or why they cannot be used.

    `excluded` are values to leave out; `empty` says whether rows without a value are included or left out.
    """

    field: Field
    texts: list[str]
    values: Sequence[Any] = ()
    excluded_texts: Sequence[str] = ()
    excluded: Sequence[Any] = ()
    empty: bool | None = None
    fault: str = ""

    @property
    def text(self) -> str:
        """Return what was typed as one value."""
        return "; ".join(self.texts)

    @property
    def included_text(self) -> str:
        """Return what stands in the form."""
        return join_values(self.texts) if self.field.is_list else self.text

    @property
    def excluded_text(self) -> str:
        """Return what stands in the form to be left out."""
        return join_values(self.excluded_texts)

    @property
    def is_default(self) -> bool:
        """Return whether this is the default."""
        return bool(self.field.default) and self.texts == [self.field.default]

    @property
    def includes(self) -> bool:
        """Return whether there is something that rows must have, of several one."""
        return not self.fault and (
            (bool(self.values) and self.values != [None]) or self.empty is True
        )

    @property
    def excludes(self) -> bool:
        """Return whether there is something that rows must not have."""
        return not self.fault and (bool(self.excluded) or self.empty is False)

    @property
    def is_active(self) -> bool:
        """Return whether the search uses it."""
        return self.includes or self.excludes

    def without(self, *, excluded: bool) -> "FilterValue":
        """Return it without what it includes, or without what it excludes."""
        gone = self.empty is not excluded
        empty = None if gone else self.empty
        if excluded:
            return replace(self, excluded_texts=[], excluded=[], empty=empty)
        return replace(self, texts=[], values=[], empty=empty)


@dataclass(frozen=True)
class Chip:
    """An active filter: field, operator, value, and where removing, turning or changing it leads.

    A vendor's search adds a `note` of who applies it, and whether it cannot be applied.
    """

    label: str
    operator: str
    value: str
    name: str
    remove: str
    turn: str = ""
    is_not: bool = False
    is_default: bool = False
    change: str = ""
    note: str = ""
    is_refused: bool = False

    @property
    def css(self) -> str:
        """Return the classes of its state."""
        states = (
            (self.is_not, " is-not"),
            (self.is_default, " is-default"),
            (self.is_refused, " is-refused"),
        )
        return "".join(css for is_so, css in states if is_so)

    @property
    def words(self) -> str:
        """Return the filter as part of a sentence."""
        return " ".join(part for part in (self.label, self.operator, self.value) if part)

    @property
    def id(self) -> str:
        """Return what tells the chip from the others."""
        return f"{self.name}-not" if self.is_not else self.name


def read_fields(
    query: QueryDict, groups: dict[str, tuple[Field, ...]], *, may_see: bool
) -> list[FilterValue]:
    """Read every field from an address; those about addresses only where the person may see these."""
    return [
        _read_field(query, each)
        for fields in groups.values()
        for each in fields
        if may_see or not each.is_personal
    ]


def _read_field(query: QueryDict, each: Field) -> FilterValue:
    given, given_not = query.getlist(each.name), query.getlist(f"{each.name}_not")
    mode, empty = query.get(f"{each.name}_is", ""), query.get(f"{each.name}_empty", "")
    if each.can_exclude and mode == "not":
        given, given_not = [], [*given_not, *given]
    elif not each.can_exclude:
        given_not = []
    texts, excluded = _split(each, given), _split(each, given_not)
    if not texts and not excluded and each.default:
        texts = [each.default]
    try:
        _check(each, [*given, *given_not], [*texts, *excluded], mode)
        value = FilterValue(
            each,
            texts,
            [_read_value(each, text) for text in texts],
            excluded,
            [_read_value(each, text) for text in excluded],
            _read_empty(each, empty),
        )
        if each.is_flag and not _list_flags(value):
            raise Refused("cannot be neither yes nor no")
        return value
    except Refused as refused:
        return FilterValue(each, texts, [], excluded, [], None, f"{each.label} {refused}.")


def _split(each: Field, given: Sequence[str]) -> list[str]:
    # What is shown again is cut; what cannot be used is refused whole.
    shown = [UNSTORABLE.sub("\ufffd", text)[: LONGEST_LIST * 2] for text in given]
    parts = [part for text in shown for part in (split_values(text) if each.is_list else [text])]
    return [part.strip() for part in parts if part.strip()]


def split_values(text: str) -> list[str]:
    """Return the values that stand in one part of an address."""
    return [part.replace("\\;", ";") for part in SEPARATOR.split(text)]


def join_values(values: Iterable[str]) -> str:
    """Return values as one part of an address holds them."""
    return "; ".join(value.replace(";", "\\;") for value in values)


def _read_empty(each: Field, text: str) -> bool | None:
    if not text or not each.empty_words:
        return None
    return scalars.read_choice(text, {"yes": True, "no": False}) == "yes"


def _check(each: Field, given: Sequence[str], texts: Sequence[str], mode: str) -> None:
    """Refuse values that would otherwise be ignored, since that would find more than requested."""
    if any(UNSTORABLE.search(text) for text in given):
        raise Refused("contains a character that cannot be searched for")
    if any(len(text) > LONGEST_LIST for text in given):
        raise Refused(f"must have at most {LONGEST_LIST:,} characters")
    most = MOST_VALUES if each.is_list else 1
    if len(texts) > most:
        raise Refused(f"must be {'one value' if most == 1 else f'at most {most} values'}")
    if each.can_exclude and mode not in ("", "is", "not"):
        raise Refused("can only be included or excluded")


def _read_value(each: Field, text: str) -> Any:
    if len(text) > LONGEST:
        raise Refused(f"must have at most {LONGEST} characters")
    if each.options and not each.is_open:
        scalars.read_choice(text, dict(each.options))
    return each.read(text)


def list_faults(asked: Iterable[FilterValue]) -> list[str]:
    """List what is wrong with the filters, one sentence each. Nothing is searched for while there is any."""
    return [each.fault for each in asked if each.fault]


def make_filters(asked: Iterable[FilterValue]) -> ContactFilters:
    """Return the filters that the fields ask, those of companies in `company`."""
    contact: dict[str, Any] = {}
    company: dict[str, Any] = {}
    for each in asked:
        if each.is_active:
            _fill(company if each.field.is_company else contact, each)
    return ContactFilters(
        **contact, is_case_ignored=True, company=CompanyFilters(**company, is_case_ignored=True)
    )


def _fill(filters: dict[str, Any], each: FilterValue) -> None:
    target = each.field.target
    if each.field.is_flag:
        flags = _list_flags(each)
        filters[target] = flags.pop() if len(flags) == 1 else None
        return
    if each.values:
        filters[target] = tuple(each.values) if each.field.is_list else each.values[0]
    if each.excluded:
        filters[f"exclude_{target}"] = tuple(each.excluded)
    if each.empty is not None:
        name = "empty" if each.empty else "exclude_empty"
        filters[name] = (*filters.get(name, ()), target)


def _list_flags(each: FilterValue) -> set[bool]:
    """Return which of yes and no are left of a field that is one of them."""
    return (set(each.values) or {True, False}) - set(each.excluded)


def list_company_ids(asked: Iterable[FilterValue]) -> list[int]:
    """List the ids of companies that the filters ask for, whose names chips need."""
    return [number for each in asked if each.field.name == COMPANY_ID for number in each.values]


def list_chips(
    asked: Iterable[FilterValue], query: QueryDict, path: str, *, companies: Mapping[int, str]
) -> list[Chip]:
    """Return the active filters as chips. Each leads to the address without it, with the rest as it is.

    `companies` are the names of the ids that `list_company_ids` lists, as far as the reader may see them.
    """
    return [
        _make_chip(each, query, path, companies, is_not=is_not)
        for each in asked
        for is_not in (False, True)
        if (each.excludes if is_not else each.includes)
    ]


def _make_chip(
    each: FilterValue,
    query: QueryDict,
    path: str,
    companies: Mapping[int, str],
    *,
    is_not: bool,
) -> Chip:
    name = each.field.name
    words = ", ".join(_list_words(each, companies, is_not=is_not))
    if each.field.default:
        operator, words = ("hidden", "by default") if each.is_default else ("only", "these")
    elif is_not:
        operator = each.field.opposite
    else:
        operator = "" if LIMIT.search(each.field.label) else each.field.verb
    return Chip(
        "Company" if name == COMPANY_ID else each.field.label,
        operator,
        words,
        name,
        change(query, path, list_changes(each, is_not=is_not)),
        _turn(each, query, path) if each.field.can_exclude else "",
        is_not,
        each.is_default,
        change(query, path, {"filters": "open", "facet": name if each.field.is_facet else "more"}),
    )


def list_changes(each: FilterValue, *, is_not: bool) -> dict[str, str | None]:
    """Return what leaves one side of a field out of an address."""
    name = each.field.name
    gone: dict[str, str | None] = (
        {f"{name}_not": None} if is_not else {name: "show" if each.field.default else None}
    )
    return gone | ({f"{name}_empty": None} if each.empty is not is_not else {})


def _turn(each: FilterValue, query: QueryDict, path: str) -> str:
    """Return the address that includes what is excluded now, and the other way round."""
    name = each.field.name
    empty = None if each.empty is None else ("no" if each.empty else "yes")
    return change(
        query,
        path,
        {
            name: join_values(each.excluded_texts) or None,
            f"{name}_not": join_values(each.texts) or None,
            f"{name}_empty": empty,
        },
    )


def _list_words(each: FilterValue, companies: Mapping[int, str], *, is_not: bool) -> list[str]:
    """Return the values of one side of a field as its chip writes them, each of them once."""
    texts, values = (each.excluded_texts, each.excluded) if is_not else (each.texts, each.values)
    none = (
        [each.field.empty_words.lower()]
        if each.empty is not is_not and each.empty is not None
        else []
    )
    if each.field.name == COMPANY_ID:
        # Another organization's company looks exactly like an unknown one.
        return list(
            dict.fromkeys(companies.get(number, f"unknown id {number}") for number in values)
        )
    if each.field.show is not None:
        return [*dict.fromkeys(map(each.field.show, values)), *none]
    labels = dict(each.field.options)
    return [*(labels.get(text, text) for text in texts), *none]


def change(query: QueryDict, path: str, changes: Mapping[str, str | None]) -> str:
    """Return the address with some parts changed (None: left out), on the first page, and nothing empty in it."""
    kept = canonical(query)
    sought = [name for name in kept if name.startswith("find_")]
    for name in (*PLACE, *DRAWER, *sought, *changes):
        kept.pop(name, None)
    for name, text in changes.items():
        if text is not None:
            kept[name] = text
    for name, texts in list(kept.lists()):
        kept.setlist(name, [text for text in texts if text.strip()])
    for name in [name for name in kept if _says_nothing(kept, name) or _is_in(path, kept, name)]:
        del kept[name]
    text = kept.urlencode(safe=";,:")
    return f"{path}?{text}" if text else path


def canonical(query: QueryDict) -> QueryDict:
    """Return a copy of a query that can be changed, in which what is left out stands in `_not` and not in `_is`."""
    kept = query.copy()
    for name in [each for each in kept if each.endswith("_is")]:
        mode, field = kept.pop(name), name.removesuffix("_is")
        if mode == ["not"] and field in kept:
            kept.setlist(f"{field}_not", [*kept.getlist(f"{field}_not"), *kept.pop(field)])
    return kept


def _is_in(path: str, query: QueryDict, name: str) -> bool:
    """Return whether the path says a value already: that of a list's page names the list."""
    return name in PATH_NAMES and f"/{query[name]}/" in path


def _says_nothing(query: QueryDict, name: str) -> bool:
    """Return whether a part of an address is empty or holds anyway."""
    texts = query.getlist(name)
    return not texts or texts == [DEFAULTS.get(name)]
