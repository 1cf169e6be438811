"""A contact in words: the check of an address, scores, what stands where nothing is known. Lists and pages share it."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from contacthub.contacts.models import Contact
from contacthub.core import clock
from contacthub.enrichment.models import Outcome, Section
from contacthub.web.templatetags.times import day, days_ago

# The text for a value that was never looked up.
UNKNOWN = "–"
# The shape of each kind of empty, see `STATUSES`.
EMPTY_CSS = {
    Outcome.NOT_ASKED: "none",
    Outcome.NO_RECORD: "off",
    Outcome.EMPTY: "null",
    Outcome.BLOCKED: "blocked",
}
VALUES = {Section.PII: "value", Section.EMAILS: "address", Section.PHONES: "number"}
# The shape and the word of an address by what its last check found; without a date none of them holds.
CHECKS = {
    Contact.EmailStatus.VALID: ("ok", "Valid"),
    Contact.EmailStatus.CATCH_ALL: ("odd", "Catch-all"),
    Contact.EmailStatus.INVALID: ("bad", "Invalid"),
}


@dataclass(frozen=True)
class Check:
    """What is known of an address's validity: a shape, a word, a note in full and one for a cell; empty: none."""

    css: str
    word: str
    note: str = ""
    age: str = ""


@dataclass(frozen=True)
class Mark:
    """A tag beside a cell's words: what is special about the row."""

    words: str
    kind: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a list: its words; with a `url` they are a link, with a state a badge. `below` is a second line.

    `check` is what the check of an address found, `note` how old it is; their titles say the same in full.
    """

    words: str
    state: str = ""
    note: str = ""
    note_title: str = ""
    check: str = ""
    check_title: str = ""
    url: str = ""
    below: str = ""
    marks: tuple[Mark, ...] = ()


# What stands where the reader's role may not see a value.
BLOCKED = Cell(Outcome.BLOCKED.label.capitalize(), EMPTY_CSS[Outcome.BLOCKED])


def make_cell(masked: str, outcome: Outcome, check: Check | None = None) -> Cell:
    """Return the cell of a section: its first value, masked, and its check, or which kind of empty it is."""
    if not masked:
        return Cell(outcome.label.capitalize(), EMPTY_CSS[outcome])
    if not check:
        return Cell(masked)
    title = check.note[:1].upper() + check.note[1:]
    note_title, check_title = (title, "") if check.age else ("", title)
    return Cell(masked, check.css, check.age, note_title, check.word, check_title)


def describe_check(status: str | None, checked_on: dt.date | None) -> Check:
    """Return a check in words: never a status without the date of its check, and green for valid ones alone.

    A vendor's own word that we do not know says nothing.
    """
    if status not in Contact.EmailStatus.values:
        return Check("null", "Not checked", f"since {day(checked_on)}" if checked_on else "")
    if not checked_on:
        label = Contact.EmailStatus(status).label.lower()
        return Check("warn", "Unverified date", f"{label}, check date unknown")
    if status == Contact.EmailStatus.PENDING:
        return Check("none", "Pending", f"since {day(checked_on)}", format_age(checked_on))
    css, word = CHECKS[Contact.EmailStatus(status)]
    if status == Contact.EmailStatus.VALID:
        css, word = _fade(checked_on)
    note = f"checked {day(checked_on)}, {days_ago(checked_on)}"
    return Check(css, word, note, format_age(checked_on))


def _fade(checked_on: dt.date) -> tuple[str, str]:
    """Return the shape and the word of a valid address by the age of its check: only a recent one is green."""
    days = (clock.today() - checked_on).days
    if days > settings.CHECK_OLD_DAYS:
        return "faded", "Valid, old"
    if days > settings.CHECK_AGING_DAYS:
        return "aging", "Valid, aging"
    return CHECKS[Contact.EmailStatus.VALID]


def format_age(when: dt.date) -> str:
    """Write how old a check is in a cell: 8 d, 3 wk, 8 mo, 2 y."""
    days = max((clock.today() - when).days, 0)
    for least, length, unit in ((730, 365, "y"), (70, 30, "mo"), (21, 7, "wk")):
        if days >= least:
            return f"{days // length} {unit}"
    return f"{days} d"


def format_quality(contact: Contact) -> str:
    """Write the quality of a contact, 1 to 100; 0 means that no source has judged it."""
    return str(contact.quality_score) if contact.quality_score else UNKNOWN


def format_confidence(contact: Contact) -> str:
    """Write the confidence in a contact, up to 1.00; 0 means that no source has judged it."""
    return f"{contact.confidence:.2f}" if contact.confidence else UNKNOWN


def format_source(contact: Contact) -> str:
    """Write where a contact was found. Searches and pulls at a vendor do not report it."""
    is_told = contact.source != Contact.Source.MANUAL or contact.organization_id is None
    words = contact.get_source_display() if is_told else UNKNOWN
    return f"{words}, verified" if contact.verified else words


def explain_empty(outcome: Outcome, section: Section, *, is_own: bool) -> str:
    """Return why nothing stands here; nothing for what is blocked, where the page names who can change it."""
    if outcome == Outcome.NOT_ASKED:
        return "Your catalog has none, and no vendor was queried."
    if outcome == Outcome.NO_RECORD:
        return "A vendor was queried and has none." if is_own else "The shared catalog has none."
    if outcome == Outcome.EMPTY:
        return f"There is a record, but it has no {VALUES[section]}."
    return "Your role may not see it." if outcome == Outcome.BLOCKED else ""
