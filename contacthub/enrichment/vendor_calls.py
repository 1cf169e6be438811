"""Calls to vendors for what is missing, and what comes of them: values into the catalog, outcomes, provenance.

The catalog is filled; the caller then reads it as always. No transaction is open while a vendor is called.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction

from contacthub.connectors.base import Capability, Connector
from contacthub.connectors.client import BACKGROUND, INTERACTIVE
from contacthub.connectors.errors import (
    BreakerOpen,
    ConnectionPaused,
    ContractBroken,
    NotEntitled,
    QuotaShort,
    Temporary,
    Throttled,
    Unreachable,
    WrongKey,
)
from contacthub.connectors.records import Email, Enriched, Enrichment, Person, Phone
from contacthub.connectors.registry import find_connector
from contacthub.contacts.actions import add_observed
from contacthub.contacts.observed import Observed
from contacthub.core.emails import clean_email
from contacthub.core.errors import ContactHubError
from contacthub.core.failpoints import failpoint
from contacthub.core.phones import clean_phone
from contacthub.core.public_ids import format_contact_id
from contacthub.core.secrets import SecretUnreadable
from contacthub.credentials.connections.gate import ConnectionGate
from contacthub.credentials.connections.models import Connection
from contacthub.credentials.connections.queries import list_connections, make_connector
from contacthub.enrichment.models import (
    Asking,
    EnrichmentBatch,
    Outcome,
    Section,
    StopRule,
    VendorAnswer,
)
from contacthub.enrichment.plans import Plan, Question
from contacthub.enrichment.queries.persons import list_persons
from contacthub.enrichment.sql.findings import Given, save_findings
from contacthub.organizations.models import Organization

logger = structlog.get_logger(__name__)

# The most contacts of a call, of those that the vendor takes: an answer is lost as a whole when a worker dies.
MOST_ASKED = 1000
# How long a call waits for leave, in seconds: a vendor that is down must not keep the others waiting.
JOB_WAIT, PERSON_WAIT = 8.0, 1.0
# Calls in a row that fail before a vendor is left alone, and for how many seconds.
MOST_FAILURES, REST_SECONDS = 2, 30.0
# What the account, or an admin, does not let us do; another call changes nothing until someone acts.
BLOCKING = (WrongKey, NotEntitled, QuotaShort, ConnectionPaused, SecretUnreadable)
# Here the vendor certainly looked nothing up. `Unreachable` counts where the request may have arrived.
FREE = (*BLOCKING, BreakerOpen, Throttled)


@dataclass(frozen=True)
class Reply:
    """What came of a call: an answer, or the error in its place."""

    answer: Enrichment | None = None
    error: ContactHubError | None = None
    ms: int | None = None

    @property
    def is_free(self) -> bool:
        """Return whether the vendor certainly looked nothing up."""
        error = self.error
        return isinstance(error, FREE) or (isinstance(error, Unreachable) and not error.is_sent)

    @property
    def outcome(self) -> Outcome:
        """Return the outcome of every contact of a call without an answer."""
        return Outcome.BLOCKED if isinstance(self.error, BLOCKING) else Outcome.FAILED


class Vendors:
    """The connections of one run, opened when they are first needed. A context manager; safe for several threads."""

    def __init__(self, organization: Organization, plan: Plan, *, is_interactive: bool) -> None:
        found = list_connections(organization=organization).defer(None)
        self.connections: dict[UUID, Connection] = {
            each.pk: each for each in found.filter(pk__in=plan.connections)
        }
        # Whether too little may be known to look up one of them.
        self.ask_by_person = any(asks_by_person(each.vendor) for each in self.connections.values())
        self._organization = organization
        self._persons: dict[int, Person] = {}
        self._is_interactive = is_interactive
        self._open: dict[UUID, Connector] = {}
        self._failures: dict[UUID, int] = {}
        self._rest_until: dict[UUID, float] = {}
        self._lock = Lock()

    def __enter__(self) -> "Vendors":
        return self

    def __exit__(self, *_: object) -> None:
        for connector in self._open.values():
            connector.close()

    def name_of(self, connection: UUID) -> tuple[str, str]:
        """Return a connection's name and vendor."""
        found = self.connections.get(connection)
        return (found.name, found.vendor) if found else ("Removed connection", "")

    def most_of(self, connection: UUID) -> int:
        """Return how many contacts a connection looks up in one call."""
        found = self.connections.get(connection)
        most = find_connector(found.vendor).most_enriched if found else 0
        return min(MOST_ASKED, most) if most else MOST_ASKED

    def learn(self, keys: Sequence[int]) -> None:
        """Read what is known of contacts now, for vendors that know none of our ids."""
        if self.ask_by_person:
            self._persons |= list_persons(organization=self._organization, keys=keys)

    def can_ask(self, connection: UUID, key: int) -> bool:
        """Return whether enough is known of a contact for a connection to look up exactly it."""
        found = self.connections.get(connection)
        if found is None or not asks_by_person(found.vendor):
            return True
        person = self._persons.get(key)
        return person is not None and find_connector(found.vendor).can_ask_about(person)

    def call(self, question: Question) -> Reply:
        """Ask one question. Never raises what a vendor can cause."""
        resting = self._rest_until.get(question.connection, 0.0) - time.monotonic()
        if resting > 0:
            return Reply(error=BreakerOpen("It failed a moment ago.", retry_after=resting))
        start = time.monotonic()
        answer: Enrichment | None = None
        error: ContactHubError | None
        try:
            answer = self._ask(self._find(question.connection), question)
        except ContactHubError as refusal:
            error = refusal
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("vendor_call_crashed", connection=str(question.connection))
            error = _unusable()
        else:
            error = None
        self._note(question.connection, error)
        if answer is None:
            return Reply(error=error, ms=round((time.monotonic() - start) * 1000))
        return Reply(answer, ms=round((time.monotonic() - start) * 1000))

    def _ask(self, connector: Connector, question: Question) -> Enrichment:
        sections = [section.value for section in question.sections]
        if connector.can(Capability.ENRICHMENT):
            ids = [format_contact_id(key) for key in question.keys]
            return connector.enrich(ids, sections=sections)
        (key,) = question.keys
        return connector.enrich_person(self._persons[key], sections=sections)

    def _find(self, connection: UUID) -> Connector:
        with self._lock:
            if connection not in self._open:
                found = self.connections.get(connection)
                if found is None:
                    raise ConnectionPaused("The connection was removed.")
                wait = PERSON_WAIT if self._is_interactive else JOB_WAIT
                self._open[connection] = make_connector(
                    found,
                    gate=ConnectionGate(found.pk, patience_seconds=wait),
                    patience=INTERACTIVE if self._is_interactive else BACKGROUND,
                )
            return self._open[connection]

    def _note(self, connection: UUID, error: ContactHubError | None) -> None:
        """Leave a vendor alone that fails again and again: others are queried in that time."""
        with self._lock:
            if not isinstance(error, Temporary):
                self._failures[connection] = 0
                return
            self._failures[connection] = self._failures.get(connection, 0) + 1
            if isinstance(error, BreakerOpen) or self._failures[connection] >= MOST_FAILURES:
                rest = max(error.retry_after or 0.0, REST_SECONDS)
                self._rest_until[connection] = time.monotonic() + rest


