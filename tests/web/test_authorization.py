"""Who may open what. Every route of the dashboard has a row here; a new one without a row fails the build."""

import datetime as dt
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from contacthub.contact_jobs import actions as contact_job_actions
from contacthub.contacts import actions as contact_actions
from contacthub.contacts.merging.actions import merge_contacts
from contacthub.contacts.models import Company, DuplicateProposal
from contacthub.contacts.saved_views import ViewState, create_view
from contacthub.core.public_ids import parse_contact_id
from contacthub.credentials import actions as key_actions
from contacthub.credentials.connections import actions as connection_actions
from contacthub.enrichment.actions.drafts import create_draft_from_text
from contacthub.enrichment.actions.uploads import receive_upload
from contacthub.feeds.models import FeedGrant
from contacthub.lists import actions as list_actions
from contacthub.lists import changes as list_changes
from contacthub.lists.sources import Source
from contacthub.organizations import actions as organization_actions
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Membership, Organization, User
from contacthub.organizations.rights import Right
from contacthub.sourcing.bulk import actions as pull_actions
from contacthub.sourcing.models import LiveSave
from contacthub.webhooks import actions as webhook_actions
from tests.conftest import make_user, sign_in
from tests.exports.builders import make_export, render, run_search
from tests.feeds.builders import fill_days
from tests.writes import count_writes

pytestmark = pytest.mark.django_db

OPEN = "open"  # anybody, signed in or not
MEMBER = None  # any member of the organization
CONTACT = "id_00000000000000ff"
OTHER_CONTACT, MERGED_CONTACT = "id_0000000000000fe1", "id_0000000000000fe2"
# What only acme has: none of it may reach charlie.
CANARIES = ("Canary", "canary")


@dataclass(frozen=True)
class Row:
    """What a route needs, and which ids of acme its address holds."""

    needs: Right | str | None
    ids: tuple[str, ...] = ()
    # The ids name something that is the same for every organization.
    is_shared: bool = False
    # Only for who made the thing and for admins.
    is_owners: bool = False


