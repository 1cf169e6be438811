"""How allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from contacthub.core.client_address import UNKNOWN, client_address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up: people are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address as everything else here sees it; allauth's limits count by it."""
        return client_address(request.META) or UNKNOWN

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether somebody who has signed in may be sent there: never to what is no address at all."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            # A bracket that nothing closes, and with newer Pythons one in the wrong place.
            return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return the address of the person's profile."""
        return reverse("settings-profile")
