"""The checkout: which rows and columns of a search, in which file, and the charge, before anything is spent."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from contacthub.core.errors import ContactHubError, Invalid
from contacthub.exports import actions, queries
from contacthub.exports.columns import list_names
from contacthub.exports.kept_files import find_kept_file, want_search
from contacthub.exports.options import ExportOptions, Quote, is_purpose_missing
from contacthub.exports.orders import ExportOrder
from contacthub.feeds.mirror.actions import sync_due
from contacthub.feeds.models import FeedGrant, Search
from contacthub.feeds.queries import get_search
from contacthub.feeds.windows import Window
from contacthub.organizations.rights import Right
from contacthub.web.access import member, who_can_grant
from contacthub.web.forms import ExportForm
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.kept_files import offer_file
from contacthub.web.views.checkout_view import describe_checkout, describe_quote
from contacthub.web.views.feeds import feed_context

# While one of these is wrong there is no quote, and nothing can be exported.
TYPED_FIELDS = ("max_rows", "name", "purpose")
# What an address with choices leaves out.
UNKEPT_FIELDS = ("quoted_rows", "columns", "offered", "request_key", "csrfmiddlewaretoken")


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.EXPORT)
def export_checkout(request: HubRequest, search_id: UUID) -> HttpResponse:
    """Show the checkout of a search over its feed's page, or make the export that was quoted."""
    search = get_search(organization=request.organization, search_id=search_id)
    if request.method != "POST":
        if search.feed.is_remote and not search.feed.closed_because:
            # What is left is the vendor's to say, and a person is about to spend it.
            sync_due(organization=request.organization)
            search = get_search(organization=request.organization, search_id=search_id)
        return _render_checkout(request, search, ExportForm(_defaults(request)))
    form = ExportForm(request.POST)
    columns = request.POST.getlist("columns")
    if form.is_valid() and request.POST.getlist("offered") and not columns:
        # No column at all would otherwise mean every column.
        form.add_error(None, "Choose at least one column.")
    if not form.is_valid():
        return _render_checkout(request, search, form, status=422)
    data = form.cleaned_data
    try:
        export, _ = actions.create_export(
            organization=request.organization,
            actor=actor_of(request),
            order=ExportOrder(
                search_id=search.pk,
                options=form.options(),
                format=data["format"] or "csv",
                columns=columns or None,
                name=data["name"],
                purpose=data["purpose"],
                quoted_rows=data["quoted_rows"],
            ),
            request_key=str(data["request_key"]) if data["request_key"] else None,
        )
    except ContactHubError as error:
        field = error.field if isinstance(error, Invalid) and error.field in form.fields else None
        form.add_error(field, str(error))
        return _render_checkout(
            request,
            get_search(organization=request.organization, search_id=search_id),
            form,
            status=422,
        )
    return redirect("export-detail", export_id=export.pk)


@require_safe
@member(Right.EXPORT)
def export_quote(request: HubRequest, search_id: UUID) -> HttpResponse:
    """Say what the options chosen so far would charge. Spends nothing."""
    search = get_search(organization=request.organization, search_id=search_id)
    form = ExportForm(request.GET)
    context = _checkout_context(request, search, form) | {"is_swap": True}
    return render_page(request, "exports/_quote_swap.html", "exports/_quote_swap.html", context)


def _defaults(request: HubRequest) -> dict[str, Any]:
    """Return the form's first values; an address may carry others, so that a checkout can be sent to a colleague."""
    given = {name: request.GET[name] for name in ExportForm.base_fields if name in request.GET}
    return {"format": "csv", **given}


def _render_checkout(
    request: HubRequest, search: Search, form: ExportForm, status: int = 200
) -> HttpResponse:
    context = _checkout_context(request, search, form)
    context["request_key"] = uuid4()
    if not request.htmx:
        days = min(search.lookback_days, search.grant.lookback_days)
        # The checkout's words stand: the vendor decides about its own feeds.
        context = feed_context(request, search.feed.public_id, days) | context
    return render_page(
        request, "exports/checkout.html", "exports/_checkout.html", context, status=status
    )


def _checkout_context(request: HubRequest, search: Search, form: ExportForm) -> dict[str, Any]:
    form.is_valid()
    grant = search.grant
    options = _allowed_options(form.options(), grant)
    quote = queries.get_quote(search=search, grant=grant, options=options)
    columns = _column_choices(request, options, is_remote=search.feed.is_remote)
    is_brought = (
        search.feed.is_remote and queries.find_brought(search=search, options=options) is not None
    )
    chosen = [name for name, is_chosen in columns if is_chosen]
    kept = find_kept_file(
        organization=request.organization,
        wanted=want_search(search, needs_contact=options.require_contact_id, columns=chosen),
    )
    wrong = [str(form[name].label) for name in form.errors if name in TYPED_FIELDS]
    closed_because = "" if is_brought else search.feed.closed_because
    needs_purpose = is_purpose_missing(
        options=options, purpose=form.cleaned_data.get("purpose", "")
    )
    offer = offer_file(
        kept,
        window=Window(search.start_on, search.end_on),
        charged_rows=None if wrong else quote.charged_rows,
    )
    who = who_can_grant(request)
    if search.feed.is_remote:
        who = f"{search.feed.vendor_label} sets what your account may do."
    return {
        "search": search,
        "grant": grant,
        "feed": search.feed,
        "form": form,
        "checkout": describe_checkout(search, form, quote, closed_because=closed_because),
        "quote": describe_quote(
            search,
            options,
            quote,
            wrong_fields=wrong,
            needs_purpose=needs_purpose,
            is_closed=bool(closed_because),
            who=who,
            affordable_url=_address_of_affordable(request, search, quote),
        ),
        "columns": columns,
        "chosen_count": len(chosen),
        "column_count": len(
            list_names(get_pii=True, include_business_info=True, is_remote=search.feed.is_remote)
        ),
        "has_other_columns": {name for name, _ in columns} != set(request.GET.getlist("offered")),
        "who": who,
        "offer": offer,
        "is_paid_already": quote.is_paid_already and not offer,
    }


def _address_of_affordable(request: HubRequest, search: Search, quote: Quote) -> str:
    """Return the checkout with the same choices and as many rows as are left."""
    chosen = request.GET.copy()
    for name in UNKEPT_FIELDS:
        chosen.pop(name, None)
    chosen["max_rows"] = str(quote.remaining or 0)
    return f"{reverse('export-checkout', args=[search.pk])}?{chosen.urlencode()}"


def _allowed_options(options: ExportOptions, grant: FeedGrant) -> ExportOptions:
    return ExportOptions(
        get_pii=options.get_pii and grant.is_pii_enabled,
        include_business_info=options.include_business_info and grant.is_business_info_enabled,
        require_contact_id=options.require_contact_id,
        max_rows=options.max_rows,
    )


def _column_choices(
    request: HubRequest, options: ExportOptions, *, is_remote: bool
) -> list[tuple[str, bool]]:
    """Return the columns to choose from, in the person's order; one that an option has just added is chosen."""
    sent = request.POST if request.method == "POST" else request.GET
    available = list_names(
        get_pii=options.get_pii,
        include_business_info=options.include_business_info,
        is_remote=is_remote,
    )
    chosen = [name for name in sent.getlist("columns") if name in available]
    offered = [name for name in sent.getlist("offered") if name in available]
    order = offered + [name for name in available if name not in offered]
    return [(name, name in chosen or name not in offered) for name in order]