ROUTES = {
    "healthz": Row(OPEN),
    "readyz": Row(OPEN),
    "openapi-document": Row(OPEN, ("protocol",)),
    "invitation-accept": Row(OPEN, ("token",)),
    "account_login": Row(OPEN),
    "account_logout": Row(OPEN),
    "account_inactive": Row(OPEN),
    "account_reset_password": Row(OPEN),
    "account_reset_password_done": Row(OPEN),
    "account_reset_password_from_key": Row(OPEN, ("uidb36", "key")),
    "account_reset_password_from_key_done": Row(OPEN),
    "account_change_password": Row(MEMBER),
    "home": Row(MEMBER),
    "checklist-hide": Row(MEMBER),
    "more": Row(MEMBER),
    "find": Row(MEMBER),
    "find-menu": Row(MEMBER),
    "organization-switch": Row(MEMBER),
    "theme-set": Row(MEMBER),
    "job-tray": Row(MEMBER),
    "feed-list": Row(MEMBER),
    "feed-sync": Row(MEMBER),
    "feed-detail": Row(MEMBER, ("feed_id",)),
    "search-list": Row(MEMBER),
    "search-create": Row(Right.SEARCH, ("feed_id",)),
    "export-checkout": Row(Right.EXPORT, ("search_id",)),
    "export-quote": Row(Right.EXPORT, ("search_id",)),
    "contact-export": Row(Right.EXPORT),
    "contact-export-choices": Row(Right.EXPORT),
    "export-list": Row(MEMBER),
    "export-detail": Row(MEMBER, ("export_id",)),
    "export-status": Row(MEMBER, ("export_id",)),
    "export-rows": Row(MEMBER, ("export_id",)),
    "export-download": Row(Right.EXPORT, ("export_id",)),
    "export-cancel": Row(Right.EXPORT, ("export_id",)),
    "export-retry": Row(Right.EXPORT, ("export_id",)),
    "contact-job-list": Row(MEMBER),
    "contact-job-detail": Row(MEMBER, ("contact_job_id",)),
    "contact-job-status": Row(MEMBER, ("contact_job_id",)),
    "contact-job-download": Row(Right.EXPORT, ("contact_job_id",)),
    "contact-job-cancel": Row(Right.EXPORT, ("contact_job_id",)),
    "contact-list": Row(MEMBER),
    "contact-facet": Row(MEMBER, ("facet",), is_shared=True),
    "company-facet": Row(MEMBER, ("facet",), is_shared=True),
    "contact-total": Row(MEMBER),
    "company-total": Row(MEMBER),
    "contact-selection": Row(MEMBER),
    "contact-selection-count": Row(MEMBER),
    "contact-selection-excepted": Row(MEMBER),
    "contact-copy-ids": Row(MEMBER),
    "company-selection": Row(MEMBER),
    "company-selection-count": Row(MEMBER),
    "contact-list-arrange": Row(MEMBER),
    "saved-view-new": Row(Right.SEARCH, ("kind",), is_shared=True),
    "saved-view-save": Row(Right.SEARCH, ("view_id",)),
    "saved-view-edit": Row(Right.SEARCH, ("view_id",), is_owners=True),
    "saved-view-delete": Row(Right.SEARCH, ("view_id",), is_owners=True),
    "saved-view-default": Row(Right.MANAGE, ("view_id",)),
    "company-selection-excepted": Row(MEMBER),
    "contact-lookup": Row(MEMBER),
    "company-list": Row(MEMBER),
    "company-list-arrange": Row(MEMBER),
    "company-detail": Row(MEMBER, ("number",)),
    "contact-check": Row(MEMBER),
    "contact-detail": Row(MEMBER, ("contact_id",)),
    "contact-reveal": Row(Right.REVEAL, ("contact_id",)),
    "contact-settle": Row(Right.ENRICH, ("contact_id",)),
    "contact-unsettle": Row(Right.ENRICH, ("contact_id",)),
    "duplicate-list": Row(MEMBER),
    "duplicate-dismiss": Row(Right.ENRICH, ("proposal_id",)),
    "duplicate-restore": Row(Right.ENRICH, ("proposal_id",)),
    "contact-activity": Row(MEMBER, ("contact_id",)),
    "contact-merge-selected": Row(Right.ENRICH),
    "contact-merge": Row(Right.ENRICH, ("contact_id", "other_id")),
    "contact-unmerge": Row(Right.ENRICH, ("contact_id", "merge_id")),
    "contact-live": Row(Right.ENRICH, ("connection_id",)),
    "contact-live-facet": Row(Right.ENRICH, ("connection_id", "facet")),
    "contact-live-save": Row(Right.ENRICH, ("connection_id",)),
    "contact-live-all": Row(Right.ENRICH, ("connection_id",)),
    "company-live": Row(Right.ENRICH, ("connection_id",)),
    "company-live-facet": Row(Right.ENRICH, ("connection_id", "facet")),
    "company-live-save": Row(Right.ENRICH, ("connection_id",)),
    "company-live-all": Row(Right.ENRICH, ("connection_id",)),
    "list-list": Row(MEMBER),
    "list-new": Row(Right.SEARCH),
    "list-add": Row(Right.SEARCH),
    "list-remove": Row(Right.SEARCH),
    "list-compare": Row(MEMBER),
    "list-combine": Row(Right.SEARCH),
    "list-detail": Row(MEMBER, ("list_id",)),
    "list-removed": Row(MEMBER, ("list_id",)),
    "list-removed-count": Row(MEMBER, ("list_id",)),
    "list-history": Row(MEMBER, ("list_id",)),
    "list-status": Row(MEMBER, ("list_id",)),
    "list-undo": Row(Right.SEARCH, ("list_id",)),
    "list-cancel": Row(Right.SEARCH, ("list_id",)),
    "list-edit": Row(Right.SEARCH, ("list_id",), is_owners=True),
    "list-delete": Row(Right.SEARCH, ("list_id",), is_owners=True),
    "live-save-detail": Row(Right.ENRICH, ("save_id",)),
    "live-save-status": Row(Right.ENRICH, ("save_id",)),
    "live-save-cancel": Row(Right.ENRICH, ("save_id",)),
    "live-save-retry": Row(Right.ENRICH, ("save_id",)),
    "live-save-list": Row(Right.ENRICH, ("save_id",)),
    "pull-list": Row(Right.ENRICH),
    "pull-new": Row(Right.ENRICH),
    "pull-detail": Row(Right.ENRICH, ("pull_id",)),
    "pull-check": Row(Right.ENRICH, ("pull_id",)),
    "pull-delete": Row(Right.ENRICH, ("pull_id",)),
    "pull-status": Row(Right.ENRICH, ("pull_id",)),
    "pull-rejects": Row(Right.ENRICH, ("pull_id",)),
    "pull-cancel": Row(Right.ENRICH, ("pull_id",)),
    "pull-retry": Row(Right.ENRICH, ("pull_id",)),
    "pull-hook": Row(OPEN, ("token",)),
    "contact-vendors": Row(Right.ENRICH, ("contact_id",)),
    "enrichment-list": Row(MEMBER),
    "enrichment-new": Row(Right.ENRICH),
    "enrichment-upload": Row(Right.ENRICH, ("upload_id",)),
    "enrichment-upload-again": Row(Right.ENRICH, ("upload_id",)),
    "enrichment-upload-cancel": Row(Right.ENRICH, ("upload_id",)),
    "enrichment-detail": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-map": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-from-selection": Row(Right.ENRICH),
    "enrichment-match": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-choose": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-accept": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-match-cancel": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-check": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-quote": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-rejects": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-delete": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-status": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-rows": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-download": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-cancel": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-retry": Row(Right.ENRICH, ("batch_id",)),
    "enrichment-again": Row(Right.ENRICH, ("batch_id",)),
    "reference": Row(MEMBER),
    "component-showcase": Row(MEMBER),
    "reference-detail": Row(MEMBER, ("protocol",), is_shared=True),
    "settings": Row(MEMBER),
    "settings-profile": Row(MEMBER),
    "settings-members": Row(Right.MANAGE),
    "settings-member-invite": Row(Right.MANAGE),
    "settings-member-role": Row(Right.MANAGE, ("member_id",)),
    "settings-member-password-link": Row(Right.MANAGE, ("member_id",)),
    "settings-member-remove": Row(Right.MANAGE, ("member_id",)),
    "settings-invitation-withdraw": Row(Right.MANAGE, ("invitation_id",)),
    "settings-keys": Row(Right.MANAGE),
    "settings-key-create": Row(Right.MANAGE),
    "settings-key-revoke": Row(Right.MANAGE, ("public_id",)),
    "settings-feeds": Row(Right.MANAGE),
    "settings-feed-edit": Row(Right.MANAGE, ("feed_id",)),
    "settings-ledger-download": Row(Right.MANAGE),
    "settings-connections": Row(Right.MANAGE),
    "settings-connection-create": Row(Right.MANAGE),
    "settings-connection-detail": Row(Right.MANAGE, ("connection_id",)),
    "settings-connection-edit": Row(Right.MANAGE, ("connection_id",)),
    "settings-connection-test": Row(Right.MANAGE, ("connection_id",)),
    "settings-connection-rotate": Row(Right.MANAGE, ("connection_id",)),
    "settings-connection-pause": Row(Right.MANAGE, ("connection_id",)),
    "settings-connection-resume": Row(Right.MANAGE, ("connection_id",)),
    "settings-connection-remove": Row(Right.MANAGE, ("connection_id",)),
    "settings-waterfall": Row(Right.MANAGE),
    "settings-webhooks": Row(Right.MANAGE),
    "settings-webhook-test": Row(Right.MANAGE),
    "settings-webhook-reveal": Row(Right.MANAGE),
    "settings-webhook-rotate": Row(Right.MANAGE),
    "settings-webhook-detail": Row(Right.MANAGE, ("delivery_id",)),
    "settings-webhook-replay": Row(Right.MANAGE, ("delivery_id",)),
    "settings-audit": Row(Right.MANAGE),
    "settings-audit-download": Row(Right.MANAGE),
}
METHODS = ("get", "head", "post", "put", "patch", "delete")


