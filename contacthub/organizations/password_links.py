"""One-time links with which a person chooses a new password, for where no mail server carries them.

The token is Django's: signed, good for `PASSWORD_RESET_TIMEOUT` seconds, and dead as soon as the password changes or
the person signs in. It is kept nowhere. Making one is recorded; using one needs nothing but the link.
"""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from contacthub.core.emails import plain_email
from contacthub.core.errors import Conflict, NotAllowed, NotFound
from contacthub.core.tenancy import across_organizations
from contacthub.organizations.audit import COMMAND_LINE, Actor, record_event
from contacthub.organizations.models import Membership, Organization, User
from contacthub.organizations.queries import get_member
from contacthub.organizations.rights import Right

MADE = "Made password link"


def make_password_link(
    *, organization: Organization, actor: Actor, membership: Membership, member_id: int
) -> tuple[Membership, str]:
    """Return a member and a link for them, made by the admin behind `membership`.

    Raises `NotFound`; `NotAllowed` without the right, and for an owner's link by someone who is not an owner;
    `Conflict` for someone who belongs to another organization too, because the link opens their whole account.
    """
    with transaction.atomic():
        member = get_member(organization=organization, member_id=member_id)
        if not membership.has_right(Right.MANAGE):
            raise NotAllowed("Only owners and admins manage members.")
        if member.role == Membership.Role.OWNER and not membership.has_right(Right.OWN):
            raise NotAllowed("Only an owner can make a password link for an owner.")
        with across_organizations():
            is_shared = member.user.memberships.exclude(organization=organization).exists()
        if is_shared:
            raise Conflict(
                f"{member.user.name}’s account also belongs to other organizations. Ask an operator for the link."
            )
        _record(organization, actor, member.user)
    return member, _make_link(member.user)


def make_password_link_as_operator(*, email: str) -> tuple[User, str]:
    """Return a person and a link for them. Raises `NotFound`. Recorded wherever the person belongs."""
    with transaction.atomic():
        user = User.objects.filter(email=plain_email(email), is_active=True).first()
        if user is None:
            raise NotFound("There is no active person with this e-mail address.")
        for each in user.memberships.select_related("organization"):
            _record(each.organization, COMMAND_LINE, user)
    return user, _make_link(user)


def _record(organization: Organization, actor: Actor, user: User) -> None:
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    record_event(
        organization=organization,
        actor=actor,
        action=MADE,
        target=user.name,
        detail=f"works once, for {hours} hours",
    )


def _make_link(user: User) -> str:
    parts = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return f"{settings.BASE_URL}{reverse('account_reset_password_from_key', kwargs=parts)}"
