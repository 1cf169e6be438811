"""Members: who belongs to the organization, with which role, and who is invited."""

import smtplib
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from contacthub.core import clock
from contacthub.core.errors import Conflict, ContactHubError, Invalid, NotAllowed
from contacthub.core.matching import matches
from contacthub.credentials.actions import revoke_keys_of
from contacthub.credentials.queries import count_active_keys
from contacthub.exports.queries import sum_charged_rows
from contacthub.organizations import actions, queries, rights
from contacthub.organizations.models import Invitation, Membership
from contacthub.organizations.password_links import make_password_link
from contacthub.organizations.rights import Right
from contacthub.web.access import member, refuse
from contacthub.web.forms import list_choices
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import Parameters
from contacthub.web.views.account import go_back
from contacthub.web.views.settings.forms import InviteForm, add_refusal
from contacthub.web.views.settings.member_view import (
    describe_invite,
    describe_members,
    describe_removal,
    list_roles_to_give,
    make_invitation_row,
    make_member_row,
    show_invitation,
    show_password_link,
)

logger = structlog.get_logger(__name__)

PAGE_SIZE = 50
Role = Membership.Role


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
@searches_by_post
def member_list(request: HubRequest) -> HttpResponse:
    """List members and open invitations; members are found by name or e-mail address."""
    context = _list_context(request)
    return render_page(
        request, "settings/members.html", "settings/_members.html", context,
        status=422 if context["faults"] else 200,
    )  # fmt: skip


def _list_context(request: HubRequest) -> dict[str, Any]:
    sent = Parameters(request.GET)
    text = sent.text()
    members = queries.list_members(organization=request.organization, text=text)
    if sent.faults:
        members = members.none()
    page = Paginator(members, PAGE_SIZE).get_page(read_page_number(request))
    owners = queries.count_owners(organization=request.organization)
    month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    charged = sum_charged_rows(organization=request.organization, since=month)
    invitations = list(queries.list_open_invitations(organization=request.organization))
    member_count = queries.list_members(organization=request.organization).count()
    reader = request.membership
    return {
        "page": page,
        "rows": [
            make_member_row(
                person, reader=reader, owners=owners, charged=charged.get(person.user_id, 0)
            )
            for person in page.object_list
        ],
        "invitations": [
            make_invitation_row(i, reader=reader) for i in invitations if matches(text, i.email)
        ],
        "summary": describe_members(member_count, len(invitations)),
        **sent.context,
        "role_labels": [role.label for role in reversed(rights.ORDER)],
        "role_table": rights.TABLE,
    }


# --- Inviting -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def member_invite(request: HubRequest) -> HttpResponse:
    """Invite an address. The link is in the response of the POST itself and nowhere else.

    A second invitation to one address replaces the first one: the form says so, and is sent again.
    """
    if request.method != "POST":
        return _render_invite(request, InviteForm(initial={"role": Role.MEMBER}))
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _render_invite(request, form, status=422)
    open_ones = queries.list_open_invitations(organization=request.organization)
    replaced = open_ones.filter(email=form.cleaned_data["email"]).first()
    try:
        invitation, token = actions.invite_member(
            organization=request.organization,
            actor=actor_of(request),
            membership=request.membership,
            is_told="replaces" in request.POST,
            **form.cleaned_data,
        )
    except NotAllowed:
        refuse(request, Right.OWN)
    except actions.InvitationOpen as error:
        return _render_invite(request, form, replaced=error.invitation, status=409)
    except ContactHubError as error:
        add_refusal(form, error)
        return _render_invite(request, form, status=422)
    link = settings.BASE_URL + reverse("invitation-accept", args=[token])
    is_sent = settings.HAS_EMAIL and _send(invitation, link)
    context = _list_context(request) | {
        "shown": show_invitation(invitation, link, replaced=replaced, is_sent=is_sent)
    }
    return render_page(
        request, "settings/members.html", "settings/_members.html", context, is_personal=True
    )


