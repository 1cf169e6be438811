"""Who may open a page: a member of an organization, and for some pages a right."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from contacthub.core.errors import RightMissing
from contacthub.organizations.audit import record_event
from contacthub.organizations.queries import list_admins
from contacthub.organizations.rights import Right
from contacthub.web.http import HubRequest, actor_of

View = Callable[..., HttpResponseBase]


def member(
    right: Right | None = None,
) -> Callable[[Callable[Concatenate[Any, ...], HttpResponseBase]], View]:
    """Open a view to members of an organization, or only to those whose role includes `right`.

    A refusal is recorded, and the page says who can grant the right.
    """

    def decorate(view: Callable[Concatenate[Any, ...], HttpResponseBase]) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            membership = getattr(request, "membership", None)
            if membership is None:
                return render(request, "errors/no_organization.html", status=403)
            if right is not None and not membership.has_right(right):
                refuse(cast(HubRequest, request), right)
            return view(request, *args, **kwargs)

        guarded.required_right = right  # type: ignore[attr-defined]
        return guarded

    return decorate


def refuse(request: HubRequest, right: Right) -> None:
    """Record that a right was missing and raise `RightMissing` with who can grant it."""
    record_event(
        organization=request.organization,
        actor=actor_of(request),
        action="Was refused",
        target=right.label,
        detail=f"{request.method} {request.path}",
        is_refused=True,
    )
    raise RightMissing(
        f"Your role ({request.membership.get_role_display()}) does not include it. {who_can_grant(request)}",
        right=right.label,
    )


def who_can_grant(request: HubRequest) -> str:
    """Return a sentence that names up to two people who can change limits and roles."""
    names = [user.name for user in list_admins(organization=request.organization)][:2]
    return (
        f"{' or '.join(names)} (admin) can change that."
        if names
        else "An operator can change that."
    )
