"""The filters of the pages Contacts and Companies: fields of a form, parts of an address, and chips.

Each row of the tables below is one field of `contacts.filters` as people meet it. The address holds the filters and
nothing else, so that it can be pasted to a colleague.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Contact
from contacthub.contacts.nace import LEVELS, SECTIONS
from contacthub.core.countries import country_name
from contacthub.web import scalars
from contacthub.web.scalars import UNSTORABLE, Refused
from contacthub.web.views.catalog.filter_values import (
    Read,
    read_country,
    read_country_name,
    read_day,
    read_last_moment,
    read_location,
    read_nace,
    read_next_day,
    read_whole,
    show_location,
    show_nace,
)

LONGEST = 200
LONGEST_LIST = 2000
MOST_VALUES = 50
# Parts of the address that belong to one page of one order and not to the filters.
PLACE = ("after", "before", "from")
COMPANY_ID = "company"
# Labels that hold their operator: "Quality from".
LIMIT = re.compile(r" (from|up to)$")
Options = tuple[tuple[str, str], ...]


# --- Fields ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """One filter: its name in the address, its words, and the field of the filters that it fills.

    A field with `options` takes those alone; one that `is_list` several values, of which any will do, and its opposite.
    """

    name: str
    label: str
    target: str
    read: Read = str
    options: Options = ()
    is_list: bool = False
    # "contains" in place of "is".
    verb: str = "is"
    hint: str = ""
    placeholder: str = ""
    type: str = "text"
    is_company: bool = False
    # Fields about addresses, which the page of a contact hides from viewers.
    is_personal: bool = False
    default: str = ""
    # How a chip writes a value; without it, as it was typed.
    show: Callable[[Any], str] | None = None

    @property
    def opposite(self) -> str:
        """Return the words for leaving out."""
        return {"is": "is not", "contains": "does not contain"}[self.verb]

    @property
    def can_exclude(self) -> bool:
        """Return whether the filters have an opposite of this field."""
        return self.is_list and f"exclude_{self.target}" in EXCLUDABLE

    @property
    def kind(self) -> str:
        """Return how the form draws it."""
        if self.options:
            return "checks" if self.is_list else "select"
        return "input"


EXCLUDABLE = frozenset({*ContactFilters.__dataclass_fields__, *CompanyFilters.__dataclass_fields__})
YES_NO: Options = (("yes", "Yes"), ("no", "No"))


def _flag(name: str, label: str, target: str, **more: Any) -> Field:
    return Field(name, label, target, "yes".__eq__, YES_NO, **more)


def _words(name: str, label: str, target: str, **more: Any) -> Field:
    return Field(name, label, target, is_list=True, **more)


def _choices(
    name: str, label: str, target: str, options: Iterable[tuple[str, str]], **more: Any
) -> Field:
    return Field(name, label, target, options=tuple(options), is_list=True, **more)


def _hidden(name: str, label: str, target: str) -> Field:
    options = (("hide", "Hidden"), ("show", "Shown"), ("only", "Only these"))
    readers = {"hide": False, "show": None, "only": True}
    return Field(name, label, target, readers.get, options, default="hide")


PERSON = (
    _words("title", "Title", "job_titles", verb="contains", placeholder="head of data; VP"),
    _words("department", "Department", "departments", placeholder="Sales"),
    _words("seniority", "Seniority", "seniorities", placeholder="VP; Director"),
    _choices("level", "Level", "seniority_levels", Contact.Seniority.choices),
    Field(
        "person_country",
        "Person's country",
        "country",
        read_country_name,
        placeholder="Norway",
        show=str,
    ),
    Field("person_state", "Person's state", "state"),
    _flag("decision_maker", "Decision maker", "is_decision_maker"),
    _flag("linkedin", "LinkedIn profile", "has_linkedin"),
)
REACH = (
    _flag("has_email", "E-mail", "has_email", is_personal=True),
    _choices(
        "email_status",
        "E-mail status",
        "email_statuses",
        Contact.EmailStatus.choices,
        is_personal=True,
    ),
    _flag("personal_email", "Personal e-mail", "has_personal_email", is_personal=True),
    _flag("has_phone", "Phone", "has_phone", is_personal=True),
)
QUALITY = (
    _hidden("stale", "Stale", "is_stale"),
    _hidden("speculative", "Speculative", "is_speculative"),
    Field("quality_from", "Quality from", "min_quality_score", read_whole(0, 100), type="number"),
    Field("quality_to", "Quality up to", "max_quality_score", read_whole(0, 100), type="number"),
    Field(
        "confidence_from",
        "Confidence from",
        "min_confidence",
        scalars.read_ratio,
        placeholder="0.8",
    ),
    Field(
        "confidence_to", "Confidence up to", "max_confidence", scalars.read_ratio, placeholder="1"
    ),
    _flag("verified", "Verified", "verified"),
    _choices("source", "Source", "sources", Contact.Source.choices),
    Field("added_from", "Added from", "created_from", read_day, type="date"),
    Field("added_to", "Added up to", "created_before", read_next_day, type="date"),
)
CRM = (
    _flag("in_crm", "In the CRM", "is_in_crm"),
    _flag("account", "Account or opportunity", "has_account_or_opportunity"),
    _flag("captured", "Found in activity", "is_sourced_by_people_ai"),
)
COMPANY = tuple(
    replace(each, is_company=True)
    for each in (
        Field("company_name", "Company", "text", verb="contains", placeholder="Name or domain"),
        _words(
            "country", "Country", "country_codes", read=read_country, placeholder="Norway; SE", show=country_name,
        ),
        _words(
            "location", "Location", "locations", read=read_location, placeholder="Oslo, *, Norway", show=show_location,
            hint="Country, or state and country, or city, state and country; * for any state.",
        ),
        _words("industry", "Industry", "industries"),
        _choices("section", "NACE section", "nace_sections", ((s.letter, f"{s.letter} {s.short}") for s in SECTIONS)),
        _words("nace", "NACE code", "nace_codes", read=read_nace, placeholder="62.01", show=show_nace),
        _choices(
            "nace_level", "NACE level", "nace_levels",
            zip(map(str, LEVELS), ("1 Section", "2 Division", "3 Group", "4 Class", "5 National"), strict=True),
            read=int,
        ),
        _words("function", "Function", "functions"),
        _words("technology", "Technology", "technologies", placeholder="Snowflake; dbt"),
        _words("tld", "Top-level domain", "tlds", placeholder="no; co.uk"),
        _flag("company_linkedin", "Company's LinkedIn", "has_linkedin"),
        _flag("generic_email", "General e-mail", "has_generic_email"),
        Field("company_from", "Company added from", "created_from", read_day, type="date"),
        Field("company_to", "Company added up to", "created_until", read_last_moment, type="date"),
        Field(COMPANY_ID, "Company id", "numbers", read_whole(1, 2**53 - 1), is_list=True),
    )
)  # fmt: skip
CONTACT_GROUPS = {
    "Person": PERSON,
    "E-mail and phone": REACH,
    "Quality and source": QUALITY,
    "Company": COMPANY,
    "CRM": CRM,
}
DEFAULTS = {each.name: each.default for each in QUALITY if each.default}
COMPANY_GROUPS = {
    "Company": tuple(each for each in COMPANY if each.name not in ("company", "company_name"))
}


# --- What an address asks -------------------------------------------------------------------------


@dataclass(frozen=True)
class FilterValue:
    """One field with what the address says of it: the texts, the values read from them, or why they cannot be used."""

    field: Field
    texts: list[str]
    values: Sequence[Any] = ()
    is_not: bool = False
    fault: str = ""

    @property
    def text(self) -> str:
        """Return what stands in the form."""
        return "; ".join(self.texts)

    @property
    def is_default(self) -> bool:
        """Return whether this is the default."""
        return bool(self.field.default) and self.texts == [self.field.default]

    @property
    def is_active(self) -> bool:
        """Return whether the search uses it."""
        return not self.fault and bool(self.values) and self.values != [None]


@dataclass(frozen=True)
class Chip:
    """An active filter: field, operator, value, and where removing or turning it leads."""

    label: str
    operator: str
    value: str
    name: str
    remove: str
    turn: str = ""
    is_not: bool = False
    is_default: bool = False


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
    given = query.getlist(each.name)
    # What is shown again is cut; what cannot be used is refused whole.
    shown = [UNSTORABLE.sub("\ufffd", text)[: LONGEST_LIST * 2] for text in given]
    parts = [part for text in shown for part in (text.split(";") if each.is_list else [text])]
    texts = [part.strip() for part in parts if part.strip()] or (
        [each.default] if each.default else []
    )
    mode = query.get(f"{each.name}_is", "")
    is_not = each.can_exclude and mode == "not"
    try:
        _check(each, given, texts, mode)
        return FilterValue(each, texts, [_read_value(each, text) for text in texts], is_not)
    except Refused as refused:
        return FilterValue(each, texts, [], is_not, f"{each.label} {refused}.")


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
    if each.options:
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
            target = f"exclude_{each.field.target}" if each.is_not else each.field.target
            values = company if each.field.is_company else contact
            values[target] = tuple(each.values) if each.field.is_list else each.values[0]
    return ContactFilters(
        **contact, is_case_ignored=True, company=CompanyFilters(**company, is_case_ignored=True)
    )


def list_company_ids(asked: Iterable[FilterValue]) -> list[int]:
    """List the ids of companies that the filters ask for, whose names chips need."""
    return [number for each in asked if each.field.name == COMPANY_ID for number in each.values]


def list_chips(
    asked: Iterable[FilterValue], query: QueryDict, path: str, *, companies: Mapping[int, str]
) -> list[Chip]:
    """Return the active filters as chips. Each leads to the address without it, with the rest as it is.

    `companies` are the names of the ids that `list_company_ids` lists, as far as the reader may see them.
    """
    return [_make_chip(each, query, path, companies) for each in asked if each.is_active]


def _make_chip(
    each: FilterValue, query: QueryDict, path: str, companies: Mapping[int, str]
) -> Chip:
    name = each.field.name
    words = ", ".join(_list_words(each, companies))
    if each.field.default:
        operator, words = ("hidden", "by default") if each.is_default else ("only", "these")
    elif each.is_not:
        operator = each.field.opposite
    else:
        operator = "" if LIMIT.search(each.field.label) else each.field.verb
    gone: dict[str, str | None] = {name: "show" if each.field.default else None}
    turned: dict[str, str | None] = {f"{name}_is": None if each.is_not else "not"}
    return Chip(
        "Company" if name == COMPANY_ID else each.field.label,
        operator,
        words,
        name,
        change(query, path, gone | {f"{name}_is": None}),
        change(query, path, turned) if each.field.can_exclude else "",
        each.is_not,
        each.is_default,
    )


def _list_words(each: FilterValue, companies: Mapping[int, str]) -> list[str]:
    """Return the values of a field as its chip writes them, each of them once."""
    if each.field.name == COMPANY_ID:
        # Another organization's company looks exactly like an unknown one.
        names = [companies.get(number, f"unknown id {number}") for number in each.values]
        return list(dict.fromkeys(names))
    if each.field.show is not None:
        return list(dict.fromkeys(map(each.field.show, each.values)))
    labels = dict(each.field.options)
    return [labels.get(text, text) for text in each.texts]


def change(query: QueryDict, path: str, changes: dict[str, str | None]) -> str:
    """Return the address with some parts changed (None: left out), on the first page, and nothing empty in it."""
    kept = query.copy()
    for name in (*PLACE, *changes):
        kept.pop(name, None)
    for name, text in changes.items():
        if text is not None:
            kept[name] = text
    for name, texts in list(kept.lists()):
        kept.setlist(name, [text for text in texts if text.strip()])
    for name in [name for name in kept if _says_nothing(kept, name)]:
        del kept[name]
    text = kept.urlencode(safe=";,:")
    return f"{path}?{text}" if text else path


def _says_nothing(query: QueryDict, name: str) -> bool:
    """Return whether a part of an address is empty, holds anyway, or is an operator that turns nothing round."""
    texts = query.getlist(name)
    if name.endswith("_is"):
        return texts != ["not"] or not query.getlist(name.removesuffix("_is"))
    return not texts or texts == [DEFAULTS.get(name)]
