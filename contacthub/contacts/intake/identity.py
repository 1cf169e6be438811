"""Who a row is about: the contact's key and its company's reference, the same for the same row on every day."""

import hashlib
from typing import NamedTuple

from contacthub.core.marks import plain_link, plain_name

NOBODY = "has nothing to identify the contact: contact_id, email, linkedin_url, full_name with company.domain, or id"


class Marks(NamedTuple):
    """What a row says that may identify its contact; the names are those of the columns."""

    contact_key: str | None
    email: str | None
    linkedin_url: str | None
    full_name: str | None
    company_domain: str | None
    number: str | None


def find_key(marks: Marks) -> str | None:
    """Return the key of a row's contact as text: the given one, or one made of the first mark it has. None: no mark."""
    if marks.contact_key is not None:
        return marks.contact_key
    if marks.email is not None:
        return hash_mark("email", marks.email)
    if marks.linkedin_url is not None:
        return hash_mark("linkedin", plain_link(marks.linkedin_url))
    if marks.full_name is not None and marks.company_domain is not None:
        return hash_mark("name", plain_name(marks.full_name), marks.company_domain)
    return hash_mark("id", marks.number) if marks.number is not None else None


def hash_mark(*parts: str) -> str:
    """Return the key, as text, that a mark gives: its kind and what it says."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return str(int.from_bytes(digest[:8], "big", signed=True))


def find_company(number: str | None, domain: str | None, name: str | None) -> str | None:
    """Return by what a row's company is known: its domain, else its number, else its name. None: it has no company."""
    if domain is not None:
        return f"domain:{domain}"
    if number is not None:
        return f"number:{number}"
    return f"name:{plain_name(name)}" if name is not None else None
