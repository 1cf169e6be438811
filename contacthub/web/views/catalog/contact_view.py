"""What the page of a contact shows, in words: its head, its sections with their values, its intent."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django.template.defaultfilters import floatformat
from django.urls import reverse

from contacthub.contacts.bands import describe_revenue, describe_size
from contacthub.contacts.given import text_of
from contacthub.contacts.models import Contact
from contacthub.contacts.value_fields import BY_NAME
from contacthub.enrichment.masking import mask_email, mask_phone, mask_text
from contacthub.enrichment.models import Section
from contacthub.enrichment.queries.look_ups import SHOWN_FIELDS, LookUp, Value
from contacthub.enrichment.queries.provenance import list_of
from contacthub.feeds.queries import ContactIntent
from contacthub.web.contact_words import Check, describe_check, explain_empty
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog.source_view import SourceCard, Subject, make_card

TREND_DAYS = 24
# What a value without a label of its own is called by the button that reveals it.
NOUNS = {Section.PII: "", Section.EMAILS: "e-mail", Section.PHONES: "phone"}


@dataclass(frozen=True)
class Head:
    """The line below a contact's name: what stands before the link to the company and what after it."""

    before: str
    after: str


@dataclass(frozen=True)
class ValueRow:
    """A value of a section, masked, with its check and a note on it."""

    value: Value
    check: Check
    section: str
    note: str
    label: str
    card: SourceCard | None = None
    is_revealed: bool = False

    @property
    def reveal_label(self) -> str:
        """What the button that reveals the value is called."""
        return f"Reveal {self.label}, logged"

    @property
    def is_hidden(self) -> bool:
        """Whether the value is masked."""
        return not self.value.text

    @property
    def place(self) -> str:
        """The end of the id of the value's place on the page."""
        return f"{self.section}-{self.value.name}"


@dataclass(frozen=True)
class SectionView:
    """A section: its values, and in words what it lacks, which kind of empty that is and why."""

    rows: list[ValueRow]
    outcome: str
    lacking: str
    why: str

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.rows)

    @property
    def hidden_count(self) -> int:
        """How many of them are masked."""
        return sum(row.is_hidden for row in self.rows)


@dataclass(frozen=True)
class IntentRow:
    """What one feed observed on one topic, day by day."""

    topic: str
    feed_name: str
    feed_url: str
    score: str
    trend: list[int]
    # The most records of a day over all topics, so that their bars have one scale.
    most: int
    week: int


def describe_head(contact: Contact) -> Head:
    """Return the line below a contact's name: Engineer at Halden, Norway."""
    title, country = contact.job_title or "", contact.country or ""
    if contact.company:
        return Head(f"{title} at" if title else "", f", {country}" if country else "")
    return Head(", ".join(part for part in (title, country) if part), "")


def describe_section(
    found: LookUp, section: Section, revealed: Sequence[Value] = ()
) -> SectionView:
    """Return a section as the page shows it, with the values in the clear that were just revealed."""
    clear = {value.name: value for value in revealed}
    answer = found.answers[section]
    is_profile = section == Section.PII
    lacking = ", ".join(answer.lacking) if is_profile and answer.values else section.label
    outcome = answer.lacking_outcome if answer.values else answer.outcome
    return SectionView(
        rows=[
            _describe_value(
                value, section, clear.get(value.name), make_value_card(found, value, section)
            )
            for value in answer.values
        ],
        outcome=outcome.value,
        lacking=lacking if not answer.values or (is_profile and answer.lacking) else "",
        why=explain_empty(outcome, section, is_own=found.contact.organization_id is not None),
    )


def describe_revealed(revealed: Mapping[Section, Sequence[Value]]) -> list[ValueRow]:
    """Return values in the clear, for their places on the page."""
    return [
        _describe_value(value, section, value)
        for section, values in revealed.items()
        for value in values
    ]


def _describe_value(
    value: Value, section: Section, clear: Value | None = None, card: SourceCard | None = None
) -> ValueRow:
    shown = replace(value, text=clear.text, hashes=clear.hashes) if clear else value
    return ValueRow(
        value=shown,
        check=describe_check(value.status, value.checked_on),
        section=section.value,
        note=_note_phone(value) if section == Section.PHONES else _note_email(value),
        label=_name_value(value, section),
        card=card,
        is_revealed=clear is not None,
    )


def make_value_card(found: LookUp, value: Value, section: Section) -> SourceCard | None:
    """Return the card of a value of a section; values that are masked are so on their cards, too."""
    if found.provenance is None:
        return None
    subject = Subject(
        key=found.contact.key,
        field=value.field,
        label=_name_value(value, section),
        place=f"{section.value}-{value.name}",
        show=_find_mask(value, section),
    )
    return make_card(
        subject,
        value.given,
        value.others,
        found.provenance.settlements.get(value.field),
        can_be_first=not value.is_first,
    )


