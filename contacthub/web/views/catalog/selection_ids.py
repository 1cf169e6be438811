"""The ids of selected contacts, to be copied."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from contacthub.contacts.models import Selection
from contacthub.contacts.selections import list_selected_keys
from contacthub.core.errors import NotFound
from contacthub.core.public_ids import format_contact_id
from contacthub.web.access import member
from contacthub.web.http import HubRequest
from contacthub.web.looks import note_look
from contacthub.web.templatetags.figures import plural
from contacthub.web.views.catalog.selection_actions import (
    SELECTION,
    get_asked_selection,
    list_actions,
)

MOST_IDS = 10_000


@dataclass(frozen=True)
class CopyPage:
    """The page of ids: all of them, or where to go with more than can be copied."""

    title: str
    text: str
    ids: str
    export_address: str


@require_safe
@member()
def contact_copy_ids(request: HubRequest) -> HttpResponse:
    """Show the ids of the selected contacts, one a line; of more than 10,000 none, but the way to an export."""
    if SELECTION not in request.GET:
        return redirect("contact-list")
    selection = get_asked_selection(request)
    if selection.of_companies:
        raise NotFound("Companies have no contact ids.")
    is_too_many = selection.count > MOST_IDS
    ids = (
        []
        if is_too_many
        else [format_contact_id(key) for key in list_selected_keys(selection=selection)]
    )
    note_look(request, "Ids of a selection", people=len(ids))
    context = {
        "page": _describe(request, selection, ids),
        "back": reverse("contact-list"),
        "is_too_many": is_too_many,
    }
    response = render(request, "selection/ids.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _describe(request: HubRequest, selection: Selection, ids: list[str]) -> CopyPage:
    actions = list_actions(request.membership, of_companies=False)
    export = next((each.address for each in actions if each.name == "export"), "")
    gone = selection.count - len(ids)
    text = selection.words[:1].upper() + selection.words[1:]
    if ids and gone:
        text = f"{text}. {plural(gone, 'contact')} no longer in the catalog.".lstrip(". ")
    return CopyPage(
        title=plural(selection.count, "contact id"),
        text=text,
        ids="\n".join(ids),
        export_address=export and f"{export}?{SELECTION}={selection.pk}",
    )
