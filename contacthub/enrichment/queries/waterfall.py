"""Reads about the waterfall: which vendors to query, what is already known, what was looked up, and where values came
from."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db.models import Case, Count, Q, When

from contacthub.connectors.base import Capability
from contacthub.connectors.registry import CONNECTORS, find_connector
from contacthub.contacts import queries as contacts
from contacthub.contacts.merging.queries import list_all_keys, list_former_keys
from contacthub.contacts.models import ContactEmail, ContactPhone
from contacthub.credentials.connections.queries import list_connections
from contacthub.credentials.models import Connection
from contacthub.enrichment.models import (
    Asking,
    EnrichmentAnswer,
    EnrichmentBatch,
    EnrichmentRow,
    Finding,
    Outcome,
    Section,
    VendorAnswer,
    Waterfall,
    WaterfallStep,
)
from contacthub.enrichment.plans import (
    Known,
    Plan,
    SectionPlan,
    is_valid_email,
    is_valid_phone,
    is_valid_pii,
)
from contacthub.enrichment.sql import lookups as sql
from contacthub.organizations.models import Organization

# Keys of the catalog are read in pieces of this size, see `contacts.queries.get_documents`.
PIECE = 1000
ANSWERED = frozenset({Outcome.FOUND, Outcome.EMPTY, Outcome.NO_RECORD})
TRIED = ANSWERED | {Outcome.BLOCKED, Outcome.FAILED}


# --- The rules ------------------------------------------------------------------------------------


def get_waterfall(*, organization: Organization) -> Waterfall:
    """Return an organization's rules, those of a fresh one where it has none."""
    found = Waterfall.objects.filter(organization=organization).first()
    return found or Waterfall(organization=organization)


def list_steps(*, organization: Organization) -> dict[Section, list[Connection]]:
    """Return the connections of each section in their order, paused ones among them."""
    steps: dict[Section, list[Connection]] = {section: [] for section in Section}
    rows = (
        WaterfallStep.objects.filter(organization=organization)
        .select_related("connection__health")
        .defer("connection__sealed")
        .order_by("section", "position")
    )
    for row in rows:
        steps[Section(row.section)].append(row.connection)
    return steps


def list_enrichers(*, organization: Organization) -> list[Connection]:
    """List the connections whose vendor enriches contacts, by id or by person, paused ones among them, by name."""
    able = (Capability.ENRICHMENT, Capability.PERSON_LOOKUP)
    vendors = [v for v, connector in CONNECTORS.items() if any(map(connector.can, able))]
    return list(list_connections(organization=organization).filter(vendor__in=vendors))


def can_hold(connection: Connection, section: Section) -> bool:
    """Return whether a vendor's records hold a section at all."""
    return section.value in find_connector(connection.vendor).enriched_sections


def get_plan(*, organization: Organization, sections: Collection[Section] = tuple(Section)) -> Plan:
    """Return the waterfall for some sections as it is now; without steps it queries no vendor.

    Broken connections are left out: what cannot work is not offered. `list_broken_steps` names them.
    """
    rules = get_waterfall(organization=organization)
    steps = {
        section: [connection for connection in chosen if not connection.is_broken]
        for section, chosen in list_steps(organization=organization).items()
    }
    return Plan(
        {
            section: SectionPlan(
                rules.rule_of(section),
                tuple(connection.pk for connection in steps[section]),
            )
            for section in Section
            if section in sections and steps[section]
        },
        rules.lookup_limit,
    )


def list_broken_steps(
    *, organization: Organization, sections: Collection[Section] = tuple(Section)
) -> list[Connection]:
    """List the broken connections that stand in the waterfall of some sections, each once."""
    steps = list_steps(organization=organization)
    broken = {
        connection.pk: connection
        for section in sections
        for connection in steps[section]
        if connection.is_broken
    }
    return list(broken.values())


# --- What is known, what was looked up ----------------------------------------------------------------


def get_known(*, organization: Organization, keys: Sequence[int]) -> dict[int, Known]:
    """Return what the catalog knows of contacts as the organization sees them; unknown ones are left out."""
    known: dict[int, Known] = {}
    for start in range(0, len(keys), PIECE):
        known |= _read_known(organization, keys[start : start + PIECE])
    return known


def _read_known(organization: Organization, keys: Sequence[int]) -> dict[int, Known]:
    documents = contacts.get_documents(organization=organization, keys=keys)
    found: dict[int, set[Section]] = defaultdict(set)
    valid: dict[int, set[Section]] = defaultdict(set)
    for key, document in zip(keys, documents, strict=True):
        record = _read_pii(document.pii)
        if record:
            found[key].add(Section.PII)
        if is_valid_pii(record):
            valid[key].add(Section.PII)
        for section, text in ((Section.EMAILS, document.emails), (Section.PHONES, document.phones)):
            if text not in (None, "[]"):
                found[key].add(section)
    for key, section in _list_valid(organization, list(found)):
        valid[key].add(section)
    return {key: Known(frozenset(found[key]), frozenset(valid[key])) for key in found}


def _read_pii(text: str | None) -> dict[str, Any]:
    record = orjson.loads(text) if text else {}
    return {name: value for name, value in record.items() if value and name != "contact_id"}


