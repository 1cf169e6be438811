"""What the page of one contact shows: each section with its answer, personal values masked until revealed."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import orjson

from contacthub.contacts import queries as contacts
from contacthub.contacts.given import Given, Provenance
from contacthub.contacts.models import Contact, ContactEmail, ContactPhone
from contacthub.contacts.observed import SHARED_FIELDS
from contacthub.core.errors import NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.masking import mask_email, mask_phone, mask_text
from contacthub.enrichment.models import Outcome, Section
from contacthub.enrichment.queries.envelopes import get_envelopes
from contacthub.enrichment.queries.outcomes import find_outcome, find_without_record
from contacthub.enrichment.queries.provenance import LISTED, get_provenance, list_of
from contacthub.organizations.models import AuditEvent, Organization, User

LOOKED_UP = "Looked up contact"
RECENT_EVENTS = 100
PII_LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "gender": "Gender",
    "age_range": "Age range",
    "address": "Street address",
    "postal_code": "Postal code",
    "city": "City",
    "state": "State",
    "country": "Country",
}
# Names are not masked; where someone lives is shown as coarsely as in the rows of an export.
SHOWN_FIELDS = frozenset({"first_name", "last_name", "city", "state", "country"})


@dataclass(frozen=True)
class Value:
    """One value of a section and what is known about it. `text` is None until it is revealed.

    `name` is what a reveal asks for: the key of an address or a number, the name of a field.
    """

    name: str
    masked: str
    label: str = ""
    text: str | None = None
    type: str = ""
    status: str = ""
    checked_on: dt.date | None = None
    seen_on: dt.date | None = None
    confidence: float | None = None
    source: str = ""
    is_do_not_call: bool = False
    # The field as `contacts.value_fields` names it; who gave the value, and for the first one what lost to it.
    field: str = ""
    given: tuple[Given, ...] = ()
    others: tuple[Given, ...] = ()
    is_first: bool = True
    hashes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SectionAnswer:
    """What is known of a section: values, or one of the kinds of empty.

    `lacking` are fields of a profile without a value. A contact may have some although no profile was ever looked up:
    then the outcome says which kind of empty the others are.
    """

    section: Section
    outcome: Outcome
    values: list[Value] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)

    @property
    def lacking_outcome(self) -> Outcome:
        """Return which kind of empty the lacking fields are."""
        return Outcome.EMPTY if self.outcome == Outcome.FOUND else self.outcome


@dataclass(frozen=True)
class LookUp:
    """One contact, and what each section was answered with."""

    contact: Contact
    contact_id: str
    answers: dict[Section, SectionAnswer]
    # None: the reader may not see values.
    provenance: Provenance | None = None


def get_look_up(*, organization: Organization, key: int, is_blocked: bool = False) -> LookUp:
    """Return a contact with all that the catalog knows of it; `is_blocked` reads no section. Raises `NotFound`.

    Nothing is recorded: people look contacts up through `actions.look_up`.
    """
    contact = contacts.get_contact(organization=organization, key=key)
    if is_blocked:
        answers = {section: SectionAnswer(section, Outcome.BLOCKED) for section in Section}
        return LookUp(contact, format_contact_id(key), answers)
    had_none = find_without_record(organization=organization, contacts=[contact])[contact.key]
    provenance = get_provenance(organization=organization, contact=contact)
    answers = {
        section: _answer(organization, contact, section, had_none, provenance)
        for section in Section
    }
    return LookUp(contact, format_contact_id(key), answers, provenance)


def get_value(*, organization: Organization, key: int, section: Section, name: str) -> Value:
    """Return one value of a contact in the clear, as its page names it. Raises `NotFound`.

    Nothing is recorded: people reveal values through `actions.reveal`.
    """
    contact = contacts.get_contact(organization=organization, key=key)
    found = next(
        (v for v in _READERS[section](organization, contact, True) if v.name == name), None
    )
    if found is None or not found.text:
        raise NotFound("This value no longer exists. Reload the page.")
    return found


def list_hidden_values(
    *, organization: Organization, key: int, sections: Collection[Section]
) -> dict[Section, list[Value]]:
    """Return in the clear, by section, the values that the page of a contact masks. Raises `NotFound`.

    Nothing is recorded: people reveal values through `actions.reveal_all`.
    """
    contact = contacts.get_contact(organization=organization, key=key)
    found: dict[Section, list[Value]] = {}
    for section in sections:
        masked = _READERS[section](organization, contact, False)
        hidden = {value.name for value in masked if value.masked and not value.text}
        clear = _READERS[section](organization, contact, True)
        found[section] = [value for value in clear if value.name in hidden]
    return found


def list_recent_look_ups(
    *, organization: Organization, user: User, most: int = 10
) -> list[AuditEvent]:
    """List the contacts that a person looked up last, each once, newest first."""
    events = AuditEvent.objects.filter(
        organization=organization, action=LOOKED_UP, actor=user
    ).order_by("-at", "-id")
    newest: dict[str, AuditEvent] = {}
    for event in events[:RECENT_EVENTS]:
        newest.setdefault(event.subject, event)
    return list(newest.values())[:most]


def _answer(
    organization: Organization,
    contact: Contact,
    section: Section,
    had_none: Collection[Section],
    provenance: Provenance,
) -> SectionAnswer:
    # In the clear, so that what sources gave can be identified by their values; masked before anyone sees them.
    clear = _READERS[section](organization, contact, True)
    values = _READERS[section](organization, contact, False)
    explained = [
        _explain(contact, value, each.text or "", place, provenance, section)
        for place, (value, each) in enumerate(zip(values, clear, strict=True))
    ]
    known = [value for value in explained if value.masked]
    return SectionAnswer(
        section,
        find_outcome(contact, section, has_values=bool(known), had_none=had_none),
        known,
        [value.label for value in values if not value.masked],
    )


# --- Where a value came from ----------------------------------------------------------------------


def _explain(
    contact: Contact,
    value: Value,
    text: str,
    place: int,
    provenance: Provenance,
    section: Section,
) -> Value:
    """Return a value with who gave it, and the first one with what lost to it. `text` is the value in the clear."""
    field = LISTED.get(section) or _field_of_profile(contact, value.name)
    said = list_of(provenance, field)
    is_first = section == Section.PII or place == 0
    return replace(
        value,
        field=field,
        given=tuple(each for each in said if each.value == text),
        others=tuple(each for each in said if each.value != text) if is_first else (),
        is_first=is_first,
    )


def _field_of_profile(contact: Contact, name: str) -> str:
    """Return where a field of the profile is stored: there, or with the contact itself."""
    is_own = name in SHARED_FIELDS and name not in (contact.pii or {})
    return name if is_own else f"pii.{name}"


# --- Values of a section --------------------------------------------------------------------------


def _read_emails(organization: Organization, contact: Contact, is_clear: bool) -> list[Value]:
    return [_make_email(email, is_clear) for email in contacts.list_emails(contact)]


def _make_email(email: ContactEmail, is_clear: bool) -> Value:
    masked = Value(
        name=str(email.pk),
        masked=mask_email(email.address),
        type=email.get_type_display() or "",
        status=email.status or "",
        checked_on=email.checked_on,
        seen_on=email.last_seen,
        confidence=email.confidence,
        source=email.source or "",
    )
    if not is_clear:
        return masked
    # A hash of an address is as good as the address to someone with a list of addresses.
    digests = (("MD5", email.md5), ("SHA-1", email.sha1), ("SHA-256", email.sha256))
    hashes = tuple((name, bytes(digest).hex()) for name, digest in digests)
    return replace(masked, text=email.address, hashes=hashes)


def _read_phones(organization: Organization, contact: Contact, is_clear: bool) -> list[Value]:
    return [_make_phone(phone, is_clear) for phone in contacts.list_phones(contact)]


def _make_phone(phone: ContactPhone, is_clear: bool) -> Value:
    return Value(
        name=str(phone.pk),
        masked=mask_phone(phone.phone),
        text=phone.phone if is_clear else None,
        type=phone.get_type_display() or "",
        seen_on=phone.last_seen,
        confidence=phone.confidence,
        source=phone.source or "",
        is_do_not_call=bool(phone.is_do_not_call),
    )


def _read_pii(organization: Organization, contact: Contact, is_clear: bool) -> list[Value]:
    (envelope,) = get_envelopes(
        organization=organization, keys=[contact.key], sections=[Section.PII]
    )
    # Without a record the contact itself may still know its names and where it is.
    own = {name: getattr(contact, name) for name in SHARED_FIELDS}
    record = orjson.loads(envelope.pii) if envelope.pii else own
    return [_make_field(contact, name, record.get(name) or "", is_clear) for name in PII_LABELS]


def _make_field(contact: Contact, name: str, value: str, is_clear: bool) -> Value:
    # The name that stands at the head of the page anyway is not hidden below it.
    is_shown = name in SHOWN_FIELDS or (bool(value) and value == getattr(contact, name, None))
    return Value(
        name=name,
        label=PII_LABELS[name],
        masked=mask_text(value),
        text=value if value and (is_clear or is_shown) else None,
    )


_READERS = {
    Section.EMAILS: _read_emails,
    Section.PHONES: _read_phones,
    Section.PII: _read_pii,
}
