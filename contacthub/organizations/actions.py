"""Writes: people join and leave, roles change, and everything is recorded."""

import datetime as dt
import secrets
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import IntegrityError, transaction

from contacthub.core import clock
from contacthub.core.emails import plain_email
from contacthub.core.errors import Conflict, Invalid, NotAllowed, NotFound
from contacthub.core.tenancy import across_organizations
from contacthub.core.text import normalize
from contacthub.core.tokens import hash_token
from contacthub.organizations.audit import COMMAND_LINE, Actor, record_event
from contacthub.organizations.models import Invitation, Membership, Organization, User
from contacthub.organizations.queries import list_open_invitations
from contacthub.organizations.rights import Right


class InvitationOpen(Conflict):
    """An address has an open invitation, whose link would stop working. Nothing was changed."""

    code = "invitation_open"

    def __init__(self, invitation: Invitation) -> None:
        super().__init__(f"{invitation.email} has an open invitation.")
        self.invitation = invitation


INVITATION_LIFE = dt.timedelta(days=7)
VISIT_PAUSE = dt.timedelta(minutes=30)


def create_organization(*, slug: str, name: str, actor: Actor = COMMAND_LINE) -> Organization:
    """Create a tenant. Raises `Invalid` for a bad or taken slug."""
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise Invalid(
            "A slug has letters, digits, hyphens and underscores only.", field="slug"
        ) from error
    name = normalize(name).strip()
    if not name:
        raise Invalid("An organization needs a name.", field="name")
    try:
        with transaction.atomic():
            organization = Organization.objects.create(slug=slug, name=name)
            record_event(
                organization=organization, actor=actor, action="Created organization", target=name
            )
    except IntegrityError as error:
        raise Invalid(f"The organization {slug} already exists.", field="slug") from error
    return organization


def create_user(
    *,
    organization: Organization,
    email: str,
    name: str,
    role: str,
    password: str | None = None,
    actor: Actor = COMMAND_LINE,
) -> tuple[User, str]:
    """Create a person, or take the one who has this address, into an organization.

    Returns the user and the password: the given one, a new random one, or "" where the person had one already.
    """
    email, name = _clean_email(email), _clean_name(name)
    _check_role(role)
    with transaction.atomic():
        user = User.objects.filter(email=email).first()
        if user is None:
            password = password or secrets.token_urlsafe(12)
            user = User(email=email, name=name)
            set_password(user=user, password=password)
        else:
            password = ""
        if Membership.objects.filter(user=user, organization=organization).exists():
            raise Invalid(f"{email} is already a member of {organization}.", field="email")
        Membership.objects.create(user=user, organization=organization, role=role)
        record_event(
            organization=organization,
            actor=actor,
            action="Added member",
            target=user.name,
            detail=role,
        )
    return user, password


