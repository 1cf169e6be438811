"""What every source gave for the fields of a contact: the value that is stored, and those that lost to it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from contacthub.contacts.models import (
    FILES,
    Candidate,
    Company,
    Contact,
    ContactEmail,
    ContactPhone,
    Load,
    Settlement,
    SourceRecord,
)
from contacthub.contacts.stored_values import read_value
from contacthub.contacts.value_fields import EMAIL, FIELDS, PHONE, ValueField

# What a value is from where nothing was written down of it.
UNKNOWN_SOURCE = "Your catalog"
SHARED_SOURCE = "Shared catalog"


@dataclass(frozen=True)
class Given:
    """A value as one source gave it. `shown` differs where the value is a key, such as a company's."""

    field: str
    value: str
    source_name: str
    source: UUID | None = None
    kind: str = ""
    shown: str = ""
    fetched_at: dt.datetime | None = None
    first_seen: dt.date | None = None
    last_seen: dt.date | None = None
    confidence: float | None = None
    request_id: str = ""
    # Lookups that the request cost for this contact; None if it is not charged by lookups.
    lookups: int | None = None
    status: str = ""
    checked_on: dt.date | None = None
    type: str = ""
    is_shared: bool = False
    # By which rule the waterfall placed it, see `enrichment.models.StopRule`.
    rule: str = ""


@dataclass(frozen=True)
class Provenance:
    """What sources gave for each field, the stored value's first and the newest first among equals, and what people
    settled."""

    given: Mapping[str, Sequence[Given]]
    settlements: Mapping[str, Settlement]


def get_provenance(contact: Contact) -> Provenance:
    """Return where the values of a contact came from, which was read for its organization; the shared one's too.

    Of another organization nothing is read: its rows hang on contacts of its own.
    """
    given: dict[str, list[Given]] = defaultdict(list)
    for each in _list_given(contact, is_shared=False):
        given[each.field].append(each)
    hidden = _find_hidden(contact)
    if hidden is not None:
        for each in _list_given(hidden, is_shared=True):
            given[each.field].append(each)
    settlements = {each.field: each for each in Settlement.objects.filter(contact=contact)}
    stored = {field.name: text_of(contact, field) for field in FIELDS}
    ordered = {name: _order(values, stored.get(name, "")) for name, values in given.items()}
    return Provenance(_name_companies(ordered), settlements)


def text_of(contact: Contact, field: ValueField) -> str:
    """Return what is stored in a field as candidates hold it."""
    value = read_value(contact, field)
    return "" if value is None else str(value)


def _find_hidden(contact: Contact) -> Contact | None:
    """Return the shared contact that an own one takes the place of."""
    if contact.organization_id is None:
        return None
    return Contact.objects.filter(key=contact.key, organization=None).first()


def _list_given(contact: Contact, *, is_shared: bool) -> Iterable[Given]:
    records = list(SourceRecord.objects.filter(contact=contact).select_related("load"))
    candidates = list(Candidate.objects.filter(contact=contact).select_related("load"))
    settled = set(Settlement.objects.filter(contact=contact).values_list("field", flat=True))
    for field in FIELDS:
        value = text_of(contact, field)
        explicit = [each for each in candidates if each.field == field.name]
        of_stored = [each for each in records if each.given & field.mask] if value else []
        for record in of_stored:
            yield _of_record(record, field, value, explicit, is_shared=is_shared)
        if value and not of_stored and not any(each.value == value for each in explicit):
            name = SHARED_SOURCE if is_shared else UNKNOWN_SOURCE
            if field.name not in settled and not _is_copied(contact, is_shared=is_shared):
                yield Given(field.name, value, name, is_shared=is_shared)
        for each in explicit:
            yield _of_candidate(each, is_shared=is_shared)
    yield from _list_observed(contact, records, candidates, is_shared=is_shared)


def _is_copied(contact: Contact, *, is_shared: bool) -> bool:
    """Return whether a value that no source gave an own contact came from the shared one, which says it itself."""
    return not is_shared and _find_hidden(contact) is not None


