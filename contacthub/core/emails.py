"""E-mail addresses in one form, in which they are stored, hashed, compared and searched."""

import re

from contacthub.core.domains import clean_domain
from contacthub.core.text import narrow, normalize

# The local part of RFC 5321 without its quoted form, which no mail system in use hands out; letters of any script.
LOCAL_PART = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f-\x9f]{1,64}")
MOST = 254
_DOTS = (".", "\u3002", "\uff61")


def clean_email(text: str) -> str:
    """Return an e-mail address in lower case, its domain in ASCII. Up to 254 characters (RFC 5321, errata 1690).

    `Kontor@bücher.example` and `kontor@xn--bcher-kva.example` are one address. Letters of the local part are composed
    and lower-cased, not case-folded: ß and ss are two mailboxes. Raises `ValueError` if it is not an address.
    """
    address = plain_email(text)
    local, _, domain = address.rpartition("@")
    try:
        is_domain = clean_domain(domain) == domain
    except ValueError:
        is_domain = False
    if not is_domain or len(address) > MOST or LOCAL_PART.fullmatch(local) is None:
        raise ValueError("is not an e-mail address like name@example.com")
    return address


def plain_email(text: str) -> str:
    """Return the one form of an address without judging it: for looking one up. Other text stays as it is."""
    local, at, domain = narrow(normalize(text)).strip().rpartition("@")
    if not domain.endswith(_DOTS):
        try:
            domain = clean_domain(domain)
        except ValueError:
            domain = domain.lower()
    return f"{normalize(local.lower())}{at}{domain}"
