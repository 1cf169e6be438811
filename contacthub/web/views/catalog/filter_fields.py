"""The fields of the filters of Contacts and Companies: their names in an address, their words, what they fill.

Each row of the tables below is one field of `contacts.filters` as people meet it. Facets are pick-lists whose values
come with counts; the other fields stand together below "More".
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contacthub.contacts.bands import REVENUES, SIZES, list_options
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Contact
from contacthub.contacts.nace import LEVELS, SECTIONS
from contacthub.contacts.sql.conditions import IS_EMPTY
from contacthub.core.countries import country_name
from contacthub.web import scalars
from contacthub.web.views.catalog.filter_values import (
    Read,
    read_band,
    read_branch,
    read_check_age,
    read_city,
    read_country,
    read_country_name,
    read_day,
    read_last_moment,
    read_location,
    read_nace,
    read_next_day,
    read_region,
    read_whole,
    show_band,
    show_branch,
    show_check_age,
    show_location,
    show_nace,
    show_place,
)

LONGEST = 200
LONGEST_LIST = 2000
MOST_VALUES = 50
# Parts of the address that name a page of the results, here or in a live search. They are not filters.
KEYSET = ("after", "before", "from")
PLACE = (*KEYSET, "position")
# The part that names the row which stands beside the list: it says nothing of which rows there are.
LOOK = "look"
COMPANY_ID = "company"
# Labels that hold their operator: "Vendor quality from".
LIMIT = re.compile(r" (from|up to|since|last)$")
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
    # What may be picked where that depends on the reader, as lists do: the facet's key, the text in the address, words.
    choices: tuple[tuple[str, str, str], ...] = ()
    # The name by which its facet is counted, where that is not `target`.
    counted_as: str = ""
    # Drawn as a pick-list with counts; where it can be searched, the words in the empty search field.
    is_facet: bool = False
    find: str = ""
    # The options are suggestions: the address may hold others that can be read.
    is_open: bool = False
    # Of one yes or no: both together are as good as neither.
    is_flag: bool = False
    # Only drawn where a link asks for it: what it can say, another field says better.
    is_former: bool = False

    @property
    def empty_words(self) -> str:
        """Return the words for having no value; nothing where every row has one."""
        label = self.label if self.label.isupper() else self.label[0].lower() + self.label[1:]
        return f"No {label}".replace("nACE", "NACE") if self.target in IS_EMPTY else ""

    @property
    def opposite(self) -> str:
        """Return the words for leaving out."""
        return {"is": "is not", "contains": "does not contain"}[self.verb]

    @property
    def can_exclude(self) -> bool:
        """Return whether the filters have an opposite of this field."""
        return self.is_flag or (self.is_list and f"exclude_{self.target}" in EXCLUDABLE)

    @property
    def kind(self) -> str:
        """Return how "More" draws it."""
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


def _facet(name: str, label: str, target: str, find: str, **more: Any) -> Field:
    return Field(name, label, target, is_list=True, is_facet=True, find=find, **more)


def _picks(
    name: str, label: str, target: str, options: Iterable[tuple[str, str]], **more: Any
) -> Field:
    return _choices(name, label, target, options, is_facet=True, **more)


PERSON = (
    _picks("level", "Level", "seniority_levels", Contact.Seniority.choices),
    _facet("seniority", "Seniority", "seniorities", "Find a seniority"),
    _facet("department", "Department", "departments", "Find a department"),
    _facet("title", "Title", "job_titles", "Word or words of a title", verb="contains"),
    Field(
        "decision_maker",
        "Decision maker",
        "is_decision_maker",
        "yes".__eq__,
        YES_NO,
        is_list=True,
        is_facet=True,
        is_flag=True,
    ),
    Field(
        "person_country",
        "Person's country",
        "country",
        read_country_name,
        placeholder="Norway",
        show=str,
    ),
    Field("person_state", "Person's state", "state"),
    _flag("linkedin", "LinkedIn profile", "has_linkedin"),
)
CHECK_AGES = (("7", "Within 7 days"), ("30", "Within 30 days"), ("90", "Within 90 days"), ("180", "Within 180 days"),
    ("over-180", "Over 180 days ago"))  # fmt: skip
REACH = (
    _picks(
        "email_status",
        "E-mail status",
        "email_statuses",
        Contact.EmailStatus.choices,
        is_personal=True,
    ),
    _picks(
        "checked",
        "E-mail check",
        "email_checks",
        CHECK_AGES,
        read=read_check_age,
        show=show_check_age,
        is_open=True,
        is_personal=True,
    ),
    _flag("has_email", "E-mail", "has_email", is_personal=True),
    _flag("personal_email", "Personal e-mail", "has_personal_email", is_personal=True),
    _flag("has_phone", "Phone", "has_phone", is_personal=True),
)
BANDS = (("80-100", "80 to 100"), ("60-79", "60 to 79"), ("40-59", "40 to 59"), ("20-39", "20 to 39"),
    ("0-19", "0 to 19"))  # fmt: skip
QUALITY = (
    _picks(
        "quality",
        "Vendor quality",
        "quality_bands",
        BANDS,
        read=read_band,
        show=show_band,
        is_open=True,
    ),
    _picks("source", "Source", "sources", Contact.Source.choices),
    _hidden("stale", "Stale", "is_stale"),
    _hidden("speculative", "Speculative", "is_speculative"),
    Field(
        "quality_from",
        "Vendor quality from",
        "min_quality_score",
        read_whole(0, 100),
        type="number",
    ),
    Field(
        "quality_to", "Vendor quality up to", "max_quality_score", read_whole(0, 100), type="number"
    ),
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
        _facet("country", "Country", "country_codes", "Find a country", read=read_country, show=country_name),
        _facet("region", "Region", "regions", "Find a region", read=read_region, show=show_place),
        _facet("city", "City", "cities", "Find a city", read=read_city, show=show_place),
        _facet("industry", "Industry", "industries", "Find an industry"),
        _facet("nace_in", "NACE industry", "nace_branches", "Name or NACE code", read=read_branch, show=show_branch),
        _facet("function", "Function", "functions", "Find a function"),
        _facet("technology", "Technology", "technologies", "Find a technology"),
        _facet("keyword", "Keyword", "keywords", "Find a keyword"),
        _picks("size", "Employees", "sizes", list_options(SIZES)),
        _picks("revenue", "Revenue", "revenues", list_options(REVENUES)),
        _words(
            "location", "Location", "locations", read=read_location, placeholder="Oslo, *, Norway", show=show_location,
            hint="Country, or state and country, or city, state and country; * for any state.",
        ),
        _choices("section", "NACE section", "nace_sections", ((s.letter, f"{s.letter} {s.short}") for s in SECTIONS),
            is_former=True),
        _words("nace", "NACE code", "nace_codes", read=read_nace, placeholder="62.01", show=show_nace, is_former=True),
        _choices(
            "nace_level", "NACE level", "nace_levels",
            zip(map(str, LEVELS), ("1 Section", "2 Division", "3 Group", "4 Class", "5 National"), strict=True),
            read=int,
        ),
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


# The facets in the order in which the drawer shows them; those of the first row are open at first.
OPEN_FACETS = ("seniority", "country", "industry")
FACET_ORDER = (
    *OPEN_FACETS, "nace_in", "size", "revenue", "technology", "keyword", "department", "level", "title",
    "email_status", "checked", "region", "city", "function", "list", "company_list", "feed", "topic", "source",
    "quality", "decision_maker",
)  # fmt: skip


def is_of_companies(
    groups: Mapping[str, tuple[Field, ...]] | Mapping[str, Sequence[Field]],
) -> bool:
    """Return whether groups filter companies and not contacts."""
    return "Person" not in groups


def find_facet(groups: Mapping[str, tuple[Field, ...]], name: str) -> Field | None:
    """Return the facet of some groups with a name in the address; None if there is none."""
    fields = (each for group in groups.values() for each in group)
    return next((each for each in fields if each.is_facet and each.name == name), None)
