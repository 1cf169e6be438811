"""Kinds of columns, and the values that only contacts and companies have."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from contacthub.contacts.models import Contact, ContactEmail, ContactPhone
from contacthub.core.countries import as_country_name, find_country
from contacthub.core.domains import clean_domain, plain_domain
from contacthub.core.errors import Invalid
from contacthub.core.marks import clean_linkedin
from contacthub.core.public_ids import parse_contact_id
from contacthub.core.tabular import Cleaner
from contacthub.core.tabular.cleaning import check_text
from contacthub.core.tabular.values import (
    clean_boolean,
    clean_day,
    clean_moment,
    clean_number,
    clean_texts,
    clean_url,
)

# Depends on the day of the import: nothing was observed after it.
DatedCleaner = Callable[[dt.date], Cleaner]
MOST_INTEGER = 2**53 - 1


class Source(NamedTuple):
    """A name under which a file may hold a column, and how its values are checked there. No check: free text."""

    name: str
    clean: Cleaner | None = None
    make_clean: DatedCleaner | None = None
    most: int = 200

    def cleaner(self, today: dt.date) -> Cleaner | None:
        """Return the check for an import on a day."""
        return self.make_clean(today) if self.make_clean else self.clean


@dataclass(frozen=True)
class Column:
    """A column as the import uses it, and the names that files have for it. Two names in a row must agree."""

    name: str
    sources: tuple[Source, ...]
    sql_type: str = "text"


Columns = tuple[Column, ...]


def make_column(
    name: str,
    *names: str,
    clean: Cleaner | None = None,
    make_clean: DatedCleaner | None = None,
    most: int = 200,
    sql_type: str = "text",
) -> Column:
    """Return a column that files call by one of `names`, if any are given, else by its own."""
    return Column(
        name,
        tuple(Source(source, clean, make_clean, most) for source in names or (name,)),
        sql_type,
    )


def make_flag(name: str, *names: str) -> Column:
    """Return a column of booleans."""
    return make_column(name, *names, clean=clean_boolean, sql_type="boolean")


def make_texts(name: str, *names: str) -> Column:
    """Return a column of lists of short texts."""
    return make_column(name, *names, clean=clean_array, sql_type="text[]")


def make_link(name: str, *names: str) -> Column:
    """Return a column of web addresses."""
    return make_column(name, *names, clean=clean_url)


def make_profile_link(name: str, *names: str) -> Column:
    """Return a column of links to profiles; those of LinkedIn in one spelling."""
    return make_column(name, *names, clean=clean_profile_link)


def make_moment(name: str, *names: str) -> Column:
    """Return a column of times. A source's clock may be a little ahead of ours."""
    day = dt.timedelta(days=1)
    return make_column(
        name,
        *names,
        make_clean=lambda today: partial(clean_moment, last=today + day),
        sql_type="timestamptz",
    )


def make_day(name: str) -> Column:
    """Return a column of dates."""
    return make_column(
        name, make_clean=lambda today: partial(clean_day, last=today), sql_type="date"
    )


# --- Values that only contacts and companies have --------------------------------------------------------------------

NACE_CODE = re.compile(r"([A-U])?(\d\d)?\.?(\d{1,3})?", re.ASCII)
FIRST_OF_ARRAY = re.compile(r'\{"((?:[^"\\]|\\.)*)"', re.DOTALL)
SENIORITIES = {value: value for value in Contact.Seniority.values}
SOURCES = {value: value for value in Contact.Source.values}
EMAIL_TYPES = {value: value for value in ContactEmail.Type.values}
PHONE_TYPES = {value: value for value in ContactPhone.Type.values}
# The words of Rich Utilities, then those of InsideView.
EMAIL_STATUSES = {value: value for value in Contact.EmailStatus.values} | {
    "validemail": "valid", "validdomain": "catch_all", "unknown": "pending",
}  # fmt: skip


def clean_profile_link(value: str) -> str:
    """Return a link to a profile; one to LinkedIn in its one spelling, with a scheme or without."""
    return clean_url(clean_linkedin(value))


def clean_if_domain(value: str) -> str:
    """Return a domain in its one spelling, any other text as it is: of a CRM's account either is said."""
    return check_text(plain_domain(value), most=200)


def clean_contact_id(value: str) -> str:
    """Return the key inside `id_…` or `cb_…` as text."""
    try:
        return str(parse_contact_id(value))
    except Invalid as error:
        raise ValueError("is not id_ or cb_ followed by 16 lower-case hex digits") from error


def clean_country_code(value: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country, given by code or name."""
    code = find_country(value)
    if code is None:
        raise ValueError("is not a country: write a code such as NO, or a name such as Norway")
    return code


def clean_country(value: str) -> str:
    """Return the English name of a country, given by code or name; up to 200 characters of other text stay."""
    return as_country_name(check_text(value, most=200))


def clean_nace_code(value: str) -> str:
    """Return a NACE Rev. 2 code as `62`, `62.0`, `62.01` or `62.010`, or a section as its letter; `J6201` is 62.01.

    Only the shape is checked. Source: Regulation (EC) No 1893/2006, article 2; five digits are national.
    """
    # In ASCII alone are capitals what they seem: that of a long s would be section S, that of a dotless i section I.
    match = NACE_CODE.fullmatch(value.upper().replace(" ", "")) if value.isascii() else None
    if match is None or not (match[1] or match[2]) or (match[3] and not match[2]):
        raise ValueError("holds something that is not a NACE code like 62.01")
    if match[2] is None:
        return match[1]
    return f"{match[2]}.{match[3]}" if match[3] else match[2]


def clean_tld(value: str) -> str:
    """Return a top-level domain such as `no` or `co.uk`, without the dot in front."""
    tld = value.lower().lstrip(".")
    clean_domain(f"x.{tld}")
    return tld


def as_array(texts: list[str]) -> str:
    """Spell texts as an array literal of Postgres."""
    return (
        "{"
        + ",".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
        + "}"
    )


def first_of_array(literal: str | None) -> str | None:
    """Return the first text of an array literal that `as_array` made."""
    match = FIRST_OF_ARRAY.match(literal or "")
    return re.sub(r"\\(.)", r"\1", match[1]) if match else None


def clean_array(value: str) -> str:
    return as_array(clean_texts(value, most=200))


def clean_nace_array(value: str) -> str:
    return as_array(
        list(dict.fromkeys(clean_nace_code(code) for code in clean_texts(value, most=20)))
    )


def clean_percent(value: str) -> str:
    return repr(float(clean_number(value, least=0, most=100)) / 100)
