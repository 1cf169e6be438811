"""Writes: connections are added, tested, rotated, paused, resumed and removed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from contacthub.connectors.base import Connector
from contacthub.connectors.client import INTERACTIVE
from contacthub.connectors.errors import NotEntitled, Throttled, VendorError
from contacthub.connectors.records import Standing
from contacthub.connectors.registry import find_connector
from contacthub.core import clock, secrets
from contacthub.core.errors import Conflict, ContactHubError, Invalid, NotFound
from contacthub.credentials.connections import sealing, sql
from contacthub.credentials.connections.cleaning import clean_base_url, clean_credential, clean_name
from contacthub.credentials.connections.gate import ConnectionGate
from contacthub.credentials.connections.models import Connection, ConnectionHealth
from contacthub.credentials.connections.queries import KEEP, get_connection, make_connector
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

logger = structlog.get_logger(__name__)

MOST_CONNECTIONS = 50
DELETE_MOST = 5000
# Of what a test found, what is kept.
MOST_SENTENCE = 300


def add_connection(
    *,
    organization: Organization,
    actor: Actor,
    vendor: str,
    name: str,
    credentials: Mapping[str, str],
    base_url: str = "",
    request_key: UUID | None = None,
) -> Connection:
    """Keep an account at a vendor. An empty base URL is the vendor's own.

    Nothing is called. Raises `Invalid` with the field (a credential by its name), and `Conflict` where the name is
    taken, a form's `request_key` has made one before, or there are 50 already.
    """
    connector = find_connector(vendor)
    connection = Connection(
        organization=organization,
        vendor=vendor,
        name=clean_name(name),
        base_url=clean_base_url(base_url or connector.default_base_url),
        request_key=request_key,
        created_by=actor.user,
        created_by_name=actor.name[:200],
    )
    _put_credentials(connection, connector, credentials)
    try:
        with transaction.atomic():
            # Locked, so that two forms at once cannot both make the last one.
            Organization.objects.select_for_update().get(pk=organization.pk)
            if Connection.objects.filter(organization=organization).count() >= MOST_CONNECTIONS:
                raise Conflict(f"An organization keeps up to {MOST_CONNECTIONS} connections.")
            connection.save(force_insert=True)
            ConnectionHealth.objects.create(connection=connection)
            _record(actor, "Added connection", connection, detail=connection.base_url)
    except IntegrityError as error:
        if request_key and Connection.objects.filter(request_key=request_key).exists():
            raise Conflict("This form already added a connection.") from error
        raise Conflict("A connection with this name already exists.") from error
    return connection


def rotate_connection(
    *,
    organization: Organization,
    actor: Actor,
    connection_id: UUID,
    credentials: Mapping[str, str],
    base_url: str = "",
) -> Connection:
    """Replace all credentials, and with them the base URL where one is given. The breaker closes."""
    with transaction.atomic():
        connection = _lock(organization, connection_id)
        connector = find_connector(connection.vendor)
        before = connection.base_url
        connection.base_url = clean_base_url(base_url) if base_url else before
        _put_credentials(connection, connector, credentials)
        connection.rotated_at = clock.now()
        connection.save(update_fields=["sealed", "hints", "base_url", "rotated_at"])
        _reset_health(connection)
        moved = before != connection.base_url
        changes = {"base_url": [before, connection.base_url]} if moved else {}
        _record(actor, "Rotated connection", connection, changes=changes)
    return connection


def edit_connection(
    *,
    organization: Organization,
    actor: Actor,
    connection_id: UUID,
    name: str,
    base_url: str,
    credentials: Mapping[str, str],
) -> Connection:
    """Change a connection in place; a credential that is left empty is kept. The breaker closes.

    At another host the secrets must be entered again: who could change the address alone would have the old ones sent
    to it. Raises `NotFound`, `Invalid` with the field (a credential by its name), and `Conflict` for a name that is
    taken.
    """
    try:
        with transaction.atomic():
            connection = _lock(organization, connection_id)
            before = {"name": connection.name, "base_url": connection.base_url}
            kept = sealing.unseal_if_possible(connection)
            connection.name, connection.base_url = clean_name(name), clean_base_url(base_url)
            connector = find_connector(connection.vendor)
            given = {term.name: credentials.get(term.name, "").strip() for term in connector.terms}
            if not _is_same_host(before["base_url"], connection.base_url):
                _check_secrets_given(connector, given)
            _put_credentials(
                connection, connector, kept | {name: text for name, text in given.items() if text}
            )
            if any(given.values()):
                connection.rotated_at = clock.now()
            connection.save(update_fields=["name", "base_url", "sealed", "hints", "rotated_at"])
            _reset_health(connection)
            _record_edit(actor, connection, before, [name for name, text in given.items() if text])
    except IntegrityError as error:
        raise Conflict("A connection with this name already exists.") from error
    return connection


def _is_same_host(first: str, second: str) -> bool:
    one, other = urlsplit(first), urlsplit(second)
    return (one.scheme, one.netloc) == (other.scheme, other.netloc)


def _check_secrets_given(connector: type[Connector], given: Mapping[str, str]) -> None:
    for term in connector.terms:
        if term.is_secret and not given[term.name]:
            raise Invalid(
                f"Enter the {term.label} again: the stored one is not sent to another host.",
                field=term.name,
            )


def _record_edit(
    actor: Actor, connection: Connection, before: Mapping[str, str], entered: Sequence[str]
) -> None:
    """Record what was changed: names and addresses in full, of credentials which, never what they are."""
    after = {"name": connection.name, "base_url": connection.base_url}
    changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    detail = f"entered {', '.join(entered)}" if entered else ""
    _record(actor, "Changed connection", connection, detail=detail, changes=changes)


def pause_connection(*, organization: Organization, actor: Actor, connection_id: UUID) -> None:
    """Make no more calls until someone resumes it. Raises `Conflict` if it is paused."""
    _change_state(organization, actor, connection_id, Connection.State.PAUSED, "Paused connection")


def resume_connection(*, organization: Organization, actor: Actor, connection_id: UUID) -> None:
    """Make calls again, with a closed breaker. Raises `Conflict` if it is not paused."""
    _change_state(organization, actor, connection_id, Connection.State.ACTIVE, "Resumed connection")


def remove_connection(*, organization: Organization, actor: Actor, connection_id: UUID) -> None:
    """Forget a connection with its credentials and calls. What it has filled stays."""
    with transaction.atomic():
        connection = _lock(organization, connection_id)
        _record(actor, "Removed connection", connection)
        connection.delete()


# --- Testing --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TestResult:
    """What a test found: a word (`works` or the code of an error), a sentence, and what the account may do."""

    __test__ = False

    word: str
    sentence: str
    ms: int
    standing: Standing | None = None

    @property
    def works(self) -> bool:
        """Return whether the account can be used."""
        return self.word == "works"


def test_connection(*, organization: Organization, actor: Actor, connection_id: UUID) -> TestResult:
    """Call the vendor once, free of charge, and say in plain words how it went.

    Goes through every pause, of an admin's, of the breaker and of the vendor's rate. Where the vendor answers, the
    breaker closes and a rate pause ends. Nothing is raised for what a vendor can cause. Call outside a transaction.
    """
    connection = get_connection(organization=organization, connection_id=connection_id)
    start = time.monotonic()
    standing: Standing | None = None
    try:
        gate = ConnectionGate(connection.pk, patience_seconds=0.5, is_test=True)
        with make_connector(connection, gate=gate, patience=INTERACTIVE) as connector:
            standing = connector.check()
    except ContactHubError as error:
        word, sentence = _explain(error)
    except Exception:
        logger.exception("connection_test_crashed", connection=str(connection.pk))
        word, sentence = UNEXPECTED
    else:
        word, sentence = "works", "The vendor answers and accepts the credentials."
    result = TestResult(word, sentence, round((time.monotonic() - start) * 1000), standing)
    with transaction.atomic():
        _keep_result(connection, result)
        _record(actor, "Tested connection", connection, detail=result.word)
    return result


# The word and the sentence of a test that ended unexpectedly.
UNEXPECTED = ("unexpected", "The answer could not be used; see the log for details.")


def _explain(error: ContactHubError) -> tuple[str, str]:
    if isinstance(error, NotEntitled):
        return error.code, "The key is valid, but the account may not use this API."
    if isinstance(error, VendorError):
        return error.code, str(error)
    return ("refused" if isinstance(error, Invalid) else error.code), str(error)


def _keep_result(connection: Connection, result: TestResult) -> None:
    now = clock.now()
    health = ConnectionHealth.objects.filter(connection=connection)
    if result.standing is None:
        # A vendor that asks to wait says nothing against the account.
        error = "" if result.word == Throttled.code else result.sentence[:MOST_SENTENCE]
        health.update(tested_at=now, test_error=error)
        return
    standing = _as_json(asdict(result.standing))
    health.update(
        tested_at=now,
        may=standing["may"],
        quotas=standing["quotas"],
        generation=standing["generation"],
        test_error="",
    )


def _as_json(value: Any) -> Any:
    """Return what a vendor said as Postgres keeps it: no text with a NUL."""
    if isinstance(value, dict):
        return {name: _as_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(inner) for inner in value]
    return value.replace("\x00", "") if isinstance(value, str) else value


# --- Housekeeping ---------------------------------------------------------------------------------


def forget_calls() -> int:
    """Delete records of calls that are older than 30 days. Returns how many."""
    count = 0
    while deleted := sql.forget_calls(before=clock.now() - KEEP, most=DELETE_MOST):
        count += deleted
    return count


@dataclass(frozen=True)
class Resealed:
    """A connection whose credentials were to be encrypted with the newest key."""

    connection_id: UUID
    # For the operator: whose it is, and what it is called.
    name: str
    is_readable: bool


def count_sealed() -> int:
    """Return how many connections hold sealed credentials."""
    return Connection.objects.count()


def reseal_next(*, after: UUID | None) -> Resealed | None:
    """Encrypt the credentials of the connection after `after` with the newest key. Returns None at the end.

    One that has the newest key already is left alone, so that a run that was cut short is simply begun again. One that
    no key opens is left as it is.
    """
    rows = Connection.objects.order_by("pk").select_related("organization")
    with transaction.atomic():
        following = rows.filter(pk__gt=after) if after else rows
        row = following.select_for_update(of=("self",)).first()
        if row is None:
            return None
        name = f"{row.organization.slug}: the connection {row.name}"
        if not secrets.is_newest(bytes(row.sealed)):
            try:
                row.sealed = secrets.reseal(bytes(row.sealed))
            except secrets.SecretUnreadable:
                return Resealed(row.pk, name, is_readable=False)
            row.save(update_fields=["sealed"])
    return Resealed(row.pk, name, is_readable=True)


# --- Parts ----------------------------------------------------------------------------------------


def _change_state(
    organization: Organization, actor: Actor, connection_id: UUID, state: str, action: str
) -> None:
    with transaction.atomic():
        connection = _lock(organization, connection_id)
        if connection.state == state:
            raise Conflict(
                f"{connection.name} is {connection.get_state_display().lower()} already."
            )
        connection.state = state
        connection.save(update_fields=["state"])
        if state == Connection.State.ACTIVE:
            _reset_health(connection)
        _record(actor, action, connection)


def _reset_health(connection: Connection) -> None:
    ConnectionHealth.objects.filter(connection=connection).update(
        breaker=ConnectionHealth.Breaker.CLOSED,
        failures=0,
        trips=0,
        open_until=None,
        probe_until=None,
        held_until=None,
        rate_limit=None,
        rate_seconds=None,
        rate_left=None,
        rate_resets_at=None,
        condition=ConnectionHealth.Condition.UNTESTED,
        condition_at=None,
        test_error="",
    )


def _lock(organization: Organization, connection_id: UUID) -> Connection:
    found = (
        Connection.objects.select_for_update()
        .filter(organization=organization, pk=connection_id)
        .first()
    )
    if found is None:
        raise NotFound("There is no such connection.")
    return found


def _put_credentials(
    connection: Connection, connector: type[Connector], credentials: Mapping[str, str]
) -> None:
    clean = {
        term.name: clean_credential(term.name, term.label, credentials.get(term.name, ""))
        for term in connector.terms
    }
    connection.sealed = sealing.seal(connection, clean)
    connection.hints = sealing.make_hints(connector, clean)


def _record(
    actor: Actor,
    action: str,
    connection: Connection,
    *,
    detail: str = "",
    changes: dict[str, list[str]] | None = None,
) -> None:
    record_event(
        organization=connection.organization,
        actor=actor,
        action=action,
        target=connection.name,
        subject=connection.pk,
        detail=detail,
        changes=changes,
    )
