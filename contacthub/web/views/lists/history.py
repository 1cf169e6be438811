"""The history of a list: who added and removed what, the last of it undone, and the job that changes it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from contacthub.core.errors import Conflict
from contacthub.jobs.models import Job
from contacthub.lists import changes, queries
from contacthub.lists.models import List
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.conflicts import told_in_place
from contacthub.web.htmx import is_fragment, render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.scalars import parse_whole
from contacthub.web.views.lists.history_view import describe_entries
from contacthub.web.views.lists.list_view import describe_list
from contacthub.web.views.lists.reading import find_list

PAGE_SIZE = 50


@require_safe
@member()
def list_history(request: HubRequest, list_id: UUID) -> HttpResponse:
    """Show who added and removed how many from where, newest first."""
    target = find_list(request, list_id)
    return render_page(
        request,
        "lists/history.html",
        "lists/_history.html",
        describe_page(request, target),
    )


def describe_page(request: HubRequest, target: List) -> dict[str, Any]:
    """Return what the history shows, also below a drawer."""
    page = Paginator(queries.list_entries(target=target), PAGE_SIZE).get_page(
        read_page_number(request)
    )
    may_undo = request.membership.has_right(Right.SEARCH)
    return {
        "list": target,
        "head": describe_list(request, target, tab="history"),
        "page": page,
        "entries": describe_entries(target, list(page.object_list), may_undo=may_undo),
    }


@require_safe
@member()
def list_status(request: HubRequest, list_id: UUID) -> HttpResponse:
    """Show how far the job is that changes a list; the page is loaded again when it has ended."""
    target = find_list(request, list_id)
    if not is_fragment(request):
        return redirect("list-history", list_id=list_id)
    head = describe_list(request, target, tab="", removed=0)
    if head.running is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "lists/_job.html", {"list": target, "head": head})


@require_POST
@member(Right.SEARCH)
def list_undo(request: HubRequest, list_id: UUID) -> HttpResponse:
    """Undo the last change of a list, exactly."""
    target = find_list(request, list_id)
    entry_id = parse_whole(request.POST.get("entry", ""), most_digits=18) or 0
    try:
        entry = changes.undo_last(target=target, actor=actor_of(request), entry_id=entry_id)
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
    else:
        words = "put back" if entry.is_removal else "taken off the list again"
        messages.success(request, f"Undone: {entry.item_count:,} {words}.", extra_tags="ok")
    return redirect("list-history", list_id=list_id)


@require_POST
@member(Right.SEARCH)
def list_cancel(request: HubRequest, list_id: UUID) -> HttpResponse:
    """Cancel the job that changes a list; its members stay as they were."""
    target = find_list(request, list_id)
    with told_in_place(request):
        state = changes.cancel_change(target=target, actor=actor_of(request))
        if state == Job.State.CANCELLED:
            messages.success(request, "Cancelled. The list is as it was.", extra_tags="ok")
    return redirect("list-history", list_id=list_id)
