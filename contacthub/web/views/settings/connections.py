"""Connections: the organization's own accounts at the vendors, how they fare, and every call made with them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.connectors.base import Connector
from contacthub.connectors.registry import CONNECTORS, find_connector
from contacthub.core.errors import Conflict, ContactHubError, Invalid
from contacthub.credentials.connections import actions, queries
from contacthub.credentials.connections.models import Connection
from contacthub.credentials.connections.sql import Usage
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.scalars import Parameters
from contacthub.web.views.settings.connection_forms import BaseUrlForm, ConnectionForm, EditForm
from contacthub.web.views.settings.connection_view import (
    list_alarms,
    list_tabs,
    make_call_row,
    make_connection_page,
    make_connection_row,
)
from contacthub.web.views.settings.connection_words import vendor_of
from contacthub.web.views.settings.forms import add_refusal

PAGE_SIZE = 50
NO_CALLS = Usage(0, 0, 0, (0,) * 24)
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
    return {
        "rows": [make_connection_row(each, usage.get(each.pk, NO_CALLS)) for each in found],
        "connections": found,
        "alarms": list_alarms(found),
        "others": [
            vendor_of(each) for vendor, each in CONNECTORS.items() if vendor not in connected
        ],
    }


# --- One connection -------------------------------------------------------------------------------


@require_safe
@member(Right.MANAGE)
def connection_detail(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Show a connection and its last calls, all or those that failed."""
    context = _detail_context(request, _get(request, connection_id))
    return render_page(
        request, "settings/connection.html", "settings/_connection_calls.html", context,
        status=422 if context["faults"] else 200,
    )  # fmt: skip


def _get(request: HubRequest, connection_id: UUID) -> Connection:
    return queries.get_connection(organization=request.organization, connection_id=connection_id)


def _detail_context(request: HubRequest, connection: Connection) -> dict[str, Any]:
    sent = Parameters(request.GET)
    show = sent.choice("show", ("all", "failed"), label="Calls to show", default="all")
    failed_only = show == "failed"
    calls = queries.list_calls(connection=connection, failed_only=failed_only)
    if sent.faults:
        calls = calls.none()
    page = Paginator(calls, PAGE_SIZE).get_page(read_page_number(request))
    usage = queries.list_usage(organization=request.organization).get(connection.pk, NO_CALLS)
    return {
        "connection": connection,
        "health": connection.health,
        "view": make_connection_page(connection, usage),
        "page": page,
        "calls": [make_call_row(call) for call in page.object_list],
        "tabs": list_tabs(connection, failed_only=failed_only),
        "failed_only": failed_only,
        **sent.context,
        "keep_days": queries.KEEP.days,
    }


@require_POST
@member(Right.MANAGE)
def connection_test(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Call the vendor once, free of charge, and say how it went."""
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
    if vendor not in CONNECTORS:
        return _render_drawer(request, "connection_choose", _choice())
    connector = CONNECTORS[vendor]
    if request.method != "POST":
        first = {
            "name": connector.label,
            "base_url": connector.default_base_url,
            "request_key": uuid4(),
        }
        return _render_create(request, connector, ConnectionForm(connector, initial=first))
    form = ConnectionForm(connector, request.POST)
    if not form.is_valid():
        return _render_create(request, connector, form, status=422)
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
        return _render_create(request, connector, form, status=422)
    _test(request, connection)
    return redirect("settings-connection-detail", connection.pk)


def _choice() -> dict[str, Any]:
    return {"vendors": [vendor_of(connector) for connector in CONNECTORS.values()]}


def _render_create(
    request: HubRequest, connector: type[Connector], form: ConnectionForm, status: int = 200
) -> HttpResponse:
    context = {"form": form, "vendor": vendor_of(connector)}
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
    connector = find_connector(connection.vendor)
    if request.method != "POST":
        form = BaseUrlForm(connector, initial={"base_url": connection.base_url})
        return _render_over(request, connection, "connection_rotate", {"form": form})
    form = BaseUrlForm(connector, request.POST)
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


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def connection_edit(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Change name, address and credentials in place, and try them at once."""
    connection = _get(request, connection_id)
    connector = find_connector(connection.vendor)
    first = {"name": connection.name, "base_url": connection.base_url}
    if request.method != "POST":
        form = EditForm(connector, initial=first, hints=connection.hints)
        return _render_over(request, connection, "connection_edit", {"form": form})
    form = EditForm(connector, request.POST, hints=connection.hints)
    if form.is_valid():
        try:
            edited = actions.edit_connection(
                organization=request.organization,
                actor=actor_of(request),
                connection_id=connection.pk,
                name=form.cleaned_data["name"],
                base_url=form.cleaned_data["base_url"],
                credentials=form.credentials,
            )
        except (Conflict, Invalid) as error:
            add_refusal(form, error)
        else:
            _test(request, edited)
            return redirect("settings-connection-detail", connection.pk)
    return _render_over(request, connection, "connection_edit", {"form": form}, status=422)


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
    """Make no more calls."""
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
