"""Contacts pulled in bulk from a connected vendor: what to ask for, what it may cost, how far it is and what came."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.credentials.connections.models import Connection
from contacthub.organizations.models import Right
from contacthub.organizations.queries import list_history
from contacthub.providers.records import DateRange
from contacthub.providers.registry import find_provider
from contacthub.pulls import actions, asking, queries
from contacthub.pulls.models import Pull
from contacthub.web.access import member, who_can_grant
from contacthub.web.forms import WholeNumber
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.views.enrichment.upload_limit import limit_upload

PAGE_SIZE = 50
REJECTS_SHOWN = 5
IDS_SHOWN = 200_000
# What a vendor's own state is called, after "At InsideView".
AT_VENDOR = {
    "": "Not asked yet",
    "queued": "Waiting for its turn",
    "running": "At work",
    "completed": "Done",
    "cancelled": "Cancelled",
    "failed": "Failed",
    "gone": "Not kept any more",
}


# --- The list -------------------------------------------------------------------------------------


@require_safe
@member(Right.ENRICH)
def pull_list(request: HubRequest) -> HttpResponse:
    """List the organization's pulls: all, or those of a tab."""
    text = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    show = request.GET.get("show", "all")
    found = queries.list_pulls(organization=request.organization, show=show, text=text)
    page = Paginator(found, PAGE_SIZE).get_page(read_page_number(request))
    rows = [_describe(pull) for pull in page.object_list]
    context = {
        "page": page,
        "rows": rows,
        "connections": [row["pull"].connection for row in rows],
        "counts": queries.count_states(organization=request.organization),
        "show": show,
        "q": text,
        "has_running": any(row["status"] in ("queued", "running") for row in rows),
    }
    return render_page(request, "pulls/list.html", "pulls/_pulls.html", context)


def _describe(pull: Pull) -> dict[str, Any]:
    return {
        "pull": pull,
        "status": queries.status_of(pull),
        "vendor": find_provider(pull.vendor).label,
        "saved": pull.added + pull.changed + pull.unchanged,
    }


# --- What to ask for ------------------------------------------------------------------------------


class WindowForm(forms.Form):
    """Which contacts by the day on which the vendor first knew them."""

    start_on = forms.DateField(
        error_messages={"required": "Choose the first day.", "invalid": "Enter a day."}
    )
    end_on = forms.DateField(
        error_messages={"required": "Choose the last day.", "invalid": "Enter a day."}
    )
    country = forms.CharField(required=False, max_length=asking.MOST_PLACE)
    state = forms.CharField(required=False, max_length=asking.MOST_PLACE)
    include_historical = forms.BooleanField(required=False)
    include_existing = forms.BooleanField(required=False)
    is_sourced_by_people_ai = forms.BooleanField(required=False)

    @property
    def window(self) -> DateRange:
        """Return the days and options of a form that is valid."""
        return DateRange(**self.cleaned_data)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
@limit_upload
def pull_new(request: HubRequest) -> HttpResponse:
    """Ask which contacts: ids, pasted or in a file, or days, as the connection's vendor takes them."""
    sources = queries.list_sources(organization=request.organization)
    source = _find_source(request, sources)
    form = WindowForm(request.POST if request.method == "POST" else _first_window())
    if request.method != "POST" or source is None:
        return _render_new(request, sources, source, form)
    try:
        pull = _take_in(request, source, form)
    except (Invalid, Conflict) as error:
        return _render_new(request, sources, source, form, error=error, status=422)
    if pull is None:
        return _render_new(request, sources, source, form, status=422)
    return redirect("pull-check", pull_id=pull.pk)


def _find_source(request: HubRequest, sources: list[Connection]) -> Connection | None:
    """Return the connection that the form or the address names, else the first. Raises `NotFound` for another one."""
    named = request.POST.get("connection") or request.GET.get("connection", "")
    if not named:
        return sources[0] if sources else None
    found = next((source for source in sources if str(source.pk) == named), None)
    if found is None:
        raise NotFound("There is no such connection.")
    return found


def _first_window() -> dict[str, Any]:
    today = clock.today()
    return {
        "start_on": today.replace(day=1).isoformat(),
        "end_on": today.isoformat(),
        "include_historical": True,
        "include_existing": True,
    }


