"""Saved searches: run one, list them."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from contacthub.connectors.errors import VendorError
from contacthub.core.errors import Conflict
from contacthub.feeds import actions, queries
from contacthub.feeds.mirror import actions as mirror_actions
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.job_words import Tab
from contacthub.web.paging import read_page_number
from contacthub.web.saved_searches import list_search_rows
from contacthub.web.scalars import Parameters, parse_whole
from contacthub.web.views.feeds import render_feed

PAGE_SIZE = 50


@require_POST
@member(Right.SEARCH)
def search_create(request: HubRequest, feed_id: UUID) -> HttpResponse:
    """Freeze what the feed holds now, and go to the list of frozen searches."""
    grant = queries.get_grant(organization=request.organization, feed_id=feed_id)
    days = parse_whole(request.POST.get("days", ""), most_digits=5) or 0
    if not 1 <= days <= grant.lookback_days:
        return render_feed(request, feed_id, request.POST)
    run = mirror_actions.run_search if grant.feed.is_remote else actions.run_search
    try:
        search = run(
            organization=request.organization,
            actor=actor_of(request),
            grant=grant,
            lookback_days=days,
        )
    except (VendorError, Conflict) as error:
        messages.error(request, f"The search was not run. {error}", extra_tags="bad")
        return redirect(f"{reverse('feed-detail', args=[feed_id])}?days={days}")
    return redirect(f"{reverse('feed-detail', args=[feed_id])}?days={days}&new={search.pk}#past")


@require_safe
@member()
def search_list(request: HubRequest) -> HttpResponse:
    """List all saved searches of the organization."""
    searches = queries.list_searches(organization=request.organization)
    sent = Parameters(request.GET)
    show = sent.choice("show", ("all", "mine"), label="Searches to show", default="all")
    if show == "mine":
        searches = searches.filter(created_by=request.user)
    if sent.faults:
        searches = searches.none()
    page = Paginator(searches, PAGE_SIZE).get_page(read_page_number(request))
    shown = list(page.object_list)
    context = {
        "page": page,
        "searches": list_search_rows(request, shown),
        "feeds": [search.feed for search in shown],
        "tabs": [
            Tab("All", reverse("search-list"), is_current=show == "all"),
            Tab("Mine", f"{reverse('search-list')}?show=mine", is_current=show == "mine"),
        ],
        **sent.context,
    }
    return render(request, "searches/list.html", context, status=sent.status)
