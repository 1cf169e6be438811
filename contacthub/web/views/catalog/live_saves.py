"""Saving what a live search finds: rows of a page at once, all that match by a job, and where the rows are then."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacthub.connectors.errors import VendorError
from contacthub.contacts.models import Contact
from contacthub.core.errors import Conflict, CountChanged, Invalid
from contacthub.credentials.connections.queries import list_kept
from contacthub.organizations.rights import Right
from contacthub.sourcing.live import actions as saves
from contacthub.sourcing.live import queries, search
from contacthub.sourcing.live.models import MOST_FETCHED, MOST_SAVED
from contacthub.web.access import member
from contacthub.web.conflicts import told_in_place
from contacthub.web.forms import WholeNumber
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.scalars import Refused, parse_whole, read_text
from contacthub.web.views.catalog.columns import Table
from contacthub.web.views.catalog.contact_columns import make_contact_table
from contacthub.web.views.catalog.live import describe_question, read_position
from contacthub.web.views.catalog.live_question import LiveQuestion, read_question
from contacthub.web.views.catalog.live_save_view import (
    describe_price,
    describe_save,
    say_changed,
)
from contacthub.web.views.settings.forms import add_refusal, range_messages

ROWS_SHOWN = 50
DEFAULT_LIMIT = 1000
LONGEST_LIST_NAME = 200


# --- Rows of a page -------------------------------------------------------------------------------


@require_POST
@member(Right.ENRICH)
def contact_live_save(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Save the chosen contacts of a page, or all of it, into the organization's own catalog."""
    return _save_page(request, connection_id, of_companies=False)


@require_POST
@member(Right.ENRICH)
def company_live_save(request: HubRequest, connection_id: UUID) -> HttpResponse:
    """Save companies,, too."""
    return _save_page(request, connection_id, of_companies=True)


def _save_page(request: HubRequest, connection_id: UUID, *, of_companies: bool) -> HttpResponse:
    live = read_question(request, connection_id, of_companies=of_companies)
    address = f"{live.address}?{request.GET.urlencode(safe=';,:')}"
    is_page = request.POST.get("which") == "page"
    chosen = None if is_page else request.POST.getlist("chosen")
    if not (live.can_search and live.is_agreed):
        return redirect(address)
    if chosen is not None and not chosen:
        messages.error(request, "Choose at least one row to save.", extra_tags="bad")
        return redirect(address)
    try:
        save = saves.save_page(
            organization=request.organization,
            actor=actor_of(request),
            wish=_make_wish(request, live, _read_list_name(request)),
            position=read_position(request),
            chosen=chosen,
            shown=parse_whole(request.POST.get("shown", ""), most_digits=6) or 0,
        )
    except (VendorError, Invalid, Conflict) as error:
        messages.error(request, f"{live.connection.name}: {error}", extra_tags="bad")
        return redirect(address)
    return redirect("live-save-detail", save_id=save.pk)


def _make_wish(request: HubRequest, live: LiveQuestion, list_name: str) -> saves.Wish:
    """Return what is to be saved, its question in the words of the chips."""
    asked = describe_question(request, live)
    words = [f"search {asked.q}"] if asked.q else []
    words += [chip.words for chip in asked.chips]
    if live.here:
        words.append(f"ContactHub filtered by {', '.join(each.label for each in live.here)}")
    return saves.Wish(live.question, "; ".join(words), list_name)


# --- All that match -------------------------------------------------------------------------------


class SaveAllForm(forms.Form):
    """The most rows to save, and to fetch where ContactHub filters; the name of a list; what the page showed."""

    row_limit = WholeNumber(
        min_value=1,
        max_value=MOST_SAVED,
        label="Save at most",
        error_messages=range_messages(f"Enter 1 to {MOST_SAVED:,} rows."),
    )
    fetch_limit = WholeNumber(
        min_value=1,
        max_value=MOST_FETCHED,
        required=False,
        label="Fetch at most",
        error_messages=range_messages(f"Enter 1 to {MOST_FETCHED:,} rows."),
    )
    list_name = forms.CharField(max_length=LONGEST_LIST_NAME, required=False, label="List")
    request_key = forms.UUIDField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def contact_live_all(request: HubRequest, connection_id: UUID) -> HttpResponseBase:
    """State how many contacts a search finds, and start the job that saves them up to a limit."""
    return _save_all(request, connection_id, of_companies=False)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def company_live_all(request: HubRequest, connection_id: UUID) -> HttpResponseBase:
    """The same of companies."""
    return _save_all(request, connection_id, of_companies=True)


