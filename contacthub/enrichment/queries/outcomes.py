"""Which kind of empty a section of a contact is: one rule for lists and for the contact's own page."""

from collections.abc import Collection, Iterable

from django.db.models import Q

from contacthub.contacts.models import Contact
from contacthub.enrichment.models import Outcome, Section, VendorAnswer
from contacthub.organizations.models import Organization


def find_outcome(
    contact: Contact, section: Section, *, has_values: bool, had_none: Collection[Section]
) -> Outcome:
    """Return found, empty record, no record or not asked.

    `had_none` are the sections of this contact that `find_without_record` returns. Profiles count as found only with a
    record, whatever the contact itself knows.
    """
    if _has_record(contact, section):
        return Outcome.FOUND if has_values else Outcome.EMPTY
    return Outcome.NO_RECORD if section in had_none else Outcome.NOT_ASKED


def find_without_record(
    *, organization: Organization, contacts: Iterable[Contact]
) -> dict[int, set[Section]]:
    """Return by the contacts' keys the sections that have no record although someone was requested them.

    That is a vendor which this organization asked and which had none, or the import of a shared contact. A contact of
    the organization's own, such as one saved from a vendor's search, holds what that search returned: the rest was not
    asked.
    """
    found: dict[int, set[Section]] = {}
    own: list[int] = []
    for contact in contacts:
        lacking = {section for section in Section if not _has_record(contact, section)}
        is_own = contact.organization_id is not None
        found[contact.key] = set() if is_own else lacking
        if is_own and lacking:
            own.append(contact.key)
    for key, section in _list_had_none(organization, own):
        found[key].add(section)
    return found


def _has_record(contact: Contact, section: Section) -> bool:
    return {
        Section.PII: contact.pii is not None,
        Section.EMAILS: contact.has_email_record,
        Section.PHONES: contact.has_phone_record,
    }[section]


def _list_had_none(organization: Organization, keys: Collection[int]) -> list[tuple[int, Section]]:
    if not keys:
        return []
    none = Q(pii=Outcome.NO_RECORD) | Q(emails=Outcome.NO_RECORD) | Q(phones=Outcome.NO_RECORD)
    names = [section.value for section in Section]
    rows = VendorAnswer.objects.filter(
        none, asking__organization=organization, contact_key__in=keys
    ).values_list("contact_key", *names)
    return [
        (key, Section(name))
        for key, *outcomes in rows
        for name, outcome in zip(names, outcomes, strict=True)
        if outcome == Outcome.NO_RECORD
    ]