def _list_valid(organization: Organization, keys: Sequence[int]) -> list[tuple[int, Section]]:
    visible = contacts.find_contacts(organization=organization, keys=keys)
    by_id = {contact.pk: key for key, contact in visible.items()}
    emails = ContactEmail.objects.filter(contact__in=by_id).values_list("contact_id", "status")
    phones = ContactPhone.objects.filter(contact__in=by_id).values_list(
        "contact_id", "is_do_not_call"
    )
    return [
        *((by_id[pk], Section.EMAILS) for pk, status in emails if is_valid_email(status)),
        *((by_id[pk], Section.PHONES) for pk, is_listed in phones if is_valid_phone(is_listed)),
    ]


def get_asked(
    *, batch: EnrichmentBatch, keys: Collection[int]
) -> dict[int, set[tuple[UUID, Section]]]:
    """Return per contact which connections a list has queried for what, whatever the result.

    What was answered of a contact that was merged since counts for the one that stayed. Answers of its trial, or of
    the list whose failed rows it retries, count as well if they were answers: they are paid for.
    """
    related = EnrichmentBatch.objects.filter(Q(origin=batch) | Q(pk=batch.origin_id))
    former = list_former_keys(organization=batch.organization, keys=keys)
    today = {old: key for key, olds in former.items() for old in olds}
    of_keys = VendorAnswer.objects.filter(contact_key__in={*keys, *today}).select_related("asking")
    found = [
        collect_asked(of_keys.filter(batch=batch)),
        collect_asked(of_keys.filter(batch__in=related), words=ANSWERED),
    ]
    asked: dict[int, set[tuple[UUID, Section]]] = defaultdict(set)
    for key, steps in (item for each in found for item in each.items()):
        asked[today.get(key, key)] |= steps
    return asked


def collect_asked(
    answers: Iterable[VendorAnswer], *, words: Collection[str] = TRIED
) -> dict[int, set[tuple[UUID, Section]]]:
    """Return per contact which connections some answers came from, and for what. Only `words` count."""
    asked: dict[int, set[tuple[UUID, Section]]] = defaultdict(set)
    for answer in answers:
        for section in Section:
            if getattr(answer, section.value) in words:
                asked[answer.contact_key].add((answer.asking.connection_key, section))
    return asked


class ToAsk(NamedTuple):
    """A row to look up: its place, its contact's key, and its cells if it is in no catalog."""

    ordinal: int
    key: int
    stranger_cells: list[str] | None


def list_to_ask(*, batch: EnrichmentBatch, after: int, most: int) -> list[ToAsk]:
    """List the rows behind `after` that are looked up separately, in order."""
    problems = EnrichmentRow.Problem
    rows = EnrichmentRow.objects.filter(
        batch=batch,
        ordinal__gt=after,
        problem__in=(problems.NONE, problems.NO_MATCH),
        contact_key__isnull=False,
    )
    is_stranger = Case(When(matched_by="", then="cells"), default=None)
    found = rows.order_by("ordinal").values_list("ordinal", "contact_key", is_stranger)[:most]
    return [ToAsk(*row) for row in found]


# --- What it came to ------------------------------------------------------------------------------


def count_failed(*, batch: EnrichmentBatch) -> int:
    """Count the different contacts of a list of which a section failed."""
    failed = Q(pii=Outcome.FAILED) | Q(emails=Outcome.FAILED) | Q(phones=Outcome.FAILED)
    places = EnrichmentAnswer.objects.filter(failed, batch=batch).values("ordinal")
    rows = EnrichmentRow.objects.filter(batch=batch, ordinal__in=places)
    return rows.values("contact_key").distinct().count()


@dataclass(frozen=True)
class VendorSum:
    """What one connection did for a list: contacts sent and found, lookups, calls, errors, median of milliseconds.

    `unasked` are contacts of which too little is known to ask for them, and `asks_by` is what would have to be.
    """

    name: str
    vendor: str
    asked: int
    found: int
    lookups: int
    calls: int
    failed: int
    errors: tuple[tuple[str, int], ...]
    median_ms: int | None
    unasked: int
    asks_by: str


def sum_askings(*, batch: EnrichmentBatch) -> list[VendorSum]:
    """Return what each connection did for a list, in the order in which they were first called."""
    errors: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    failed = Asking.objects.filter(batch=batch).exclude(error="").order_by()
    for key, error, count in failed.values_list("connection_key", "error").annotate(Count("pk")):
        errors[key].append((error, count))
    return [
        VendorSum(
            row.name,
            CONNECTORS[row.vendor].label if row.vendor in CONNECTORS else "",
            row.asked,
            row.found,
            row.lookups,
            row.calls,
            sum(count for _, count in errors[row.connection]),
            tuple(sorted(errors[row.connection])),
            row.median_ms,
            row.unasked,
            (row.vendor in CONNECTORS and CONNECTORS[row.vendor].asks_by) or "a contact id",
        )
        for row in sql.sum_askings(batch_id=batch.pk)
    ]


def list_findings(
    *, organization: Organization, key: int, section: Section | None = None
) -> list[Finding]:
    """List what vendors said of a contact to this organization, in the order in which they said it."""
    keys = list_all_keys(organization=organization, key=key)
    found = Finding.objects.filter(organization=organization, contact_key__in=keys)
    if section is not None:
        found = found.filter(section=section)
    return list(found.order_by("fetched_at", "pk"))


def list_vendor_answers(
    *, organization: Organization, key: int, most: int = 10
) -> list[VendorAnswer]:
    """List what vendors answered to this organization about a contact, newest first."""
    keys = list_all_keys(organization=organization, key=key)
    return list(
        VendorAnswer.objects.filter(asking__organization=organization, contact_key__in=keys)
        .select_related("asking")
        .order_by("-asking__started_at", "-pk")[:most]
    )