def _unusable() -> ContractBroken:
    return ContractBroken("The vendor's answer could not be used.", path="(values)")


def asks_by_person(vendor: str) -> bool:
    """Return whether a vendor looks people up by what is known of them, one at a time, and not by our ids."""
    return not find_connector(vendor).can(Capability.ENRICHMENT)


# --- Before a call --------------------------------------------------------------------------------


def make_asking(
    *,
    organization: Organization,
    batch: EnrichmentBatch | None,
    vendors: Vendors,
    question: Question,
) -> Asking:
    """Write down that a call is about to be made, so that it counts whatever becomes of this process."""
    name, vendor = vendors.name_of(question.connection)
    return Asking.objects.create(
        organization=organization,
        batch=batch,
        connection_key=question.connection,
        connection_name=name,
        vendor=vendor,
        sections=list(question.sections),
        asked_count=len(question.keys),
        lookup_count=len(question.keys),
    )


def note_unasked(
    *,
    organization: Organization,
    batch: EnrichmentBatch | None,
    vendors: Vendors,
    question: Question,
) -> list[VendorAnswer]:
    """Record contacts that were not sent to a connection, because too little is known of them; free of charge."""
    asked = make_asking(organization=organization, batch=batch, vendors=vendors, question=question)
    asked.state, asked.lookup_count = Asking.State.SKIPPED, 0
    asked.save(update_fields=["state", "lookup_count"])
    unasked = {section.value: Outcome.NOT_ASKED for section in Section}
    answers = [
        VendorAnswer(asking=asked, batch=batch, contact_key=key, **unasked) for key in question.keys
    ]
    return VendorAnswer.objects.bulk_create(answers, batch_size=1000)


# --- After a call ---------------------------------------------------------------------------------