def _find_mask(value: Value, section: Section) -> Callable[[str], str]:
    if section == Section.EMAILS:
        return mask_email
    if section == Section.PHONES:
        return mask_phone
    return str if value.name in SHOWN_FIELDS else mask_text


@dataclass(frozen=True)
class ProfileRow:
    """A field of the profile that is never masked: its name, its value, where a link in it leads, and its card."""

    label: str
    text: str
    link: str = ""
    note: str = ""
    card: SourceCard | None = None


def describe_business(found: LookUp) -> list[ProfileRow]:
    """Return what is known of a contact's work, field by field, as far as there is a value."""
    contact, company = found.contact, found.contact.company
    rows = [
        _describe_field(found, name, getattr(contact, name))
        for name in ("job_title", "department", "seniority")
    ]
    if company:
        link = reverse("company-detail", args=[company.number])
        domain = company.domain or ""
        note = domain if company.name and domain else ""
        rows.append(_describe_field(found, "company", str(company), link=link, note=note))
        rows.append(ProfileRow("Industry", ", ".join(company.industries)))
        rows.append(ProfileRow("Employees", describe_size(company.employees)))
        rows.append(ProfileRow("Revenue a year", describe_revenue(company.revenue)))
        rows.append(ProfileRow("Keywords", ", ".join(company.keywords)))
        rows.append(ProfileRow("Headquarters", company.headquarters))
    if found.provenance is not None:
        link = contact.linkedin_url or ""
        rows.append(_describe_field(found, "linkedin_url", _shorten(link), link=link))
    return [row for row in rows if row.text]


def _shorten(link: str) -> str:
    """Return the path of a profile: /in/ingrid-solheim."""
    return urlsplit(link).path or link


def _describe_field(
    found: LookUp, name: str, text: str | None, *, link: str = "", note: str = ""
) -> ProfileRow:
    field = BY_NAME[name]
    card = None
    if found.provenance is not None and text:
        stored = text_of(found.contact, field)
        said = list_of(found.provenance, name)
        card = make_card(
            Subject(found.contact.key, name, field.label.lower(), name, str),
            [each for each in said if each.value == stored],
            [each for each in said if each.value != stored],
            found.provenance.settlements.get(name),
        )
    return ProfileRow(field.label, text or "", link, note, card)


def name_disagreements(business: Sequence[ProfileRow], sections: Iterable[SectionView]) -> str:
    """Return which fields sources disagree on, in one line; nothing if they agree."""
    cards = [row.card for row in business] + [
        row.card for section in sections for row in section.rows if row.value.label
    ]
    names = [card.label for card in cards if card and card.disagreeing]
    return f"Sources disagree on {' and '.join(names)}" if names else ""


def _name_value(value: Value, section: Section) -> str:
    """Return what a value is called in the middle of a sentence: work e-mail, mobile phone, street address."""
    if value.label:
        return value.label.lower()
    return f"{value.type.lower()} {NOUNS[section]}".strip()


def _note_email(value: Value) -> str:
    confidence = "" if value.confidence is None else floatformat(value.confidence, 2)
    return ", ".join(part for part in (value.type, confidence) if part)


def _note_phone(value: Value) -> str:
    seen = f", seen {day(value.seen_on)}" if value.seen_on else ""
    return (value.type or "Kind –") + seen


def describe_intents(intents: Sequence[ContactIntent], today: dt.date) -> list[IntentRow]:
    """Return what feeds observed by topic, with a count for each of the last days; the last one is `today`."""
    days = [today - dt.timedelta(days=TREND_DAYS - 1 - n) for n in range(TREND_DAYS)]
    trends = [[intent.days.get(each, 0) for each in days] for intent in intents]
    most = max((max(trend) for trend in trends), default=0)
    return [
        IntentRow(
            topic=intent.topic,
            feed_name=intent.feed.name,
            feed_url=reverse("feed-detail", args=[intent.feed.public_id]),
            score="" if intent.score is None else f", score {floatformat(intent.score)}",
            trend=trend,
            most=most,
            week=sum(trend[-7:]),
        )
        for intent, trend in zip(intents, trends, strict=True)
    ]


def sum_up_intent(intents: Sequence[ContactIntent], *, shown: int) -> str:
    """Return first and last day and the number of days in words, with all topics where more than `shown`."""
    days = {each for intent in intents for each in intent.days}
    if not days:
        return ""
    topics = f", {plural(len(intents), 'topic')} in all" if len(intents) > shown else ""
    active = plural(len(days), "day")
    return f"First seen {day(min(days))}, last {day(max(days))}, active on {active}{topics}"
