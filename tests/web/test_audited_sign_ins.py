"""Sign-ins, failures, changed passwords and looks at people stand in the audit log."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from contacthub.organizations import actions
from contacthub.organizations.models import (
    ActorKind,
    AuditEvent,
    AuditRead,
    Membership,
    Organization,
    User,
)
from tests.conftest import PASSWORD, sign_in
from tests.contacts.files import take_in

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another good passphrase"


def lines(organization: Organization, *names: str) -> list[tuple[Any, ...]]:
    """Return action and `names` of what was recorded after the organization was made."""
    found = AuditEvent.objects.filter(organization=organization, actor_kind=ActorKind.PERSON)
    return list(found.order_by("at").values_list("action", *names))


def test_signing_in_and_out_is_recorded_in_each_organization(
    acme: Organization, globex: Organization, bob: User
) -> None:
    actions.create_user(
        organization=globex, email=bob.email, name="Bob", role=Membership.Role.VIEWER
    )
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.post("/accounts/login/", {"login": bob.email, "password": PASSWORD})
    client.post("/accounts/logout/")
    expected = [
        (action, "192.0.2.7", bob.email, str(bob.pk)) for action in ("Signed in", "Signed out")
    ]
    assert lines(acme, "address", "actor_email", "actor_ref") == expected
    assert lines(globex, "address", "actor_email", "actor_ref") == expected


def test_failed_sign_in_is_recorded_as_refused_and_an_unknown_address_nowhere(
    acme: Organization, bob: User
) -> None:
    client = Client()
    for login in (bob.email, "nobody@acme.example", "\x00", ""):
        client.post("/accounts/login/", {"login": login, "password": "wrong password"})
    assert lines(acme, "is_refused", "actor_email") == [("Failed to sign in", True, bob.email)]


def test_changed_password_is_recorded(acme: Organization, bob: User) -> None:
    client = sign_in(bob)
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    bob.refresh_from_db()
    assert bob.check_password(NEW_PASSWORD)
    assert ("Changed password",) in lines(acme)
    assert not AuditEvent.objects.filter(detail__contains=NEW_PASSWORD).exists()


def test_looks_at_people_are_counted_for_viewers_too(
    acme: Organization, vera: User, tmp_path: Path
) -> None:
    client = sign_in(vera)
    client.get("/contacts/")
    assert not AuditRead.objects.exists()
    take_in(
        tmp_path,
        {"contact_id": "id_00000000000000b0", "full_name": "Ada Berg"},
        {"contact_id": "id_00000000000000b1", "full_name": "Bo Dahl"},
    )
    client.get("/contacts/")
    client.get("/contacts/id_00000000000000b0/")
    read = {(each.detail, each.rows, each.actor_email) for each in AuditRead.objects.all()}
    assert read == {("Contacts, masked", 2, vera.email), ("Contact, masked", 1, vera.email)}
