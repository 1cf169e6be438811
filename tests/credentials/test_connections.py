"""Connections: what is kept, sealed and recorded, and who may see it."""

import datetime as dt
import signal
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import override_settings

from contacthub.connectors import errors
from contacthub.connectors.base import Capability
from contacthub.core import clock, secrets
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.core.secrets import SecretUnreadable
from contacthub.credentials.connections import actions, queries, sealing
from contacthub.credentials.connections.models import Connection, ConnectionHealth, VendorCall
from contacthub.organizations.audit import COMMAND_LINE
from contacthub.organizations.models import AuditEvent, Organization
from contacthub.webhooks import signing
from tests.connectors.vendors import VENDORS, say
from tests.credentials.connecting import SECRET, add
from tests.receiver import Receiver, answer, listening
from tests.workers import run_command


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    with listening(say("contactbased", "feeds")) as server:
        yield server


def url_of(server: Receiver) -> str:
    return f"http://127.0.0.1:{server.port}"


# --- Adding and sealing -----------------------------------------------------------------------------


def test_add_seals_the_key_and_keeps_the_vendors_address(acme: Organization) -> None:
    connection = add(acme)
    assert connection.base_url == "https://api.contactbased.com"
    assert connection.hints == {"api_key": "…WXYZ"}
    assert SECRET.encode() not in bytes(connection.sealed)
    assert sealing.unseal(connection) == {"api_key": SECRET}
    event = AuditEvent.objects.get(action="Added connection")
    assert SECRET not in f"{event.target} {event.detail} {event.changes}"


