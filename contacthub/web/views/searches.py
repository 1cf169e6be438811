"""Saved searches: run one, list them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from contacthub.core.errors import Conflict, Invalid
from contacthub.exports.queries import list_exports_of_searches, status_of
from contacthub.feeds import actions, queries
from contacthub.feeds.models import Search
from contacthub.feeds.remote import actions as remote_actions
from contacthub.organizations.models import Right
from contacthub.providers.errors import ProviderError
from contacthub.web.access import member
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.numbers import parse_whole
from contacthub.web.paging import read_page_number

PAGE_SIZE = 50


@require_POST
@member(Right.SEARCH)
def search_create(request: HubRequest, feed_id: UUID) -> HttpResponse:
    """Freeze what the feed holds now, and go to the list of frozen searches."""
    grant = queries.get_grant(organization=request.organization, feed_id=feed_id)
    days = parse_whole(request.POST.get("days", ""), most_digits=5)
    if days is None:
        raise Invalid("A lookback is a whole number of days.", field="days")
    run = remote_actions.run_search if grant.feed.is_remote else actions.run_search
    try:
        search = run(
            organization=request.organization,
            actor=actor_of(request),
            grant=grant,
            lookback_days=days,
        )
    except (ProviderError, Conflict) as error:
        messages.error(request, f"The search was not run. {error}", extra_tags="bad")
        return redirect(f"{reverse('feed-detail', args=[feed_id])}?days={days}")
    return redirect(f"{reverse('feed-detail', args=[feed_id])}?days={days}&new={search.pk}#past")


@require_safe
@member()
def search_list(request: HubRequest) -> HttpResponse:
    """List all saved searches of the organization."""
    searches = queries.list_searches(organization=request.organization)
    mine = request.GET.get("show") == "mine"
    if mine:
        searches = searches.filter(created_by=request.user)
    page = Paginator(searches, PAGE_SIZE).get_page(read_page_number(request))
    shown = list(page.object_list)
    context = {
        "page": page,
        "searches": list_search_rows(shown),
        "feeds": [search.feed for search in shown],
        "mine": mine,
    }
    return render(request, "searches/list.html", context)


def list_search_rows(searches: list[Search]) -> list[dict[str, Any]]:
    """Return each search with its newest export and the word for what an export of it would cost."""
    exports = list_exports_of_searches(searches=searches)
    rows = []
    for search in searches:
        export = exports.get(search.pk)
        rows.append(
            {"search": search, "export": export, "status": status_of(export) if export else None}
        )
    return rows
