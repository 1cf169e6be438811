"""The waterfall: which connections to query for data missing from the catalog, in which order, up to how many
lookups."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from contacthub.connectors.registry import CONNECTORS
from contacthub.core.errors import Invalid
from contacthub.credentials.models import Connection
from contacthub.enrichment.actions.vendors import save_waterfall
from contacthub.enrichment.models import Section, StopRule
from contacthub.enrichment.models.waterfall import MOST_LOOKUPS
from contacthub.enrichment.queries import waterfall as queries
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.forms import WholeNumber
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.views.settings.forms import add_refusal, number_input, range_messages

# Vendors of one section; more would only spend on what four others do not know.
MOST_STEPS = 5
VALIDITY = {
    Section.PII: "Valid: it holds a first and a last name.",
    Section.EMAILS: "Valid: the last check of the address found it valid.",
    Section.PHONES: "Valid: the number is not on the do-not-call register, as far as is known.",
}


class WaterfallForm(forms.Form):
    """Up to five places and a rule for each section, and the limit of an enrichment."""

    lookup_limit = WholeNumber(
        min_value=1,
        max_value=MOST_LOOKUPS,
        label="Lookups an enrichment may spend",
        widget=number_input(size=12, maxlength=12),
        error_messages=range_messages(f"Enter 1 to {MOST_LOOKUPS:,} lookups."),
        help_text="Over all its vendors. One contact sent to one vendor is one lookup.",
    )

    def __init__(self, able: list[Connection], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.place_counts: dict[Section, int] = {}
        for section in Section:
            holding = [each for each in able if queries.can_hold(each, section)]
            choices = [("", "No vendor"), *((str(each.pk), label_of(each)) for each in holding)]
            self.place_counts[section] = min(len(holding), MOST_STEPS)
            self.fields[f"{section.value}_rule"] = forms.ChoiceField(
                choices=StopRule.choices, label=f"{section.label}: stop at"
            )
            for place in range(self.place_counts[section]):
                self.fields[f"{section.value}_{place}"] = forms.ChoiceField(
                    choices=choices, required=False, label=f"{section.label}: place {place + 2}"
                )

    @property
    def steps(self) -> dict[Section, list[UUID]]:
        """Return the chosen connections; a place that is left open is closed up."""
        return {
            section: [
                UUID(chosen)
                for place in range(self.place_counts[section])
                if (chosen := self.cleaned_data[f"{section.value}_{place}"])
            ]
            for section in Section
        }

    @property
    def rules(self) -> dict[Section, StopRule]:
        """Return when each section stops."""
        return {
            section: StopRule(self.cleaned_data[f"{section.value}_rule"]) for section in Section
        }


@dataclass(frozen=True)
class SectionFields:
    """The fields of one section, and when a value of it counts as valid."""

    label: str
    rule: forms.BoundField
    places: list[forms.BoundField]
    validity: str


def list_fields(form: WaterfallForm, section: Section) -> SectionFields:
    """Return the fields of one section of the form."""
    return SectionFields(
        label=section.label,
        rule=form[f"{section.value}_rule"],
        places=[form[f"{section.value}_{n}"] for n in range(form.place_counts[section])],
        validity=VALIDITY[section],
    )


def label_of(connection: Connection) -> str:
    """Return a connection's name, with its vendor's where it does not say it, and whether it is paused or broken."""
    vendor = CONNECTORS[connection.vendor].label
    name = connection.name if vendor in connection.name else f"{connection.name} ({vendor})"
    if connection.is_paused:
        return f"{name}, paused"
    return f"{name}, broken" if connection.is_broken else name


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def waterfall_edit(request: HubRequest) -> HttpResponse:
    """Show the waterfall of each section, and change it."""
    able = queries.list_enrichers(organization=request.organization)
    if request.method != "POST":
        return _render(request, able, WaterfallForm(able, initial=_read_current(request)))
    form = WaterfallForm(able, request.POST)
    if not form.is_valid():
        return _render(request, able, form, status=422)
    try:
        save_waterfall(
            organization=request.organization,
            actor=actor_of(request),
            steps=form.steps,
            rules=form.rules,
            lookup_limit=form.cleaned_data["lookup_limit"],
        )
    except Invalid as error:
        _add_refusal(form, error)
        return _render(request, able, form, status=422)
    messages.success(
        request, "The waterfall is saved. It applies to enrichments from now on.", extra_tags="ok"
    )
    return redirect("settings-waterfall")


def _add_refusal(form: WaterfallForm, error: Invalid) -> None:
    """Show what is wrong with a section at its first place."""
    if error.field in Section.values and form.place_counts[Section(error.field)]:
        form.add_error(f"{error.field}_0", str(error))
        return
    add_refusal(form, error)


def _read_current(request: HubRequest) -> dict[str, Any]:
    rules = queries.get_waterfall(organization=request.organization)
    steps = queries.list_steps(organization=request.organization)
    current: dict[str, Any] = {"lookup_limit": rules.lookup_limit}
    for section in Section:
        current[f"{section.value}_rule"] = getattr(rules, f"{section.value}_rule")
        for place, connection in enumerate(steps[section]):
            current[f"{section.value}_{place}"] = str(connection.pk)
    return current


def _render(
    request: HubRequest, able: list[Connection], form: WaterfallForm, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "has_vendors": bool(able),
        "connections": able,
        "broken": queries.list_broken_steps(organization=request.organization),
        "by_person": [(each, by) for each in able if (by := CONNECTORS[each.vendor].asks_by)],
        "sections": [list_fields(form, section) for section in Section],
    }
    return render_page(
        request, "settings/waterfall.html", "settings/waterfall.html", context, status=status
    )
