"""Where the values of a contact came from, with what vendors answered to the organization that asked them."""

from collections import defaultdict
from collections.abc import Sequence

from contacthub.contacts.given import Given, Provenance
from contacthub.contacts.given import get_provenance as get_stored_provenance
from contacthub.contacts.models import Contact, Load
from contacthub.contacts.value_fields import EMAIL, PHONE
from contacthub.enrichment.models import Finding, Section
from contacthub.enrichment.queries.waterfall import list_findings, list_vendor_answers
from contacthub.organizations.models import Organization

LISTED = {Section.EMAILS: EMAIL, Section.PHONES: PHONE}
MOST_ANSWERS = 1000


def get_provenance(*, organization: Organization, contact: Contact) -> Provenance:
    """Return what sources gave for a contact that was read for the organization, vendors' answers among them."""
    stored = get_stored_provenance(contact)
    found = list_findings(organization=organization, key=contact.key)
    if not found:
        return stored
    given: dict[str, list[Given]] = defaultdict(list)
    for name, values in stored.given.items():
        given[name].extend(values)
    lookups = _count_lookups(organization, contact.key)
    for each in found:
        _add(given[_field_of(each)], _of_finding(each, lookups))
    return Provenance(given, stored.settlements)


def _field_of(finding: Finding) -> str:
    return LISTED.get(Section(finding.section), f"pii.{finding.name}")


def _count_lookups(organization: Organization, key: int) -> dict[tuple[object, str], int]:
    """Return what each request cost for the contact: a lookup, or nothing."""
    answers = list_vendor_answers(organization=organization, key=key, most=MOST_ANSWERS)
    return {
        (each.asking.connection_key, each.asking.request_id): min(each.asking.lookup_count, 1)
        for each in answers
    }


def _of_finding(each: Finding, lookups: dict[tuple[object, str], int]) -> Given:
    return Given(
        _field_of(each),
        each.value,
        each.connection_name,
        each.connection_key,
        Load.Kind.ENRICHMENT,
        fetched_at=each.fetched_at,
        first_seen=each.fetched_at.date(),
        last_seen=each.fetched_at.date(),
        confidence=each.confidence,
        request_id=each.request_id,
        lookups=lookups.get((each.connection_key, each.request_id)),
        status=each.status,
        rule=each.rule,
    )


def _add(values: list[Given], fresh: Given) -> None:
    """Add what a vendor answered, or put it in the place of what the import wrote down of the same."""
    for place, known in enumerate(values):
        if known.value == fresh.value and _is_same_source(known, fresh):
            values[place] = _join(known, fresh)
            return
    values.append(fresh)


def _is_same_source(known: Given, fresh: Given) -> bool:
    return known.source == fresh.source or known.source_name == fresh.source_name


def _join(known: Given, fresh: Given) -> Given:
    """Return what a vendor answered, with the dates of the value where it gave them and its check."""
    values = {
        name: getattr(known, name) or getattr(fresh, name)
        for name in ("first_seen", "last_seen", "checked_on", "type", "status")
    }
    return Given(**{**vars(fresh), **values})


def list_of(provenance: Provenance, field: str) -> Sequence[Given]:
    """Return what sources gave for a field."""
    return provenance.given.get(field, ())
