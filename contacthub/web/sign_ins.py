"""Sign-ins, failed ones and changed passwords become lines of the audit log of every organization of that person.

allauth and Django report them by signals; a failed sign-in with an unknown address belongs to no organization.
"""

from typing import Any

from allauth.account import signals
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.http import HttpRequest

from contacthub.core.client_address import client_address
from contacthub.core.tenancy import across_organizations
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import User
from contacthub.organizations.queries import list_memberships


def connect() -> None:
    """Listen to the signals, once."""
    signals.user_logged_in.connect(_note_sign_in, dispatch_uid="audit sign-in")
    signals.password_changed.connect(_note_change, dispatch_uid="audit password changed")
    signals.password_reset.connect(_note_reset, dispatch_uid="audit password reset")
    user_logged_out.connect(_note_sign_out, dispatch_uid="audit sign-out")
    user_login_failed.connect(_note_failure, dispatch_uid="audit failure")


def _note_sign_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    _note(request, user, "Signed in")


def _note_sign_out(*, request: HttpRequest | None, user: User | None, **_: Any) -> None:
    if user is not None:
        _note(request, user, "Signed out")


def _note_change(*, request: HttpRequest, user: User, **_: Any) -> None:
    _note(request, user, "Changed password")


def _note_reset(*, request: HttpRequest, user: User, **_: Any) -> None:
    _note(request, user, "Reset password")


def _note_failure(
    *, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    address = str(credentials.get("email") or credentials.get("username") or "")
    try:
        user = User.objects.get_by_natural_key(address)
    except User.DoesNotExist:
        return
    _note(request, user, "Failed to sign in", is_refused=True)


@across_organizations()
def _note(
    request: HttpRequest | None, user: User, action: str, *, is_refused: bool = False
) -> None:
    address = client_address(request.META) if request is not None else None
    for membership in list_memberships(user=user):
        record_event(
            organization=membership.organization,
            actor=Actor.of(user, address=address),
            action=action,
            is_refused=is_refused,
        )