def all_routes() -> dict[str, URLPattern]:
    found: dict[str, URLPattern] = {}

    def walk(patterns: list[Any]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns)
            else:
                found[pattern.name or str(pattern.pattern)] = pattern

    walk(get_resolver().url_patterns)
    return found


def test_every_route_has_a_row() -> None:
    assert set(all_routes()) == set(ROUTES)


@pytest.fixture
def ids(
    acme: Organization,
    olga: User,
    bob: User,
    grant: FeedGrant,
    tmp_path: Path,
    today: dt.date,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, Any]:
    """One thing of every kind that belongs to acme, each with a name that nobody else may read."""
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)
    actor = Actor.of(olga)
    grant.feed.name = "Canary feed"
    grant.feed.save()
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    search = run_search(grant, actor)
    export = render(make_export(search, actor, name="Canary export"))
    contacts = tmp_path / "contacts.jsonl"
    contacts.write_text(
        json.dumps(
            {
                "contact_id": CONTACT,
                "full_name": "Canary Contact",
                "emails": ["canary@acme.example"],
                "company": {"domain": "canary.example", "name": "Canary Ltd"},
            }
        )
        + "\n"
    )
    contact_actions.import_contacts(path=contacts, organization=acme)
    others = [
        {"contact_id": each, "full_name": f"Canary {name}", "pii": {"city": "Canary City"}}
        for each, name in ((OTHER_CONTACT, "Other"), (MERGED_CONTACT, "Merged"))
    ]
    contact_actions.save_contacts(organization=acme, rows=others)
    merge = merge_contacts(
        organization=acme,
        actor=actor,
        survivor_key=parse_contact_id(CONTACT),
        merged_key=parse_contact_id(MERGED_CONTACT),
    )
    kept = receive_upload(
        organization=acme,
        actor=Actor(name="Somebody"),
        stream=io.BytesIO(b"id\n1\n"),
        file_name="Canary.csv",
    )
    batch = create_draft_from_text(
        organization=acme, actor=actor, text=CONTACT, name="Canary batch"
    )
    invitation, _ = organization_actions.invite_member(
        organization=acme,
        actor=actor,
        membership=Membership.objects.get(user=olga),
        email="canary@new.example",
        role=Membership.Role.VIEWER,
    )
    key, _ = key_actions.issue_key(
        organization=acme, actor=actor, name="Canary key", scopes=["all"]
    )
    delivery = webhook_actions.queue_webhook(
        organization=acme,
        url="https://canary.example.com/",
        body={"canary": 1},
        subject="Canary",
        event="Canary",
    )
    connection = connection_actions.add_connection(
        organization=acme,
        actor=actor,
        vendor="contactbased",
        name="Canary connection",
        base_url="https://canary.invalid",
        credentials={"api_key": "canary-0123456789"},
    )
    source = connection_actions.add_connection(
        organization=acme,
        actor=actor,
        vendor="insideview",
        name="Canary bulk",
        base_url="https://canary.invalid",
        credentials={"client_id": "canary", "client_secret": "canary-0123456789"},
    )
    pull = pull_actions.draft_ids(
        organization=acme, actor=actor, connection_id=source.pk, text="1,2,3"
    )
    pull = pull_actions.start_pull(organization=acme, actor=actor, pull_id=pull.pk, quoted_cost=3)
    contact_job = contact_job_actions.create_details(
        organization=acme, actor=Actor(name="Canary program"), numbers=[1]
    )
    view = create_view(
        organization=acme,
        actor=actor,
        of_companies=False,
        name="Canary view",
        is_shared=True,
        state=ViewState(sort="name"),
    )
    save = LiveSave.objects.create(
        organization=acme,
        connection_key=connection.pk,
        connection_name="Canary vendor",
        vendor="letrics",
        of_companies=False,
        asked={},
        row_limit=1,
    )
    listed = list_actions.create_list(
        organization=acme, actor=actor, of_companies=False, name="Canary list", is_shared=True
    )
    list_changes.add_members(
        target=listed,
        actor=actor,
        items=[parse_contact_id(CONTACT), 1],
        source=Source(kind="hand", words="Canary words"),
    )
    pair = DuplicateProposal.objects.create(
        organization=acme,
        lower_key=1,
        higher_key=parse_contact_id(CONTACT),
        reasons=["email"],
        score=0.9,
    )
    return {
        "proposal_id": pair.pk,
        "list_id": listed.public_id,
        "kind": "contacts",
        "view_id": view.pk,
        "save_id": save.pk,
        "contact_job_id": contact_job.public_id,
        "connection_id": connection.pk,
        "pull_id": pull.pk,
        "delivery_id": delivery.pk,
        "feed_id": grant.feed.public_id,
        "search_id": search.pk,
        "export_id": export.pk,
        "contact_id": CONTACT,
        "other_id": OTHER_CONTACT,
        "merge_id": merge.pk,
        "number": Company.objects.get(organization=acme).number,
        "batch_id": batch.pk,
        "upload_id": kept.pk,
        "member_id": Membership.objects.get(user=bob).pk,
        "invitation_id": invitation.pk,
        "public_id": key.public_id,
        "token": "no-such-token",
        "protocol": "contactbased",
        "facet": "country",
        "uidb36": "1",
        "key": "set-password",
    }


