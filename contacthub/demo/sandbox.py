"""Acme's accounts at a vendor that is another organization of the same instance: to try, nothing real is called."""

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID, uuid5

from contacthub.connectors.registry import CONNECTORS
from contacthub.core.errors import Conflict, KeyRefused
from contacthub.core.outbound import name_of
from contacthub.core.secrets import SecretUnreadable
from contacthub.credentials.connections import sealing
from contacthub.credentials.connections.actions import add_connection, rotate_connection
from contacthub.credentials.keys import parse_key
from contacthub.credentials.models import ApiKey, Connection
from contacthub.demo.accounts import ACTOR
from contacthub.demo.people import VENDOR
from contacthub.enrichment.actions.vendors import save_waterfall
from contacthub.enrichment.models import Section, StopRule, Waterfall
from contacthub.organizations.models import Organization
from contacthub.organizations.queries import get_organization

CUSTOMER = "acme"
# The connection in the waterfall: it knows contacts by the ids that the catalog has.
ENRICHER = "contactbased"
# Lookups of one run: a list of all contacts stops long before its end.
LOOKUP_LIMIT = 500
# A connection of the sandbox is known by the id that was made of its vendor, whatever people have changed.
_NAMESPACE = UUID("6f0c2f0a-5c53-4b7d-9a44-5d1f6b1f0e57")


def connect(*, key: str, base_url: str, customer: str = CUSTOMER) -> None:
    """Connect an organization to the vendor with every protocol, and put the vendor in line behind its own catalog.

    `key` is the vendor's, `base_url` this instance's own address. Connections that were made with another address or
    key follow; those that someone has given an account of their own, and a waterfall that was set before, stay.
    Raises `Invalid` if requests to this address are not allowed.
    """
    organization = get_organization(slug=customer)
    for vendor in CONNECTORS:
        _connect(organization, vendor, _format_credentials(vendor, key), base_url)
    if not Waterfall.objects.filter(organization=organization).exists():
        _put_in_line(organization)


def _connect(
    organization: Organization, vendor: str, credentials: Mapping[str, str], base_url: str
) -> None:
    request_key = _request_key(vendor)
    known = Connection.objects.filter(organization=organization, request_key=request_key).first()
    if known is not None:
        if _is_outdated(known, credentials, base_url):
            rotate_connection(
                organization=organization,
                actor=ACTOR,
                connection_id=known.pk,
                credentials=credentials,
                base_url=base_url,
            )
        return
    # Someone has a connection of this name, or as many as there may be.
    with suppress(Conflict):
        add_connection(
            organization=organization,
            actor=ACTOR,
            vendor=vendor,
            name=f"{CONNECTORS[vendor].label} (sandbox)",
            credentials=credentials,
            base_url=base_url,
            request_key=request_key,
        )


def _format_credentials(vendor: str, key: str) -> dict[str, str]:
    """Return a key of the vendor's in the terms of a protocol: where there are two, its public id and all of it."""
    values = {"api_key": key, "client_id": parse_key(key).public_id, "client_secret": key}
    return {term.name: values[term.name] for term in CONNECTORS[vendor].terms}


def _is_outdated(connection: Connection, credentials: Mapping[str, str], base_url: str) -> bool:
    try:
        known = sealing.unseal(connection)
    except SecretUnreadable:
        # The key at rest was lost: what is sealed cannot be used.
        return True
    if known == credentials:
        return name_of(connection.base_url) != name_of(base_url)
    return _is_key_of_vendor(known[CONNECTORS[connection.vendor].terms[-1].name])


def _is_key_of_vendor(text: str) -> bool:
    try:
        public_id = parse_key(text).public_id
    except KeyRefused:
        return False
    return ApiKey.objects.filter(organization__slug=VENDOR.slug, public_id=public_id).exists()


def _put_in_line(organization: Organization) -> None:
    """Ask the vendor for what the catalog lacks, once someone starts a run."""
    steps = Connection.objects.filter(
        organization=organization, request_key=_request_key(ENRICHER)
    ).values_list("pk", flat=True)
    save_waterfall(
        organization=organization,
        actor=ACTOR,
        steps={section: list(steps) for section in Section},
        rules=dict.fromkeys(Section, StopRule.FIRST),
        lookup_limit=LOOKUP_LIMIT,
    )


def _request_key(vendor: str) -> UUID:
    return uuid5(_NAMESPACE, vendor)
