"""The kinds of columns and values that only contacts and companies have."""

import re

from contacthub.contacts.models import Contact, ContactEmail, ContactPhone
from contacthub.core.countries import as_country_name, find_country
from contacthub.core.domains import clean_domain
from contacthub.core.marks import clean_linkedin
from contacthub.core.tabular.cleaning import check_text
from contacthub.core.tabular.columns import Column, make_column
from contacthub.core.tabular.values import clean_number, clean_texts, clean_url

MOST_INTEGER = 2**53 - 1


def make_texts(name: str, *names: str) -> Column:
    """Return a column of lists of short texts."""
    return make_column(name, *names, clean=clean_array, sql_type="text[]")


def make_profile_link(name: str, *names: str) -> Column:
    """Return a column of links to profiles; those of LinkedIn in one form."""
    return make_column(name, *names, clean=clean_profile_link)


# --- Values ---------------------------------------------------------------------------------------

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
    """Return a link to a profile; one to LinkedIn in its one form, with a scheme or without."""
    return clean_url(clean_linkedin(value))


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
    """Format texts as an array literal of Postgres."""
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
