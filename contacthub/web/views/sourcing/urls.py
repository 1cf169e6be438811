"""Addresses of pulls."""

from django.urls import path

from contacthub.web.views.sourcing import check, new, runs

urlpatterns = [
    path("", runs.pull_list, name="pull-list"),
    path("new/", new.pull_new, name="pull-new"),
    path("<uuid:pull_id>/", runs.pull_detail, name="pull-detail"),
    path("<uuid:pull_id>/check/", check.pull_check, name="pull-check"),
    path("<uuid:pull_id>/delete", check.pull_delete, name="pull-delete"),
    path("<uuid:pull_id>/status", runs.pull_status, name="pull-status"),
    path("<uuid:pull_id>/rejects", runs.pull_rejects, name="pull-rejects"),
    path("<uuid:pull_id>/cancel", runs.pull_cancel, name="pull-cancel"),
    path("<uuid:pull_id>/retry", runs.pull_retry, name="pull-retry"),
]