# What every request may write.
QUIET = ("django_session", "contacthub_cache", "organizations_auditevent")


def address(name: str, ids: dict[str, Any]) -> str:
    return reverse(name, kwargs={each: ids[each] for each in ROUTES[name].ids})


def unknown(ids: dict[str, Any]) -> dict[str, Any]:
    """The same kinds of ids, of nothing at all."""
    nothing = {UUID: UUID(int=7), int: 999_999, str: "id_0000000000000abc"}
    return {name: nothing[type(value)] for name, value in ids.items()}


def body(response: Any) -> str:
    data = b"".join(response.streaming_content) if response.streaming else response.content
    return str(data.decode(errors="replace"))


def test_nobody_is_asked_to_sign_in_first(ids: dict[str, Any], client: Client) -> None:
    before = count_writes(*QUIET)
    for name, row in ROUTES.items():
        for method in METHODS:
            response = getattr(client, method)(address(name, ids))
            if row.needs == OPEN:
                assert response.status_code < 500, name
            else:
                assert response.status_code == 302, (name, method)
                assert response["Location"].startswith("/accounts/login/?next="), name
            assert not any(canary in body(response) for canary in CANARIES), name
    assert count_writes(*QUIET) == before


def test_another_organization_gets_404_for_every_id_on_every_route(
    ids: dict[str, Any], charlie: User
) -> None:
    """Charlie owns globex and may do everything there; acme's ids look like ids of nothing."""
    client = sign_in(charlie)
    client.get("/")
    quiet = ("organizations_membership", "organizations_user")
    before = count_writes(*QUIET, *quiet)
    for name, row in ROUTES.items():
        if not row.ids or row.needs == OPEN or row.is_shared:
            continue
        for method in METHODS:
            theirs = getattr(client, method)(address(name, ids))
            nothing = getattr(client, method)(address(name, unknown(ids)))
            assert theirs.status_code in (404, 405), (name, method, theirs.status_code)
            assert theirs.status_code == nothing.status_code, (name, method)
            assert not any(canary in body(theirs) for canary in CANARIES), (name, method)
    assert count_writes(*QUIET, *quiet) == before


