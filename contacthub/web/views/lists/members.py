"""The members of a list: the page of Contacts, or of Companies, of which the list is a filter that stays."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from contacthub.contacts.list_members import count_removed, list_removed
from contacthub.lists.models import List
from contacthub.web.access import member
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest
from contacthub.web.private_query import searches_by_post
from contacthub.web.scalars import parse_signed
from contacthub.web.views.catalog import companies, contact_list
from contacthub.web.views.catalog.list_filter import field_of, fix_list
from contacthub.web.views.catalog.listing import ListPage
from contacthub.web.views.lists.adding_view import DoneChange, find_done
from contacthub.web.views.lists.list_view import describe_list, query_of
from contacthub.web.views.lists.reading import find_list
from contacthub.web.views.lists.removed_view import describe_removed

REMOVED_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def list_detail(request: HubRequest, list_id: UUID) -> HttpResponseBase:
    """List the members that are in the catalog, with the filters, orders and actions of Contacts or Companies."""
    return _show(request, find_list(request, list_id))


@searches_by_post
def _show(request: HubRequest, target: List) -> HttpResponseBase:
    undo = find_done(request, target)
    if not target.member_count:
        context = _describe(request, target, undo)
        return render_page(request, "lists/empty.html", "lists/empty.html", context)
    fix_list(request, target)
    page = ListPage(
        "lists/members.html", lambda: _describe(request, target, undo), field_of(target).name
    )
    show = companies.show_companies if target.of_companies else contact_list.show_contacts
    return show(request, page)


def _describe(request: HubRequest, target: List, undo: DoneChange | None) -> dict[str, Any]:
    catalog = "companies" if target.of_companies else "contacts"
    route = "company-list" if target.of_companies else "contact-list"
    return {
        "list": target,
        "head": describe_list(request, target, tab="members"),
        "members_template": f"{catalog}/_list.html",
        "catalog_url": f"{reverse(route)}?{query_of(target)}",
        "all_url": reverse(route),
        "done": undo,
        "catalog_name": catalog.capitalize(),
    }


@require_safe
@member()
def list_removed_members(request: HubRequest, list_id: UUID) -> HttpResponse:
    """Name the members that are no longer in the catalog."""
    target = find_list(request, list_id)
    after = parse_signed(request.GET.get("after", ""))
    found = list_removed(target=target, after=after, most=REMOVED_SHOWN + 1)
    shown = found[:REMOVED_SHOWN]
    here = reverse("list-removed", args=[target.public_id])
    context = {
        "list": target,
        "head": describe_list(request, target, tab="removed"),
        "rows": [describe_removed(target, each) for each in shown],
        "next": f"{here}?after={shown[-1].item}" if len(found) > REMOVED_SHOWN else "",
    }
    return render_page(request, "lists/removed.html", "lists/removed.html", context)


@require_safe
@member()
def list_removed_count(request: HubRequest, list_id: UUID) -> HttpResponse:
    """Count the members that are no longer in the catalog, for the tag in the head of the page."""
    target = find_list(request, list_id)
    head = describe_list(request, target, tab="", removed=count_removed(target=target))
    return render_page(
        request,
        "lists/_removed_tag.html",
        "lists/_removed_tag.html",
        {"list": target, "head": head},
    )
