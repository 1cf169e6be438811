"""Calls to vendors for what is missing. What comes of them: `vendor_replies`.

The catalog is filled; the caller then reads it as always. No transaction is open while a vendor is called.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError

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
from contacthub.connectors.records import Enrichment, Person
from contacthub.connectors.registry import find_connector
from contacthub.core.errors import ContactHubError
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
    VendorAnswer,
)
from contacthub.enrichment.plans import Plan, Question
from contacthub.enrichment.queries.persons import list_persons
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
        # Whether one of them looks people up by what is known of them.
        self.ask_by_person = any(asks_by_person(each.vendor) for each in self.connections.values())
        # People who are in no catalog, by the keys that they would have there. No vendor knows these.
        self.strangers: dict[int, Person] = {}
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

    def introduce(self, strangers: Mapping[int, Person]) -> None:
        """Tell of people who are in no catalog, in place of those told of before."""
        self.strangers = dict(strangers)

    @property
    def may_not_ask(self) -> bool:
        """Return whether too little may be known to look somebody up."""
        return self.ask_by_person or bool(self.strangers)

    def can_ask(self, connection: UUID, key: int) -> bool:
        """Return whether enough is known of a contact for a connection to look up exactly it.

        A vendor that takes contact ids is not asked about strangers: their ids are made by us.
        """
        found = self.connections.get(connection)
        if found is None or not asks_by_person(found.vendor):
            return key not in self.strangers
        person = self._find_person(key)
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
            error = make_unusable()
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
        person = self._find_person(key)
        if person is None:
            raise make_unusable()
        return connector.enrich_person(person, sections=sections)

    def _find_person(self, key: int) -> Person | None:
        return self.strangers.get(key) or self._persons.get(key)

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


def make_unusable() -> ContractBroken:
    """Return the error for an answer whose values cannot be used."""
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
