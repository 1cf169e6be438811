"""Who may open which of the settings' pages: every route, every person."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.credentials.actions import issue_key
from contacthub.credentials.connections.actions import add_connection
from contacthub.feeds.models import FeedGrant
from contacthub.organizations import actions
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Membership, Organization, User
from contacthub.web.views.settings.urls import urlpatterns
from contacthub.webhooks.actions import queue_webhook
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


@dataclass
class Ids:
    """Things of acme that a route can name."""

    member_id: int
    invitation_id: int
    public_id: str
    feed_id: UUID
    delivery_id: UUID
    connection_id: UUID


@dataclass(frozen=True)
class Route:
    """One route: what it needs in its address, how it is asked, what an admin gets."""

    ids: tuple[str, ...] = ()
    post: dict[str, Any] | None = None
    status: int = 200
    is_for_everybody: bool = False
    methods: tuple[str, ...] = field(default=("GET",))


ROUTES = {
    "settings": Route(status=302, is_for_everybody=True),
    "settings-profile": Route(is_for_everybody=True, methods=("GET", "POST")),
    "settings-members": Route(),
    "settings-member-invite": Route(methods=("GET", "POST")),
    "settings-member-role": Route(
        ids=("member_id",), post={"role": "viewer"}, status=302, methods=("POST",)
    ),
    "settings-member-password-link": Route(ids=("member_id",), post={}, methods=("POST",)),
    "settings-member-remove": Route(ids=("member_id",), methods=("GET", "POST")),
    "settings-invitation-withdraw": Route(
        ids=("invitation_id",), post={}, status=302, methods=("POST",)
    ),
    "settings-keys": Route(),
    "settings-key-create": Route(methods=("GET", "POST")),
    "settings-key-revoke": Route(ids=("public_id",), methods=("GET", "POST")),
    "settings-feeds": Route(),
    "settings-feed-edit": Route(ids=("feed_id",), methods=("GET", "POST")),
    "settings-ledger-download": Route(),
    "settings-connections": Route(),
    "settings-connection-create": Route(methods=("GET", "POST")),
    "settings-connection-detail": Route(ids=("connection_id",)),
    "settings-connection-test": Route(
        ids=("connection_id",), post={}, status=302, methods=("POST",)
    ),
    "settings-connection-rotate": Route(ids=("connection_id",), methods=("GET", "POST")),
    "settings-connection-edit": Route(ids=("connection_id",), methods=("GET", "POST")),
    "settings-connection-pause": Route(
        ids=("connection_id",), post={}, status=302, methods=("POST",)
    ),
    "settings-connection-resume": Route(
        ids=("connection_id",), post={}, status=302, methods=("POST",)
    ),
    "settings-connection-remove": Route(ids=("connection_id",), methods=("GET", "POST")),
    "settings-waterfall": Route(methods=("GET", "POST")),
    "settings-webhooks": Route(),
    "settings-webhook-test": Route(methods=("GET", "POST")),
    "settings-webhook-reveal": Route(post={}, methods=("POST",)),
    "settings-webhook-rotate": Route(methods=("GET", "POST")),
    "settings-webhook-detail": Route(ids=("delivery_id",)),
    "settings-webhook-replay": Route(ids=("delivery_id",), post={}, status=302, methods=("POST",)),
    "settings-audit": Route(),
    "settings-audit-download": Route(),
}
ADMIN_ROUTES = [name for name, route in ROUTES.items() if not route.is_for_everybody]
WITH_IDS = [name for name, route in ROUTES.items() if route.ids]
PAGES = [name for name, route in ROUTES.items() if "GET" in route.methods and route.status == 200]


@pytest.fixture
def ids(acme: Organization, alice: User, vera: User, grant: FeedGrant) -> Ids:
    membership = Membership.objects.get(user=alice)
    invitation, _ = actions.invite_member(
        organization=acme,
        actor=Actor.of(alice),
        membership=membership,
        email="new@example.com",
        role="member",
    )
    key, _ = issue_key(organization=acme, actor=Actor.of(alice), name="CRM", scopes=["all"])
    return Ids(
        member_id=Membership.objects.get(user=vera).pk,
        invitation_id=invitation.pk,
        public_id=key.public_id,
        feed_id=grant.feed.public_id,
        delivery_id=queue_webhook(
            organization=acme,
            url="https://hooks.example.com/",
            body={},
            subject="7",
            event="job.finished",
        ).pk,
        connection_id=add_connection(
            organization=acme,
            actor=Actor.of(alice),
            vendor="contactbased",
            name="ContactBased",
            base_url="https://vendor.invalid",
            credentials={"api_key": "sk-0123456789"},
        ).pk,
    )


def ask(client: Client, name: str, ids: Ids, method: str | None = None) -> Any:
    route = ROUTES[name]
    url = reverse(name, kwargs={key: getattr(ids, key) for key in route.ids})
    send: Callable[..., Any] = getattr(client, (method or route.methods[0]).lower())
    return send(url, route.post or {})


def refusals() -> int:
    return AuditEvent.objects.filter(is_refused=True).count()


def test_every_route_has_a_row_here():
    assert {pattern.name for pattern in urlpatterns} == set(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_admin_is_let_in(name: str, ids: Ids, alice: User):
    assert ask(sign_in(alice), name, ids).status_code == ROUTES[name].status
    assert not refusals()


@pytest.mark.parametrize("name", ADMIN_ROUTES)
@pytest.mark.parametrize("person", ["bob", "vera"])
def test_member_and_viewer_are_refused_and_that_is_recorded(
    name: str, person: str, ids: Ids, request: pytest.FixtureRequest
):
    client = sign_in(request.getfixturevalue(person))
    for count, method in enumerate(ROUTES[name].methods, start=1):
        response = ask(client, name, ids, method)
        assert response.status_code == 403
        assert "Alice (admin) can change that" in response.content.decode()
        assert refusals() == count
    event = AuditEvent.objects.filter(is_refused=True).latest("at")
    assert event.actor_name.lower() == person
    assert event.detail.startswith(ROUTES[name].methods[-1])


@pytest.mark.parametrize("name", ["settings", "settings-profile"])
@pytest.mark.parametrize("person", ["bob", "vera", "charlie"])
def test_everybody_has_a_profile(name: str, person: str, ids: Ids, request: pytest.FixtureRequest):
    response = ask(sign_in(request.getfixturevalue(person)), name, ids)
    assert response.status_code == ROUTES[name].status


@pytest.mark.parametrize("name", WITH_IDS)
def test_ids_of_another_organization_are_not_found(name: str, ids: Ids, charlie: User):
    """Charlie owns globex: the rights are there, the things are not."""
    before = AuditEvent.objects.count()
    for method in ROUTES[name].methods:
        theirs = ask(sign_in(charlie), name, ids, method)
        assert theirs.status_code == 404
    unknown = Ids(10**9, 10**9, "nosuchkey0", UUID(int=0), UUID(int=0), UUID(int=0))
    mine = ask(sign_in(charlie), name, unknown)
    assert mine.status_code == 404
    assert strip(mine.content) == strip(theirs.content), "unknown and foreign look the same"
    assert AuditEvent.objects.count() == before


def strip(body: bytes) -> str:
    """Drop what differs between any two pages: tokens and request ids."""
    return re.sub(
        r'(value="[A-Za-z0-9]{64}"|"X-CSRFToken": "\w+"|<code>\w+</code>)', "", body.decode()
    )


def test_nobody_is_sent_to_the_sign_in(ids: Ids, subtests: pytest.Subtests):
    for name, route in ROUTES.items():
        for method in route.methods:
            with subtests.test(route=name, method=method):
                response = ask(Client(), name, ids, method)
                assert response.status_code == 302
                sign_in_page = reverse("account_login") + "?next=/settings/"
                assert response["Location"].startswith(sign_in_page)


def test_writing_needs_a_post(ids: Ids, alice: User, subtests: pytest.Subtests):
    client = sign_in(alice)
    for name in [n for n, route in ROUTES.items() if route.methods == ("POST",)]:
        with subtests.test(route=name):
            url = reverse(name, kwargs={key: getattr(ids, key) for key in ROUTES[name].ids})
            assert client.get(url).status_code == 405


def test_writing_needs_the_token_of_a_form(ids: Ids, alice: User, subtests: pytest.Subtests):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    before = AuditEvent.objects.count()
    for name in [n for n, route in ROUTES.items() if "POST" in route.methods]:
        with subtests.test(route=name):
            assert ask(client, name, ids, "POST").status_code == 403
            assert AuditEvent.objects.count() == before


def test_settings_open_where_the_person_has_something_to_do(ids: Ids, alice: User, bob: User):
    assert sign_in(alice).get(reverse("settings"))["Location"] == reverse("settings-members")
    assert sign_in(bob).get(reverse("settings"))["Location"] == reverse("settings-profile")


def test_entries_for_admins_are_hidden_from_others(ids: Ids, alice: User, bob: User):
    def entries(user: User) -> list[str]:
        page = sign_in(user).get(reverse("settings-profile")).content.decode()
        nav = page.split('<nav class="ch-subnav"')[1].split("</nav>")[0]
        return re.findall(r"<a [^>]*>\s*([^<]+?)\s*</a>", nav)

    assert entries(bob) == ["Profile", "Password", "API reference"]
    assert entries(alice) == [
        *(
            "Profile",
            "Password",
            "Members",
            "API keys",
            "Connections",
            "Feeds and quotas",
            "Waterfall",
            "Webhooks",
        ),
        *("Audit log", "API reference"),
    ]


def test_page_holds_nothing_inline(ids: Ids, alice: User, subtests: pytest.Subtests):
    """The content security policy would not run it: no script, no handler, no style in the page itself."""
    client = sign_in(alice)
    for name in [n for n in PAGES if not n.endswith("-download")]:
        with subtests.test(page=name):
            page = ask(client, name, ids).content.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)", page)
            assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
            assert not re.search(r'href="(#|javascript:[^"]*)"', page)


def test_dialog_is_a_fragment_to_htmx_and_a_page_without(
    ids: Ids, alice: User, subtests: pytest.Subtests
):
    client = sign_in(alice)
    dialogs = [n for n in PAGES if ROUTES[n].ids or n.endswith(("-invite", "-create"))]
    dialogs.remove("settings-connection-detail")  # a page of its own
    for name in dialogs:
        with subtests.test(dialog=name):
            url = reverse(name, kwargs={key: getattr(ids, key) for key in ROUTES[name].ids})
            fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()
            assert fragment.lstrip().startswith("<dialog")
            page = client.get(url).content.decode()
            assert page.startswith("<!doctype html>")
            assert "<dialog" in page
            assert '<main class="ch-sheet"' in page
