"""Webhooks: what was sent and what came back, the secret that signs, a test, a replay."""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid
from contacthub.core.secrets import SecretUnreadable
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.scalars import Parameters
from contacthub.web.views.settings.forms import add_refusal
from contacthub.web.views.settings.webhook_view import (
    STATES,
    describe_secret,
    list_tabs,
    make_delivery_page,
    make_delivery_row,
    show_secret,
)
from contacthub.webhooks import actions, queries, schedule, signing
from contacthub.webhooks.models import WebhookDelivery

PAGE_SIZE = 50
# The page polls while something is sent, or will be within this time.
SOON = dt.timedelta(seconds=30)

VERIFY = '''\
from standardwebhooks import Webhook  # pip install standardwebhooks


def receive(secret: str, body: bytes, headers: dict[str, str]) -> dict:
    """Return the message, or raise WebhookVerificationError: it is not ours, or older than five minutes."""
    return Webhook(secret).verify(body, headers)
'''


class DestinationForm(forms.Form):
    """Where a test goes."""

    url = forms.CharField(
        max_length=2048,
        label="URL",
        widget=forms.URLInput(
            attrs={
                "autofocus": True,
                "autocomplete": "off",
                "placeholder": "https://hooks.example.com/contacthub",
            }
        ),
        help_text="http or https. Private and local addresses are refused unless the operator allows them.",
    )


@require_safe
@member(Right.MANAGE)
def webhook_list(request: HubRequest) -> HttpResponse:
    """List the deliveries, all or those in one state."""
    context = _list_context(request)
    return render_page(
        request, "settings/webhooks.html", "settings/_webhooks.html", context,
        status=422 if context["faults"] else 200,
    )  # fmt: skip


def _list_context(request: HubRequest) -> dict[str, Any]:
    sent = Parameters(request.GET)
    chosen = sent.choice("state", STATES, label="State", default="")
    deliveries = queries.list_deliveries(organization=request.organization, state=chosen)
    if sent.faults:
        deliveries = deliveries.none()
    page = Paginator(deliveries, PAGE_SIZE).get_page(read_page_number(request))
    shown = list(page.object_list)
    query = f"?state={chosen}" if chosen else ""
    return {
        "page": page,
        "rows": [make_delivery_row(delivery) for delivery in shown],
        "chosen": chosen,
        **sent.context,
        "tabs": list_tabs(chosen),
        "poll_url": reverse("settings-webhooks") + query
        if page.number == 1 and any(map(_is_moving, shown))
        else "",
        "secret_words": describe_secret(
            signing.find_current(organization=request.organization),
            signing.find_overlap(organization=request.organization),
        ),
        "verify": VERIFY,
        "tries": len(schedule.SCHEDULE),
        "keep_days": actions.KEEP.days,
    }


def _is_moving(delivery: WebhookDelivery) -> bool:
    return not delivery.is_final and delivery.next_attempt_at <= clock.now() + SOON


# --- One delivery ---------------------------------------------------------------------------------


@require_safe
@member(Right.MANAGE)
def webhook_detail(request: HubRequest, delivery_id: UUID) -> HttpResponse:
    """Show what is sent, and each try with its answer."""
    delivery = queries.get_delivery(organization=request.organization, delivery_id=delivery_id)
    context: dict[str, Any] = {
        "delivery": delivery,
        "view": make_delivery_page(delivery, queries.list_attempts(delivery=delivery)),
        "is_moving": _is_moving(delivery),
    }
    if not request.htmx:
        context |= _list_context(request)
    return render_page(request, "settings/webhook_detail.html", "settings/_webhook.html", context)


@require_POST
@member(Right.MANAGE)
def webhook_replay(request: HubRequest, delivery_id: UUID) -> HttpResponse:
    """Send a message again, with the same id."""
    try:
        actions.replay_delivery(
            organization=request.organization, actor=actor_of(request), delivery_id=delivery_id
        )
    except (Conflict, Invalid) as error:
        messages.error(request, str(error), extra_tags="bad")
    return redirect("settings-webhook-detail", delivery_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def webhook_test(request: HubRequest) -> HttpResponse:
    """Ask for a URL, and send a message there that says nothing."""
    form = DestinationForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _render_test(request, form)
    if not form.is_valid():
        return _render_test(request, form, status=422)
    try:
        delivery = actions.send_test(
            organization=request.organization,
            actor=actor_of(request),
            url=form.cleaned_data["url"],
        )
    except Invalid as error:
        add_refusal(form, error)
        return _render_test(request, form, status=422)
    return redirect("settings-webhook-detail", delivery.pk)


def _render_test(request: HubRequest, form: DestinationForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"form": form}
    if not request.htmx:
        context |= _list_context(request)
    return render_page(
        request, "settings/webhook_test.html", "settings/_webhook_test.html", context, status=status
    )


# --- The secret -----------------------------------------------------------------------------------


@require_POST
@member(Right.MANAGE)
def webhook_reveal(request: HubRequest) -> HttpResponse:
    """Show the secret, in the response of this POST only."""
    try:
        secret = actions.reveal_secret(organization=request.organization, actor=actor_of(request))
    except SecretUnreadable:
        messages.error(
            request,
            "The secret cannot be read with the current keys of ContactHub. Rotate it to continue.",
            extra_tags="bad",
        )
        return redirect("settings-webhooks")
    context = _list_context(request) | {"shown": show_secret(secret)}
    return render_page(
        request, "settings/webhooks.html", "settings/_webhooks.html", context, is_personal=True
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def webhook_rotate(request: HubRequest) -> HttpResponse:
    """Ask whether the secret shall be replaced, and replace it."""
    if request.method != "POST":
        context: dict[str, Any] = {} if request.htmx else _list_context(request)
        return render_page(
            request, "settings/webhook_rotate.html", "settings/_webhook_rotate.html", context
        )
    actions.rotate_secret(organization=request.organization, actor=actor_of(request))
    messages.success(
        request,
        "The secret was rotated. Messages carry both signatures for 24 hours.",
        extra_tags="ok",
    )
    return redirect("settings-webhooks")
