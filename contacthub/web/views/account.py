"""Signing in and out, passwords, invitations, the organization in use and the theme."""

from allauth.account import views as allauth
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, re_path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from contacthub.core.errors import Invalid, NotAllowed
from contacthub.organizations import actions
from contacthub.organizations.models import Invitation, User
from contacthub.organizations.queries import get_invitation
from contacthub.web.access import member
from contacthub.web.errors import error_response
from contacthub.web.http import HubRequest
from contacthub.web.middleware import SESSION_ORGANIZATION
from contacthub.web.tries import count_invitation

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def password_reset(request: HttpRequest) -> HttpResponseBase:
    """Send a link to a new password; without a mail server say who can make one. No link is written anywhere else."""
    if settings.EMAIL_BACKEND != settings.NO_EMAIL_BACKEND:
        response: HttpResponseBase = allauth.password_reset(request)
        return response
    return render(request, "account/password_reset_by_admin.html")


# The pages of allauth that are in use; sign-up and address management are not, people are invited.
allauth_urls = [
    path("accounts/login/", allauth.login, name="account_login"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/password/change/", allauth.password_change, name="account_change_password"),
    path(
        "accounts/password/reset/",
        login_not_required(password_reset),
        name="account_reset_password",
    ),
    path(
        "accounts/password/reset/done/",
        login_not_required(allauth.password_reset_done),
        name="account_reset_password_done",
    ),
    # A pattern, because the key has hyphens too: the number of the person ends at the first one.
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        login_not_required(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        login_not_required(allauth.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path(
        "accounts/inactive/", login_not_required(allauth.account_inactive), name="account_inactive"
    ),
]


class JoinForm(forms.Form):
    """Name and password of a person who was invited and is new here."""

    name = forms.CharField(max_length=120, label="Your name")
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        label="Password",
        help_text="At least 10 characters, not a common one.",
    )


@login_not_required
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation and join with it, as the signed-in person or as a new one."""
    if request.method == "POST":
        try:
            count_invitation(request)
        except ValidationError as error:
            return error_response(request, 429, error.messages[0])
    invitation = get_invitation(token=token)
    user = request.user if isinstance(request.user, User) else None
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and (form.is_valid() or user is not None):
        try:
            joined, organization = actions.accept_invitation(
                token=token,
                name=form.cleaned_data["name"] if user is None else "",
                password=form.cleaned_data["password"] if user is None else "",
                user=user,
            )
        except (Invalid, NotAllowed) as error:
            form.add_error(getattr(error, "field", None) if user is None else None, str(error))
        else:
            if user is None:
                login(request, joined, backend=BACKEND)
            request.session[SESSION_ORGANIZATION] = organization.slug
            return redirect("home")
    status = 422 if request.method == "POST" else 200
    context = {
        "invitation": invitation,
        "offer": _describe(invitation),
        "form": form,
        "is_new": user is None,
    }
    return render(request, "account/invitation.html", context, status=status)


def _describe(invitation: Invitation) -> str:
    """Return the sentence that offers a membership; the person who sent it may have left since."""
    invited = f"{invitation.email} as {invitation.get_role_display().lower()}"
    if invitation.invited_by:
        return f"{invitation.invited_by.name} invites {invited}."
    return f"You are invited: {invited}."


@require_POST
@member()
def organization_switch(request: HubRequest) -> HttpResponse:
    """Work in another of one's organizations from now on."""
    slug = request.POST.get("organization", "")
    if any(membership.organization.slug == slug for membership in request.memberships):
        request.session[SESSION_ORGANIZATION] = slug
    return redirect("home")


@require_POST
@member()
def theme_set(request: HubRequest) -> HttpResponse:
    """Remember light, dark or as the system; `toggle` takes the other one of light and dark."""
    theme = request.POST.get("theme", "")
    if theme == "toggle":
        theme = User.Theme.LIGHT if request.user.theme == User.Theme.DARK else User.Theme.DARK
    if theme not in User.Theme.values:
        messages.error(request, "Choose light, dark or your system's theme.", extra_tags="bad")
        return go_back(request)
    actions.choose_theme(user=request.user, theme=theme)
    if theme == User.Theme.SYSTEM:
        messages.success(request, "The theme follows your system.", extra_tags="ok")
    return go_back(request)


def go_back(request: HttpRequest, *, otherwise: str = "home") -> HttpResponseRedirect:
    """Redirect to the page that the request came from, on this host only, else to the page named `otherwise`."""
    origin = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        origin, {request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(origin if is_ours else reverse(otherwise))
