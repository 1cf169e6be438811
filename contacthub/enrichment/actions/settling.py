"""Settling on a value that a source gave, as the page of a contact offers it."""

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from contacthub.contacts import settling
from contacthub.contacts.given import Given
from contacthub.contacts.queries import get_contact
from contacthub.core.errors import Conflict
from contacthub.enrichment.queries.provenance import get_provenance, list_of
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization


def name_choice(key: int, field: str, value: str) -> str:
    """Return by what a page names a value of a contact: the value cannot be computed from it."""
    return salted_hmac("contact value", f"{key} {field} {value}").hexdigest()[:24]


def settle(*, organization: Organization, actor: Actor, key: int, field: str, choice: str) -> Given:
    """Let a field be the value that `choice` names, see `name_choice`. Returns it.

    Raises `NotFound` for an unknown contact or field, and `Conflict` if no source gives the value today.
    """
    with transaction.atomic():
        contact = get_contact(organization=organization, key=key)
        provenance = get_provenance(organization=organization, contact=contact)
        chosen = next(
            (
                each
                for each in list_of(provenance, field)
                if constant_time_compare(name_choice(contact.key, field, each.value), choice)
            ),
            None,
        )
        if chosen is None:
            raise Conflict("This value is no longer there. Reload the page.")
        settling.settle_value(
            organization=organization,
            actor=actor,
            key=contact.key,
            field=field,
            chosen=settling.Chosen(
                chosen.value,
                chosen.source_name,
                chosen.status,
                chosen.checked_on,
                chosen.type,
                chosen.confidence,
            ),
        )
    return chosen