def _take_in(request: HubRequest, source: Connection, form: WindowForm) -> Pull | None:
    """Return the draft, or None where the form says what is wrong."""
    whose: dict[str, Any] = {
        "organization": request.organization,
        "actor": actor_of(request),
        "connection_id": source.pk,
    }
    if actions.takes_ids(source):
        is_file = request.POST.get("door") == "file"
        text = _read_file(request) if is_file else request.POST.get("ids", "")
        return actions.draft_ids(text=text, **whose)
    if not form.is_valid():
        return None
    try:
        return actions.draft_window(window=form.window, **whose)
    except Invalid as error:
        form.add_error(error.field, str(error))
        return None


def _read_file(request: HubRequest) -> str:
    file = request.FILES.get("file")
    if request.upload_limit.is_passed:  # type: ignore[attr-defined]
        raise Invalid("The file is too large for a list of ids.", field="file")
    if not isinstance(file, UploadedFile):
        raise Invalid("Choose a file.", field="file")
    return asking.decode_ids(file.read(asking.MOST_TEXT_BYTES + 1))


def _render_new(
    request: HubRequest,
    sources: list[Connection],
    source: Connection | None,
    form: WindowForm,
    *,
    error: Exception | None = None,
    status: int = 200,
) -> HttpResponse:
    provider = find_provider(source.vendor) if source else None
    context = {
        "sources": sources,
        "source": source,
        "vendor": provider.label if provider else "",
        "takes_ids": bool(provider and provider.most_bulk_ids),
        "most_ids": provider.most_bulk_ids if provider else 0,
        "most_days": asking.MOST_DAYS,
        "form": form,
        "door": request.POST.get("door", "ids") if error else "",
        "error": str(error) if error else "",
        "ids": request.POST.get("ids", "")[:IDS_SHOWN],
        "today": clock.today(),
        "draft_days": actions.DRAFT_LIFE.days,
        "who": who_can_grant(request),
    }
    return render_page(
        request, "pulls/new.html", "pulls/new.html", context, status=status, is_personal=True
    )


# --- What it may cost -----------------------------------------------------------------------------


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
        if not form.is_valid():
            raise Invalid("This form is incomplete. Open the page again.")
        try:
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
    trial = actions.TRIAL_IDS if len(pull.ids) > actions.TRIAL_IDS else 0
    context = {
        **_describe(pull),
        **_asked(pull),
        "trial": trial,
        "error": error,
        "request_key": uuid4(),
    }
    return render_page(
        request, "pulls/check.html", "pulls/check.html", context, status=409 if error else 200
    )


def _split_button(request: HubRequest) -> dict[str, Any]:
    """Return the form's values: each button carries the cost that stands on it."""
    trial_cost = request.POST.get("trial")
    return {
        "quoted_cost": trial_cost if trial_cost is not None else request.POST.get("all"),
        "request_key": request.POST.get("request_key"),
        "is_trial": trial_cost is not None,
    }


def _asked(pull: Pull) -> dict[str, Any]:
    """Return what is asked, in words."""
    if pull.ids:
        return {"window": None, "options": []}
    window = asking.read_window(pull.window)
    left_out = [
        *([] if window.include_historical else ["contacts without account and opportunity"]),
        *([] if window.include_existing else ["contacts that are in the CRM"]),
        *(["contacts that Backstory did not create"] if window.is_sourced_by_people_ai else []),
    ]
    options = [("Country", window.country)] if window.country else []
    options += [("State", window.state)] if window.state else []
    options += [("Left out", ", ".join(left_out) or "nobody")]
    return {
        "window": window,
        "options": options,
        "days": (window.end_on - window.start_on).days + 1,
    }


