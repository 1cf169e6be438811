"""Settings' first page, and one's own profile."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from contacthub.core.errors import Invalid
from contacthub.organizations import actions, rights
from contacthub.organizations.models import Membership, User
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.forms import list_choices
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.views.settings.forms import ProfileForm, add_refusal

THEME_WORDS: dict[str, str] = {
    User.Theme.SYSTEM: "Follows your device",
    User.Theme.LIGHT: "Always light",
    User.Theme.DARK: "Always dark",
}


@dataclass(frozen=True)
class Belonging:
    """One of a person's organizations as their profile lists it."""

    organization: str
    slug: str
    role: str
    includes: str
    since: dt.datetime
    is_current: bool


def list_belongings(memberships: Iterable[Membership], *, current: Membership) -> list[Belonging]:
    """Return where a person belongs, and as what; `current` is where they work now."""
    return [
        Belonging(
            organization=membership.organization.name,
            slug=membership.organization.slug,
            role=membership.get_role_display(),
            includes=rights.SUMMARIES[membership.role],
            since=membership.created_at,
            is_current=membership.organization_id == current.organization_id,
        )
        for membership in memberships
    ]


@require_safe
@member()
def settings_home(request: HubRequest) -> HttpResponse:
    """Go to the members for those who manage them, and to one's profile for everyone else."""
    manages = request.membership.has_right(Right.MANAGE)
    return redirect("settings-members" if manages else "settings-profile")


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def profile_edit(request: HubRequest) -> HttpResponse:
    """Show and change one's name and theme; show where one belongs, and as what."""
    user = request.user
    if request.method != "POST":
        return _render(request, ProfileForm({"name": user.name, "theme": user.theme}))
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _render(request, form, status=422)
    try:
        actions.change_profile(
            organization=request.organization,
            actor=actor_of(request),
            user=user,
            **form.cleaned_data,
        )
    except Invalid as error:
        add_refusal(form, error)
        return _render(request, form, status=422)
    messages.success(request, "Your profile is saved.", extra_tags="ok")
    return redirect("settings-profile")


def _render(request: HubRequest, form: ProfileForm, status: int = 200) -> HttpResponse:
    themes = [(value, str(label), THEME_WORDS[value]) for value, label in User.Theme.choices]
    return render(
        request,
        "settings/profile.html",
        {
            "form": form,
            "themes": list_choices(form["theme"], themes),
            "belongings": list_belongings(request.memberships, current=request.membership),
            "role_labels": [role.label for role in reversed(rights.ORDER)],
            "role_table": rights.TABLE,
        },
        status=status,
    )
