"""Addresses of enrichment."""

from django.urls import path

from contacthub.web.views.enrichment import (
    batches,
    check,
    columns,
    matches,
    new,
    selection,
    uploads,
)

urlpatterns = [
    path("", batches.enrichment_list, name="enrichment-list"),
    path("new/", new.enrichment_new, name="enrichment-new"),
    path(
        "from-selection/",
        selection.enrichment_from_selection,
        name="enrichment-from-selection",
    ),
    path("uploads/<uuid:upload_id>/", uploads.enrichment_upload, name="enrichment-upload"),
    path(
        "uploads/<uuid:upload_id>/again",
        uploads.enrichment_upload_again,
        name="enrichment-upload-again",
    ),
    path(
        "uploads/<uuid:upload_id>/cancel",
        uploads.enrichment_upload_cancel,
        name="enrichment-upload-cancel",
    ),
    path("<uuid:batch_id>/", batches.enrichment_detail, name="enrichment-detail"),
    path("<uuid:batch_id>/columns/", columns.enrichment_map, name="enrichment-map"),
    path("<uuid:batch_id>/match/", matches.enrichment_match, name="enrichment-match"),
    path("<uuid:batch_id>/match/choose", matches.enrichment_choose, name="enrichment-choose"),
    path("<uuid:batch_id>/match/clear", matches.enrichment_accept, name="enrichment-accept"),
    path(
        "<uuid:batch_id>/match/cancel",
        matches.enrichment_match_cancel,
        name="enrichment-match-cancel",
    ),
    path("<uuid:batch_id>/check/", check.enrichment_check, name="enrichment-check"),
    path("<uuid:batch_id>/quote", check.enrichment_quote, name="enrichment-quote"),
    path("<uuid:batch_id>/rejects", new.enrichment_rejects, name="enrichment-rejects"),
    path("<uuid:batch_id>/delete", new.enrichment_delete, name="enrichment-delete"),
    path("<uuid:batch_id>/status", batches.enrichment_status, name="enrichment-status"),
    path("<uuid:batch_id>/rows", batches.enrichment_rows, name="enrichment-rows"),
    path("<uuid:batch_id>/file", batches.enrichment_download, name="enrichment-download"),
    path("<uuid:batch_id>/cancel", batches.enrichment_cancel, name="enrichment-cancel"),
    path("<uuid:batch_id>/retry", batches.enrichment_retry, name="enrichment-retry"),
    path("<uuid:batch_id>/again", batches.enrichment_again, name="enrichment-again"),
]
