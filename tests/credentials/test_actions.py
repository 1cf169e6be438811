"""Keys are issued and revoked, and both are recorded."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.credentials.actions import actor_of_key, issue_key, revoke_key
from contacthub.credentials.models import ApiKey
from contacthub.credentials.queries import get_key, list_keys
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import ActorKind, AuditEvent, Organization, User


def test_issued_key_is_kept_as_a_hash_only(issued: tuple[ApiKey, str], alice: User):
    key, text = issued
    kept = ApiKey.objects.get()
    assert kept.created_by == alice
    assert kept.created_by_name == "Alice"
    assert kept.scopes == ["letrics:read", "letrics:write"]
    assert (kept.expires_at, kept.allowed_addresses, kept.rate_per_minute) == (None, [], 6000)
    assert kept.hint == f"chub_live_{key.public_id}_…{text[-4:]}"
    assert key.created_at == kept.created_at


def test_no_table_holds_the_text_of_a_key(issued: tuple[ApiKey, str]):
    secret = issued[1][21:]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' "
            "AND table_type = 'BASE TABLE'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        assert "credentials_apikey" in tables
        for table in tables:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{secret}%"]
            )
            assert cursor.fetchone() == (0,), table


def test_both_are_recorded(acme: Organization, as_alice: Actor, issued: tuple[ApiKey, str]):
    key, text = issued
    revoke_key(organization=acme, actor=as_alice, public_id=key.public_id)
    events = AuditEvent.objects.filter(subject=key.public_id).order_by("at")
    assert [(e.action, e.target, e.actor_name, e.address) for e in events] == [
        ("Created key", "CRM push", "Alice", "10.20.7.9"),
        ("Revoked key", "CRM push", "Alice", "10.20.7.9"),
    ]
    assert events[0].detail == "Letrics"
    assert text not in "".join(f"{e.target}{e.detail}{e.changes}" for e in events)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x1b[31mb"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "expires_at"),
        ({"allowed_addresses": ["10.0.0.1/8"]}, "allowed_addresses"),
        ({"rate_per_minute": 0}, "rate_per_minute"),
        ({"rate_per_minute": 1_000_001}, "rate_per_minute"),
    ],
)
def test_bad_values_make_no_key(
    acme: Organization, as_alice: Actor, changes: dict[str, Any], field: str
):
    values: dict[str, Any] = {"name": "CRM", "scopes": ["all"], **changes}
    with pytest.raises(Invalid) as error:
        issue_key(organization=acme, actor=as_alice, **values)
    assert error.value.field == field
    assert not ApiKey.objects.exists()
    assert not AuditEvent.objects.filter(action="Created key").exists()


def test_form_sent_twice_makes_one_key(acme: Organization, globex: Organization, as_alice: Actor):
    values: dict[str, Any] = {"name": "CRM", "scopes": ["all"], "request_key": uuid4()}
    issue_key(organization=acme, actor=as_alice, **values)
    with pytest.raises(Conflict):
        issue_key(organization=acme, actor=as_alice, **values)
    assert ApiKey.objects.count() == 1
    issue_key(organization=globex, actor=as_alice, **values)


def test_key_is_revoked_once(acme: Organization, as_alice: Actor, issued: tuple[ApiKey, str]):
    public_id = issued[0].public_id
    before = clock.now()
    revoke_key(organization=acme, actor=as_alice, public_id=public_id)
    key = get_key(organization=acme, public_id=public_id)
    assert key.revoked_at is not None
    assert key.revoked_at >= before
    with pytest.raises(Conflict, match=r"revoked on .* by Alice"):
        revoke_key(organization=acme, actor=Actor(name="Somebody else"), public_id=public_id)
    key.refresh_from_db()
    assert key.revoked_by_name == "Alice"
    assert AuditEvent.objects.filter(action="Revoked key").count() == 1


def test_keys_of_another_organization_look_unknown(
    globex: Organization, as_alice: Actor, issued: tuple[ApiKey, str]
):
    public_id = issued[0].public_id
    with pytest.raises(NotFound) as theirs:
        revoke_key(organization=globex, actor=as_alice, public_id=public_id)
    with pytest.raises(NotFound) as unknown:
        revoke_key(organization=globex, actor=as_alice, public_id="nosuchkey0")
    assert str(theirs.value) == str(unknown.value)
    with pytest.raises(NotFound):
        get_key(organization=globex, public_id=public_id)
    assert not list_keys(organization=globex).exists()
    assert ApiKey.objects.get().revoked_at is None


def test_key_acts_as_a_key_with_its_id_and_its_makers_address(issued: tuple[ApiKey, str]):
    key = issued[0]
    assert key.created_by
    assert actor_of_key(key=key, address="192.0.2.1") == Actor(
        name="Key “CRM push”",
        address="192.0.2.1",
        kind=ActorKind.KEY,
        ref=key.public_id,
        email=key.created_by.email,
    )


def test_key_allows_what_its_scopes_say(acme: Organization, as_alice: Actor):
    key, _ = issue_key(
        organization=acme, actor=as_alice, name="x", scopes=["letrics:read", "backstory:write"]
    )
    assert key.allows("letrics")
    assert not key.allows("letrics", write=True)
    assert key.allows("backstory", write=True)
    assert not key.allows("backstory")
    assert not key.allows("contactbased")