def set_password(*, user: User, password: str) -> None:
    """Check a password against the rules and save it. Raises `Invalid` with every rule that it breaks."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error
    user.set_password(password)
    user.save()


def invite_member(
    *,
    organization: Organization,
    actor: Actor,
    membership: Membership,
    email: str,
    role: str,
    replaces: int | None = None,
    is_told: bool = False,
) -> tuple[Invitation, str]:
    """Invite an address. Returns the invitation and the token of its link, which is shown once and not kept.

    An open invitation to the same address is replaced: its link stops working. With `is_told` that must be the one that
    the person saw, `replaces`; for another one, or one that was not shown, it raises `InvitationOpen` and changes
    nothing. Only owners replace an owner's invitation.
    """
    email = _clean_email(email)
    _check_may_give(membership, role)
    if Membership.objects.filter(organization=organization, user__email=email).exists():
        raise Invalid(f"{email} is already a member.", field="email")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        former = list_open_invitations(organization=organization).filter(email=email).first()
        if former is not None:
            _check_may_give(membership, former.role)
            if is_told and former.pk != replaces:
                raise InvitationOpen(former)
        _open_invitations(organization).filter(email=email).update(withdrawn_at=clock.now())
        invitation = Invitation.objects.create(
            organization=organization,
            email=email,
            role=role,
            token_hash=hash_token(token),
            invited_by=actor.user,
            expires_at=clock.now() + INVITATION_LIFE,
        )
        detail = f"{role}, in place of an open invitation" if former else role
        record_event(
            organization=organization, actor=actor, action="Invited", target=email, detail=detail
        )
    return invitation, token


def withdraw_invitation(
    *, organization: Organization, actor: Actor, membership: Membership, invitation_id: int
) -> None:
    """Make an open invitation's link stop working. Raises `NotFound`; only owners touch an owner's invitation."""
    with transaction.atomic():
        invitation = (
            _open_invitations(organization).filter(pk=invitation_id).select_for_update().first()
        )
        if invitation is None:
            raise NotFound("There is no such open invitation.")
        _check_may_give(membership, invitation.role)
        invitation.withdrawn_at = clock.now()
        invitation.save(update_fields=["withdrawn_at"])
        record_event(
            organization=organization,
            actor=actor,
            action="Withdrew invitation",
            target=invitation.email,
        )


@across_organizations()
def accept_invitation(
    *, token: str, name: str, password: str, user: User | None
) -> tuple[User, Organization]:
    """Join with an invitation's token, as a new person or as the signed-in `user` with the invited address.

    Raises `NotFound` for a used, withdrawn, expired or unknown token, `NotAllowed` for another person's one.
    """
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("organization")
            .filter(
                token_hash=hash_token(token),
                accepted_at=None,
                withdrawn_at=None,
                expires_at__gt=clock.now(),
            )
            .first()
        )
        if invitation is None:
            raise NotFound("This invitation was used, withdrawn, or has expired.")
        user = _joining_user(invitation, user, name, password)
        Membership.objects.get_or_create(
            user=user, organization=invitation.organization, defaults={"role": invitation.role}
        )
        invitation.accepted_at = clock.now()
        invitation.save(update_fields=["accepted_at"])
        record_event(
            organization=invitation.organization,
            actor=Actor.of(user),
            action="Joined",
            target=user.name,
            detail=invitation.role,
        )
    return user, invitation.organization


def _joining_user(invitation: Invitation, user: User | None, name: str, password: str) -> User:
    if user is not None:
        if user.email != invitation.email:
            raise NotAllowed(f"This invitation is for {invitation.email}. Sign out to use it.")
        return user
    if User.objects.filter(email=invitation.email).exists():
        raise NotAllowed("You already have an account. Sign in, then open the link again.")
    user = User(email=invitation.email, name=_clean_name(name))
    set_password(user=user, password=password)
    return user


def change_role(
    *, organization: Organization, actor: Actor, membership: Membership, member_id: int, role: str
) -> Membership:
    """Give a member another role. Only owners touch owners, and the last owner stays."""
    with transaction.atomic():
        member = _lock_member(organization, member_id)
        _check_may_give(membership, role)
        _check_may_give(membership, member.role)
        _check_owner_remains(organization, member, role)
        before, member.role = member.role, role
        member.save(update_fields=["role"])
        record_event(
            organization=organization,
            actor=actor,
            action="Changed role",
            target=member.user.name,
            changes={"role": [before, role]},
        )
    return member


def remove_member(
    *, organization: Organization, actor: Actor, membership: Membership, member_id: int
) -> None:
    """Take a person out of the organization. What they made stays. The last owner stays too."""
    with transaction.atomic():
        member = _lock_member(organization, member_id)
        _check_may_give(membership, member.role)
        _check_owner_remains(organization, member, None)
        record_event(
            organization=organization,
            actor=actor,
            action="Removed member",
            target=member.user.name,
            detail=member.role,
        )
        member.delete()


def note_visit(*, membership: Membership, now: dt.datetime) -> None:
    """Remember that a member is here. A pause of half an hour begins a new visit; the one before it is kept."""
    changes: dict[str, dt.datetime | None] = {"last_seen_at": now}
    if membership.last_seen_at is None or now - membership.last_seen_at > VISIT_PAUSE:
        changes["previous_visit_at"] = membership.last_seen_at
    Membership.objects.filter(pk=membership.pk).update(**changes)


def choose_theme(*, user: User, theme: str) -> None:
    """Remember how a person wants the dashboard shown."""
    _check_theme(theme)
    User.objects.filter(pk=user.pk).update(theme=theme)


def remember_lists(
    *, membership: Membership, rows_per_page: int | None = None, is_compact: bool | None = None
) -> None:
    """Remember how a person wants long lists in this organization; None leaves as it is."""
    wanted = {"rows_per_page": rows_per_page, "has_compact_lists": is_compact}
    changed = {name: value for name, value in wanted.items() if value is not None}
    for name, value in changed.items():
        setattr(membership, name, value)
    if changed:
        membership.save(update_fields=list(changed))


def change_profile(
    *, organization: Organization, actor: Actor, user: User, name: str, theme: str
) -> User:
    """Change a person's name and theme. `organization` is where they do it; its audit log names the fields only."""
    wanted = {"name": _clean_name(name), "theme": theme}
    _check_theme(theme)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        changed = [field for field, value in wanted.items() if getattr(user, field) != value]
        if changed:
            user.name, user.theme = wanted["name"], theme
            user.save(update_fields=changed)
            record_event(
                organization=organization,
                actor=actor,
                action="Changed profile",
                detail=", ".join(changed),
            )
    return user


