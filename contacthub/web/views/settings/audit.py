"""The audit log: who read, revealed, exported, downloaded or changed what."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_http_methods, require_safe

from contacthub.core import clock
from contacthub.organizations import queries
from contacthub.organizations.audit import record_event
from contacthub.organizations.models import AuditEvent
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.htmx import is_fragment, render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import parse_uuid
from contacthub.web.views.settings.audit_view import (
    MOST_COUNTED,
    list_changes,
    make_event_list,
)
from contacthub.web.views.settings.csv_files import stream_csv
from contacthub.web.views.settings.forms import AuditFilter

PAGE_SIZE = 50
CHUNK = 1000
AUDIT_HEADER = (
    *(
        "time",
        "actor",
        "actor_kind",
        "actor_id",
        "actor_email",
        "action",
        "target",
        "detail",
        "changes",
        "rows",
    ),
    *("personal_data", "refused", "address", "request_id", "subject", "id"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
@searches_by_post
def event_list(request: HubRequest) -> HttpResponse:
    """List the audit log, newest first, by the filters in the address."""
    form = AuditFilter(request.GET)
    context: dict[str, Any] = {"form": form}
    if not is_fragment(request):
        context |= {
            "actors": _list_actors(request, form),
            "actions": queries.list_event_actions(organization=request.organization),
        }
    if not form.is_valid():
        return render_page(
            request, "settings/audit.html", "settings/_events.html", context, status=422
        )
    events = _list_events(request, form)
    page = queries.get_event_page(
        organization=request.organization,
        events=events,
        size=PAGE_SIZE,
        before=_read_place(request, "before"),
        after=_read_place(request, "after"),
    )
    count = queries.count_events(events=events, most=MOST_COUNTED)
    context |= {
        "view": make_event_list(page, count),
        "is_filtered": any(form.cleaned_data.values()),
    }
    return render_page(request, "settings/audit.html", "settings/_events.html", context)


@require_safe
@member(Right.MANAGE)
def event_download(request: HubRequest) -> HttpResponseBase:
    """Hand out what the filters find as CSV, all of it. That is recorded too."""
    form = AuditFilter(request.GET)
    if not form.is_valid():
        return event_list(request)
    events = _list_events(request, form)
    download = record_event(
        organization=request.organization,
        actor=actor_of(request),
        action="Downloaded audit log",
        detail=form.words,
        rows=events.count(),
    )
    # The file holds what was there when it was requested, not the asking.
    found = events.exclude(pk=download.pk)
    return stream_csv(
        f"audit-{request.organization.slug}-{clock.today()}.csv", AUDIT_HEADER, _lines(found)
    )


def _list_events(request: HubRequest, form: AuditFilter) -> QuerySet[AuditEvent]:
    return queries.list_events(organization=request.organization, **form.conditions())


@dataclass(frozen=True)
class ActorChoice:
    """An actor as the filter offers them."""

    value: str
    label: str
    is_chosen: bool


def _list_actors(request: HubRequest, form: AuditFilter) -> list[ActorChoice]:
    """Return the choices of the filter. People have their address beside the name, which they can change."""
    chosen = form.data.get("actor", "")
    return [
        ActorChoice(
            value=f"{actor.kind}:{actor.ref}",
            label=f"{actor.name} ({actor.email})" if actor.email else actor.name,
            is_chosen=chosen == f"{actor.kind}:{actor.ref}",
        )
        for actor in queries.list_event_actors(organization=request.organization)
    ]


def _read_place(request: HubRequest, name: str) -> UUID | None:
    return parse_uuid(request.GET.get(name, ""))


def _lines(events: QuerySet[AuditEvent]) -> Iterator[tuple[object, ...]]:
    for event in events.iterator(chunk_size=CHUNK):
        yield (
            event.at.isoformat(timespec="seconds"),
            event.actor_name,
            event.actor_kind,
            event.actor_ref,
            event.actor_email,
            event.action,
            event.target,
            event.detail,
            "; ".join(f"{name}: {old} → {new}" for name, old, new in list_changes(event)),
            event.rows,
            event.has_personal_data,
            event.is_refused,
            event.address,
            event.request_id,
            event.subject,
            event.pk,
        )
