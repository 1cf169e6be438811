"""Domain names in one form, in which they are stored, compared, dialed and searched.

Source: IDNA 2008 (RFC 5891) with the mapping of UTS 46, non-transitional: `straße.example` is not `strasse.example`.
"""

import re
import unicodedata
from functools import cache

import idna
from idna.core import uts46_remap
from publicsuffixlist import PublicSuffixList

from contacthub.core.text import normalize

DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]",
    re.ASCII,
)


def clean_domain(text: str) -> str:
    """Return a domain name in lower-case ASCII, without a final dot; labels in other scripts as `xn--…`.

    Case, width (full-width letters and dots) and invisible characters make no difference. Underscores are taken, since
    real names have them (`_dmarc`), and emoji, since some registries sell them. A label that begins with `xn--` is
    taken as it is: it can be looked up even where IDNA 2008 does not read it. Raises `ValueError` for anything else.
    """
    domain = to_ascii(text).rstrip(".")
    if DOMAIN.fullmatch(domain) is None:
        raise ValueError("is not a domain like example.com")
    return domain


def plain_domain(text: str) -> str:
    """Return the one form of a domain, and any other text normalized: for columns and questions that take both."""
    try:
        return clean_domain(text)
    except ValueError:
        return normalize(text)


def to_ascii(host: str) -> str:
    """Return a host name with or without dots as it is looked up. Raises `ValueError` if IDNA has no form for it."""
    if host.isascii():
        return host.lower()
    try:
        mapped = uts46_remap(normalize(host), std3_rules=False, transitional=False)
        return ".".join(map(_encode_label, mapped.split(".")))
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError("is not a domain like example.com") from error


def _encode_label(label: str) -> str:
    if label.isascii():
        return label
    try:
        return idna.alabel(label).decode()
    except idna.InvalidCodepoint:
        # A symbol or an underscore beside letters: as browsers do, unless something else is wrong with the label.
        rest = "".join(each for each in label if not _is_symbol(each))
        if rest and not rest.isascii():
            idna.alabel(rest)
        return f"xn--{label.encode('punycode').decode()}"


def _is_symbol(character: str) -> bool:
    return character in "_\ufe0f" or unicodedata.category(character) == "So"


def find_top_level(domain: str) -> str:
    """Return what a registry sells names below: `no`, `co.uk`, `oslo.no`; for an unknown ending its last label.

    By the ICANN section of the Public Suffix List of the library: companies that sell names below their own
    domain (`github.io`, `uk.com`) are no registries. What sits at such a name itself, as a Norwegian town at
    `halden.no`, is below the next one.
    """
    found = _suffixes().publicsuffix(domain)
    if found == domain and "." in domain:
        found = _suffixes().publicsuffix(domain.partition(".")[2])
    return found or domain.rpartition(".")[2]


@cache
def _suffixes() -> PublicSuffixList:
    # Reading the list takes a fifth of a second.
    return PublicSuffixList(only_icann=True, accept_unknown=True)