def _save_all(request: HubRequest, connection_id: UUID, *, of_companies: bool) -> HttpResponseBase:
    live = read_question(request, connection_id, of_companies=of_companies)
    if not (live.can_search and live.is_agreed):
        return redirect(f"{live.address}?{request.GET.urlencode(safe=';,:')}")
    form = SaveAllForm(request.POST if request.method == "POST" else None)
    try:
        # Counted again when it is started: what is stated is what the vendor says now.
        counted = search.count_question(live.question)
    except (VendorError, Invalid) as error:
        return _render_all(request, live, form, fault=str(error))
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return _render_all(request, live, form, counted=counted, status=status)
    key = form.cleaned_data["request_key"]
    try:
        save = saves.start_save(
            organization=request.organization,
            actor=actor_of(request),
            wish=_make_wish(request, live, form.cleaned_data["list_name"]),
            terms=saves.Terms(
                form.cleaned_data["row_limit"],
                parse_whole(request.POST.get("shown", ""), most_digits=9),
                form.cleaned_data["fetch_limit"] or MOST_FETCHED,
            ),
            counted=counted,
            request_key=str(key) if key else None,
        )
    except CountChanged as error:
        changed = say_changed(live.vendor, error)
        return _render_all(request, live, form, counted=counted, changed=changed, status=409)
    except Invalid as error:
        add_refusal(form, error)
        return _render_all(request, live, form, counted=counted, status=422)
    return redirect("live-save-detail", save_id=save.pk)


def _render_all(
    request: HubRequest,
    live: LiveQuestion,
    form: SaveAllForm,
    *,
    counted: int | None = None,
    changed: str = "",
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "question": describe_question(request, live),
        "form": form,
        "price": describe_price(live.vendor, counted, is_filtered=live.question.is_filtered_here),
        "changed": changed,
        "fault": fault,
        "row_limit": form["row_limit"].value() if form.is_bound else f"{DEFAULT_LIMIT:,}",
        "fetch_limit": form["fetch_limit"].value() if form.is_bound else f"{DEFAULT_LIMIT:,}",
        "list_name": form["list_name"].value() if form.is_bound else "",
        "most_saved": MOST_SAVED,
        "most_fetched": MOST_FETCHED,
        "request_key": uuid4(),
    }
    return render_page(
        request,
        "sourcing/live/all.html",
        "sourcing/live/all.html",
        context,
        status=status,
        is_personal=True,
    )


# --- A run ----------------------------------------------------------------------------------------


@require_safe
@member(Right.ENRICH)
def live_save_detail(request: HubRequest, save_id: UUID) -> HttpResponse:
    """Show how far a job is, what it saved, and where to continue."""
    return _render_detail(request, save_id)


@require_safe
@member(Right.ENRICH)
def live_save_status(request: HubRequest, save_id: UUID) -> HttpResponse:
    """Show the same for the page's own polling; stops when the job has ended."""
    return _render_detail(request, save_id)


def _render_detail(request: HubRequest, save_id: UUID) -> HttpResponse:
    save = queries.get_save(organization=request.organization, save_id=save_id)
    after = parse_whole(request.GET.get("after", ""), most_digits=17) or 0
    found = queries.list_saved(save=save, after=after, most=ROWS_SHOWN + 1)
    shown = found[:ROWS_SHOWN]
    # Of contacts, and of companies; the template of the other kind shows one of the two.
    table = _make_table(request, shown)
    rows = [each for each in shown if each.company is not None]
    last = shown[-1].row.pk if len(found) > ROWS_SHOWN else 0
    context = {
        "connections": list_kept(organization=request.organization, ids=[save.connection_key]),
        "save": save,
        "page": describe_save(save, has_rows=bool(table.rows or rows), after=after, last=last),
        "table": table,
        "rows": rows,
    }
    return render_page(
        request, "sourcing/live/save.html", "sourcing/live/_save.html", context, is_personal=True
    )


def _make_table(request: HubRequest, shown: Sequence[queries.SavedRow]) -> Table[Contact]:
    """Return saved contacts as their table shows them, personal values masked; those that are gone are left out."""
    contacts = [each.contact for each in shown if each.contact is not None]
    return make_contact_table(request.organization, contacts, may_see=True)


@require_POST
@member(Right.ENRICH)
def live_save_cancel(request: HubRequest, save_id: UUID) -> HttpResponse:
    """Stop a run; what is saved stays."""
    with told_in_place(request):
        saves.cancel_save(
            organization=request.organization, actor=actor_of(request), save_id=save_id
        )
    return redirect("live-save-detail", save_id=save_id)


@require_POST
@member(Right.ENRICH)
def live_save_retry(request: HubRequest, save_id: UUID) -> HttpResponse:
    """Run a failed or cancelled run again."""
    with told_in_place(request):
        saves.retry_save(
            organization=request.organization,
            actor=actor_of(request),
            save_id=save_id,
            shown=parse_whole(request.POST.get("shown", ""), most_digits=9),
        )
    return redirect("live-save-detail", save_id=save_id)


@require_POST
@member(Right.ENRICH)
def live_save_list(request: HubRequest, save_id: UUID) -> HttpResponse:
    """Put what was saved on a list, and continue with it."""
    try:
        made = saves.make_list(
            organization=request.organization,
            actor=actor_of(request),
            save_id=save_id,
            name=_read_list_name(request),
        )
    except (Invalid, Conflict) as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect("live-save-detail", save_id=save_id)
    return redirect("list-detail", list_id=made.public_id)


def _read_list_name(request: HubRequest) -> str:
    """Return the name of a list. Raises `Invalid` for one that cannot be stored."""
    try:
        return read_text(request.POST.get("list_name", ""), most=LONGEST_LIST_NAME)
    except Refused as refused:
        raise Invalid(f"The name of the list {refused}.", field="list_name") from refused