def hide_checklist(*, user: User) -> None:
    """Remember that a person does not want the first steps on the home page."""
    User.objects.filter(pk=user.pk).update(has_hidden_checklist=True)


def _open_invitations(organization: Organization) -> Any:
    return Invitation.objects.filter(organization=organization, accepted_at=None, withdrawn_at=None)


def _lock_member(organization: Organization, member_id: int) -> Membership:
    # All owners are locked first and in one order, so that two owners who remove each other cannot both succeed.
    list(
        Membership.objects.select_for_update()
        .filter(organization=organization, role=Membership.Role.OWNER)
        .order_by("pk")
    )
    member = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(organization=organization, pk=member_id)
        .first()
    )
    if member is None:
        raise NotFound("There is no such member.")
    return member


def _check_owner_remains(
    organization: Organization, member: Membership, new_role: str | None
) -> None:
    if member.role != Membership.Role.OWNER or new_role == Membership.Role.OWNER:
        return
    others = Membership.objects.filter(
        organization=organization, role=Membership.Role.OWNER
    ).exclude(pk=member.pk)
    if not others.exists():
        raise Conflict("An organization needs an owner. Make someone else an owner first.")


def _check_may_give(membership: Membership, role: str) -> None:
    _check_role(role)
    if not membership.has_right(Right.MANAGE):
        raise NotAllowed("Only owners and admins manage members.")
    if role == Membership.Role.OWNER and not membership.has_right(Right.OWN):
        raise NotAllowed("Only an owner can appoint, change or remove an owner.")


def _check_theme(theme: str) -> None:
    if theme not in User.Theme.values:
        raise Invalid("A theme is system, light or dark.", field="theme")


def _check_role(role: str) -> None:
    if role not in Membership.Role.values:
        raise Invalid(f"A role is one of {', '.join(Membership.Role.values)}.", field="role")


def _clean_email(email: str) -> str:
    email = plain_email(email)
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid("Enter an e-mail address such as name@example.com.", field="email") from error
    return email


def _clean_name(name: str) -> str:
    name = " ".join(normalize(name).split())
    if not name or len(name) > 120 or not name.isprintable():
        raise Invalid("Enter a name of up to 120 characters.", field="name")
    return name
