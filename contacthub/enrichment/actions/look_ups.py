"""Looking one contact up and revealing its values: reads that are recorded."""

from collections.abc import Collection

from django.db import transaction

from contacthub.contacts.models import Contact
from contacthub.contacts.queries import find_contacts
from contacthub.core.errors import NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.keys.row_keys import RowKeys
from contacthub.enrichment.matching import find_one
from contacthub.enrichment.models import MatchKey, Section
from contacthub.enrichment.queries.look_ups import (
    LOOKED_UP,
    LookUp,
    Value,
    get_look_up,
    get_value,
    list_hidden_values,
)
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

REVEALED = {
    Section.PII: "Revealed profile",
    Section.EMAILS: "Revealed e-mail",
    Section.PHONES: "Revealed phone",
}
REVEALED_ALL = {
    Section.PII: "Revealed all of profile",
    Section.EMAILS: "Revealed all e-mails",
    Section.PHONES: "Revealed all phones",
}
REVEALED_EVERYTHING = "Revealed all values"


def look_up_by_keys(
    *, organization: Organization, actor: Actor, keys: RowKeys, kind: str
) -> tuple[MatchKey | None, list[Contact]]:
    """Find contacts by what somebody typed, by the rule of lists; in the caller's transaction.

    Returns the key that found them and the contacts: one, several candidates, or none. Recorded with the `kind` of
    the key unless there is one: then its page records the look-up.
    """
    by, found = find_one(organization=organization, keys=keys)
    contacts = find_contacts(organization=organization, keys=found)
    known = [contacts[key] for key in found if key in contacts]
    if len(known) != 1:
        record_event(
            organization=organization,
            actor=actor,
            action="Looked up by key",
            target=kind,
            detail=f"{len(known):,} candidates" if known else "no match",
            rows=len(known),
            has_personal_data=True,
        )
    return by, known


def look_up(
    *, organization: Organization, actor: Actor, key: int, sections: Collection[Section]
) -> LookUp:
    """Look a contact up by its key, masked. Recorded once where it was requested sections, whatever the answer is.

    Raises `NotFound` for an unknown contact; the request is recorded all the same.
    """
    contact_id = format_contact_id(key)
    asked = [section for section in Section if section in sections]
    try:
        found = get_look_up(organization=organization, key=key)
    except NotFound:
        _record(organization, actor, LOOKED_UP, contact_id, "no record")
        raise
    if asked:
        said = (f"{s.label.lower()} {found.answers[s].outcome.label}" for s in asked)
        _record(organization, actor, LOOKED_UP, contact_id, ", ".join(said))
    return found


def reveal(
    *, organization: Organization, actor: Actor, key: int, section: Section, name: str
) -> Value:
    """Return one value of a contact in the clear, and record who saw which. Raises `NotFound`.

    `name` is the value's own in the look-up. The record holds its kind and source, never the value.
    """
    with transaction.atomic():
        value = get_value(organization=organization, key=key, section=section, name=name)
        words = (value.label, value.type, value.source)
        detail = ", ".join(word for word in words if word)
        _record(organization, actor, REVEALED[section], format_contact_id(key), detail)
    return value


def reveal_all(
    *, organization: Organization, actor: Actor, key: int, sections: Collection[Section]
) -> dict[Section, list[Value]]:
    """Return all masked values of some sections in the clear, recorded once however many they are.

    Raises `NotFound` for an unknown contact, and where nothing is masked.
    """
    with transaction.atomic():
        found = list_hidden_values(organization=organization, key=key, sections=sections)
        if not any(found.values()):
            raise NotFound("These values no longer exist. Reload the page.")
        named = [section for section in Section if section in sections]
        action = REVEALED_ALL[named[0]] if len(named) == 1 else REVEALED_EVERYTHING
        counts = (f"{section.label.lower()} {len(found[section])}" for section in named)
        _record(organization, actor, action, format_contact_id(key), ", ".join(counts))
    return found


def _record(
    organization: Organization, actor: Actor, action: str, contact_id: str, detail: str
) -> None:
    record_event(
        organization=organization,
        actor=actor,
        action=action,
        target=contact_id,
        subject=contact_id,
        detail=detail,
        has_personal_data=True,
    )