@require_POST
@member(Right.ENRICH)
def pull_delete(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """Delete a pull that was not started."""
    actions.delete_draft(organization=request.organization, pull_id=pull_id)
    return redirect("pull-list")


# --- One ------------------------------------------------------------------------------------------


@require_safe
@member(Right.ENRICH)
def pull_detail(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """Show a pull: how far it is, what it costs, what came of it. A draft goes on where it was left."""
    return _show(request, pull_id)


@require_safe
@member(Right.ENRICH)
def pull_status(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """Show the same for the page's own polling; ends by itself when the job has ended."""
    return _show(request, pull_id)


def _show(request: HubRequest, pull_id: UUID) -> HttpResponse:
    pull = queries.get_pull(organization=request.organization, pull_id=pull_id)
    if pull.job is None:
        return redirect("pull-check", pull_id=pull.pk)
    context = {
        **_describe(pull),
        **_asked(pull),
        "job": pull.job,
        "is_active": not pull.job.is_final,
        "steps": _list_steps(pull),
        "retry_cost": queries.cost_of_retry(pull),
        "unknown": max(len(pull.ids) - (pull.row_count or 0), 0) if pull.ids else 0,
        "rejects": queries.list_rejects(pull=pull, most=REJECTS_SHOWN) if pull.refused else [],
        "keep_days": actions.KEEP.days,
        "history": list(list_history(organization=request.organization, subject=str(pull.pk))[:30]),
    }
    return render_page(
        request, "pulls/detail.html", "pulls/_detail.html", context, is_personal=True
    )


def _list_steps(pull: Pull) -> list[dict[str, Any]]:
    """Return the three steps of a pull: a label, words, and how much of what is done."""
    here = pull.fragments.count()
    vendor = find_provider(pull.vendor).label
    is_done = pull.vendor_state == Pull.VendorState.COMPLETED
    processed = len(pull.ids) if is_done else min(pull.processed or 0, len(pull.ids))
    imported = min(pull.imported, pull.row_count or 0)
    return [
        {
            "label": f"At {vendor}",
            "words": f"{processed:,} of {len(pull.ids):,} ids" if pull.ids else _say_state(pull),
            "note": _say_state(pull) if pull.ids else "",
            "used": processed if pull.ids else int(is_done),
            "total": len(pull.ids) if pull.ids else (1 if is_done else None),
        },
        {
            "label": "Fragments here",
            "words": f"{here:,} of {pull.fragment_count:,}" if pull.fragment_count else "None yet",
            "used": here,
            "total": pull.fragment_count,
        },
        {
            "label": "Contacts imported",
            "words": "None yet"
            if pull.row_count is None
            else f"{imported:,} of {pull.row_count:,}",
            "used": imported,
            "total": pull.row_count,
        },
    ]


def _say_state(pull: Pull) -> str:
    if pull.asked_at is not None and not pull.vendor_id:
        return "Asked, not answered"
    return AT_VENDOR[pull.vendor_state]


@require_safe
@member(Right.ENRICH)
def pull_rejects(request: HubRequest, pull_id: UUID) -> StreamingHttpResponse:
    """Hand out the rows that were not imported, with the reason, as CSV."""
    pull = queries.get_pull(organization=request.organization, pull_id=pull_id)
    if request.method == "GET":
        actions.record_rejects_download(pull=pull, actor=actor_of(request))
    body = queries.spell_rejects(pull=pull) if request.method == "GET" else ()
    response = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejected-{str(pull.pk)[:8]}.csv"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@member(Right.ENRICH)
def pull_cancel(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """Stop a pull, and the vendor's job where it has not begun."""
    try:
        actions.cancel_pull(
            organization=request.organization, actor=actor_of(request), pull_id=pull_id
        )
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
    return redirect("pull-detail", pull_id=pull_id)


@require_POST
@member(Right.ENRICH)
def pull_retry(request: HubRequest, pull_id: UUID) -> HttpResponse:
    """Go on with a failed or cancelled pull, for the cost that stood on the button."""
    quoted = request.POST.get("quoted_cost", "")
    queries.get_pull(organization=request.organization, pull_id=pull_id)
    if not (quoted.isascii() and quoted.isdigit() and len(quoted) < 10):
        raise Invalid("This form is incomplete. Open the page again.")
    try:
        actions.retry_pull(
            organization=request.organization,
            actor=actor_of(request),
            pull_id=pull_id,
            quoted_cost=int(quoted),
        )
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
    return redirect("pull-detail", pull_id=pull_id)


# --- The vendor's call ----------------------------------------------------------------------------


@csrf_exempt
@login_not_required
@require_POST
def pull_hook(request: HttpRequest, token: str) -> HttpResponseBase:
    """Look at a pull's job now, because its vendor says that it has ended. The body is not read, and not believed."""
    actions.ring(token=token)
    return HttpResponse(status=204)
