"""Intent feeds: which there are, and what one holds day by day."""

import datetime as dt
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods, require_safe

from contacthub.connectors.errors import VendorError
from contacthub.contacts.models import KEPT_DAYS
from contacthub.core import clock
from contacthub.core.errors import Conflict
from contacthub.core.matching import matches
from contacthub.exports.kept_files import find_kept_file, want_window
from contacthub.feeds import queries
from contacthub.feeds.mirror import actions as mirror_actions
from contacthub.feeds.mirror import queries as mirror_queries
from contacthub.feeds.mirror.queries import RemotePreview
from contacthub.feeds.models import FeedGrant
from contacthub.feeds.queries import Preview
from contacthub.organizations.rights import Right
from contacthub.web.access import member, who_can_grant
from contacthub.web.calls import Call
from contacthub.web.htmx import is_fragment, render_page
from contacthub.web.http import HubRequest
from contacthub.web.kept_files import Offer, offer_file
from contacthub.web.private_query import searches_by_post
from contacthub.web.saved_searches import list_search_rows
from contacthub.web.scalars import UNSTORABLE, Parameters, Refused, parse_whole, read_whole
from contacthub.web.views.feed_view import (
    SORTS,
    count_in_words,
    describe_feed,
    describe_preview,
    describe_remote_feed,
    describe_remote_preview,
    describe_row,
    list_lookbacks,
    list_tags,
)

TREND_DAYS = 24
# Digits of a look-back that are shown again when it cannot be used.
LONGEST_DAYS = 12
LOOKBACKS = (7, 14, 30, 60, 90)
DEFAULT_LOOKBACK = 30
SEARCHES_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@member()
@searches_by_post
def feed_list(request: HubRequest) -> HttpResponse:
    """List the feeds of the organization, by name or by rows left."""
    return _render_list(request)


@require_safe
@member()
def feed_sync(request: HubRequest) -> HttpResponse:
    """Fetch the feeds of connected vendors, at most once a minute, and list all again; the list requests it."""
    mirror_actions.sync_due(organization=request.organization)
    return _render_list(request)


def _render_list(request: HubRequest) -> HttpResponse:
    today = clock.today()
    grants = list(queries.list_grants(organization=request.organization))
    sent = Parameters(request.GET)
    text = sent.text()
    shown = [
        g for g in grants if not sent.faults and matches(text, g.feed.name, g.feed.description)
    ]
    sort = request.GET.get("sort", "name")
    if sort == "left":
        shown.sort(
            key=lambda g: -1 if g.export_rows_remaining is None else g.export_rows_remaining,
            reverse=True,
        )
        shown.sort(key=lambda g: g.export_rows_remaining is not None)
    since = today - dt.timedelta(days=max(TREND_DAYS, 30) - 1)
    counts = queries.list_daily_counts(feed_ids=[g.feed_id for g in grants], since=since)
    last = queries.find_last_searches(organization=request.organization, user=request.user)
    context = {
        "rows": [
            describe_row(
                grant,
                trend=_trend(counts[grant.feed_id], today),
                recent=sum(counts[grant.feed_id].values()),
                last_search=last.get(grant.feed_id),
            )
            for grant in shown
        ],
        "connections": mirror_queries.list_sources(organization=request.organization),
        "is_due": mirror_actions.is_due(organization=request.organization),
        "notes": mirror_queries.list_notes(organization=request.organization),
        "count_words": count_in_words(len(grants), request.organization.name),
        **sent.context,
        "sort": sort,
        "sorts": SORTS,
        "trend_days": TREND_DAYS,
    }
    return render_page(request, "feeds/list.html", "feeds/_feeds.html", context, status=sent.status)


def _trend(counts: dict[dt.date, int], today: dt.date) -> list[int]:
    return [counts.get(today - dt.timedelta(days=TREND_DAYS - 1 - n), 0) for n in range(TREND_DAYS)]


@require_safe
@member()
def feed_detail(request: HubRequest, feed_id: UUID) -> HttpResponse:
    """Show a feed: preview for a lookback, and the searches that were frozen before."""
    return render_feed(request, feed_id, request.GET)


def render_feed(request: HubRequest, feed_id: UUID, sent: QueryDict) -> HttpResponse:
    """Show a feed for the look-back that was sent; one that cannot be used stays in its field with what is wrong."""
    grant = queries.get_grant(organization=request.organization, feed_id=feed_id)
    days, typed, fault = read_lookback(sent, grant)
    context = feed_context(request, feed_id, days) | {"typed": typed, "days_fault": fault}
    if fault:
        # No button stands for what is in the field.
        context["lookbacks"] = list_lookbacks(grant, _offer_lookbacks(grant), 0)
    part = _find_part(grant)
    response = render_page(
        request, "feeds/detail.html", part, context, status=422 if fault else 200
    )
    if fault:
        response["HX-Push-Url"] = "false"
    elif "shown" in sent and is_fragment(request):
        # An address that can be sent to a colleague holds the choices and no more.
        response["HX-Push-Url"] = f"{request.path}?days={days}"
    return response


