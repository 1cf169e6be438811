"""Facets of the lists of contacts and companies, counted one fragment each, and totals beyond 10,000 on request."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from contacthub.contacts.facets import count_exactly
from contacthub.web.access import member
from contacthub.web.http import HubRequest
from contacthub.web.private_query import PrivateQuery
from contacthub.web.views.catalog import companies, contact_list
from contacthub.web.views.catalog.facet_drawer import facet_url, make_counted_facet, make_facet
from contacthub.web.views.catalog.facet_view import FacetView, describe_total
from contacthub.web.views.catalog.filter_fields import (
    COMPANY_GROUPS,
    CONTACT_GROUPS,
    Field,
    is_of_companies,
)
from contacthub.web.views.catalog.list_question import ListQuestion


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def contact_facet(request: HubRequest, facet: str) -> HttpResponseBase:
    """Count the values of a facet of contacts under the filters that are sent."""
    take_posted(request)
    return _render_facet(request, contact_list.read_question(request), CONTACT_GROUPS, facet)


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def company_facet(request: HubRequest, facet: str) -> HttpResponseBase:
    """Count the values of a facet of companies under the filters that are sent."""
    take_posted(request)
    return _render_facet(request, companies.read_question(request), COMPANY_GROUPS, facet)


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def contact_total(request: HubRequest) -> HttpResponseBase:
    """Count all contacts that match the filters that are sent."""
    take_posted(request)
    return _render_total(request, contact_list.read_question(request))


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def company_total(request: HubRequest) -> HttpResponseBase:
    """Count all companies that match the filters that are sent."""
    take_posted(request)
    return _render_total(request, companies.read_question(request))


def take_posted(request: HubRequest) -> None:
    """Read a form as an address would be read: what is in it may not stand in one, such as an e-mail address."""
    if request.method != "POST":
        return
    query = PrivateQuery("", mutable=True)
    query.organization = request.organization
    for name, values in request.POST.lists():
        if name != "csrfmiddlewaretoken":
            query.setlist(name, values)
    request.GET = query  # type: ignore[assignment]


def _render_facet(
    request: HubRequest,
    question: ListQuestion[Any],
    groups: Mapping[str, tuple[Field, ...]],
    name: str,
) -> HttpResponse:
    # Of those that this reader has: to people who may not see addresses, facets about them do not exist.
    facets = (each for each in question.asked if each.field.is_facet)
    asked = next((each for each in facets if each.field.name == name), None)
    if asked is None:
        raise Http404
    facet = (
        make_facet(request, asked, url=facet_url(asked, of_companies=is_of_companies(groups)))
        if question.faults
        else make_counted_facet(request, asked, question.filters)
    )
    status = 422 if question.faults or facet.fault else 200
    return answer_facet(request, facet, status)


def _render_total(request: HubRequest, question: ListQuestion[Any]) -> HttpResponse:
    if question.faults:
        return _answer(request, "components/total.html", {"faults": question.faults}, 422)
    total = count_exactly(organization=request.organization, filters=question.filters)
    return _answer(request, "components/total.html", {"total": describe_total(total)}, 200)


def answer_facet(request: HubRequest, facet: FacetView, status: int) -> HttpResponse:
    """Answer with the values of a facet, which take the place of those on the page."""
    context = {"facet": facet, "is_answer": True}
    return _answer(request, "components/facet_rows.html", context, status)


def _answer(
    request: HubRequest, template: str, context: dict[str, Any], status: int
) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response
