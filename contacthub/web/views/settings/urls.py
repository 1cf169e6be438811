"""Addresses below settings/."""

from django.urls import path

from contacthub.web.views.settings import (
    audit,
    connections,
    feeds,
    keys,
    members,
    profile,
    waterfall,
    webhooks,
)

urlpatterns = [
    path("", profile.settings_home, name="settings"),
    path("profile/", profile.profile_edit, name="settings-profile"),
    path("members/", members.member_list, name="settings-members"),
    path("members/invite/", members.member_invite, name="settings-member-invite"),
    path("members/<int:member_id>/role", members.member_role, name="settings-member-role"),
    path("members/<int:member_id>/remove/", members.member_remove, name="settings-member-remove"),
    path(
        "invitations/<int:invitation_id>/withdraw",
        members.invitation_withdraw,
        name="settings-invitation-withdraw",
    ),
    path("keys/", keys.key_list, name="settings-keys"),
    path("keys/new/", keys.key_create, name="settings-key-create"),
    path("keys/<str:public_id>/revoke/", keys.key_revoke, name="settings-key-revoke"),
    path(
        "members/<int:member_id>/password-link",
        members.member_password_link,
        name="settings-member-password-link",
    ),
    path("connections/", connections.connection_list, name="settings-connections"),
    path("connections/new/", connections.connection_create, name="settings-connection-create"),
    path(
        "connections/<uuid:connection_id>/",
        connections.connection_detail,
        name="settings-connection-detail",
    ),
    path(
        "connections/<uuid:connection_id>/test",
        connections.connection_test,
        name="settings-connection-test",
    ),
    path(
        "connections/<uuid:connection_id>/rotate/",
        connections.connection_rotate,
        name="settings-connection-rotate",
    ),
    path(
        "connections/<uuid:connection_id>/edit/",
        connections.connection_edit,
        name="settings-connection-edit",
    ),
    path(
        "connections/<uuid:connection_id>/pause",
        connections.connection_pause,
        name="settings-connection-pause",
    ),
    path(
        "connections/<uuid:connection_id>/resume",
        connections.connection_resume,
        name="settings-connection-resume",
    ),
    path(
        "connections/<uuid:connection_id>/remove/",
        connections.connection_remove,
        name="settings-connection-remove",
    ),
    path("feeds/", feeds.grant_list, name="settings-feeds"),
    path("feeds/ledger.csv", feeds.ledger_download, name="settings-ledger-download"),
    path("feeds/<uuid:feed_id>/", feeds.grant_edit, name="settings-feed-edit"),
    path("waterfall/", waterfall.waterfall_edit, name="settings-waterfall"),
    path("webhooks/", webhooks.webhook_list, name="settings-webhooks"),
    path("webhooks/test/", webhooks.webhook_test, name="settings-webhook-test"),
    path("webhooks/secret", webhooks.webhook_reveal, name="settings-webhook-reveal"),
    path("webhooks/rotate/", webhooks.webhook_rotate, name="settings-webhook-rotate"),
    path("webhooks/<uuid:delivery_id>/", webhooks.webhook_detail, name="settings-webhook-detail"),
    path(
        "webhooks/<uuid:delivery_id>/replay",
        webhooks.webhook_replay,
        name="settings-webhook-replay",
    ),
    path("audit/", audit.event_list, name="settings-audit"),
    path("audit/audit.csv", audit.event_download, name="settings-audit-download"),
]
