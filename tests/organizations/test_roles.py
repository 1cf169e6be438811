"""What each role may do, spelled out case by case, and the owner who stays."""

from itertools import product

import pytest

from contacthub.core.errors import Conflict, Invalid, NotAllowed, NotFound
from contacthub.organizations import actions, queries
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Membership, Organization, User
from contacthub.organizations.rights import Right
from tests.conftest import make_user
from tests.organizations.meeting import race_after_checks

OWNER, ADMIN, MEMBER, VIEWER = Membership.Role.values
ROLES = (OWNER, ADMIN, MEMBER, VIEWER)

RIGHTS = {
    OWNER: {"values", "search", "export", "reveal", "enrich", "manage", "own"},
    ADMIN: {"values", "search", "export", "reveal", "enrich", "manage"},
    MEMBER: {"values", "search", "export", "reveal", "enrich"},
    VIEWER: set(),
}
BELOW_OWNER = (ADMIN, MEMBER, VIEWER)
# Who may touch whom: (who acts, whose role it is).
MAY_TOUCH = {*product([OWNER], ROLES), *product([ADMIN], BELOW_OWNER)}
# Who may change which role into which one.
MAY_CHANGE = {*product([OWNER], ROLES, ROLES), *product([ADMIN], BELOW_OWNER, BELOW_OWNER)}


@pytest.fixture
def people(acme: Organization) -> dict[str, Membership]:
    """One member of each role who acts, and a second owner, so that the last owner is not in the way."""
    make_user(acme, "Second", OWNER)
    return {
        role: Membership.objects.get(user=make_user(acme, f"Acting {role}".replace(" ", ""), role))
        for role in ROLES
    }


def add(organization: Organization, role: str) -> Membership:
    return Membership.objects.get(user=make_user(organization, "Target", role))


def actor(membership: Membership) -> Actor:
    return Actor.of(membership.user)


@pytest.mark.parametrize("role", ROLES)
def test_role_has_exactly_its_rights(role: str):
    membership = Membership(role=role)
    assert {right.value for right in Right if membership.has_right(right)} == RIGHTS[role]


@pytest.mark.parametrize(("acting", "before", "after"), list(product(ROLES, ROLES, ROLES)))
def test_change_role(
    acme: Organization, people: dict[str, Membership], acting: str, before: str, after: str
):
    target = add(acme, before)

    def change() -> Membership:
        return actions.change_role(
            organization=acme,
            actor=actor(people[acting]),
            membership=people[acting],
            member_id=target.pk,
            role=after,
        )

    if (acting, before, after) in MAY_CHANGE:
        assert change().role == after
        event = AuditEvent.objects.get(action="Changed role")
        assert (event.target, event.changes) == ("Target", {"role": [before, after]})
    else:
        with pytest.raises(NotAllowed):
            change()
        assert not AuditEvent.objects.filter(action="Changed role").exists()
        after = before
    target.refresh_from_db()
    assert target.role == after


@pytest.mark.parametrize(("acting", "role"), list(product(ROLES, ROLES)))
def test_remove_member(acme: Organization, people: dict[str, Membership], acting: str, role: str):
    target = add(acme, role)

    def remove() -> None:
        actions.remove_member(
            organization=acme,
            actor=actor(people[acting]),
            membership=people[acting],
            member_id=target.pk,
        )

    may = (acting, role) in MAY_TOUCH
    if may:
        remove()
    else:
        with pytest.raises(NotAllowed):
            remove()
    assert Membership.objects.filter(pk=target.pk).exists() is not may
    assert AuditEvent.objects.filter(action="Removed member", target="Target").exists() is may
    assert User.objects.filter(name="Target").exists(), "the person stays, only not here"


