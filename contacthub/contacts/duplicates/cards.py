"""A contact as it is compared with others, and what two contacts' addresses and titles say about them being one."""

import re
from dataclasses import dataclass
from enum import Enum

from rapidfuzz import fuzz

from contacthub.contacts.duplicates.names import Name
from contacthub.contacts.duplicates.sounds import sound_of
from contacthub.core.text import fold

# Mailboxes of many people, by what stands before the @, up to the first dot, dash or digit.
_GENERIC_WORDS = """
abuse accounting accounts admin administration advertising ap ar apply backoffice billing booking bookings buchhaltung
bureau business career careers ceo commercial company compliance consulting contact contacto contatti contato
customercare customerservice data datenschutz dev direction einkauf email enquiries enquiry events export faktura
feedback finance firma general gdpr hello help helpdesk hi hilfe hola home hostmaster hr hrm info informacje
information inquiries inquiry international investor investors invoice invoices invoicing it jobs karriere kontakt
kontor kundeservice kundenservice kundtjanst legal logistics mail mailbox management marketing media mg noreply
newsletter no office ordre order orders partner partners payroll personal personnel post postmaster poststelle press
presse privacy procurement purchasing qa rechnung rechnungen reception receptie recruiting recruitment rekrutierung
reservations root sale sales security sekretariat service services shop sklep spam staff supply support team tech
technik technical test travel verkauf verkoop vertrieb web webmaster welcome work zentrale
"""
GENERIC = frozenset(_GENERIC_WORDS.split())
_GENERIC_END = re.compile(r"[.\-_+0-9]")
_GOOGLE = frozenset({"gmail.com", "googlemail.com"})
# Different titles of one person are alike from here on, of 100.
SAME_TITLE = 85
_SHORT_TITLES = {
    "vp": "vice president", "svp": "senior vice president", "evp": "executive vice president", "sr": "senior",
    "jr": "junior", "mgr": "manager", "dir": "director", "eng": "engineer", "dev": "developer", "mktg": "marketing",
    "ops": "operations", "hr": "human resources", "it": "information technology", "ceo": "chief executive officer",
    "cfo": "chief financial officer", "cto": "chief technology officer", "coo": "chief operating officer",
    "cio": "chief information officer", "cmo": "chief marketing officer", "exec": "executive", "asst": "assistant",
    "assoc": "associate", "admin": "administrator", "acct": "account", "rep": "representative",
    "md": "managing director",
}  # fmt: skip
_SMALL_WORDS = frozenset({"of", "the", "and", "for", "at", "in"})
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Card:
    """What is compared of a contact.

    `addresses` are in their plain form and without mailboxes of many people, `phones` without switchboards, `profiles`
    without pages of companies.
    """

    id: int
    key: int
    owner: int
    name: Name
    title: str = ""
    addresses: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    profiles: frozenset[str] = frozenset()


def plain_address(address: str) -> str:
    """Return an address without what its owner may add: +news, and dots at Google. The same rule stands in SQL."""
    local, _, domain = address.rpartition("@")
    local = local.split("+", 1)[0]
    if domain in _GOOGLE:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def is_generic(address: str) -> bool:
    """Return whether an address is a mailbox of many people, such as info@ or sales.no@."""
    local = address.rpartition("@")[0]
    return not local or _GENERIC_END.split(local, maxsplit=1)[0] in GENERIC


class Agreement(Enum):
    """What two contacts say of one thing."""

    SAME = "same"
    OTHER = "other"
    # One of them says nothing.
    OPEN = "open"


def compare_titles(one: str, other: str) -> Agreement:
    """Return whether two job titles, as searches compare text, may be those of one person: VP Sales, Vice President."""
    if not one or not other:
        return Agreement.OPEN
    words, others = _title_words(one), _title_words(other)
    is_same = fuzz.token_set_ratio(words, others) >= SAME_TITLE
    return Agreement.SAME if is_same else Agreement.OTHER


def _title_words(title: str) -> str:
    words = (_SHORT_TITLES.get(word, word) for word in _WORD.findall(fold(title)))
    return " ".join(word for word in words if word not in _SMALL_WORDS)


def compare_sets(one: frozenset[str], other: frozenset[str]) -> Agreement:
    """Return whether two contacts have one of some values in common."""
    if not one or not other:
        return Agreement.OPEN
    return Agreement.OTHER if one.isdisjoint(other) else Agreement.SAME


def have_rival_addresses(one: Card, other: Card) -> bool:
    """Return whether two contacts have addresses at one domain that do not both belong to one name.

    A company gives each person an address. a.berg@ and anna.berg@ may be Anna Berg's; anna.berg2@ is somebody else's.
    """
    domains = {_domain(each) for each in one.addresses} & {
        _domain(each) for each in other.addresses
    }
    if not domains or one.addresses & other.addresses:
        return False
    at_both = [each for each in one.addresses | other.addresses if _domain(each) in domains]
    return not any(all(_is_of(each, name) for each in at_both) for name in (one.name, other.name))


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _is_of(address: str, name: Name) -> bool:
    """Return whether the local part is made of a name as companies make it: anna.berg, aberg, berga, ab, anna."""
    if len(name.words) < 2:
        return False
    local = sound_of(re.sub(r"[.\-_]", "", fold(address.rpartition("@")[0])))
    given, family = name.given, name.family
    forms = {
        given, family, given + family, family + given, given[0] + family, family + given[0], given + family[0],
        family[0] + given, given[0] + family[0], given[:2] + family[:2], given[:2] + family, given[:3] + family[:3],
        "".join(name.words), given[0] + "".join(name.words[1:]),
    }  # fmt: skip
    return local in set(map(sound_of, forms))
