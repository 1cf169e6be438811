"""Live search: a connected vendor asked with the filters of Contacts or Companies, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_safe

from contacthub.connectors import records
from contacthub.connectors.errors import VendorError
from contacthub.connectors.registry import CONNECTORS
from contacthub.core.countries import as_country_name
from contacthub.core.errors import Broken, Invalid, NotFound
from contacthub.enrichment.masking import mask_email, mask_phone
from contacthub.enrichment.models import Outcome
from contacthub.organizations.rights import Right
from contacthub.sourcing.live import search
from contacthub.web.access import member
from contacthub.web.contact_words import UNKNOWN, describe_check, make_cell
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest
from contacthub.web.looks import note_look
from contacthub.web.scalars import Parameters, Refused, read_text
from contacthub.web.views.catalog.filters import (
    COMPANY_GROUPS,
    CONTACT_GROUPS,
    Field,
    FilterValue,
    list_faults,
    make_filters,
    read_fields,
)
from contacthub.web.views.catalog.listing import make_chips

LONGEST_POSITION = 2000


def describe_live(request: HubRequest, *, of_companies: bool = False) -> dict[str, Any]:
    """Return the connections that the same filters can be asked of, with the addresses that ask, and broken ones."""
    if not request.membership.has_right(Right.ENRICH):
        return {"live": [], "broken": []}
    kept = request.GET.copy()
    for name in ("after", "before", "from", "sort", "position", "without"):
        kept.pop(name, None)
    route = "company-live" if of_companies else "contact-live"
    query = f"?{kept.urlencode(safe=';,:')}" if kept else ""
    found = search.list_searchable(organization=request.organization, of_companies=of_companies)
    return {
        "live": [(each.name, reverse(route, args=[each.pk]) + query) for each in found],
        "broken": search.list_broken_searches(
            organization=request.organization, of_companies=of_companies
        ),
    }


@require_safe
@member(Right.ENRICH)
def contact_live(request: HubRequest, connection_id: UUID) -> HttpResponseBase:
    """Ask a vendor for contacts; filters that it cannot honour are named first, and then it is not asked."""
    return _search(request, connection_id, of_companies=False)


@require_safe
@member(Right.ENRICH)
def company_live(request: HubRequest, connection_id: UUID) -> HttpResponseBase:
    """Ask a vendor for companies, likewise."""
    return _search(request, connection_id, of_companies=True)


def read_position(request: HubRequest) -> str | None:
    """Return the vendor's own name for a page, None for the first one. Raises `Invalid` for what can be none."""
    try:
        return read_text(request.GET.get("position", ""), most=LONGEST_POSITION) or None
    except Refused as refused:
        raise Invalid(f"The position {refused}.", field="position") from refused


def find_faults(request: HubRequest, *, of_companies: bool) -> list[str]:
    """List what is wrong with the filters of the address. A vendor is not asked with the others alone."""
    sent = Parameters(request.GET)
    sent.text()
    return [*sent.faults.values(), *list_faults(_read_filters(request, of_companies=of_companies))]


def _read_filters(request: HubRequest, *, of_companies: bool) -> list[FilterValue]:
    groups = COMPANY_GROUPS if of_companies else CONTACT_GROUPS
    return read_fields(request.GET, groups, may_see=True)


def read_question(
    request: HubRequest, connection_id: UUID, *, of_companies: bool
) -> search.Question:
    """Return what the address asks of a connection. Raises `NotFound`, also for one that is paused, and `Broken`.

    Where `find_faults` finds any, this holds the other filters and must not be asked.
    """
    filters = make_filters(_read_filters(request, of_companies=of_companies))
    text = Parameters(request.GET).text()
    question = search.make_question(
        organization=request.organization,
        connection_id=connection_id,
        filters=replace(filters.company, text=text)
        if of_companies
        else replace(filters, text=text),
        left_out=request.GET.getlist("without"),
    )
    if question.connection.is_paused:
        raise NotFound("This connection is paused.")
    if question.connection.is_broken:
        raise Broken(question.connection.closed_because)
    return question


