"""Addresses of the dashboard. Each name is noun-verb, as its view and its template."""

from django.urls import include, path

from contacthub.web.views import (
    account,
    contacts,
    exports,
    feeds,
    find,
    health,
    home,
    jobs,
    searches,
)

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", home.home, name="home"),
    path("home/checklist", home.checklist_hide, name="checklist-hide"),
    path("more/", home.more, name="more"),
    path("find/", find.find, name="find"),
    path("organization", account.organization_switch, name="organization-switch"),
    path("theme", account.theme_set, name="theme-set"),
    path("invitations/<str:token>/", account.invitation_accept, name="invitation-accept"),
    *account.allauth_urls,
    path("feeds/", feeds.feed_list, name="feed-list"),
    path("feeds/<uuid:feed_id>/", feeds.feed_detail, name="feed-detail"),
    path("feeds/<uuid:feed_id>/searches", searches.search_create, name="search-create"),
    path("searches/", searches.search_list, name="search-list"),
    path("searches/<uuid:search_id>/export/", exports.export_checkout, name="export-checkout"),
    path("searches/<uuid:search_id>/export/quote", exports.export_quote, name="export-quote"),
    path("exports/", exports.export_list, name="export-list"),
    path("exports/<uuid:export_id>/", exports.export_detail, name="export-detail"),
    path("exports/<uuid:export_id>/status", exports.export_status, name="export-status"),
    path("exports/<uuid:export_id>/rows", exports.export_rows, name="export-rows"),
    path("exports/<uuid:export_id>/file", exports.export_download, name="export-download"),
    path("exports/<uuid:export_id>/cancel", exports.export_cancel, name="export-cancel"),
    path("exports/<uuid:export_id>/retry", exports.export_retry, name="export-retry"),
    path("jobs/tray", jobs.job_tray, name="job-tray"),
    path("settings/", include("contacthub.web.views.settings.urls")),
    path("contacts/", contacts.contact_lookup, name="contact-lookup"),
    path("contacts/check", contacts.contact_check, name="contact-check"),
    path("contacts/<str:contact_id>/", contacts.contact_detail, name="contact-detail"),
    path("contacts/<str:contact_id>/reveal", contacts.contact_reveal, name="contact-reveal"),
    path("enrichment/", include("contacthub.web.views.enrichment.urls")),
]
