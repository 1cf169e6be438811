"""manage.py issue_key and revoke_key."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command

from contacthub.core import clock
from contacthub.core.errors import KeyRefused
from contacthub.credentials.models import ApiKey
from contacthub.credentials.queries import authenticate_key
from contacthub.organizations.models import AuditEvent, Organization


def run(*words: str) -> list[str]:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().splitlines()


def test_issue_key_prints_the_key_and_its_public_id(acme: Organization):
    text, public_id = run("issue_key", "--organization", "acme", "--scopes", "all")
    key = authenticate_key(text, None, clock.now())
    assert key.organization == acme
    assert key.public_id == public_id == text[10:20]
    assert key.scope_words == ["All protocols"]
    assert (key.expires_at, key.rate_per_minute, key.allowed_addresses) == (None, 6000, [])
    event = AuditEvent.objects.get(action="Created key")
    assert (event.actor_name, event.subject) == ("Command line", public_id)


def test_issue_key_takes_every_limit(acme: Organization):
    run(
        *("issue_key", "--organization", "acme", "--scopes", "contactbased", "letrics:read"),
        *("--name", "CRM push", "--expires-in-days", "30", "--rate", "50"),
        *("--address", "10.0.0.0/8", "192.0.2.7"),
    )
    key = ApiKey.objects.get()
    assert key.name == "CRM push"
    assert key.scopes == ["contactbased:read", "contactbased:write", "letrics:read"]
    assert key.rate_per_minute == 50
    assert key.allowed_addresses == ["10.0.0.0/8", "192.0.2.7/32"]
    assert key.expires_at is not None
    assert abs(key.expires_at - clock.now() - dt.timedelta(days=30)) < dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--organization", "nowhere", "--scopes", "all"], "no organization nowhere"),
        (["--organization", "acme", "--scopes", "some"], "'some' is not a scope"),
        (
            ["--organization", "acme", "--scopes", "all", "--rate", "0"],
            "Requests a minute must be between 1 and",
        ),
        (["--organization", "acme", "--scopes", "all", "--expires-in-days", "0"], "lasts 1 to"),
        (["--organization", "acme", "--scopes", "all", "--address", "x"], "x is not a network"),
    ],
)
def test_issue_key_says_what_is_wrong(acme: Organization, words: list[str], message: str):
    with pytest.raises(CommandError, match=message):
        run("issue_key", *words)
    assert not ApiKey.objects.exists()


def test_revoke_key_ends_a_key_of_any_organization(acme: Organization):
    text, public_id = run("issue_key", "--organization", "acme", "--scopes", "all", "--name", "X")
    assert run("revoke_key", public_id) == ["X of acme is revoked."]
    with pytest.raises(KeyRefused):
        authenticate_key(text, None, clock.now())
    event = AuditEvent.objects.get(action="Revoked key")
    assert (event.organization, event.actor_name) == (acme, "Command line")


def test_revoke_key_takes_a_whole_key_that_leaked_and_does_not_print_it(acme: Organization):
    text, public_id = run("issue_key", "--organization", "acme", "--scopes", "all", "--name", "X")
    for leaked in (text, f" {text}\n", text[:-9]):
        ApiKey.objects.update(revoked_at=None, revoked_by_name="")
        assert run("revoke_key", leaked) == ["X of acme is revoked."]
    assert ApiKey.objects.get(public_id=public_id).revoked_at is not None
    unknown = "chub_live_nosuchkey0_" + "s" * 36
    with pytest.raises(CommandError, match="no key with the public id nosuchkey0") as error:
        run("revoke_key", unknown)
    assert "ssss" not in str(error.value)
    for nonsense in ("", "chub_live_", text + "_x y", "chub_token_" + "a" * 40, "short"):
        with pytest.raises(CommandError, match=r"^This is neither a public id nor a whole key\.$"):
            run("revoke_key", nonsense)


def test_revoke_key_says_what_is_wrong(acme: Organization):
    with pytest.raises(CommandError, match="no key with the public id nosuchkey0"):
        run("revoke_key", "nosuchkey0")
    _, public_id = run("issue_key", "--organization", "acme", "--scopes", "all")
    run("revoke_key", public_id)
    with pytest.raises(CommandError, match=r"was revoked on .* by Command line"):
        run("revoke_key", public_id)
