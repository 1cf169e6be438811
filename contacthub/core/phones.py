"""Phone numbers in one form: E.164 if the country is known, else digits.

What a number has to look like is decided here; `phonenumbers` (Google's tables of the world's numbering plans) knows
where trunk zeros go and what answers. A number that its tables call invalid is kept as written: plans change sooner
than tables, and a source that has the number knows better than a table. It only gets no type.
"""

import re

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from contacthub.core.text import narrow, normalize

# The country code in a number like +44 (0)20 7946 0000 replaces the zero, which callers from within would dial.
TRUNK_ZERO = re.compile(r"(?<=\d)[ ]?\(0\)")
PUNCTUATION = re.compile(r"[\s().\-/\u00a0\u2010-\u2015\u2212]")
PHONE = re.compile(r"\+[1-9]\d{6,14}|\d{5,15}", re.ASCII)
LINK = re.compile(r"tel:", re.IGNORECASE)
# In most of North America numbers do not show it, so that FIXED_LINE_OR_MOBILE has no type.
TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.VOIP: "voip",
}


def clean_phone(text: str) -> str:
    """Return a phone number as `+` and 7 to 15 digits (E.164), or as 5 to 15 digits where it names no country.

    Spaces, hyphens, dots, slashes, parentheses and marks of direction are dropped; `00` in front is `+`. Raises
    `ValueError` for anything else, extensions included.
    """
    written = LINK.sub("", narrow(normalize(text)), count=1).strip()
    digits = PUNCTUATION.sub(
        "", TRUNK_ZERO.sub("", written) if written.startswith(("+", "00")) else written
    )
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if PHONE.fullmatch(digits) is None:
        raise ValueError("is not a phone number like +4722123456")
    return _format_valid(digits, None) if digits.startswith("+") else digits


def add_country(phone: str, region: str | None) -> str:
    """Return a cleaned number of a country (ISO 3166-1 alpha-2) with its country code, where it is valid there.

    A number that names its country already, or does not belong to the country, stays as it is.
    """
    if region is None or phone.startswith("+"):
        return phone
    return _format_valid(phone, region)


def find_type(phone: str) -> str | None:
    """Return mobile, landline or voip for a cleaned number; None if its numbering plan does not show it."""
    number = _parse(phone, None) if phone.startswith("+") else None
    return TYPES.get(phonenumbers.number_type(number)) if number else None


def _format_valid(digits: str, region: str | None) -> str:
    number = _parse(digits, region)
    if number is None:
        return digits
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Judging costs as much as reading: only where it would change something.
    return found if found == digits or phonenumbers.is_valid_number(number) else digits


def _parse(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
