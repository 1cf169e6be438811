"""The request as every view of the dashboard sees it."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from contacthub.core.client_address import client_address
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Membership, Organization, User

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails


class HubRequest(HttpRequest):
    """A signed-in request: who, in which organization, with which role."""

    htmx: "HtmxDetails"
    user: User
    membership: Membership
    organization: Organization
    memberships: list[Membership]


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person with the address they come from."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("Sign in first.")
    return Actor.of(user, address=client_address(request.META))