def describe_question(request: HubRequest, question: search.Question) -> dict[str, Any]:
    """Return what is asked, of whom and without what, as the pages about it show it."""
    of_companies = question.of_companies
    groups = COMPANY_GROUPS if of_companies else CONTACT_GROUPS
    back = reverse("company-list" if of_companies else "contact-list")
    labels = _labels(groups)
    left_out = [label_of(name, labels) for name in request.GET.getlist("without")]
    chips = make_chips(request, _read_filters(request, of_companies=of_companies), back)
    own = {each.name: each.label for fields in groups.values() for each in fields}
    sent = Parameters(request.GET)
    sent.text()
    return {
        "connection": question.connection,
        "vendor": CONNECTORS[question.connection.vendor].label,
        "of_companies": of_companies,
        "chips": [chip for chip in chips if own[chip.name] not in left_out],
        "q": sent.typed["q"].strip(),
        "unhonoured": [label_of(name, labels) for name in question.unhonoured],
        "left_out": left_out,
        "back": f"{back}?{_kept(request).urlencode(safe=';,:')}",
        "query": request.GET.urlencode(safe=";,:"),
    }


def _search(request: HubRequest, connection_id: UUID, *, of_companies: bool) -> HttpResponseBase:
    question = read_question(request, connection_id, of_companies=of_companies)
    faults = find_faults(request, of_companies=of_companies)
    page, fault, status = None, "", 422 if faults else 200
    if not (question.unhonoured or faults):
        try:
            page = search.read_page(question=question, position=read_position(request))
        except Invalid as error:
            faults, status = [str(error)], 422
        except VendorError as error:
            fault = str(error)
    context = {
        **describe_question(request, question),
        "ask_anyway": _address(request, without=[*request.GET.getlist("without"), *question.unhonoured]),
        "page": page,
        "rows": [_row(each) for each in page.items] if page else [],
        "next": _address(request, position=[page.next]) if page and page.next else "",
        "first": _address(request, position=[]) if read_position(request) else "",
        "fault": fault,
        "faults": faults,
    }  # fmt: skip
    if not question.of_companies:
        note_look(request, "Vendor search", people=len(context["rows"]))
    return render_page(
        request, "sourcing/live/list.html", "sourcing/live/list.html", context,
        status=status, is_personal=True,
    )  # fmt: skip


def _kept(request: HubRequest) -> QueryDict:
    kept = request.GET.copy()
    for name in ("position", "without"):
        kept.pop(name, None)
    return kept


def _address(request: HubRequest, **changes: list[str]) -> str:
    """Return the address of this page with some parts changed; what is asked anew begins on the first page."""
    kept = request.GET.copy()
    kept.pop("position", None)
    for name, values in changes.items():
        kept.setlist(name, values)
    return f"{request.path}?{kept.urlencode(safe=';,:')}"


def _labels(groups: Mapping[str, tuple[Field, ...]]) -> dict[str, str]:
    """Return the words of filters by the names that connectors use."""
    is_of_companies = groups is COMPANY_GROUPS
    found = {"text": "Words in the search field"}
    for fields in groups.values():
        for each in fields:
            prefix = "company." if each.is_company and not is_of_companies else ""
            found[f"{prefix}{each.target}"] = each.label
    return found


def label_of(name: str, labels: Mapping[str, str]) -> str:
    """Return the words of a filter; one that leaves out says so."""
    if name in labels:
        return labels[name]
    plain = name.replace("exclude_", "")
    return f"{labels[plain]} (is not)" if plain in labels else plain.replace("_", " ")


def _row(found: search.Found) -> dict[str, Any]:
    """Return a vendor's row as the page shows it, personal values masked."""
    if isinstance(found, records.Company):
        place = found.location
        country = as_country_name((place and place.country) or found.country_code or "")
        parts = (place.city, place.state, country) if place else (country,)
        return {
            "id": found.vendor_id or "",
            "name": found.name or found.domain or "Without a name",
            "domain": found.domain,
            "industry": ", ".join(found.industries),
            "place": ", ".join(part for part in parts if part),
        }
    names = (found.first_name, found.last_name)
    email = found.emails[0] if found.emails else None
    phone = found.phones[0] if found.phones else None
    return {
        "id": found.vendor_id or "",
        "name": found.full_name or " ".join(filter(None, names)) or "Without a name",
        "title": found.job_title or "",
        "company": (found.company and (found.company.name or found.company.domain)) or "",
        "email": make_cell(
            mask_email(email.email) if email else "",
            _outcome(found.emails),
            describe_check(email.status, email.checked_on) if email else None,
        ),
        "phone": make_cell(mask_phone(phone.phone) if phone else "", _outcome(found.phones)),
        "quality": UNKNOWN if found.quality_score is None else f"{found.quality_score}",
    }


def _outcome(values: Sequence[object] | None) -> Outcome:
    """Return what a row of a search says of addresses or numbers; one that tells none was not asked for them."""
    if values is None:
        return Outcome.NOT_ASKED
    return Outcome.FOUND if values else Outcome.EMPTY
