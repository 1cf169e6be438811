"""The quality of a contact in words: its parts, how it ages, and what vendors say of it themselves."""

import datetime as dt
from dataclasses import dataclass

from contacthub.contacts.models import Contact
from contacthub.contacts.quality import Known, Part, Quality, rate
from contacthub.contacts.queries import list_emails, list_phones
from contacthub.enrichment.queries.look_ups import LookUp
from contacthub.web.contact_words import describe_check
from contacthub.web.templatetags.times import days_ago

AHEAD = dt.timedelta(days=30)


@dataclass(frozen=True)
class PartRow:
    """A part of the number: what it says, its points and the most there are."""

    words: str
    points: int
    most: int

    @property
    def label(self) -> str:
        """What its bar shows."""
        return f"{self.points} of {self.most}"


@dataclass(frozen=True)
class QualityView:
    """The number, its parts, how long ago the contact was seen if that is too long, and two lines below."""

    total: int
    rows: tuple[PartRow, ...]
    stale: str
    forecast: str
    vendors: str


def describe_quality(found: LookUp, today: dt.date) -> QualityView | None:
    """Return the quality of a contact; None if the reader may not see what it is made of."""
    if found.provenance is None:
        return None
    contact = found.contact
    known = Known(contact, list(list_emails(contact)), list(list_phones(contact)), found.provenance)
    now, later = rate(known, today), rate(known, today + AHEAD)
    return QualityView(
        total=now.total,
        rows=tuple(
            PartRow(_describe(part, known, now), part.points, part.most) for part in now.parts
        ),
        stale=f"Stale: last seen {days_ago(now.last_seen)}" if now.is_stale else "",
        forecast=f"Computed from these parts today; about {later.total} in 30 days if nothing new is seen.",
        vendors=_describe_vendors(contact),
    )


def _describe(part: Part, known: Known, quality: Quality) -> str:
    if part.name == "email":
        return _describe_email(known)
    if part.name == "phone":
        return "Phone held" if known.phones else "No phone"
    if part.name == "agreement":
        return _describe_agreement(part)
    if part.name == "seen":
        return f"Seen {days_ago(quality.last_seen)}"
    return "Profile complete"


def _describe_agreement(part: Part) -> str:
    """Return how far sources agree on title and company: more than half of the points need two that do."""
    if 2 * part.points > part.most:
        return "Sources agree on title and company"
    if 2 * part.points == part.most:
        return "Title and company from one source"
    return "Title or company missing or disputed"


def _describe_email(known: Known) -> str:
    if not known.emails:
        return "No e-mail"
    first = known.emails[0]
    check = describe_check(first.status, first.checked_on)
    return f"E-mail: {check.word.lower()}{', ' + check.note if check.note else ''}"


def _describe_vendors(contact: Contact) -> str:
    """Return what vendors say themselves, which lists, filters and protocols go by."""
    words = [f"quality {contact.quality_score}"] if contact.quality_score else []
    words += ["stale"] if contact.is_stale else []
    return (
        f"Vendors say {' and '.join(words)}; lists, filters and protocols go by that."
        if words
        else ""
    )