def test_short_secret_and_what_is_no_secret(acme: Organization) -> None:
    connection = add(
        acme, vendor="backstory", credentials={"client_id": "abc", "client_secret": "short"}
    )
    assert connection.hints == {"client_id": "abc", "client_secret": "…"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"vendor": "nobody"}, "vendor"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"credentials": {}}, "api_key"),
        ({"credentials": {"api_key": "two\nlines"}}, "api_key"),
        ({"credentials": {"api_key": "ключ"}}, "api_key"),
        ({"credentials": {"api_key": "x" * 5000}}, "api_key"),
        ({"base_url": "ftp://x.example"}, "base_url"),
        ({"base_url": "http://127.0.0.1:6379"}, "base_url"),
        ({"base_url": "https://user:pw@x.example"}, "base_url"),
        ({"base_url": "https://x.example/?a=1"}, "base_url"),
        ({"base_url": "https://x.example:22"}, "base_url"),
        ({"base_url": "http://169.254.169.254/"}, "base_url"),
    ],
)
def test_value_that_cannot_be_used_is_named(
    acme: Organization, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as raised:
        add(acme, **values)
    assert raised.value.field == field
    assert not Connection.objects.exists()


def test_same_form_or_name_adds_one(acme: Organization, globex: Organization) -> None:
    key = uuid4()
    add(acme, request_key=key)
    with pytest.raises(Conflict, match="form"):
        add(acme, name="Other", request_key=key)
    with pytest.raises(Conflict, match="name"):
        add(acme)
    add(globex)
    assert Connection.objects.count() == 2


def test_most_connections(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_CONNECTIONS", 1)
    add(acme)
    with pytest.raises(Conflict):
        add(acme, name="Second")


def test_ciphertext_in_another_row_is_refused(acme: Organization, globex: Organization) -> None:
    ours, theirs = add(acme), add(globex)
    Connection.objects.filter(pk=theirs.pk).update(sealed=ours.sealed)
    theirs.refresh_from_db()
    with pytest.raises(SecretUnreadable):
        queries.open_connector(theirs)


def test_ciphertext_in_another_row_of_the_same_organization_is_refused(acme: Organization) -> None:
    first, second = add(acme), add(acme, name="Second")
    Connection.objects.filter(pk=second.pk).update(sealed=first.sealed)
    second.refresh_from_db()
    with pytest.raises(SecretUnreadable):
        queries.open_connector(second)


def test_changed_address_does_not_get_the_key(acme: Organization) -> None:
    connection = add(acme)
    Connection.objects.filter(pk=connection.pk).update(base_url="https://evil.example")
    connection.refresh_from_db()
    with pytest.raises(SecretUnreadable):
        queries.open_connector(connection)


# --- Whose ------------------------------------------------------------------------------------------


def test_another_organizations_connection_is_unknown(
    acme: Organization, globex: Organization
) -> None:
    connection = add(acme)
    asked = {"organization": globex, "connection_id": connection.pk}
    with pytest.raises(NotFound):
        queries.get_connection(**asked)
    for action in (
        actions.test_connection,
        actions.pause_connection,
        actions.resume_connection,
        actions.remove_connection,
        lambda **values: actions.rotate_connection(**values, credentials={"api_key": SECRET}),
    ):
        with pytest.raises(NotFound):
            action(actor=COMMAND_LINE, **asked)
    assert not queries.list_connections(organization=globex)
    assert not queries.list_able(organization=globex, capability=Capability.FEEDS)
    assert [c.pk for c in queries.list_connections(organization=acme)] == [connection.pk]
    assert not AuditEvent.objects.filter(organization=globex, subject=connection.pk).exists()


def test_able_connections_are_the_active_ones_whose_vendor_can(acme: Organization) -> None:
    feeds = add(acme)
    search = add(acme, vendor="letrics", name="Letrics")
    assert queries.list_able(organization=acme, capability=Capability.FEEDS) == [feeds]
    assert queries.list_able(organization=acme, capability=Capability.COMPANY_SEARCH) == [search]
    actions.pause_connection(organization=acme, actor=COMMAND_LINE, connection_id=feeds.pk)
    assert queries.list_able(organization=acme, capability=Capability.FEEDS) == []


# --- Testing ----------------------------------------------------------------------------------------


def try_it(acme: Organization, connection: Connection) -> actions.TestResult:
    return actions.test_connection(
        organization=acme, actor=COMMAND_LINE, connection_id=connection.pk
    )


def test_test_says_what_the_account_may_do(acme: Organization, server: Receiver) -> None:
    connection = add(acme, base_url=url_of(server))
    result = try_it(acme, connection)
    assert result.works
    assert result.standing
    assert result.standing.may == ("2 feeds", "Contact enrichment")
    health = ConnectionHealth.objects.get(connection=connection)
    assert health.condition == "works"
    assert health.quotas[0] == {"name": "Cloud cost", "used": 58, "limit": 1000, "left": 942}
    call = VendorCall.objects.get(connection=connection)
    assert (call.operation, call.status, call.rows, call.error) == ("list feeds", 200, 2, "")
    assert AuditEvent.objects.get(action="Tested connection").detail == "works"


@pytest.mark.parametrize(
    ("script", "word"),
    [
        (answer("401 X"), "wrong_key"),
        (answer("403 X"), "not_entitled"),
        (answer("429 X", "Retry-After: 60"), "throttled"),
        (answer("502 X"), "provider_down"),
        (answer("200 OK", body=b"{}"), "contract_broken"),
    ],
)
def test_test_says_plainly_what_is_wrong(
    acme: Organization, settings: Any, script: Any, word: str
) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    with listening(script) as server:
        connection = add(acme, base_url=url_of(server))
        result = try_it(acme, connection)
    assert (result.works, result.word) == (False, word)
    assert result.sentence.endswith(".")
    assert VendorCall.objects.filter(connection=connection, error__startswith=word).exists()


def test_test_of_an_address_that_may_not_be_called(acme: Organization, server: Receiver) -> None:
    connection = add(acme, base_url=url_of(server))
    with override_settings(OUTBOUND_ALLOW_PRIVATE=False):
        result = try_it(acme, connection)
    assert result.word == "refused"
    assert server.connections == 0


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_planted_secret_is_in_no_record_or_event(
    acme: Organization, settings: Any, vendor: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    caplog.set_level(0)
    echo = answer("401 X", f"X-Request-ID: {SECRET[:8]}", body=f'{{"detail": "{SECRET}"}}'.encode())
    with listening(echo) as server:
        terms = {"api_key": SECRET, "client_id": "public", "client_secret": SECRET}
        connection = add(acme, vendor=vendor.name, base_url=url_of(server), credentials=terms)
        result = try_it(acme, connection)
    told = [caplog.text, repr(result), repr(connection.__dict__ | {"sealed": None})]
    for model in (VendorCall, AuditEvent, ConnectionHealth):
        told += [repr(list(model.objects.values()))]
    assert VendorCall.objects.exists()
    assert not [text for text in told if SECRET in text]


# --- Rotating, pausing, removing ----------------------------------------------------------------------


def test_rotation_replaces_the_key_and_closes_the_breaker(acme: Organization) -> None:
    connection = add(acme)
    ConnectionHealth.objects.update(breaker="open", open_until=clock.now(), failures=8, trips=3)
    actions.rotate_connection(
        organization=acme,
        actor=COMMAND_LINE,
        connection_id=connection.pk,
        credentials={"api_key": "sk_another_0123456789_ABCD"},
        base_url="https://eu.contactbased.example",
    )
    connection.refresh_from_db()
    assert sealing.unseal(connection) == {"api_key": "sk_another_0123456789_ABCD"}
    assert connection.hints == {"api_key": "…ABCD"}
    assert ConnectionHealth.objects.get().breaker == "closed"
    changes = AuditEvent.objects.get(action="Rotated connection").changes
    assert changes["base_url"][1] == "https://eu.contactbased.example"


def test_paused_connection_makes_no_call_and_a_test_does(
    acme: Organization, server: Receiver
) -> None:
    connection = add(acme, base_url=url_of(server))
    target = {"organization": acme, "actor": COMMAND_LINE, "connection_id": connection.pk}
    actions.pause_connection(**target)
    with queries.open_connector(connection) as connector, pytest.raises(errors.ConnectionPaused):
        connector.list_feeds()
    assert server.connections == 0
    with pytest.raises(Conflict):
        actions.pause_connection(**target)
    assert try_it(acme, connection).works
    actions.resume_connection(**target)
    with queries.open_connector(connection) as connector:
        assert connector.list_feeds()


def test_removed_connection_is_gone_with_its_calls(acme: Organization, server: Receiver) -> None:
    connection = add(acme, base_url=url_of(server))
    with queries.open_connector(connection) as connector:
        connector.list_feeds()
        actions.remove_connection(
            organization=acme, actor=COMMAND_LINE, connection_id=connection.pk
        )
        with pytest.raises(errors.ConnectionPaused):
            connector.list_feeds()
    assert not VendorCall.objects.exists()
    assert not ConnectionHealth.objects.exists()
    assert AuditEvent.objects.filter(action="Removed connection").exists()


def test_calls_are_kept_for_30_days(acme: Organization) -> None:
    connection = add(acme)
    for days in (0, 29, 31, 400):
        VendorCall.objects.create(
            connection=connection,
            started_at=clock.now() - dt.timedelta(days=days),
            operation="x",
            ms=1,
            error="refused" if days == 29 else "",
        )
    assert queries.list_calls(connection=connection).count() == 2
    assert queries.list_calls(connection=connection, failed_only=True).count() == 1
    assert actions.forget_calls() == 2
    assert VendorCall.objects.count() == 2


# --- New keys for what is sealed ----------------------------------------------------------------------


def test_rotate_secrets_needs_the_old_key_no_more(acme: Organization, settings: Any) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.SECRETS_KEYS = [old]
    made = [add(acme, name=f"Connection {number}") for number in range(5)]
    settings.SECRETS_KEYS = [new, old]
    # A first run was cut short after two of them.
    first = actions.reseal_next(after=None)
    assert first is not None
    actions.reseal_next(after=first.connection_id)
    before = {c.pk: bytes(c.sealed) for c in Connection.objects.all()}
    call_command("rotate_secrets")
    after = {c.pk: bytes(c.sealed) for c in Connection.objects.all()}
    assert sum(before[pk] == after[pk] for pk in before) == 2
    settings.SECRETS_KEYS = [new]
    for connection in made:
        connection.refresh_from_db()
        assert secrets.is_newest(bytes(connection.sealed))
        assert sealing.unseal(connection) == {"api_key": SECRET}


@pytest.mark.django_db(transaction=True)
def test_rotate_secrets_that_was_killed_is_run_again(acme: Organization, settings: Any) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.SECRETS_KEYS = [old]
    made = [add(acme, name=f"Connection {number}") for number in range(4)]
    killed = run_command(
        "rotate_secrets", failpoints="after_reseal:kill:2", SECRETS_KEYS=[new, old]
    )
    assert killed.wait() == -signal.SIGKILL, killed.said()
    settings.SECRETS_KEYS = [new, old]
    sealed = [bytes(c.sealed) for c in Connection.objects.all()]
    assert sum(map(secrets.is_newest, sealed)) == 2
    assert run_command("rotate_secrets", SECRETS_KEYS=[new, old]).wait() == 0
    settings.SECRETS_KEYS = [new]
    for connection in made:
        connection.refresh_from_db()
        assert sealing.unseal(connection) == {"api_key": SECRET}


def test_rotate_secrets_goes_on_behind_a_secret_that_no_key_opens(
    acme: Organization, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    old, gone, new = (Fernet.generate_key().decode() for _ in range(3))
    made = []
    for number, key in enumerate((old, gone, old, gone, old)):
        settings.SECRETS_KEYS = [key]
        made.append(add(acme, name=f"Connection {number}"))
    settings.SECRETS_KEYS = [gone]
    signing.read_secrets(organization_id=acme.pk)
    lost = {c.pk: bytes(c.sealed) for c in (made[1], made[3])}
    settings.SECRETS_KEYS = [new, old]
    with pytest.raises(CommandError, match="3 secrets cannot be read"):
        call_command("rotate_secrets")
    said = capsys.readouterr()
    assert "Encrypted with the newest key: 3" in said.out
    for name in ("the connection Connection 1", "the connection Connection 3", "a signing secret"):
        assert f"Cannot be read with the current keys, left as it is: acme: {name}" in said.err
    for connection in made:
        connection.refresh_from_db()
        if connection.pk in lost:
            assert bytes(connection.sealed) == lost[connection.pk], "the key may come back"
        else:
            assert secrets.is_newest(bytes(connection.sealed))
    settings.SECRETS_KEYS = [new, old, gone]
    call_command("rotate_secrets")
    settings.SECRETS_KEYS = [new]
    for connection in Connection.objects.all():
        assert sealing.unseal(connection) == {"api_key": SECRET}
    assert signing.read_secrets(organization_id=acme.pk)
