"""The choices of a person's last export of contacts or companies, with which the next checkout begins."""

from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from contacthub.contacts.models import Selection
from contacthub.exports.models import Export
from contacthub.exports.queries import find_last_catalog_export
from contacthub.organizations.rights import Right
from contacthub.web.forms import CatalogExportForm
from contacthub.web.http import HubRequest
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog.selection_actions import SELECTION

# Personal values are chosen again only by those who may still see them.
PERSONAL = ("get_pii", "with_provenance")
CHOICES = (*CatalogExportForm.base_fields, "columns")


@dataclass(frozen=True)
class FirstChoices:
    """What a checkout begins with; in words where that is remembered, and the address of the usual choices."""

    sent: QueryDict
    words: str = ""
    usual_url: str = ""


def read_first_choices(request: HubRequest, selection: Selection) -> FirstChoices:
    """Return the choices that the address names, else those of the person's last export, else none.

    The purpose and the name of an export are its own and never remembered.
    """
    if any(name in request.GET for name in CHOICES):
        return FirstChoices(request.GET)
    last = find_last_catalog_export(
        organization=request.organization, user=request.user, of_companies=selection.of_companies
    )
    if last is None:
        return FirstChoices(request.GET)
    sent = request.GET.copy()
    for name, values in _list_allowed(request, last).lists():
        sent.setlist(name, values)
    return FirstChoices(
        sent,
        f"Format and columns are as in your last export, {day(last.created_at.date())}.",
        f"{reverse('contact-export')}?{SELECTION}={selection.pk}&format=csv",
    )


def _list_allowed(request: HubRequest, last: Export) -> QueryDict:
    chosen = choices_of(last)
    if not request.membership.has_right(Right.REVEAL):
        for name in PERSONAL:
            chosen.pop(name, None)
    return chosen


def choices_of(export: Export) -> QueryDict:
    """Return the choices of an export of the catalog, as an address of the checkout holds them."""
    chosen = QueryDict(mutable=True)
    chosen["format"] = export.format
    chosen.setlist("columns", export.columns)
    if export.get_pii:
        chosen["get_pii"] = "on"
    if any("__" in name for name in export.columns):
        chosen["with_provenance"] = "on"
    return chosen
