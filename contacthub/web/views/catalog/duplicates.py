"""Pairs of contacts that may be the same person: their list, and saying that two are not."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from contacthub.contacts.duplicates import proposals, queries
from contacthub.contacts.models import DuplicateProposal
from contacthub.core.errors import Conflict, Invalid
from contacthub.core.public_ids import format_contact_id, parse_contact_id
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.looks import note_look
from contacthub.web.paging import read_page_number
from contacthub.web.scalars import Parameters, parse_whole
from contacthub.web.views.catalog.duplicates_view import SHOWN, describe_rows, list_tabs

PAGE_SIZE = 50
State = DuplicateProposal.State


@require_safe
@member()
def duplicate_list(request: HubRequest) -> HttpResponse:
    """List the pairs that wait for a decision, by reason; those that were dismissed; those of shared contacts."""
    sent = Parameters(request.GET)
    show = sent.choice("show", SHOWN, label="Pairs to show", default="all")
    own = queries.list_pairs(organization=request.organization)
    shared = queries.list_open(organization=request.organization, is_shared=True)
    rows = shared if show == "shared" else own.filter(state=State.OPEN)
    if show == "dismissed":
        rows = own.filter(state=State.DISMISSED).order_by("-dismissed_at", "pk")
    elif show in DuplicateProposal.Reason.values:
        rows = rows.filter(reasons__contains=[show])
    page = Paginator(rows if not sent.faults else rows.none(), PAGE_SIZE).get_page(
        read_page_number(request)
    )
    pairs = queries.with_contacts(
        organization=request.organization, proposals=list(page.object_list)
    )
    note_look(request, "Possible duplicates", people=2 * len(pairs))
    context = {
        "page": page,
        "rows": describe_rows(request, pairs),
        "tabs": list_tabs(own, shared, show),
        "show": show,
        "undo_id": _find_dismissed(request),
        **sent.context,
    }
    response = render(request, "duplicates/list.html", context, status=sent.status)
    response["Cache-Control"] = "no-store"
    return response


def _find_dismissed(request: HubRequest) -> int | None:
    """Return the pair that was just dismissed, for the button that undoes it, if it still is."""
    number = parse_whole(request.GET.get("done", ""), most_digits=18) or 0
    dismissed = DuplicateProposal.objects.filter(
        organization=request.organization, pk=number, state=State.DISMISSED
    )
    return number if dismissed.exists() else None


@require_POST
@member(Right.ENRICH)
def duplicate_dismiss(request: HubRequest, proposal_id: int) -> HttpResponse:
    """Say that two contacts are different people. Recorded, and can be undone."""
    return _decide(request, proposal_id, proposals.dismiss, "They stay two contacts.")


@require_POST
@member(Right.ENRICH)
def duplicate_restore(request: HubRequest, proposal_id: int) -> HttpResponse:
    """Undo that two contacts are different people. Recorded."""
    return _decide(request, proposal_id, proposals.restore, "They are a possible duplicate again.")


def _decide(
    request: HubRequest,
    proposal_id: int,
    decide: Callable[..., DuplicateProposal],
    words: str,
) -> HttpResponse:
    try:
        decide(organization=request.organization, actor=actor_of(request), proposal_id=proposal_id)
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect(_find_way_back(request))
    messages.success(request, words, extra_tags="ok")
    done = proposal_id if decide is proposals.dismiss else None
    return redirect(_find_way_back(request, done))


def _find_way_back(request: HubRequest, done: int | None = None) -> str:
    """Return where the button was: the page of a contact, or the part of the list."""
    try:
        key = parse_contact_id(request.POST.get("contact", ""))
    except Invalid:
        show = request.POST.get("show", "")
        parts = [f"show={show}"] if show in SHOWN and show != "all" else []
        parts += [f"done={done}"] if done is not None else []
        return reverse("duplicate-list") + ("?" + "&".join(parts) if parts else "")
    return reverse("contact-detail", args=[format_contact_id(key)])
