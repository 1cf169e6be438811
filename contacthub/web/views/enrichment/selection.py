"""From contacts that are selected on a list to an enrichment."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from contacthub.contacts.models import Selection
from contacthub.core.errors import Conflict, Invalid
from contacthub.enrichment.actions.selections import create_draft_from_selection
from contacthub.enrichment.models import EnrichmentBatch
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.views.catalog.selection_actions import get_asked_selection
from contacthub.web.views.enrichment.list_view import find_step


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def enrichment_from_selection(request: HubRequest) -> HttpResponse:
    """Say which contacts are selected, and make a list of them, which then goes on as any other."""
    selection = get_asked_selection(request)
    if request.method != "POST":
        return _render(request, selection)
    try:
        batch = create_draft_from_selection(
            organization=request.organization, actor=actor_of(request), selection=selection
        )
    except (Invalid, Conflict) as error:
        return _render(request, selection, fault=str(error), status=422)
    if batch.state != EnrichmentBatch.State.DRAFT:
        return redirect("enrichment-detail", batch_id=batch.pk)
    return redirect(find_step(batch), batch_id=batch.pk)


def _render(
    request: HubRequest, selection: Selection, *, fault: str = "", status: int = 200
) -> HttpResponse:
    context = {"selection": selection, "fault": fault}
    page = "enrichment/selection.html"
    return render_page(request, page, page, context, status=status, is_personal=True)
