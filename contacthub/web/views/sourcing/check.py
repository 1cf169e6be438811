"""What a draft of a pull may cost, and starting it for that."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from contacthub.core.errors import Conflict
from contacthub.organizations.rights import Right
from contacthub.sourcing.bulk import actions, queries
from contacthub.web.access import member
from contacthub.web.forms import WholeNumber
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.views.sourcing.check_view import describe_draft


class StartForm(forms.Form):
    """Whether all of it or a trial, and the cost that the page stated."""

    quoted_cost = WholeNumber(min_value=0, max_value=10**9)
    request_key = forms.UUIDField()
    is_trial = forms.BooleanField(required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def pull_check(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """State exactly what a draft asks for and may cost, and start it for that."""
    pull = queries.get_pull(organization=request.organization, pull_id=pull_id)
    error = ""
    if request.method == "POST":
        form = StartForm(_split_button(request))
        try:
            if not form.is_valid():
                raise Conflict(
                    "The cost was not sent. Nothing was started; check the form and send it again."
                )
            started = actions.start_pull(
                organization=request.organization,
                actor=actor_of(request),
                pull_id=pull.pk,
                **form.cleaned_data,
            )
            return redirect("pull-detail", pull_id=started.pk)
        except Conflict as refusal:
            error = str(refusal)
            pull = queries.get_pull(organization=request.organization, pull_id=pull_id)
    if not pull.is_draft:
        return redirect("pull-detail", pull_id=pull.pk)
    context = {
        "pull": pull,
        "page": describe_draft(pull),
        "error": error,
        "request_key": uuid4(),
    }
    return render_page(
        request,
        "sourcing/bulk/check.html",
        "sourcing/bulk/check.html",
        context,
        status=409 if error else 200,
    )


def _split_button(request: HubRequest) -> dict[str, Any]:
    """Return the form's values: each button carries the cost that stands on it."""
    trial_cost = request.POST.get("trial")
    return {
        "quoted_cost": trial_cost if trial_cost is not None else request.POST.get("all"),
        "request_key": request.POST.get("request_key"),
        "is_trial": trial_cost is not None,
    }


@require_POST
@member(Right.ENRICH)
def pull_delete(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """Delete a pull that was not started."""
    try:
        actions.delete_draft(organization=request.organization, pull_id=pull_id)
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect("pull-detail", pull_id=pull_id)
    return redirect("pull-list")
