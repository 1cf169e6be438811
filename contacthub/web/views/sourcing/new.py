"""Which contacts to pull: ids, pasted or in a file, or days."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from contacthub.connectors.bulk import DateRange
from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.credentials.connections.models import Connection
from contacthub.organizations.rights import Right
from contacthub.sourcing.bulk import actions, queries, requests
from contacthub.sourcing.bulk.models import Pull
from contacthub.web.access import member, who_can_grant
from contacthub.web.forms import DayField
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.upload_limit import limit_upload
from contacthub.web.views.sourcing.new_view import describe_new

IDS_SHOWN = 200_000


class WindowForm(forms.Form):
    """Which contacts by the day on which the vendor first knew them."""

    start_on = DayField(error_messages={"required": "Choose the first day."})
    end_on = DayField(error_messages={"required": "Choose the last day."})
    country = forms.CharField(required=False, max_length=requests.MOST_PLACE)
    state = forms.CharField(required=False, max_length=requests.MOST_PLACE)
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
    """Return the draft, or None if the form says what is wrong."""
    if request.upload_limit.is_text_passed:  # type: ignore[attr-defined]
        raise Invalid(
            "More than 256 kB were pasted. Save the ids as a file and upload it.", field="ids"
        )
    whose: dict[str, Any] = {
        "organization": request.organization,
        "actor": actor_of(request),
        "connection_id": source.pk,
    }
    if actions.takes_ids(source):
        is_file = _choice_of(request) == "file"
        text = _read_file(request) if is_file else request.POST.get("ids", "")
        return actions.draft_ids(text=text, **whose)
    if not form.is_valid():
        return None
    try:
        return actions.draft_window(window=form.window, **whose)
    except Invalid as error:
        form.add_error(error.field, str(error))
        return None


def _choice_of(request: HubRequest) -> str:
    """Return which of the two forms was sent; errors are shown beside it."""
    return "file" if request.POST.get("door") == "file" else "ids"


def _read_file(request: HubRequest) -> str:
    file = request.FILES.get("file")
    if request.upload_limit.is_passed:  # type: ignore[attr-defined]
        raise Invalid("The file is too large for a list of ids.", field="file")
    if not isinstance(file, UploadedFile):
        raise Invalid("Choose a file.", field="file")
    return requests.decode_ids(file.read(requests.MOST_TEXT_BYTES + 1))


def _render_new(
    request: HubRequest,
    sources: list[Connection],
    source: Connection | None,
    form: WindowForm,
    *,
    error: Exception | None = None,
    status: int = 200,
) -> HttpResponse:
    choice = _choice_of(request) if error else ""
    context = {
        "page": describe_new(sources, source),
        "broken": queries.list_broken_sources(organization=request.organization),
        "source": source,
        "form": form,
        "error": str(error) if error else "",
        "paste_error": str(error) if choice == "ids" else "",
        "file_error": str(error) if choice == "file" else "",
        "ids": request.POST.get("ids", "")[:IDS_SHOWN],
        "today": clock.today(),
        "draft_days": actions.DRAFT_LIFE.days,
        "who": who_can_grant(request),
    }
    return render_page(
        request,
        "sourcing/bulk/new.html",
        "sourcing/bulk/new.html",
        context,
        status=status,
        is_personal=True,
    )
