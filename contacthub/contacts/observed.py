"""What a vendor observed of a contact, joined with what is known of it already."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contacthub.contacts.intake.identity import Marks, find_key
from contacthub.contacts.models import Contact, ContactEmail, ContactPhone, Settlement
from contacthub.contacts.queries import find_contacts
from contacthub.core.domains import plain_domain
from contacthub.core.emails import plain_email
from contacthub.core.public_ids import format_contact_id
from contacthub.organizations.models import Organization

# What a profile may take from the contact itself, see `sql.documents`.
SHARED_FIELDS = ("first_name", "last_name", "state", "country")
# More of one contact are not kept.
MOST_OBSERVED = 100
_FACTS = ("type", "confidence", "source", "first_seen", "last_seen", "observations")
EMAIL_FACTS = ("status", "checked_on", *_FACTS)
PHONE_FACTS = ("is_do_not_call", *_FACTS)


@dataclass(frozen=True)
class Observed:
    """What a vendor knows of one contact, in the words of the import. None: no record; empty: a record of nothing."""

    key: int
    pii: Mapping[str, str] | None = None
    emails: Sequence[Mapping[str, Any]] | None = None
    phones: Sequence[Mapping[str, Any]] | None = None
    # What else is said of somebody who is not a contact yet: name, profile link, company.
    known_as: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Known:
    """What is known of some contacts, by key, and their addresses and numbers, by primary key."""

    contacts: Mapping[int, Contact]
    emails: Mapping[int, list[dict[str, Any]]] = field(default_factory=dict)
    phones: Mapping[int, list[dict[str, Any]]] = field(default_factory=dict)


def merge_observed(
    *, organization: Organization, observed: Iterable[Observed], is_valid_first: bool
) -> list[dict[str, Any]]:
    """Return the rows of an import that add what was observed to what the organization knows; none where it is all."""
    found = list(observed)
    known = _read_known(organization, [each.key for each in found])
    rows = (_merge(each, known, is_valid_first=is_valid_first) for each in found)
    return [row for row in rows if row is not None]


def _read_known(organization: Organization, keys: Collection[int]) -> _Known:
    contacts = find_contacts(organization=organization, keys=keys)
    ids = [contact.pk for contact in contacts.values()]
    return _Known(
        contacts,
        _list_known(ContactEmail, ids, "address", "email", EMAIL_FACTS),
        _list_known(ContactPhone, ids, "phone", "phone", PHONE_FACTS),
    )


def _list_known(
    model: type[ContactEmail | ContactPhone],
    contact_ids: Collection[int],
    column: str,
    key: str,
    facts: Collection[str],
) -> dict[int, list[dict[str, Any]]]:
    listed: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = model._default_manager.filter(contact__in=contact_ids).order_by("position", "pk")
    for row in rows:
        values = {name: getattr(row, name) for name in facts}
        said = {name: value for name, value in values.items() if value is not None}
        listed[row.contact_id].append({key: getattr(row, column), **said})
    _order_by_rule(listed, key)
    return listed


def _order_by_rule(listed: dict[int, list[dict[str, Any]]], key: str) -> None:
    """Put addresses of which one was settled in the order that the rule gave them: the import puts that one first."""
    settled = Settlement.objects.filter(contact__in=listed, field=key)
    for contact_id, rule in settled.values_list("contact", "rule_value"):
        places = {value: place for place, value in enumerate(rule or [])}
        kept = [item for item in listed[contact_id] if item[key] in places]
        listed[contact_id] = sorted(kept, key=lambda item: places[item[key]])


def _merge(each: Observed, known: _Known, *, is_valid_first: bool) -> dict[str, Any] | None:
    contact = known.contacts.get(each.key)
    row: dict[str, Any] = {
        "pii": _merge_pii(each.pii, contact),
        "emails": _merge_list(
            each.emails,
            "email",
            known.emails.get(contact.pk, []) if contact else [],
            has_record=bool(contact and contact.has_email_record),
            is_valid_first=is_valid_first,
        ),
        "phones": _merge_list(
            each.phones,
            "phone",
            known.phones.get(contact.pk, []) if contact else [],
            has_record=bool(contact and contact.has_phone_record),
        ),
    }
    row = {name: value for name, value in row.items() if value is not None}
    if not row:
        return None
    if contact and contact.full_name:
        # Otherwise the names of the profile would take its place.
        row["full_name"] = contact.full_name
    if contact is None:
        row = {**each.known_as, **row}
    return {"contact_id": format_contact_id(each.key), **row}


def _merge_pii(pii: Mapping[str, str] | None, contact: Contact | None) -> dict[str, str] | None:
    """Return the fields that are not known yet; None if there is nothing to add."""
    if pii is None:
        return None
    own: dict[str, Any] = dict(contact.pii or {}) if contact else {}
    if contact:
        own |= {n: v for n in SHARED_FIELDS if (v := getattr(contact, n)) and not own.get(n)}
    more = {name: value for name, value in pii.items() if value and not own.get(name)}
    return more if more or contact is None or contact.pii is None else None


def _merge_list(
    observed: Sequence[Mapping[str, Any]] | None,
    key: str,
    known: list[dict[str, Any]],
    *,
    has_record: bool,
    is_valid_first: bool = False,
) -> list[dict[str, Any]] | None:
    """Return all that is known with what is new behind it; None if nothing is new."""
    if observed is None:
        return None
    taken = {item[key] for item in known}
    new: dict[str, dict[str, Any]] = {}
    for item in observed:
        if item[key] not in taken:
            new.setdefault(item[key], dict(item))
    if not new and (known or has_record):
        return None
    joined = [*known, *new.values()]
    if is_valid_first:
        joined.sort(key=lambda item: item.get("status") != "valid")
    return joined[:MOST_OBSERVED]


def keep_known(
    *, organization: Organization, rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return rows of an import with the addresses and numbers that are known of their contacts before the new ones.

    Otherwise a row that names one address would take the place of all that others gave. Rows that nothing tells a
    contact by come back as they are; the import refuses them.
    """
    given = [dict(row) for row in rows]
    keys = [_find_key(row) for row in given]
    known = _read_known(organization, [key for key in keys if key is not None])
    for row, key in zip(given, keys, strict=True):
        if key is None:
            continue
        row["contact_id"] = format_contact_id(key)
        contact = known.contacts.get(key)
        if contact is not None:
            _join(row, "emails", "email", known.emails.get(contact.pk, []))
            _join(row, "phones", "phone", known.phones.get(contact.pk, []))
    return given


def _join(row: dict[str, Any], section: str, key: str, known: list[dict[str, Any]]) -> None:
    if section not in row:
        return
    taken = {item[key] for item in known}
    row[section] = [*known, *(item for item in row[section] if item[key] not in taken)][
        :MOST_OBSERVED
    ]


def _find_key(row: Mapping[str, Any]) -> int | None:
    names = (row.get("first_name"), row.get("last_name"))
    emails = row.get("emails") or ()
    company = row.get("company") or {}
    key = find_key(
        Marks(
            contact_key=None,
            email=plain_email(emails[0]["email"]) if emails else None,
            linkedin_url=row.get("linkedin_url"),
            full_name=row.get("full_name") or (" ".join(map(str, names)) if all(names) else None),
            company_domain=company.get("domain") and plain_domain(company["domain"]),
            number=None,
        )
    )
    return None if key is None else int(key)