def _of_record(
    record: SourceRecord,
    field: ValueField,
    value: str,
    explicit: Sequence[Candidate],
    *,
    is_shared: bool,
) -> Given:
    # The value has its place since the one before was replaced.
    replaced = [each.replaced_on for each in explicit if each.replaced_on and each.value != value]
    return Given(
        field.name,
        value,
        record.load.name,
        record.source,
        record.load.kind,
        fetched_at=record.load.loaded_at,
        first_seen=max([record.first_seen, *replaced]),
        last_seen=record.last_seen,
        confidence=record.confidence,
        request_id=_request_of(record.load),
        is_shared=is_shared,
    )


def _request_of(load: Load) -> str:
    """Return what the vendor calls a request; searches and pulls hold our own number there."""
    return load.request_id if load.kind == Load.Kind.ENRICHMENT else ""


def _of_candidate(each: Candidate, *, is_shared: bool) -> Given:
    load = each.load
    name = each.source_name or (load.name if load else UNKNOWN_SOURCE)
    return Given(
        each.field,
        each.value,
        name,
        each.source,
        load.kind if load else "",
        fetched_at=load.loaded_at if load else None,
        first_seen=each.first_seen,
        last_seen=each.last_seen,
        confidence=each.confidence,
        request_id=_request_of(load) if load else "",
        status=each.status,
        checked_on=each.checked_on,
        type=each.type,
        is_shared=is_shared,
    )


# --- Addresses and numbers ------------------------------------------------------------------------


def _list_observed(
    contact: Contact,
    records: Sequence[SourceRecord],
    candidates: Sequence[Candidate],
    *,
    is_shared: bool,
) -> Iterable[Given]:
    loads = {record.load.name: record for record in records}
    files = next((record for record in records if record.source == FILES), None)
    emails = ContactEmail.objects.filter(contact=contact).order_by("position", "pk")
    phones = ContactPhone.objects.filter(contact=contact).order_by("position", "pk")
    for field, rows in ((EMAIL, emails), (PHONE, phones)):
        for row in rows:
            yield _of_row(field, row, loads.get(row.source or "") or files, is_shared=is_shared)
        for each in candidates:
            if each.field == field:
                yield _of_candidate(each, is_shared=is_shared)


def _of_row(
    field: str,
    row: ContactEmail | ContactPhone,
    record: SourceRecord | None,
    *,
    is_shared: bool,
) -> Given:
    load = record.load if record else None
    return Given(
        field,
        row.address if isinstance(row, ContactEmail) else row.phone,
        row.source or (load.name if load else UNKNOWN_SOURCE),
        record.source if record else None,
        load.kind if load else "",
        fetched_at=load.loaded_at if load else None,
        first_seen=row.first_seen or (record.first_seen if record else None),
        last_seen=row.last_seen or (record.last_seen if record else None),
        confidence=row.confidence,
        request_id=_request_of(load) if load else "",
        status=(row.status or "") if isinstance(row, ContactEmail) else "",
        checked_on=row.checked_on if isinstance(row, ContactEmail) else None,
        type=row.type or "",
        is_shared=is_shared,
    )


# --- Order ----------------------------------------------------------------------------------------


def _order(values: Sequence[Given], stored: str) -> list[Given]:
    """Return each source's values once: the stored value first, the newest first; own before shared."""
    known: dict[tuple[str, object], Given] = {}
    for each in values:
        known.setdefault((each.value, each.source or each.source_name), each)
    return sorted(
        known.values(),
        key=lambda each: (
            bool(stored) and each.value != stored,
            each.is_shared,
            -(each.fetched_at.timestamp() if each.fetched_at else 0),
        ),
    )


def _name_companies(given: dict[str, list[Given]]) -> dict[str, list[Given]]:
    """Give companies their names; those that are gone are nothing to choose."""
    values = given.get("company", [])
    ids = [int(each.value) for each in values if each.value.isdigit()]
    names = {str(each.pk): str(each) for each in Company.objects.filter(pk__in=ids)}
    if "company" in given:
        given["company"] = [
            replace(each, shown=names[each.value]) for each in values if each.value in names
        ]
    return given