def test_lists_of_another_organization_hold_nothing_of_ours(
    ids: dict[str, Any], charlie: User
) -> None:
    client = sign_in(charlie)
    for name, row in ROUTES.items():
        if row.ids or row.needs == OPEN:
            continue
        page = body(
            client.get(
                reverse(name),
                {"q": "anary", "known": str(ids["export_id"]), "export": str(ids["export_id"])},
            )
        )
        assert not any(canary in page.replace("“anary”", "") for canary in CANARIES), name


@pytest.mark.parametrize("role", Membership.Role.values)
def test_each_role_opens_what_its_rights_say(
    ids: dict[str, Any], acme: Organization, role: str
) -> None:
    user = make_user(acme, f"The {role}".replace(" ", ""), role)
    client = sign_in(user)
    rights = Membership.RIGHTS[role]
    client.get("/")
    for name, row in ROUTES.items():
        if row.needs == OPEN or not isinstance(row.needs, Right):
            continue
        before = count_writes(*QUIET, "organizations_membership")
        if row.needs in rights:
            if row.is_owners and Right.MANAGE not in rights:
                assert client.get(address(name, ids)).status_code == 403, name
                continue
            assert client.get(address(name, ids)).status_code != 403, name
            continue
        for method in METHODS:
            response = getattr(client, method)(address(name, ids))
            assert response.status_code in (403, 405), (name, method, response.status_code)
        assert client.get(address(name, ids)).status_code in (403, 405), name
        assert count_writes(*QUIET, "organizations_membership") == before, name


def test_member_routes_are_open_to_viewers(ids: dict[str, Any], vera: User, settings: Any) -> None:
    # The page of components is for the demo and for developers.
    settings.SANDBOX = True
    client = sign_in(vera)
    for name, row in ROUTES.items():
        if row.needs is MEMBER:
            assert client.get(address(name, ids)).status_code in (200, 302, 405, 422), name