def _find_part(grant: FeedGrant) -> str:
    return "feeds/_remote_preview.html" if grant.feed.is_remote else "feeds/_preview.html"


def read_lookback(sent: QueryDict, grant: FeedGrant) -> tuple[int, str, str]:
    """Return the days to show, what stands in the field, and what is wrong with it.

    Where something is wrong the numbers of `shown` stay, the look-back that the page had before.
    """
    usual = min(DEFAULT_LOOKBACK, grant.lookback_days)
    if "days" not in sent:
        return usual, str(usual), ""
    typed = UNSTORABLE.sub("\ufffd", sent.get("days", "")).strip()[:LONGEST_DAYS]
    try:
        days = read_whole(typed, least=1, most=grant.lookback_days)
    except Refused:
        shown = parse_whole(sent.get("shown", ""), most_digits=5) or 0
        return (
            shown if 1 <= shown <= grant.lookback_days else usual,
            typed,
            f"Look-back must be between 1 and {grant.lookback_days:,} days.",
        )
    return days, str(days), ""


def feed_context(request: HubRequest, feed_id: UUID, days: int) -> dict[str, object]:
    """Return what the feed's page shows; the export drawer opens over the same page."""
    grant = queries.get_grant(organization=request.organization, feed_id=feed_id)
    if grant.feed.is_remote:
        return _remote_context(request, grant, days)
    last = queries.find_last_search(
        organization=request.organization, user=request.user, feed=grant.feed
    )
    preview = queries.get_preview(grant=grant, lookback_days=days, today=clock.today())
    arrived = queries.count_arrived_since(search=last) if last else None
    return _common_context(request, grant, days) | {
        "about": describe_feed(grant.feed, queries.list_topics(feed=grant.feed)),
        "numbers": describe_preview(grant, preview, arrived=arrived, last_search=last),
        "offer": _offer_file(request, grant, preview),
        "observed": f"feed={feed_id}&intent_days={min(days, KEPT_DAYS)}&sort=-seen",
        "who_freezes": "Freezes",
        "frozen_note": "Frozen; rows that arrive later never change them",
        "call": Call(
            "contactbased",
            "/intent/feeds/preview",
            {"feed_id": str(feed_id), "lookback_days": days, "include_daily_counts": True},
        ),
    }


def _common_context(request: HubRequest, grant: FeedGrant, days: int) -> dict[str, object]:
    searches = queries.list_searches(organization=request.organization, feed=grant.feed)
    return {
        "grant": grant,
        "feed": grant.feed,
        "days": days,
        "typed": str(days),
        "tags": list_tags(grant),
        "preview_part": _find_part(grant),
        "lookbacks": list_lookbacks(grant, _offer_lookbacks(grant), days),
        "searches": list_search_rows(request, list(searches[:SEARCHES_SHOWN])),
        "search_count": searches.count(),
        "who": who_can_grant(request),
    }


def _remote_context(request: HubRequest, grant: FeedGrant, days: int) -> dict[str, object]:
    """Return the same for a feed from a vendor.

    The page calls the vendor by a request of its own, so that people do not wait in front of an empty page; without
    JavaScript by a link.
    """
    is_asked = bool(request.htmx or request.GET.get("ask"))
    preview, refusal = None, grant.feed.closed_because
    if is_asked and not refusal:
        mirror_actions.sync_due(organization=request.organization)
        grant = queries.get_grant(organization=request.organization, feed_id=grant.feed.public_id)
        try:
            preview = mirror_queries.get_preview(grant=grant, lookback_days=days)
        except (VendorError, Conflict) as error:
            refusal = str(error)
    return _common_context(request, grant, days) | {
        "about": describe_remote_feed(grant.feed),
        "numbers": describe_remote_preview(grant, preview) if preview else None,
        "offer": _offer_file(request, grant, preview) if preview else None,
        "who_freezes": f"{grant.feed.vendor_label} freezes",
        "frozen_note": f"Frozen by {grant.feed.vendor_label}; the counts are its own",
        "refusal": refusal,
        "is_waiting": not (is_asked or refusal),
    }


def _offer_file(
    request: HubRequest, grant: FeedGrant, preview: Preview | RemotePreview
) -> Offer | None:
    """Return the file that has the rows of the window already, for those who may download it."""
    if not request.membership.has_right(Right.EXPORT):
        return None
    wanted = want_window(
        grant.feed,
        preview.window,
        record_count=preview.record_count,
        with_contact_count=preview.with_contact_count,
    )
    kept = find_kept_file(organization=request.organization, wanted=wanted)
    return offer_file(kept, window=preview.window)


def _offer_lookbacks(grant: FeedGrant) -> list[int]:
    return sorted({*LOOKBACKS, min(grant.lookback_days, DEFAULT_LOOKBACK), grant.lookback_days})
