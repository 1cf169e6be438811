"""Connections: the organization's own accounts at the vendors, how they fare, and every call made with them."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.core import clock
from contacthub.core.errors import Conflict, ContactHubError, Invalid
from contacthub.credentials.connections import actions, queries
from contacthub.credentials.connections.models import Connection, ConnectionHealth, ProviderCall
from contacthub.credentials.connections.sql import Usage
from contacthub.organizations.models import Right
from contacthub.providers.base import Capability, Provider, Term
from contacthub.providers.registry import PROVIDERS, find_provider
from contacthub.web.access import member
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.views.settings.forms import add_refusal

PAGE_SIZE = 50
NO_CALLS = Usage(0, 0, 0, (0,) * 24)
Breaker, Condition = ConnectionHealth.Breaker, ConnectionHealth.Condition

# What a vendor offers, as people name it.
OFFERS = {
    Capability.FEEDS: "Intent feeds",
    Capability.EXPORT: "exports",
    Capability.CONTACT_SEARCH: "contact search",
    Capability.COMPANY_SEARCH: "company search",
    Capability.ENRICHMENT: "enrichment",
    Capability.BULK_JOBS: "contacts in bulk",
}
# A condition as it is shown: the shape's class and the word.
CONDITIONS = {
    Condition.UNTESTED: ("none", "Not tested yet"),
    Condition.WORKS: ("ok", "Working"),
    Condition.WRONG_KEY: ("bad", "Key refused"),
    Condition.THROTTLED: ("warn", "Throttled"),
    Condition.UNREACHABLE: ("bad", "Unreachable"),
    Condition.DOWN: ("bad", "Provider is down"),
    Condition.BROKEN: ("odd", "Answers wrongly"),
}
# What a person can do about it, where it is worth a banner.
ADVICE = {
    Condition.WRONG_KEY: "refuses the key. Nothing works with it until the key is replaced.",
    Condition.UNREACHABLE: "cannot be reached. Calls are tried again by themselves.",
    Condition.DOWN: "answers that it is down. Calls are tried again by themselves.",
    Condition.BROKEN: "answers something else than its documents say. Tell the provider.",
}
ERRORS = {
    "wrong_key": "Key refused",
    "not_entitled": "Not allowed",
    "not_found": "Not found",
    "refused": "Refused",
    "quota_short": "Quota too small",
    "throttled": "Throttled",
    "unreachable": "No answer",
    "provider_down": "Provider is down",
    "contract_broken": "Broken answer at",
    "interrupted": "Broken off",
}
BREAKERS = {
    Breaker.CLOSED: ("ok", "Closed", "Calls go through."),
    Breaker.OPEN: ("bad", "Open", "The provider failed too often; no calls are made for a moment."),
    Breaker.HALF_OPEN: ("run", "Half-open", "One call finds out whether the provider is back."),
}


class CredentialsForm(forms.Form):
    """Credentials in the vendor's own terms. A secret that was sent is never shown again, not even to correct it."""

    def __init__(self, provider: type[Provider], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.terms = provider.terms
        for term in provider.terms:
            self.fields[term.name] = _make_field(term)

    @property
    def credentials(self) -> dict[str, str]:
        """Return what was entered, by term."""
        return {term.name: self.cleaned_data[term.name] for term in self.terms}

    @property
    def term_fields(self) -> list[forms.BoundField]:
        """Return the fields of the terms, in their order."""
        return [self[term.name] for term in self.terms]


class BaseUrlForm(CredentialsForm):
    """Credentials with the address that they are sent to."""

    base_url = forms.CharField(
        max_length=2048,
        label="Base URL",
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text="The provider's own. Another one gets every call, and the credentials with it.",
    )


class ConnectionForm(BaseUrlForm):
    """A new connection."""

    name = forms.CharField(
        max_length=actions.NAME_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text="How colleagues see it beside feeds and values.",
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)


def _make_field(term: Term) -> forms.CharField:
    hidden = {"autocomplete": "new-password", "spellcheck": "false"}
    plain = {"autocomplete": "off", "spellcheck": "false"}
    widget = forms.PasswordInput(attrs=hidden) if term.is_secret else forms.TextInput(attrs=plain)
    return forms.CharField(
        max_length=actions.MOST_CREDENTIAL,
        label=term.label,
        help_text=term.help_text,
        widget=widget,
    )


# --- The list -------------------------------------------------------------------------------------


@require_safe
@member(Right.MANAGE)
def connection_list(request: HubRequest) -> HttpResponse:
    """List the connections with their health, and the vendors that there is none to."""
    return render_page(
        request,
        "settings/connections.html",
        "settings/_connections.html",
        _list_context(request),
    )


def _list_context(request: HubRequest) -> dict[str, Any]:
    found = list(queries.list_connections(organization=request.organization))
    usage = queries.list_usage(organization=request.organization)
    connected = {connection.vendor for connection in found}
    rows = [_row(connection, usage.get(connection.pk, NO_CALLS)) for connection in found]
    return {
        "rows": rows,
        "alarms": [row for row in rows if row["advice"]],
        "others": [_vendor(p) for vendor, p in PROVIDERS.items() if vendor not in connected],
    }


def _vendor(provider: type[Provider]) -> dict[str, Any]:
    offers = [words for capability, words in OFFERS.items() if provider.can(capability)]
    words = ", ".join(offers)
    return {
        "vendor": provider.vendor,
        "label": provider.label,
        "offers": words[:1].upper() + words[1:],
    }


def _row(connection: Connection, usage: Usage) -> dict[str, Any]:
    provider = find_provider(connection.vendor)
    health = connection.health
    is_silent = connection.is_paused or health.condition not in ADVICE
    return {
        "connection": connection,
        "health": health,
        "provider": _vendor(provider),
        "state": state_of(connection, clock.now()),
        "advice": "" if is_silent else ADVICE[Condition(health.condition)],
        "secret": _secret_of(connection, provider),
        "usage": usage,
        "left": left_of(health),
    }


def _secret_of(connection: Connection, provider: type[Provider]) -> str:
    """Return the mask of the credential that matters: the last of the vendor's terms."""
    term = provider.terms[-1]
    hint = connection.hints.get(term.name, "…")
    return f"{term.label}, ends {hint[1:]}" if len(hint) > 1 else term.label


def state_of(connection: Connection, now: dt.datetime) -> tuple[str, str, str]:
    """Return a connection's state as it is shown: the shape's class, the word, and what to add in grey."""
    health = connection.health
    if connection.is_paused:
        return "blocked", "Paused", "no calls are made"
    if health.breaker == Breaker.OPEN:
        wait = _seconds_to(health.open_until, now)
        word = CONDITIONS[Condition(health.condition)][1]
        return "bad", word, f"breaker open for {wait} s" if wait else "breaker open"
    if health.breaker == Breaker.HALF_OPEN:
        return "run", "Being tried", "one call finds out"
    wait = _seconds_to(health.held_until, now)
    if wait:
        return "warn", "Throttled", f"asks to wait {wait} s"
    return (*CONDITIONS[Condition(health.condition)], "")


def _seconds_to(moment: dt.datetime | None, now: dt.datetime) -> int:
    return max(round((moment - now).total_seconds()), 0) if moment else 0


def left_of(health: ConnectionHealth) -> str:
    """Return what is left at the provider, as it reports it."""
    capped = [quota["left"] for quota in health.quotas if quota["left"] is not None]
    if capped:
        return f"{sum(capped):,} rows"
    if health.quotas:
        return "Uncapped"
    return rate_of(health) or "Not told"


def rate_of(health: ConnectionHealth) -> str:
    """Return the rate that the provider reports, in words; empty where it reports none."""
    if health.rate_limit is None:
        return ""
    seconds = health.rate_seconds
    span = {60: "a minute", 3600: "an hour", 86400: "a day", 1: "a second"}.get(seconds or 0, "")
    return f"{health.rate_limit:,} calls {span or (f'in {seconds} s' if seconds else '')}".strip()


# --- One connection -------------------------------------------------------------------------------


@require_safe
@member(Right.MANAGE)
def connection_detail(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Show a connection and its last calls, all or those that failed."""
    connection = _get(request, connection_id)
    return render_page(
        request,
        "settings/connection.html",
        "settings/_connection_calls.html",
        _detail_context(request, connection),
    )


def _get(request: HubRequest, connection_id: UUID) -> Connection:
    return queries.get_connection(organization=request.organization, connection_id=connection_id)


def _detail_context(request: HubRequest, connection: Connection) -> dict[str, Any]:
    failed_only = request.GET.get("show") == "failed"
    calls = queries.list_calls(connection=connection, failed_only=failed_only)
    page = Paginator(calls, PAGE_SIZE).get_page(read_page_number(request))
    usage = queries.list_usage(organization=request.organization).get(connection.pk, NO_CALLS)
    provider = find_provider(connection.vendor)
    return _row(connection, usage) | {
        "page": page,
        "calls": [{"call": call, "error": error_words(call)} for call in page.object_list],
        "failed_only": failed_only,
        "breaker": BREAKERS[Breaker(connection.health.breaker)],
        "rate": rate_of(connection.health),
        "terms": [(term.label, connection.hints.get(term.name, "…")) for term in provider.terms],
        "keep_days": queries.KEEP.days,
    }


def error_words(call: ProviderCall) -> str:
    """Return what went wrong with a call, in words; of a broken contract, where."""
    code, _, path = call.error.partition(" ")
    return f"{ERRORS.get(code, code)} {path}".strip()


@require_POST
@member(Right.MANAGE)
def connection_test(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Call the vendor once, for nothing, and say what came of it."""
    connection = _get(request, connection_id)
    _test(request, connection)
    if request.POST.get("from") == "list":
        return redirect("settings-connections")
    return redirect("settings-connection-detail", connection_id)


def _test(request: HubRequest, connection: Connection) -> None:
    result = actions.test_connection(
        organization=request.organization, actor=actor_of(request), connection_id=connection.pk
    )
    if not result.works or result.standing is None:
        messages.error(request, f"{connection.name}: {result.sentence}", extra_tags="bad")
        return
    may = ", ".join(result.standing.may)
    messages.success(
        request,
        f"{connection.name} works: it answered in {result.ms:,} ms. The account has: {may}.",
        extra_tags="ok",
    )


# --- Adding and rotating --------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def connection_create(request: HubRequest) -> HttpResponse:
    """Ask which vendor (`?vendor=`), then for its credentials; keep them and try them at once."""
    vendor = request.GET.get("vendor", "")
    if vendor not in PROVIDERS:
        return _render_drawer(request, "connection_choose", _choice())
    provider = PROVIDERS[vendor]
    if request.method != "POST":
        first = {
            "name": provider.label,
            "base_url": provider.default_base_url,
            "request_key": uuid4(),
        }
        return _render_create(request, provider, ConnectionForm(provider, initial=first))
    form = ConnectionForm(provider, request.POST)
    if not form.is_valid():
        return _render_create(request, provider, form, status=422)
    try:
        connection = actions.add_connection(
            organization=request.organization,
            actor=actor_of(request),
            vendor=vendor,
            name=form.cleaned_data["name"],
            base_url=form.cleaned_data["base_url"],
            credentials=form.credentials,
            request_key=form.cleaned_data["request_key"],
        )
    except (Conflict, Invalid) as error:
        add_refusal(form, error)
        return _render_create(request, provider, form, status=422)
    _test(request, connection)
    return redirect("settings-connection-detail", connection.pk)


def _choice() -> dict[str, Any]:
    return {"vendors": [_vendor(provider) for provider in PROVIDERS.values()]}


def _render_create(
    request: HubRequest, provider: type[Provider], form: ConnectionForm, status: int = 200
) -> HttpResponse:
    context = {"form": form, "provider": _vendor(provider)}
    return _render_drawer(request, "connection_create", context, status=status)


def _render_drawer(
    request: HubRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a drawer above the list."""
    if not request.htmx:
        context = _list_context(request) | context
    return render_page(
        request, f"settings/{name}.html", f"settings/_{name}.html", context, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def connection_rotate(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Replace the credentials, and the base URL only together with them."""
    connection = _get(request, connection_id)
    provider = find_provider(connection.vendor)
    if request.method != "POST":
        form = BaseUrlForm(provider, initial={"base_url": connection.base_url})
        return _render_over(request, connection, "connection_rotate", {"form": form})
    form = BaseUrlForm(provider, request.POST)
    if form.is_valid():
        try:
            actions.rotate_connection(
                organization=request.organization,
                actor=actor_of(request),
                connection_id=connection.pk,
                credentials=form.credentials,
                base_url=form.cleaned_data["base_url"],
            )
        except Invalid as error:
            add_refusal(form, error)
        else:
            _test(request, connection)
            return redirect("settings-connection-detail", connection.pk)
    return _render_over(request, connection, "connection_rotate", {"form": form}, status=422)


def _render_over(
    request: HubRequest,
    connection: Connection,
    name: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Render a drawer or question above a connection's page."""
    own = _detail_context(request, connection) if not request.htmx else {"connection": connection}
    return render_page(
        request, f"settings/{name}.html", f"settings/_{name}.html", own | context, status=status
    )


# --- Pausing and removing -------------------------------------------------------------------------


@require_POST
@member(Right.MANAGE)
def connection_pause(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Make no calls any more."""
    return _change(request, connection_id, actions.pause_connection)


@require_POST
@member(Right.MANAGE)
def connection_resume(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Make calls again."""
    return _change(request, connection_id, actions.resume_connection)


def _change(request: HubRequest, connection_id: UUID, action: Callable[..., None]) -> HttpResponse:
    try:
        action(
            organization=request.organization,
            actor=actor_of(request),
            connection_id=connection_id,
        )
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
    return redirect("settings-connection-detail", connection_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def connection_remove(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Ask whether a connection shall be forgotten, and forget it."""
    connection = _get(request, connection_id)
    if request.method != "POST":
        return _render_over(request, connection, "connection_remove", {})
    try:
        actions.remove_connection(
            organization=request.organization,
            actor=actor_of(request),
            connection_id=connection_id,
        )
    except ContactHubError as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect("settings-connection-detail", connection_id)
    messages.success(request, f"{connection.name} is removed.", extra_tags="ok")
    return redirect("settings-connections")
