"""Reads about people and the audit log, each with a name."""

import datetime as dt

from django.db.models import Q, QuerySet

from contacthub.core import clock
from contacthub.core.errors import NotFound
from contacthub.core.tokens import hash_token
from contacthub.organizations.models import (
    AuditEvent,
    Invitation,
    Membership,
    Organization,
    Right,
    User,
)


def get_organization(*, slug: str) -> Organization:
    """Return the organization with this slug. Raises `NotFound`."""
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise NotFound(f"There is no organization {slug}.")
    return organization


def list_memberships(*, user: User) -> QuerySet[Membership]:
    """List where a person belongs, by the organization's name."""
    return (
        Membership.objects.filter(user=user)
        .select_related("organization")
        .order_by("organization__name", "pk")
    )


def list_members(*, organization: Organization) -> QuerySet[Membership]:
    """List the members of an organization, by name."""
    return (
        Membership.objects.filter(organization=organization)
        .select_related("user")
        .order_by("user__name", "pk")
    )


def list_admins(*, organization: Organization) -> list[User]:
    """List the people who can grant rights and raise limits, by name."""
    able = [role for role, rights in Membership.RIGHTS.items() if Right.MANAGE in rights]
    members = list_members(organization=organization).filter(role__in=able)
    return [member.user for member in members]


def list_open_invitations(*, organization: Organization) -> QuerySet[Invitation]:
    """List invitations that can still be accepted, newest first."""
    return Invitation.objects.filter(
        organization=organization, accepted_at=None, withdrawn_at=None, expires_at__gt=clock.now()
    ).order_by("-created_at", "-pk")


def get_invitation(*, token: str) -> Invitation:
    """Return the open invitation of a link. Raises `NotFound` for used, withdrawn, expired and unknown tokens."""
    invitation = (
        Invitation.objects.select_related("organization", "invited_by")
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
    return invitation


def list_events(
    *,
    organization: Organization,
    actor: str = "",
    action: str = "",
    text: str = "",
    since: dt.date | None = None,
    until: dt.date | None = None,
    personal_only: bool = False,
) -> QuerySet[AuditEvent]:
    """List the audit log, newest first; days are UTC dates and inclusive."""
    events = AuditEvent.objects.filter(organization=organization).order_by("-at", "-id")
    if actor:
        events = events.filter(actor_name=actor)
    if action:
        events = events.filter(action=action)
    if text:
        events = events.filter(
            Q(target__icontains=text) | Q(detail__icontains=text) | Q(request_id=text)
        )
    if since:
        events = events.filter(at__gte=dt.datetime.combine(since, dt.time(), dt.UTC))
    if until:
        events = events.filter(
            at__lt=dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), dt.UTC)
        )
    if personal_only:
        events = events.filter(has_personal_data=True)
    return events


def list_history(*, organization: Organization, subject: object) -> QuerySet[AuditEvent]:
    """List what the audit log holds about one thing, newest first."""
    return AuditEvent.objects.filter(organization=organization, subject=str(subject)).order_by(
        "-at", "-id"
    )


def list_event_words(*, organization: Organization) -> tuple[list[str], list[str]]:
    """List the actors and the actions that occur in the audit log, for its filters."""
    events = AuditEvent.objects.filter(organization=organization)
    actors = events.order_by("actor_name").values_list("actor_name", flat=True).distinct()
    actions = events.order_by("action").values_list("action", flat=True).distinct()
    return list(actors), list(actions)
