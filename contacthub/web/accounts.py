"""How allauth behaves here."""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.fields import EmailField
from allauth.core import context
from django.http import HttpRequest
from django.urls import reverse

from contacthub.core.client_address import UNKNOWN, client_address
from contacthub.core.emails import plain_email
from contacthub.web.tries import count_reset, count_sign_in


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """There is no sign-up: people are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address as everything else here sees it; allauth's limits count by it."""
        return client_address(request.META) or UNKNOWN

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try; it is taken back when the password is right. Raises `ValidationError` over a limit."""
        self._login_failed_rl_usage = count_sign_in(request, credentials.get("email", ""))

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether someone who has signed in may be sent there: never to text that is not an address."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            # A bracket that nothing closes, and with newer Pythons one in the wrong place.
            return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return the address of the person's profile."""
        return reverse("settings-profile")


class PlainEmailField(EmailField):  # type: ignore[misc]
    """An address in the one form in which log-ins are kept: bücher.example and its xn-- form are one."""

    def to_python(self, value: Any) -> str:
        """Return the address before it is judged, since Django's own rule accepts fewer forms."""
        return plain_email(str(super().to_python(value) or ""))


class LoginForm(allauth.LoginForm):  # type: ignore[misc]
    """Sign in with an address in any form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = PlainEmailField()


class ResetPasswordForm(allauth.ResetPasswordForm):  # type: ignore[misc]
    """Request a reset link with an address in any form."""

    email = PlainEmailField(required=True)

    def clean_email(self) -> str:
        """Count the request, whether there is such an account or not."""
        email: str = super().clean_email()
        count_reset(context.request, email)
        return email