@pytest.mark.parametrize(("acting", "role"), list(product(ROLES, ROLES)))
def test_invite_and_withdraw(
    acme: Organization, people: dict[str, Membership], acting: str, role: str
):
    def invite(by: str) -> int:
        invitation, _ = actions.invite_member(
            organization=acme,
            actor=actor(people[by]),
            membership=people[by],
            email="new@example.com",
            role=role,
        )
        return invitation.pk

    def withdraw(invitation_id: int) -> None:
        actions.withdraw_invitation(
            organization=acme,
            actor=actor(people[acting]),
            membership=people[acting],
            invitation_id=invitation_id,
        )

    if (acting, role) in MAY_TOUCH:
        withdraw(invite(acting))
        assert not queries.list_open_invitations(organization=acme).exists()
        return
    with pytest.raises(NotAllowed):
        invite(acting)
    assert not queries.list_open_invitations(organization=acme).exists()
    others = invite(OWNER)
    with pytest.raises(NotAllowed):
        withdraw(others)
    assert queries.list_open_invitations(organization=acme).get().pk == others


@pytest.mark.parametrize("role", ["", "king", "OWNER", "owner "])
def test_unknown_role_is_refused(acme: Organization, people: dict[str, Membership], role: str):
    target = add(acme, MEMBER)
    with pytest.raises(Invalid):
        actions.change_role(
            organization=acme,
            actor=actor(people[OWNER]),
            membership=people[OWNER],
            member_id=target.pk,
            role=role,
        )


def test_members_of_another_organization_look_unknown(
    acme: Organization, people: dict[str, Membership], charlie: User
):
    """Charlie owns globex, and has acme's ids."""
    owner = Membership.objects.get(user=charlie)
    target = add(acme, VIEWER)
    for member_id in (target.pk, 10**18):
        with pytest.raises(NotFound, match="no such member"):
            actions.change_role(
                organization=owner.organization,
                actor=actor(owner),
                membership=owner,
                member_id=member_id,
                role=ADMIN,
            )
        with pytest.raises(NotFound, match="no such member"):
            actions.remove_member(
                organization=owner.organization,
                actor=actor(owner),
                membership=owner,
                member_id=member_id,
            )
        with pytest.raises(NotFound, match="no such member"):
            queries.get_member(organization=owner.organization, member_id=member_id)
    target.refresh_from_db()
    assert target.role == VIEWER


# --- The last owner -------------------------------------------------------------------------------


@pytest.mark.parametrize("role", BELOW_OWNER)
def test_last_owner_keeps_the_role(acme: Organization, olga: User, role: str):
    owner = Membership.objects.get(user=olga)
    with pytest.raises(Conflict, match="needs an owner"):
        actions.change_role(
            organization=acme,
            actor=actor(owner),
            membership=owner,
            member_id=owner.pk,
            role=role,
        )
    with pytest.raises(Conflict, match="needs an owner"):
        actions.remove_member(
            organization=acme, actor=actor(owner), membership=owner, member_id=owner.pk
        )
    owner.refresh_from_db()
    assert owner.role == OWNER


def test_owner_can_go_when_another_one_stays(acme: Organization, olga: User):
    owner = Membership.objects.get(user=olga)
    make_user(acme, "Second", OWNER)
    actions.remove_member(
        organization=acme, actor=actor(owner), membership=owner, member_id=owner.pk
    )
    assert queries.count_owners(organization=acme) == 1


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_leave_one(acme: Organization, olga: User):
    first = Membership.objects.get(user=olga)
    second = Membership.objects.get(user=make_user(acme, "Second", OWNER))

    def remove(by: Membership, whom: Membership) -> None:
        actions.remove_member(organization=acme, actor=actor(by), membership=by, member_id=whom.pk)

    outcomes = race_after_checks([lambda: remove(first, second), lambda: remove(second, first)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "NoneType"]
    assert queries.count_owners(organization=acme) == 1


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_leave_one(acme: Organization, olga: User):
    first = Membership.objects.get(user=olga)
    second = Membership.objects.get(user=make_user(acme, "Second", OWNER))

    def demote(by: Membership, whom: Membership) -> Membership:
        return actions.change_role(
            organization=acme, actor=actor(by), membership=by, member_id=whom.pk, role=VIEWER
        )

    outcomes = race_after_checks([lambda: demote(first, second), lambda: demote(second, first)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Membership"]
    assert queries.count_owners(organization=acme) == 1
