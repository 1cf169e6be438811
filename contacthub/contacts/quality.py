"""How good and how fresh what is known of a contact is: a number from 0 to 100 made of parts, which age.

What vendors say themselves (`Contact.quality_score`, `is_stale`) is another thing: protocols and lists keep it.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from contacthub.contacts.given import Given, Provenance
from contacthub.contacts.models import Contact, ContactEmail, ContactPhone
from contacthub.contacts.value_fields import BY_NAME

# Of a contact's fields, those whose presence makes a profile complete.
PROFILE = (
    "full_name",
    "job_title",
    "department",
    "seniority",
    "country",
    "company",
    "linkedin_url",
)
# Days since it was last seen for which a contact counts as fresh.
FRESH_DAYS = 30


@dataclass(frozen=True)
class Part:
    """A part of the number: what it is about (a key of QUALITY_WEIGHTS), its points and the most there are."""

    name: str
    points: int
    most: int


@dataclass(frozen=True)
class Quality:
    """The number with its parts, when the contact was last seen, and whether that is too long ago."""

    parts: tuple[Part, ...]
    last_seen: dt.date
    is_stale: bool

    @property
    def total(self) -> int:
        """The number, 0 to 100."""
        return sum(part.points for part in self.parts)


@dataclass(frozen=True)
class Known:
    """What the number is computed from."""

    contact: Contact
    emails: Sequence[ContactEmail]
    phones: Sequence[ContactPhone]
    provenance: Provenance


def rate(known: Known, today: dt.date) -> Quality:
    """Return the quality of a contact on a day. The weights (QUALITY_WEIGHTS) are scaled to 100 together."""
    last_seen = find_last_seen(known)
    shares = {
        "email": _share_email(known, today),
        "phone": _share_phone(known, today),
        "agreement": _share_agreement(known),
        "seen": _share_seen(last_seen, today),
        "profile": _share_profile(known.contact),
    }
    weights = settings.QUALITY_WEIGHTS
    whole = sum(weights.values()) or 1
    parts = tuple(
        Part(name, round(share * weights[name] * 100 / whole), round(weights[name] * 100 / whole))
        for name, share in shares.items()
    )
    is_stale = (today - last_seen).days > settings.STALE_AFTER_DAYS
    return Quality(parts, last_seen, is_stale)


def find_last_seen(known: Known) -> dt.date:
    """Return when any source last saw the contact, by the sources' own dates."""
    days = [known.contact.updated_at.date()]
    for email in known.emails:
        days += [day for day in (email.last_seen, email.checked_on) if day]
    days += [phone.last_seen for phone in known.phones if phone.last_seen]
    return max(days)


def _share_email(known: Known, today: dt.date) -> float:
    if not known.emails or known.emails[0].status == Contact.EmailStatus.INVALID:
        return 0.0
    first = known.emails[0]
    if first.status != Contact.EmailStatus.VALID or not first.checked_on:
        return 1 / 6
    days = (today - first.checked_on).days
    if days > settings.CHECK_OLD_DAYS:
        return 1 / 3
    return 2 / 3 if days > settings.CHECK_AGING_DAYS else 1.0


def _share_phone(known: Known, today: dt.date) -> float:
    if not known.phones:
        return 0.0
    seen = known.phones[0].last_seen
    is_recent = seen is not None and (today - seen).days <= settings.CHECK_OLD_DAYS
    return 1.0 if is_recent and not known.phones[0].is_do_not_call else 0.5


def _share_agreement(known: Known) -> float:
    """Return how far sources agree on title and company: half where only one source says it."""
    shares = [_agreement(known, name) for name in ("job_title", "company")]
    return sum(shares) / len(shares)


def _agreement(known: Known, name: str) -> float:
    said = known.provenance.given.get(name, ())
    stored = getattr(known.contact, BY_NAME[name].column)
    if stored is None:
        return 0.0
    if name in known.provenance.settlements:
        return 1.0
    agreeing = _sources(each for each in said if each.value == str(stored))
    against = _sources(each for each in said if each.value != str(stored)) - agreeing
    if against:
        return 0.25
    return 1.0 if len(agreeing) > 1 else 0.5


def _sources(said: Iterable[Given]) -> set[object]:
    return {each.source or each.source_name for each in said}


def _share_seen(last_seen: dt.date, today: dt.date) -> float:
    days = (today - last_seen).days
    if days <= FRESH_DAYS:
        return 1.0
    whole: int = settings.STALE_AFTER_DAYS
    return max(whole - days, 0) / max(whole - FRESH_DAYS, 1)


def _share_profile(contact: Contact) -> float:
    held = [bool(getattr(contact, BY_NAME[name].column)) for name in PROFILE]
    return sum(held) / len(held)
