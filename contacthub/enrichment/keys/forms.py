"""Single values as keys: each in the one form in which the catalog has it, or `ValueError` with what is wrong."""

import re

from contacthub.core.domains import clean_domain
from contacthub.core.emails import clean_email
from contacthub.core.marks import LINKEDIN, SCHEME, clean_linkedin
from contacthub.core.phones import clean_phone
from contacthub.core.public_ids import CONTACT_ID
from contacthub.core.text import fold, narrow, normalize
from contacthub.enrichment.models import ColumnUse

# The lengths of MD5, SHA-1 and SHA-256 in hex, which are read in any case.
HASH = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})", re.ASCII | re.IGNORECASE)
HASH_NAMES = {16: "MD5", 20: "SHA-1", 32: "SHA-256"}
MAILTO = re.compile(r"mailto:", re.IGNORECASE)
WEBSITE_END = re.compile(r"[/?#:]")
PHONE_START = re.compile(r"(?:tel:)?[+(0-9]", re.IGNORECASE)
DIGIT = re.compile(r"\d")
FEWEST_PHONE_DIGITS = 7
# What follows the names of companies and differs between two copies of one, as searches compare text.
LEGAL_FORMS = (
    "gmbh & co kg", "gmbh", "ag", "kg", "ohg", "ug", "se", "inc", "incorporated", "llc", "llp", "ltd", "limited",
    "plc", "corp", "corporation", "co", "company", "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "as", "asa", "ab",
    "aps", "a/s", "oy", "oyj", "kft", "sp z o o", "s r o",
)  # fmt: skip
_LEGAL_FORM = re.compile(rf"[ ,]+(?:{'|'.join(map(re.escape, LEGAL_FORMS))})$")


def read_contact_id(text: str) -> int:
    """Return the key of a contact id."""
    match = CONTACT_ID.fullmatch(normalize(text).strip())
    if match is None:
        raise ValueError("is not id_ followed by 16 lower-case hex digits")
    return int.from_bytes(bytes.fromhex(match[1]), "big", signed=True)


def read_email(text: str) -> str:
    """Return an e-mail address."""
    return clean_email(MAILTO.sub("", text.strip(), count=1))


def read_hash(text: str) -> bytes:
    """Return the bytes of a hash of an e-mail address."""
    digest = narrow(normalize(text)).strip()
    if HASH.fullmatch(digest) is None:
        raise ValueError("is not 32, 40 or 64 hex digits (MD5, SHA-1 or SHA-256)")
    return bytes.fromhex(digest)


def read_linkedin(text: str) -> str:
    """Return the address of a LinkedIn profile."""
    link = clean_linkedin(text.strip())
    if "linkedin.com/" not in link or LINKEDIN.fullmatch(normalize(link)) is None:
        raise ValueError("is not a LinkedIn address like linkedin.com/in/name")
    return link


def read_phone(text: str) -> str:
    """Return a phone number, with its country only where the text names it."""
    return clean_phone(text)


def read_domain(text: str) -> str:
    """Return the domain of a company, given as one or as the address of its website."""
    host = WEBSITE_END.split(SCHEME.sub("", narrow(normalize(text)).strip(), count=1), maxsplit=1)
    name = host[0]
    return clean_domain(name[4:] if name[:4].lower() == "www." else name)


def read_name(text: str) -> str:
    """Return a full name as it is written; "Berg, Anna" is Anna Berg."""
    name = " ".join(normalize(text).split())
    last, comma, first = name.partition(",")
    if comma and first.strip() and "," not in first:
        name = f"{first.strip()} {last.strip()}"
    if not any(letter.isalpha() for letter in name):
        raise ValueError("is not a name")
    return name


def company_key(text: str) -> str:
    """Return the name of a company as matching compares it: without case, accents and legal form."""
    key = " ".join(fold(text).replace(".", "").split())
    return _LEGAL_FORM.sub("", key) or key


def find_form(text: str) -> ColumnUse:
    """Return what a value is by its form alone; `ColumnUse.KEPT` for text that alone is no key."""
    value = text.strip()
    if not value or len(value) > 500:
        return ColumnUse.KEPT
    for use, is_like in _FORMS:
        if is_like(value):
            return use
    return ColumnUse.KEPT


def _is_id(value: str) -> bool:
    return "_" in value and CONTACT_ID.fullmatch(normalize(value).strip()) is not None


def _is_email(value: str) -> bool:
    return ("@" in value or "\uff20" in value) and _reads(read_email, value)


def _is_hash(value: str) -> bool:
    return len(value) >= 32 and HASH.fullmatch(value) is not None


def _is_linkedin(value: str) -> bool:
    return "linkedin.com/" in value.lower() and _reads(read_linkedin, value)


def _is_phone(value: str) -> bool:
    is_like = PHONE_START.match(value) and len(DIGIT.findall(value)) >= FEWEST_PHONE_DIGITS
    return bool(is_like) and _reads(clean_phone, value)


def _is_domain(value: str) -> bool:
    return "." in value and " " not in value and _reads(read_domain, value)


def _reads(read: object, value: str) -> bool:
    try:
        read(value)  # type: ignore[operator]
    except ValueError:
        return False
    return True


_FORMS = (
    (ColumnUse.CONTACT_ID, _is_id),
    (ColumnUse.EMAIL, _is_email),
    (ColumnUse.EMAIL_HASH, _is_hash),
    (ColumnUse.LINKEDIN, _is_linkedin),
    (ColumnUse.PHONE, _is_phone),
    (ColumnUse.DOMAIN, _is_domain),
)
