"""Reads about people and the audit log, each with a name."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from contacthub.core import clock
from contacthub.core.errors import NotFound
from contacthub.core.matching import find_words
from contacthub.core.tenancy import across_organizations
from contacthub.core.tokens import hash_token
from contacthub.organizations import sql
from contacthub.organizations.models import AuditEvent, Invitation, Membership, Organization, User
from contacthub.organizations.rights import Right


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


def list_members(*, organization: Organization, text: str = "") -> QuerySet[Membership]:
    """List the members of an organization, by name; `text` finds them by name or e-mail address."""
    members = Membership.objects.filter(organization=organization)
    if text:
        members = members.filter(find_words(text, "user__name", "user__email"))
    return members.select_related("user").order_by("user__name", "pk")


def get_member(*, organization: Organization, member_id: int) -> Membership:
    """Return a member of this organization. Raises `NotFound`."""
    member = list_members(organization=organization).filter(pk=member_id).first()
    if member is None:
        raise NotFound("There is no such member.")
    return member


def count_owners(*, organization: Organization) -> int:
    """Return how many owners an organization has; the last one stays."""
    return Membership.objects.filter(organization=organization, role=Membership.Role.OWNER).count()


def list_admins(*, organization: Organization) -> list[User]:
    """List the people who can grant rights and raise limits, by name."""
    able = [role for role, rights in Membership.RIGHTS.items() if Right.MANAGE in rights]
    members = list_members(organization=organization).filter(role__in=able)
    return [member.user for member in members]


def list_open_invitations(*, organization: Organization) -> QuerySet[Invitation]:
    """List invitations that can still be accepted, newest first."""
    return (
        Invitation.objects.filter(
            organization=organization,
            accepted_at=None,
            withdrawn_at=None,
            expires_at__gt=clock.now(),
        )
        .select_related("invited_by")
        .order_by("-created_at", "-pk")
    )


@across_organizations()
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
    actor: tuple[str, str] | None = None,
    action: str = "",
    text: str = "",
    since: dt.date | None = None,
    until: dt.date | None = None,
    personal_only: bool = False,
) -> QuerySet[AuditEvent]:
    """List the audit log, newest first; days are UTC dates and inclusive.

    `actor` is a kind and a ref as `list_event_actors` gives them.
    `text` finds words in who did what, the id of a thing, and the beginning of a request id.
    """
    events = AuditEvent.objects.filter(organization=organization).order_by("-at", "-id")
    if actor:
        kind, ref = actor
        events = events.filter(actor_kind=kind, actor_ref=ref)
    if action:
        events = events.filter(action=action)
    if text:
        events = events.filter(
            find_words(text, "actor_name", "actor_email", "action", "target", "detail")
            | Q(subject=text)
            | Q(request_id__startswith=text)
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


@dataclass(frozen=True)
class EventPage:
    """Some lines of the audit log, newest first, and whether there are others on either side."""

    events: list[AuditEvent]
    has_newer: bool
    has_older: bool


def get_event_page(
    *,
    organization: Organization,
    events: QuerySet[AuditEvent],
    size: int,
    before: UUID | None = None,
    after: UUID | None = None,
) -> EventPage:
    """Return the newest `size` of `events`, or those next to the event `before` (older) or `after` (newer).

    By place and not by page number: as fast on the last page as on the first, and new lines move nothing. An unknown
    event means the newest page.
    """
    place = _find_event(organization, before or after)
    if place is None:
        found = list(events[: size + 1])
        return EventPage(found[:size], has_newer=False, has_older=len(found) > size)
    if before:
        found = list(events.filter(_is_older_than(place))[: size + 1])
        return EventPage(found[:size], has_newer=True, has_older=len(found) > size)
    newer = events.exclude(_is_older_than(place)).exclude(pk=place.pk).order_by("at", "id")
    found = list(newer[: size + 1])
    if len(found) <= size:
        return get_event_page(organization=organization, events=events, size=size)
    return EventPage(found[:size][::-1], has_newer=True, has_older=True)


def _find_event(organization: Organization, event_id: UUID | None) -> AuditEvent | None:
    if event_id is None:
        return None
    return AuditEvent.objects.filter(organization=organization, pk=event_id).first()


def _is_older_than(place: AuditEvent) -> Q:
    # The first condition says nothing new, but the index can use it.
    return Q(at__lte=place.at) & (Q(at__lt=place.at) | Q(id__lt=place.pk))


def count_events(*, events: QuerySet[AuditEvent], most: int) -> int:
    """Count lines of the audit log, but never further than `most`: beyond it a page says "more than"."""
    return events.order_by()[: most + 1].count()


def list_history(
    *, organization: Organization, subject: object = "", subjects: Iterable[object] = ()
) -> QuerySet[AuditEvent]:
    """List what the audit log holds about one thing, or about several that are one now, newest first."""
    names = [str(each) for each in subjects] or [str(subject)]
    return AuditEvent.objects.filter(organization=organization, subject__in=names).order_by(
        "-at", "-id"
    )


@dataclass(frozen=True)
class EventActor:
    """Someone who occurs in the audit log, under the name of their newest line."""

    kind: str
    ref: str
    name: str
    email: str


def list_event_actors(*, organization: Organization) -> list[EventActor]:
    """List who occurs in the audit log, for its filter. People with the same name are listed separately."""
    return [EventActor(*row) for row in sql.list_actors(organization_id=organization.pk)]


def list_event_actions(*, organization: Organization) -> list[str]:
    """List the actions that occur in the audit log, for its filter."""
    return sql.list_actions(organization_id=organization.pk)
