"""The last step before a list is started: what the check found, and what asking vendors may cost."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from contacthub.core.errors import ContactHubError
from contacthub.enrichment.actions.batches import TRIAL_ROWS, start_batch, start_trial
from contacthub.enrichment.intake import clean_name
from contacthub.enrichment.models import EnrichmentBatch, Section
from contacthub.enrichment.models.waterfall import MOST_LOOKUPS
from contacthub.enrichment.queries import waterfall
from contacthub.enrichment.queries.batches import get_batch, list_rejects
from contacthub.enrichment.queries.quotes import get_vendor_quote
from contacthub.enrichment.rejects import Reasons
from contacthub.formats import FORMATS
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.forms import WholeNumber
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.scalars import UNSTORABLE, parse_whole
from contacthub.web.views.enrichment.check_view import (
    Limit,
    describe_cells,
    describe_checked,
    describe_quote,
    list_format_choices,
    list_section_choices,
)
from contacthub.web.views.enrichment.list_view import find_step

REJECTS_SHOWN = 5
SOURCES = ("own", "vendors", "trial")
PAID = ("vendors", "trial")
LIMIT_WORDS = f"Enter 1 to {MOST_LOOKUPS:,} lookups."
LONGEST_LIMIT = 12
# Characters that are shown again of a limit that cannot be used.
LONGEST_SHOWN = 24


class StartForm(forms.Form):
    """Which sections to ask for, and how the file is written."""

    sections = forms.MultipleChoiceField(
        choices=Section.choices,
        error_messages={"required": "Choose at least one section."},
    )
    format = forms.ChoiceField(choices=[(f.name, f.label) for f in FORMATS.values()])
    name = forms.CharField(max_length=200, required=False)
    request_key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    # Who answers: the own catalog alone, vendors as well, or vendors for the first rows only.
    source = forms.ChoiceField(choices=[(name, name) for name in SOURCES], required=False)
    lookup_limit = WholeNumber(
        required=False,
        min_value=1,
        max_value=MOST_LOOKUPS,
        error_messages={"min_value": LIMIT_WORDS, "max_value": LIMIT_WORDS},
    )

    def clean(self) -> dict[str, Any]:
        """Vendors are queried within a limit, which the page shows; without one no vendor is."""
        data = super().clean() or self.cleaned_data
        if data.get("source") not in PAID:
            self.errors.pop("lookup_limit", None)
        elif "lookup_limit" not in self.errors and not data.get("lookup_limit"):
            self.add_error("lookup_limit", LIMIT_WORDS)
        return data


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.ENRICH)
def enrichment_check(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Show what the check of the ids found, and start the job."""
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    form = StartForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = _start(request, batch, form.cleaned_data)
            return redirect("enrichment-detail", batch_id=batch.pk)
        except ContactHubError as error:
            form.add_error(None, str(error))
            batch = get_batch(organization=request.organization, batch_id=batch_id)
    if batch.state == EnrichmentBatch.State.DRAFT and find_step(batch) != "enrichment-check":
        return redirect(find_step(batch), batch_id=batch.pk)
    if batch.state != EnrichmentBatch.State.DRAFT:
        return redirect("enrichment-detail", batch_id=batch.pk)
    return _render_check(request, batch, form)


def _start(request: HubRequest, batch: EnrichmentBatch, data: dict[str, Any]) -> EnrichmentBatch:
    """Start a list, or a trial of it, with the source that the form names."""
    common: dict[str, Any] = {
        "organization": request.organization,
        "actor": actor_of(request),
        "batch_id": batch.pk,
        "sections": data["sections"],
        "format": data["format"],
        "request_key": str(data["request_key"]) if data["request_key"] else None,
    }
    limit = data["lookup_limit"] if data["source"] in PAID else 0
    if data["source"] == "trial":
        return start_trial(lookup_limit=limit, **common)
    started, _ = start_batch(name=clean_name(data["name"]), lookup_limit=limit, **common)
    return started


@require_safe
@member(Right.ENRICH)
def enrichment_quote(request: HubRequest, batch_id: UUID) -> HttpResponse:
    """Say what the sections chosen so far may spend, and how far a typed limit reaches. Spends nothing."""
    batch = get_batch(organization=request.organization, batch_id=batch_id)
    limit = _read_limit(request.GET)
    sections = _read_sections(request.GET.getlist("sections"))
    context = _describe(batch, sections, limit) | {"is_swap": True}
    return render_page(
        request,
        "enrichment/_quote_swap.html",
        "enrichment/_quote_swap.html",
        context,
        is_personal=True,
    )


def _read_limit(sent: QueryDict) -> Limit:
    """Return the limit as it stands in the field: untouched where it is the number of the quote beside it."""
    text = sent.get("lookup_limit")
    typed, quoted = (
        parse_whole(value.replace(",", "").strip(), most_digits=LONGEST_LIMIT)
        for value in (text or "", sent.get("quoted_lookups", ""))
    )
    if text is None or (typed is not None and typed == quoted):
        return Limit("", is_followed=True)
    form = StartForm({"lookup_limit": text, "source": "vendors"})
    form.is_valid()
    return Limit(
        UNSTORABLE.sub("\ufffd", text)[:LONGEST_SHOWN],
        form.cleaned_data.get("lookup_limit"),
        tuple(str(error) for error in form["lookup_limit"].errors),
    )


def _read_sections(chosen: list[str]) -> list[Section]:
    return [section for section in Section if section in chosen]


def _describe(batch: EnrichmentBatch, sections: list[Section], limit: Limit) -> dict[str, Any]:
    """Return what the quote shows, with the words of its buttons: each carries what it may spend."""
    quote = get_vendor_quote(
        batch=batch, sections=sections, limit=limit.lookups, trial_rows=TRIAL_ROWS
    )
    return {
        "batch": batch,
        "broken": waterfall.list_broken_steps(organization=batch.organization, sections=sections),
        "connections": quote.connections,
        "quoted": describe_quote(batch, quote, limit),
    }


def _render_check(request: HubRequest, batch: EnrichmentBatch, form: StartForm) -> HttpResponse:
    sent = request.POST if form.is_bound else None
    chosen = sent.getlist("sections") if sent is not None else list(Section.values)
    limit = Limit("", is_followed=True) if sent is None else _read_limit(sent)
    reasons = Reasons(batch)
    context = {
        **_describe(batch, _read_sections(chosen), limit),
        "form": form,
        "sections": list_section_choices(chosen),
        "formats": list_format_choices(sent.get("format", "csv") if sent is not None else "csv"),
        "name": sent.get("name", "") if sent is not None else "",
        "rejects": [
            (row.line, describe_cells(batch, row), reasons.find(row))
            for row in list_rejects(batch=batch, most=REJECTS_SHOWN)
        ],
        "checked": describe_checked(batch),
        "request_key": uuid4(),
    }
    return render_page(
        request,
        "enrichment/check.html",
        "enrichment/check.html",
        context,
        status=422 if form.is_bound else 200,
        is_personal=True,
    )
