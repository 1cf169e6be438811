"""Writes: connections are added, tested, rotated, paused, resumed and removed."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from contacthub.core import clock, outbound, secrets
from contacthub.core.errors import Conflict, ContactHubError, Invalid, NotFound
from contacthub.credentials.connections import sealing, sql
from contacthub.credentials.connections.gate import ConnectionGate
from contacthub.credentials.connections.models import Connection, ConnectionHealth
from contacthub.credentials.connections.queries import KEEP, get_connection, make_provider
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization
from contacthub.providers.base import Provider
from contacthub.providers.client import INTERACTIVE
from contacthub.providers.errors import NotEntitled, ProviderError
from contacthub.providers.records import Standing
from contacthub.providers.registry import find_provider

logger = structlog.get_logger(__name__)

NAME_LENGTH = 100
MOST_CREDENTIAL = 4096
MOST_CONNECTIONS = 50
DELETE_MOST = 5000


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
    provider = find_provider(vendor)
    connection = Connection(
        organization=organization,
        vendor=vendor,
        name=_clean_name(name),
        base_url=_clean_base_url(base_url or provider.default_base_url),
        request_key=request_key,
        created_by=actor.user,
        created_by_name=actor.name[:200],
    )
    _put_credentials(connection, provider, credentials)
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
            raise Conflict("This form has added a connection before.") from error
        raise Conflict("A connection of this name exists already.") from error
    return connection


def rotate_connection(
    *,
    organization: Organization,
    actor: Actor,
    connection_id: UUID,
    credentials: Mapping[str, str],
    base_url: str = "",
) -> Connection:
    """Replace the credentials, and with them the base URL where one is given: never the one without the other.

    Who could change the address alone would have the old credentials sent to it. The breaker closes.
    """
    with transaction.atomic():
        connection = _lock(organization, connection_id)
        provider = find_provider(connection.vendor)
        before = connection.base_url
        connection.base_url = _clean_base_url(base_url) if base_url else before
        _put_credentials(connection, provider, credentials)
        connection.rotated_at = clock.now()
        connection.save(update_fields=["sealed", "hints", "base_url", "rotated_at"])
        _reset_health(connection)
        moved = before != connection.base_url
        changes = {"base_url": [before, connection.base_url]} if moved else {}
        _record(actor, "Rotated connection", connection, changes=changes)
    return connection


def pause_connection(*, organization: Organization, actor: Actor, connection_id: UUID) -> None:
    """Make no calls any more, until somebody resumes them. Raises `Conflict` where it is paused."""
    _change_state(organization, actor, connection_id, Connection.State.PAUSED, "Paused connection")


def resume_connection(*, organization: Organization, actor: Actor, connection_id: UUID) -> None:
    """Make calls again, with a closed breaker. Raises `Conflict` where it is not paused."""
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
    """Call the vendor once, for nothing, and say in plain words what came of it.

    Goes through every pause, of an admin's, of the breaker and of the vendor's rate. Where the vendor answers, the
    breaker closes and a rate pause ends. Nothing is raised for what a vendor can cause. Call outside a transaction.
    """
    connection = get_connection(organization=organization, connection_id=connection_id)
    start = time.monotonic()
    standing: Standing | None = None
    try:
        gate = ConnectionGate(connection.pk, patience_seconds=0.5, is_test=True)
        with make_provider(connection, gate=gate, patience=INTERACTIVE) as provider:
            standing = provider.check()
    except ContactHubError as error:
        word, sentence = _explain(error)
    except Exception:
        logger.exception("connection_test_crashed", connection=str(connection.pk))
        word, sentence = UNEXPECTED
    else:
        word, sentence = "works", "The provider answers and accepts the credentials."
    result = TestResult(word, sentence, round((time.monotonic() - start) * 1000), standing)
    with transaction.atomic():
        _keep_result(connection, result)
        _record(actor, "Tested connection", connection, detail=result.word)
    return result


# The word and the sentence of a test that ended in a way that nobody foresaw.
UNEXPECTED = ("unexpected", "Its answer could not be used; the log has the details.")


def _explain(error: ContactHubError) -> tuple[str, str]:
    if isinstance(error, NotEntitled):
        return error.code, "The key is right, but the account may not use this API."
    if isinstance(error, ProviderError):
        return error.code, str(error)
    return ("refused" if isinstance(error, Invalid) else error.code), str(error)


def _keep_result(connection: Connection, result: TestResult) -> None:
    now = clock.now()
    health = ConnectionHealth.objects.filter(connection=connection)
    if result.standing is None:
        health.update(tested_at=now)
        return
    standing = _as_json(asdict(result.standing))
    health.update(
        tested_at=now,
        may=standing["may"],
        quotas=standing["quotas"],
        generation=standing["generation"],
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
    connection: Connection, provider: type[Provider], credentials: Mapping[str, str]
) -> None:
    clean = {
        term.name: _clean_credential(term.name, term.label, credentials.get(term.name, ""))
        for term in provider.terms
    }
    connection.sealed = sealing.seal(connection, clean)
    connection.hints = sealing.make_hints(provider, clean)


def _clean_credential(name: str, label: str, text: str) -> str:
    text = text.strip()
    # It goes into a header: what cannot stand there was not copied whole.
    if not text or len(text) > MOST_CREDENTIAL or not (text.isascii() and text.isprintable()):
        raise Invalid(f"Enter the {label} as the provider shows it.", field=name)
    return text


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise Invalid(f"Enter a name of up to {NAME_LENGTH} characters.", field="name")
    return name


def _clean_base_url(url: str) -> str:
    try:
        clean = outbound.check_url(url.strip())
    except Invalid as error:
        raise Invalid(str(error), field="base_url") from error
    if "?" in clean:
        raise Invalid("A base URL has no ? part.", field="base_url")
    return clean.rstrip("/")


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
