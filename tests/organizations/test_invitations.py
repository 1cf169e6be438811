"""Invitations: one link, one person, once."""

import datetime as dt

import pytest
from django.db import connection

from contacthub.core import clock
from contacthub.core.errors import Invalid, NotAllowed, NotFound
from contacthub.organizations import actions, queries
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import (
    AuditEvent,
    Invitation,
    Membership,
    Organization,
    User,
)
from tests.conftest import PASSWORD
from tests.organizations.meeting import race_after_checks


def invite(
    inviter: User, email: str = "new@example.com", role: str = "member"
) -> tuple[Invitation, str]:
    membership = Membership.objects.select_related("organization").get(user=inviter)
    return actions.invite_member(
        organization=membership.organization,
        actor=Actor.of(inviter),
        membership=membership,
        email=email,
        role=role,
    )


def accept(token: str, user: User | None = None) -> tuple[User, Organization]:
    return actions.accept_invitation(token=token, name="New Person", password=PASSWORD, user=user)


def test_new_person_joins_with_the_invited_role(acme: Organization, alice: User):
    _, token = invite(alice, role="viewer")
    user, organization = accept(token)
    assert (user.email, user.name, organization) == ("new@example.com", "New Person", acme)
    assert user.check_password(PASSWORD)
    assert Membership.objects.get(user=user).role == "viewer"
    assert [e.action for e in AuditEvent.objects.order_by("-at")[:2]] == ["Joined", "Invited"]


def test_link_works_once(alice: User):
    _, token = invite(alice)
    accept(token)
    with pytest.raises(NotFound):
        accept(token)
    assert Membership.objects.filter(user__email="new@example.com").count() == 1


@pytest.mark.django_db(transaction=True)
def test_link_used_twice_at_the_same_moment_works_once(alice: User, charlie: User):
    _, token = invite(alice, email=charlie.email)
    outcomes = race_after_checks([lambda: accept(token, charlie)] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotFound", "tuple"]
    assert AuditEvent.objects.filter(action="Joined").count() == 1


def test_link_ends_after_seven_days(alice: User):
    invitation, token = invite(alice)
    assert invitation.expires_at - clock.now() > dt.timedelta(days=6, hours=23)
    Invitation.objects.update(expires_at=clock.now())
    with pytest.raises(NotFound):
        accept(token)
    with pytest.raises(NotFound):
        queries.get_invitation(token=token)
    assert not User.objects.filter(email="new@example.com").exists()


def test_withdrawn_link_is_dead(acme: Organization, alice: User):
    invitation, token = invite(alice)

    def withdraw() -> None:
        actions.withdraw_invitation(
            organization=acme,
            actor=Actor.of(alice),
            membership=Membership.objects.get(user=alice),
            invitation_id=invitation.pk,
        )

    withdraw()
    with pytest.raises(NotFound):
        accept(token)
    with pytest.raises(NotFound):
        withdraw()
    assert AuditEvent.objects.filter(action="Withdrew invitation").count() == 1


def test_second_invitation_replaces_the_first(acme: Organization, alice: User):
    _, old = invite(alice, role="admin")
    _, new = invite(alice, role="viewer")
    assert queries.list_open_invitations(organization=acme).count() == 1
    with pytest.raises(NotFound):
        accept(old)
    user, _ = accept(new)
    assert Membership.objects.get(user=user).role == "viewer"


def test_only_owners_replace_an_owners_invitation(acme: Organization, alice: User, olga: User):
    _, first = invite(olga, role="owner")
    with pytest.raises(NotAllowed):
        invite(alice, role="viewer")
    assert queries.get_invitation(token=first).withdrawn_at is None


def test_link_is_for_the_invited_person_only(alice: User, charlie: User):
    _, token = invite(alice)
    with pytest.raises(NotAllowed, match=r"for new@example\.com"):
        accept(token, charlie)
    assert not Membership.objects.filter(user=charlie, organization__slug="acme").exists()
    assert queries.get_invitation(token=token)


def test_person_with_an_account_signs_in_first(alice: User, charlie: User):
    """Whoever has the link must not choose a new password for somebody who exists."""
    _, token = invite(alice, email=charlie.email)
    with pytest.raises(NotAllowed, match="already have an account"):
        accept(token)
    charlie.refresh_from_db()
    assert charlie.name == "Charlie"
    user, organization = accept(token, charlie)
    assert (user, organization.slug) == (charlie, "acme")


def test_addresses_are_the_same_in_any_case(acme: Organization, alice: User):
    invitation, token = invite(alice, email=" New.Person@Example.COM ")
    assert invitation.email == "new.person@example.com"
    user, _ = accept(token)
    assert user.email == "new.person@example.com"
    with pytest.raises(Invalid, match="already a member"):
        invite(alice, email="NEW.PERSON@example.com")
    with pytest.raises(Invalid, match="is already a member of Acme"):
        actions.create_user(
            organization=acme, email="New.Person@EXAMPLE.com", name="Twice", role="member"
        )
    assert User.objects.filter(email__iexact="new.person@example.com").count() == 1


@pytest.mark.parametrize("email", ["", "x", "a@b", "a b@example.com", "a@example.com\nBcc: b@c.de"])
def test_bad_addresses_are_refused(alice: User, email: str):
    with pytest.raises(Invalid) as error:
        invite(alice, email=email)
    assert error.value.field == "email"


@pytest.mark.parametrize(
    ("name", "password", "field"),
    [
        ("", PASSWORD, "name"),
        ("x" * 121, PASSWORD, "name"),
        ("a\u0007b", PASSWORD, "name"),
        ("New", "short", "password"),
        ("New", "password123", "password"),
        ("New", "new@example.com", "password"),
    ],
)
def test_bad_name_or_password_uses_nothing_up(alice: User, name: str, password: str, field: str):
    _, token = invite(alice)
    with pytest.raises(Invalid) as error:
        actions.accept_invitation(token=token, name=name, password=password, user=None)
    assert error.value.field == field
    assert not User.objects.filter(email="new@example.com").exists()
    accept(token)


def test_only_the_hash_of_a_link_is_kept(alice: User):
    _, token = invite(alice)
    with connection.cursor() as cursor:
        for table in ("organizations_invitation", "organizations_auditevent"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{token}%"])
            assert cursor.fetchone() == (0,)


def test_invitation_of_another_organization_looks_unknown(alice: User, charlie: User):
    invitation, _ = invite(alice)
    owner = Membership.objects.select_related("organization").get(user=charlie)
    with pytest.raises(NotFound):
        actions.withdraw_invitation(
            organization=owner.organization,
            actor=Actor.of(charlie),
            membership=owner,
            invitation_id=invitation.pk,
        )
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is None
    assert not queries.list_open_invitations(organization=owner.organization).exists()


def test_an_address_is_invited_in_one_spelling(acme: Organization, alice: User):
    first, _ = invite(alice, email="Kontor@bücher-lager.example")
    second, token = invite(alice, email="kontor@xn--bcher-lager-thb.example\u200b")
    first.refresh_from_db()
    assert first.withdrawn_at is not None
    user, _ = accept(token)
    assert user.email == second.email == "kontor@xn--bcher-lager-thb.example"
    with pytest.raises(Invalid, match="is already a member"):
        invite(alice, email="kontor@BÜCHER-lager.example")
