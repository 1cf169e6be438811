"""How members and invitations are shown: what each may be given, and in which words."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from contacthub.organizations.models import Invitation, Membership, User
from contacthub.organizations.rights import Right
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.times import day
from contacthub.web.views.settings.shown_once import ShownOnce

Role = Membership.Role


@dataclass(frozen=True)
class RoleChoice:
    """A role that the reader may give."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True)
class MemberRow:
    """A member as the list shows them."""

    number: int
    name: str
    email: str
    is_me: bool
    role: str
    # Why the role stays, where the reader may not change it.
    role_note: str
    # Empty where the reader may neither change nor remove the member.
    roles: tuple[RoleChoice, ...]
    # Rows of exports this month; None for those who may not export.
    charged: int | None
    last_seen_at: dt.datetime | None
    since: dt.datetime
    may_get_link: bool
    removal: str
    removal_label: str


@dataclass(frozen=True)
class InvitationRow:
    """An open invitation as the list shows it."""

    number: int
    email: str
    note: str
    role: str
    role_label: str
    ends: str
    is_mine_to_change: bool


@dataclass(frozen=True)
class InviteDialog:
    """The words of the dialog that invites; `replaced` is the invitation that it would replace."""

    replaced: Invitation | None
    note: str
    action: str


@dataclass(frozen=True)
class RemovalDialog:
    """The words of the dialog that asks whether a member shall go."""

    title: str
    subject: str
    action: str


def list_roles_to_give(reader: Membership) -> list[tuple[str, str]]:
    """Return the roles that a person may give, as values and names."""
    can_appoint_owners = reader.has_right(Right.OWN)
    return [
        (value, str(label))
        for value, label in Role.choices
        if value != Role.OWNER or can_appoint_owners
    ]


def make_member_row(
    person: Membership, *, reader: Membership, owners: int, charged: int
) -> MemberRow:
    """Return a member as the reader sees them. `owners` is how many the organization has."""
    is_me = person.user_id == reader.user_id
    is_owner = person.role == Role.OWNER
    may_touch = not is_owner or reader.has_right(Right.OWN)
    is_last_owner = is_owner and owners == 1
    is_mine_to_change = may_touch and not is_last_owner
    name = person.user.name
    return MemberRow(
        number=person.pk,
        name=name,
        email=person.user.email,
        is_me=is_me,
        role=person.get_role_display(),
        role_note="The only owner, so the role stays"
        if is_last_owner
        else "Only an owner can change it",
        roles=_list_role_choices(person, reader) if is_mine_to_change else (),
        charged=charged if person.has_right(Right.EXPORT) else None,
        last_seen_at=person.last_seen_at,
        since=person.created_at,
        # Where mails go out, everyone gets their own link by mail.
        may_get_link=not settings.HAS_EMAIL and not is_me and may_touch,
        removal="Leave" if is_me else "Remove",
        removal_label="Leave" if is_me else f"Remove {name}",
    )


def _list_role_choices(person: Membership, reader: Membership) -> tuple[RoleChoice, ...]:
    return tuple(
        RoleChoice(value, label, value == person.role)
        for value, label in list_roles_to_give(reader)
    )


def make_invitation_row(invitation: Invitation, *, reader: Membership) -> InvitationRow:
    """Return an open invitation as the reader sees it; only owners replace or withdraw an owner's."""
    by = f" by {invitation.invited_by.name}" if invitation.invited_by else ""
    return InvitationRow(
        number=invitation.pk,
        email=invitation.email,
        note=f"Invited{by}, {day(invitation.created_at)}",
        role=invitation.role,
        role_label=invitation.get_role_display(),
        ends=f"Ends {day(invitation.expires_at)}",
        is_mine_to_change=invitation.role != Role.OWNER or reader.has_right(Right.OWN),
    )


def describe_members(member_count: int, invitation_count: int) -> str:
    """Return the sentence below the heading: how many people there are, and how many are invited."""
    people = "1 person" if member_count == 1 else f"{member_count:,} people"
    invited = f", {plural(invitation_count, 'open invitation')}" if invitation_count else ""
    return f"{people}{invited}. A role decides what someone may see, reveal, export and spend."


def describe_invite(replaced: Invitation | None) -> InviteDialog:
    """Return the words of the dialog that invites."""
    return InviteDialog(
        replaced=replaced,
        note="The link goes out by e-mail and is shown here once."
        if settings.HAS_EMAIL
        else "You get a link to send. It works once, for 7 days.",
        action="Replace invitation" if replaced else "Invite",
    )


def show_invitation(
    invitation: Invitation, link: str, *, replaced: Invitation | None, is_sent: bool
) -> ShownOnce:
    """Return the link of a new invitation, which may have replaced another one."""
    sentences = []
    if replaced:
        sentences.append(
            f"This replaces the invitation of {day(replaced.created_at)}, whose link no longer works."
        )
    if is_sent:
        sentences.append("The link went out by e-mail. Here it is again: it")
    elif settings.HAS_EMAIL:
        sentences.append(
            "The mail server did not accept the message, so send the link yourself: it"
        )
    else:
        sentences.append("Send this link: it")
    sentences.append(
        f"is shown this one time, works once, and ends on {day(invitation.expires_at)}."
    )
    return ShownOnce(
        icon="mail",
        lead=f"{invitation.email} is invited with the role {invitation.get_role_display()}.",
        words=" ".join(sentences),
        text=link,
        text_id="invitation-link",
        label="Copy link",
    )


def show_password_link(person: Membership, link: str) -> ShownOnce:
    """Return the link with which a member chooses a new password."""
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    return ShownOnce(
        icon="lock",
        lead=f"{person.user.name} can choose a new password.",
        words=f"Send this link: it is shown this one time, works once, and ends in {hours} hours.",
        text=link,
        text_id="password-link",
        label="Copy link",
    )


def describe_removal(person: Membership, reader: User) -> RemovalDialog:
    """Return the words of the dialog that asks whether a member shall go; one's own are about leaving."""
    name, organization = person.user.name, person.organization.name
    if person.user_id == reader.pk:
        leave = f"Leave {organization}"
        return RemovalDialog(title=f"{leave}?", subject="You lose", action=leave)
    return RemovalDialog(
        title=f"Remove {name}?",
        subject=f"{name} ({person.user.email}) loses",
        action=f"Remove {name}",
    )
