"""What a stored row becomes: each function changes an instance in memory and returns the names of changed columns."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db.models import Model

from contacthub.contacts.intake.identity import hash_mark
from contacthub.contacts.intake.kinds import clean_profile_link
from contacthub.contacts.models import Company, Contact
from contacthub.core.domains import find_top_level
from contacthub.core.emails import plain_email
from contacthub.core.marks import SCHEME, plain_link, plain_name
from contacthub.core.tabular.values import clean_if_domain, clean_url
from contacthub.core.text import normalize, normalize_all

_CONTACT_TEXTS = (
    "full_name", "first_name", "last_name", "job_title", "department", "seniority", "titles", "job_levels",
    "job_functions", "country", "state", "linkedin_handle", "facebook_handle", "twitter_handle", "description",
    "education", "pii",
)  # fmt: skip
_COMPANY_TEXTS = ("name", "industries", "functions", "technologies", "city", "state", "country")
# Of a CRM's record.
_CRM_CLEANERS: dict[str, Callable[[str], str]] = {
    "source_email": plain_email,
    "account_domain": clean_if_domain,
}
# What the import took for the level at which registries sell names, before it had a list of them.
_OLD_SECOND_LEVELS = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})


def normalize_contact(contact: Contact) -> list[str]:
    """Convert a contact's own columns to their stored form."""
    links: dict[str, Callable[[str], str]] = {
        "linkedin_url": clean_profile_link,
        "image_url": clean_url,
        "source_url": clean_url,
    }
    changed = _set(contact, dict.fromkeys(_CONTACT_TEXTS, normalize_all))
    changed += _set(contact, {name: _tolerant(clean) for name, clean in links.items()})
    return changed + _set(contact, {"crm": _normalize_crm})


def normalize_company(company: Company) -> list[str]:
    """Convert a company's columns to their stored form; a top-level domain made of the domain is made again."""
    changed = _set(company, dict.fromkeys(_COMPANY_TEXTS, normalize_all))
    changed += _set(company, {"linkedin_url": _tolerant(clean_profile_link)})
    if company.domain and company.tld == _find_old_tld(company.domain):
        changed += _set(company, {"tld": lambda _: find_top_level(company.domain or "")})
    return changed


def find_new_key(contact: Contact, addresses: list[str]) -> int | None:
    """Return the key that the current rules give a contact, if its own was made of its stored values.

    `addresses` are its e-mail addresses and the row is as it was stored. None: a source gave the key, or it was made of
    something that the row no longer says.
    """
    for address in addresses:
        if _hash("email", address) == contact.key:
            return _hash("email", plain_email(address))
    link = contact.linkedin_url
    if link and _hash("linkedin", _plain_old_link(link)) == contact.key:
        return _hash("linkedin", plain_link(link))
    domain = contact.company.domain if contact.company else None
    if domain and _hash("name", _plain_old_name(contact.full_name), domain) == contact.key:
        return _hash("name", plain_name(contact.full_name), domain)
    return None


def hash_address(address: str) -> dict[str, bytes]:
    """Return the digests of an address by which others know it."""
    text = address.encode()
    return {
        "md5": hashlib.md5(text, usedforsecurity=False).digest(),
        "sha1": hashlib.sha1(text, usedforsecurity=False).digest(),
        "sha256": hashlib.sha256(text).digest(),
    }


def _set(row: Model, cleaners: dict[str, Callable[[Any], Any]]) -> list[str]:
    changed = []
    for name, clean in cleaners.items():
        value = getattr(row, name)
        new = value if value is None else clean(value)
        if new != value:
            setattr(row, name, new)
            changed.append(name)
    return changed


def _tolerant(clean: Callable[[str], str]) -> Callable[[str], str]:
    """Return a cleaner that leaves a link as text if it is not a link by the current rules: nothing stored is lost."""

    def read(value: str) -> str:
        try:
            return clean(value)
        except ValueError:
            return normalize(value)

    return read


def _normalize_crm(crm: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = normalize_all(crm)
    return found | {n: clean(found[n]) for n, clean in _CRM_CLEANERS.items() if found.get(n)}


def _hash(*parts: str) -> int:
    return int(hash_mark(*parts))


# --- The rules before ------------------------------------------------------------------------------------------------


def _plain_old_link(url: str) -> str:
    return SCHEME.sub("", url).partition("?")[0].partition("#")[0].rstrip("/").lower()


def _plain_old_name(name: str) -> str:
    return " ".join(name.casefold().split())


def _find_old_tld(domain: str) -> str:
    *_, second, last = ["", *domain.split(".")]
    return f"{second}.{last}" if len(last) == 2 and second in _OLD_SECOND_LEVELS else last