def _render_invite(
    request: HubRequest,
    form: InviteForm,
    *,
    replaced: Invitation | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the form; with the invitation that it would replace it says so, and sends its id along."""
    roles = [
        (value, label, rights.SUMMARIES[value])
        for value, label in list_roles_to_give(request.membership)
    ]
    context: dict[str, Any] = {
        "form": form,
        "dialog": describe_invite(replaced),
        "roles": list_choices(form["role"], roles),
    }
    if not request.htmx:
        context |= _list_context(request)
    return render_page(
        request, "settings/member_invite.html", "settings/_invite.html", context, status=status
    )


def _send(invitation: Invitation, link: str) -> bool:
    """Send the link by e-mail. Returns whether the mail server took it; the page shows the link in any case."""
    context = {"invitation": invitation, "link": link}
    organization = " ".join(invitation.organization.name.split())
    try:
        send_mail(
            f"Join {organization} on ContactHub",
            render_to_string("settings/invitation_email.txt", context),
            None,
            [invitation.email],
        )
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("invitation_not_sent", error=type(error).__name__)
        return False
    return True


@require_POST
@member(Right.MANAGE)
def invitation_withdraw(request: HubRequest, invitation_id: int) -> HttpResponse:
    """Make an open invitation's link stop working."""
    try:
        actions.withdraw_invitation(
            organization=request.organization,
            actor=actor_of(request),
            membership=request.membership,
            invitation_id=invitation_id,
        )
    except NotAllowed:
        refuse(request, Right.OWN)
    messages.success(
        request, "The invitation is withdrawn. Its link no longer works.", extra_tags="ok"
    )
    return redirect("settings-members")


# --- Roles and removal ----------------------------------------------------------------------------


@require_POST
@member(Right.MANAGE)
def member_role(request: HubRequest, member_id: int) -> HttpResponse:
    """Give a member another role. One who loses the right to manage may have made keys: then it asks about these."""
    role = request.POST.get("role", "")
    former = queries.get_member(organization=request.organization, member_id=member_id)
    if "keys" not in request.POST and _leaves_keys(request, former, role):
        return _render_demote(request, former, role)
    try:
        with transaction.atomic():
            person = actions.change_role(
                organization=request.organization,
                actor=actor_of(request),
                membership=request.membership,
                member_id=member_id,
                role=role,
            )
            if request.POST.get("keys") == "revoke":
                _end_keys(request, person)
    except NotAllowed:
        refuse(request, Right.OWN)
    except (Conflict, Invalid) as error:
        messages.error(request, str(error), extra_tags="bad")
        return go_back(request, otherwise="settings-members")
    messages.success(
        request,
        f"{person.user.name}’s role is {person.get_role_display()} now.",
        extra_tags="ok",
    )
    if person.user == request.user and not person.has_right(Right.MANAGE):
        return redirect("settings-profile")
    return go_back(request, otherwise="settings-members")


@require_POST
@member(Right.MANAGE)
def member_password_link(request: HubRequest, member_id: int) -> HttpResponse:
    """Make a link with which a member chooses a new password. It is in this response and nowhere else."""
    try:
        person, link = make_password_link(
            organization=request.organization,
            actor=actor_of(request),
            membership=request.membership,
            member_id=member_id,
        )
    except NotAllowed:
        refuse(request, Right.OWN)
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect("settings-members")
    context = _list_context(request) | {"shown": show_password_link(person, link)}
    return render_page(
        request, "settings/members.html", "settings/_members.html", context, is_personal=True
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def member_remove(request: HubRequest, member_id: int) -> HttpResponse:
    """Ask whether a member shall go, and take them out."""
    person = queries.get_member(organization=request.organization, member_id=member_id)
    if request.method != "POST":
        return _render_remove(request, person)
    try:
        with transaction.atomic():
            actions.remove_member(
                organization=request.organization,
                actor=actor_of(request),
                membership=request.membership,
                member_id=member_id,
            )
            if request.POST.get("keys") != "keep":
                _end_keys(request, person)
    except NotAllowed:
        refuse(request, Right.OWN)
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect("settings-members")
    if person.user == request.user:
        return redirect("home")
    messages.success(request, f"{person.user.name} is no longer a member.", extra_tags="ok")
    return redirect("settings-members")


def _end_keys(request: HubRequest, person: Membership) -> None:
    """Revoke the keys that a person made."""
    revoke_keys_of(organization=request.organization, actor=actor_of(request), user=person.user)


def _leaves_keys(request: HubRequest, person: Membership, role: str) -> bool:
    """Return whether a new role takes away the right to manage, with which the person made keys that still work."""
    new_rights = Membership.RIGHTS.get(role)
    loses = (
        new_rights is not None and Right.MANAGE not in new_rights and person.has_right(Right.MANAGE)
    )
    return loses and bool(count_active_keys(organization=request.organization, user=person.user))


def _render_demote(request: HubRequest, person: Membership, role: str) -> HttpResponse:
    context = _list_context(request) | {
        "person": person,
        "role": role,
        "role_name": Role(role).label if role in Role.values else role,
        "key_count": count_active_keys(organization=request.organization, user=person.user),
    }
    return render_page(request, "settings/member_demote.html", "settings/_demote.html", context)


def _render_remove(request: HubRequest, person: Membership) -> HttpResponse:
    context: dict[str, Any] = {
        "person": person,
        "dialog": describe_removal(person, request.user),
        "key_count": count_active_keys(organization=request.organization, user=person.user),
    }
    if not request.htmx:
        context |= _list_context(request)
    return render_page(request, "settings/member_remove.html", "settings/_remove.html", context)