def save_reply(
    *,
    organization: Organization,
    batch: EnrichmentBatch | None,
    asking: Asking,
    question: Question,
    reply: Reply,
    rules: Mapping[Section, StopRule],
) -> list[VendorAnswer]:
    """Save what came of a call, in the caller's transaction: values, where they came from, outcomes, cost."""
    refused: dict[int, str] = {}
    asking.request_id = ((reply.answer and reply.answer.request_id) or "")[:100]
    if reply.answer is not None:
        try:
            with transaction.atomic():
                refused = _save_values(organization, asking, question, reply.answer, rules)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # The lookups are paid: they are noted as failed, so that they are not repeated by mistake.
            logger.exception("vendor_values_not_saved", asking=asking.pk)
            reply = Reply(error=_unusable(), ms=reply.ms)
    answers = [
        VendorAnswer(asking=asking, batch=batch, contact_key=key, **outcomes)
        for key, outcomes in _judge(question, reply, refused)
    ]
    VendorAnswer.objects.bulk_create(answers, batch_size=1000)
    found = sum(Outcome.FOUND in (answer.pii, answer.emails, answer.phones) for answer in answers)
    asking.found_count = found
    asking.state = Asking.State.ANSWERED if reply.answer else Asking.State.FAILED
    asking.ms = reply.ms
    asking.error = reply.error.code[:40] if reply.error else ""
    asking.lookup_count = 0 if reply.is_free else asking.asked_count
    asking.save()
    failpoint("vendor_answers_saved")
    return answers


def _judge(
    question: Question, reply: Reply, refused: Mapping[int, str]
) -> Iterable[tuple[int, dict[str, Outcome]]]:
    unasked = {section.value: Outcome.NOT_ASKED for section in Section}
    if reply.answer is None:
        alike = unasked | {section.value: reply.outcome for section in question.sections}
        return [(key, alike) for key in question.keys]
    judged = []
    for key, result in zip(question.keys, reply.answer.results, strict=True):
        outcomes = dict(unasked)
        for section in question.sections:
            value = getattr(result, section.value)
            outcomes[section.value] = (
                Outcome.FAILED if key in refused and value else outcome_of(value)
            )
        judged.append((key, outcomes))
    return judged


def outcome_of(value: object) -> Outcome:
    """Return what a vendor's section says: a value, a record without any, or no record."""
    if value is None:
        return Outcome.NO_RECORD
    return Outcome.FOUND if value else Outcome.EMPTY


def _save_values(
    organization: Organization,
    asking: Asking,
    question: Question,
    answer: Enrichment,
    rules: Mapping[Section, StopRule],
) -> dict[int, str]:
    """Add the values to the organization's own contacts, with their findings. Returns what could not be used."""
    observed: list[Observed] = []
    given: list[Given] = []
    for key, result in zip(question.keys, answer.results, strict=True):
        each = _observe(key, result, source=asking.connection_name)
        observed.append(each)
        given += _list_given(each, rules)
    refused = add_observed(
        organization=organization,
        observed=observed,
        is_valid_first=rules.get(Section.EMAILS) == StopRule.VALID,
    )
    if refused:
        logger.warning("vendor_values_refused", contacts=len(refused))
    save_findings(asking=asking, given=given, fetched_at=answer.fetched_at)
    return refused


def _observe(key: int, result: Enriched, *, source: str) -> Observed:
    return Observed(
        key,
        pii=None if result.pii is None else dict(result.pii),
        emails=_serialize(result.emails, "email", clean_email, source),
        phones=_serialize(result.phones, "phone", clean_phone, source),
    )


def _serialize(
    given: Sequence[Email | Phone] | None, name: str, clean: Callable[[str], str], source: str
) -> list[dict[str, Any]] | None:
    """Return a vendor's addresses or numbers as the catalog writes them, without invalid ones."""
    if given is None:
        return None
    found: dict[str, dict[str, Any]] = {}
    for each in given:
        try:
            value = clean(getattr(each, name))
        except ValueError:
            continue
        facts = {fact: getattr(each, fact) for fact in each.__dataclass_fields__ if fact != name}
        said = {fact: v for fact, v in facts.items() if v is not None}
        found.setdefault(value, {name: value, **said, "source": source})
    return list(found.values())


def _list_given(observed: Observed, rules: Mapping[Section, StopRule]) -> list[Given]:
    def make(
        section: Section, value: str, name: str = "", status: str = "", confidence: Any = None
    ) -> Given:
        rule = rules.get(section, StopRule.FIRST)
        return Given(observed.key, section.value, name, value, status, confidence, rule.value)

    fields = [
        make(Section.PII, value, name) for name, value in (observed.pii or {}).items() if value
    ]
    emails = [
        make(Section.EMAILS, each["email"], "", each.get("status", ""), each.get("confidence"))
        for each in observed.emails or ()
    ]
    phones = [
        make(Section.PHONES, each["phone"], confidence=each.get("confidence"))
        for each in observed.phones or ()
    ]
    return [*fields, *emails, *phones]
