"""Addresses of lists, below /lists/."""

from django.urls import path

from contacthub.web.views.lists import adding, comparing, history, making, members, overview

urlpatterns = [
    path("", overview.list_list, name="list-list"),
    path("new/", making.list_new, name="list-new"),
    path("add/", adding.list_add, name="list-add"),
    path("remove/", adding.list_remove, name="list-remove"),
    path("compare/", comparing.list_compare, name="list-compare"),
    path("combine/", comparing.list_combine, name="list-combine"),
    path("<uuid:list_id>/", members.list_detail, name="list-detail"),
    path("<uuid:list_id>/removed/", members.list_removed_members, name="list-removed"),
    path("<uuid:list_id>/removed/count", members.list_removed_count, name="list-removed-count"),
    path("<uuid:list_id>/history/", history.list_history, name="list-history"),
    path("<uuid:list_id>/status", history.list_status, name="list-status"),
    path("<uuid:list_id>/undo", history.list_undo, name="list-undo"),
    path("<uuid:list_id>/cancel", history.list_cancel, name="list-cancel"),
    path("<uuid:list_id>/edit/", making.list_edit, name="list-edit"),
    path("<uuid:list_id>/delete/", making.list_delete, name="list-delete"),
]
