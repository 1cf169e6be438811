"""Log-ins and invitations from before addresses had one spelling."""

import importlib

import pytest
from django.apps import apps

from contacthub.core import clock
from contacthub.organizations.models import Invitation, Membership, Organization, User

pytestmark = pytest.mark.django_db
mend = importlib.import_module("contacthub.organizations.migrations.0002_email_spelling").mend
UMLAUT, PLAIN = "kontor@bücher.example", "kontor@xn--bcher-kva.example"


def make(email: str, *roles: tuple[Organization, str]) -> User:
    user = User.objects.create(email=email, name="Zoe\u0308")
    for organization, role in roles:
        Membership.objects.create(user=user, organization=organization, role=role)
    return user


def invite(organization: Organization, email: str, token: bytes) -> Invitation:
    return Invitation.objects.create(
        organization=organization,
        email=email,
        role="member",
        token_hash=token,
        expires_at=clock.now(),
    )


@pytest.mark.parametrize("emails", [(UMLAUT, PLAIN), (PLAIN, UMLAUT)])
def test_log_ins_that_become_equal_become_one(
    acme: Organization,
    globex: Organization,
    emails: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = make(emails[0], (acme, "member"))
    gone = make(emails[1], (acme, "owner"), (globex, "viewer"))
    mend(apps, None)
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.email, kept.name, kept.is_active) == (PLAIN, "Zoë", True)
    assert (gone.email, gone.is_active) == (f"merged-{gone.pk}@merged.invalid", False)
    roles = Membership.objects.values_list("user", "organization", "role")
    assert set(roles) == {(kept.pk, acme.pk, "owner"), (kept.pk, globex.pk, "viewer")}
    assert f"Log-in {gone.pk} is part of log-in {kept.pk}" in capsys.readouterr().out
    mend(apps, None)
    assert User.objects.get(email=PLAIN) == kept


def test_a_log_in_alone_and_invitations_are_respelled(
    acme: Organization, globex: Organization
) -> None:
    user = make(UMLAUT)
    first, last = invite(acme, UMLAUT, b"1"), invite(acme, PLAIN, b"2")
    other = invite(globex, UMLAUT, b"3")
    mend(apps, None)
    user.refresh_from_db()
    assert user.email == PLAIN
    assert set(Invitation.objects.values_list("email", flat=True)) == {PLAIN}
    still_open = Invitation.objects.filter(withdrawn_at=None)
    assert {invitation.pk for invitation in still_open} == {last.pk, other.pk}
    assert first.pk not in {invitation.pk for invitation in still_open}
