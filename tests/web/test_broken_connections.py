"""A connection whose test failed is offered to nobody, members learn why, and an admin mends it in place."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from contacthub.contacts.actions import add_found
from contacthub.contacts.models import Contact
from contacthub.core import clock
from contacthub.core.errors import Conflict
from contacthub.core.public_ids import format_contact_id
from contacthub.credentials.connections import actions, sealing
from contacthub.credentials.connections.models import Connection, ConnectionHealth
from contacthub.enrichment.actions.drafts import create_draft_from_text
from contacthub.enrichment.models import Section, WaterfallStep
from contacthub.enrichment.queries.waterfall import get_plan
from contacthub.feeds.mirror.queries import open_feed
from contacthub.feeds.models import Feed, FeedGrant
from contacthub.organizations.audit import COMMAND_LINE, Actor
from contacthub.organizations.models import AuditEvent, Organization, User
from contacthub.sourcing.bulk import actions as pulls
from tests.conftest import sign_in
from tests.connectors.vendors import say
from tests.credentials.connecting import SECRET, add
from tests.receiver import Receiver, answer, listening

pytestmark = pytest.mark.django_db
MEND = "An admin must fix the connection"


@pytest.fixture(autouse=True)
def private_addresses(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def server() -> Iterator[Receiver]:
    with listening(say("contactbased", "feeds")) as server:
        yield server


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def url_of(server: Receiver) -> str:
    return f"http://127.0.0.1:{server.port}"


def try_it(connection: Connection) -> None:
    actions.test_connection(
        organization=connection.organization, actor=COMMAND_LINE, connection_id=connection.pk
    )


def break_it(connection: Connection, **health: Any) -> None:
    ConnectionHealth.objects.filter(connection=connection).update(
        **health or {"test_error": "No answer.", "tested_at": clock.now()}
    )


# --- What breaks and what mends -------------------------------------------------------------------


def test_failed_test_breaks_a_connection_until_one_works(acme: Organization) -> None:
    with listening(answer("500 X")) as server:
        connection = add(acme, base_url=url_of(server))
        assert not connection.is_broken
        try_it(connection)
        connection = Connection.objects.get()
        assert connection.is_broken
        assert connection.health.test_error
        server.scripts[:] = [say("contactbased", "feeds")]
        try_it(connection)
    assert not Connection.objects.get().is_broken


def test_refused_key_breaks_it_and_a_wait_does_not(acme: Organization) -> None:
    for status, is_broken in (("401 X", True), ("429 X\r\nRetry-After: 60", False)):
        with listening(answer(status)) as server:
            connection = add(acme, name=status[:3], base_url=url_of(server))
            try_it(connection)
        assert Connection.objects.get(pk=connection.pk).is_broken == is_broken


# --- What is not offered --------------------------------------------------------------------------


def test_live_search_of_a_broken_connection_is_not_offered(
    bob: User, alice: User, acme: Organization
) -> None:
    connection = add(acme, vendor="letrics", name="Letrics here")
    live = reverse("contact-live", args=[connection.pk])
    for path, address in (
        ("/contacts/", live),
        ("/companies/", live.replace("contacts", "companies")),
    ):
        assert address in sign_in(bob).get(path).content.decode()
    break_it(connection)
    for path in ("/contacts/", "/companies/"):
        member, admin = (sign_in(who).get(path) for who in (bob, alice))
        assert "/live/" not in member.content.decode()
        assert f"{MEND} Letrics here." in text_of(member)
        assert reverse("settings-connection-detail", args=[connection.pk]) in admin.content.decode()
    answered = sign_in(bob).get(live)
    assert answered.status_code == 409
    assert f"{MEND} Letrics here." in text_of(answered)


def test_pull_from_a_broken_connection_is_not_offered(bob: User, acme: Organization) -> None:
    connection = add(
        acme, vendor="insideview", name="Inside", credentials={"client_id": "a", "client_secret": "b" * 20}
    )  # fmt: skip
    draft = pulls.draft_ids(
        organization=acme, actor=COMMAND_LINE, connection_id=connection.pk, text="1 2"
    )
    break_it(connection)
    page = text_of(sign_in(bob).get(reverse("pull-new")))
    assert f"{MEND} Inside." in page
    assert "Check ids" not in page
    with pytest.raises(Conflict, match=MEND):
        pulls.start_pull(organization=acme, actor=COMMAND_LINE, pull_id=draft.pk, quoted_cost=2)


def test_waterfall_leaves_a_broken_connection_out(
    bob: User, alice: User, acme: Organization
) -> None:
    first, second = add(acme, name="First"), add(acme, name="Second")
    for position, connection in enumerate((first, second), start=1):
        WaterfallStep.objects.create(
            organization=acme, section=Section.EMAILS, position=position, connection=connection
        )
    add_found(
        organization=acme, rows=[{"full_name": "Ann", "linkedin_url": "https://linkedin.com/in/a"}]
    )
    contact = f"/contacts/{format_contact_id(Contact.objects.get().key)}/"
    batch = create_draft_from_text(
        organization=acme, actor=Actor(name="Bob"), text="id_0000000000000010"
    )
    quote = reverse("enrichment-check", args=[batch.pk])
    assert "up to 2 lookups" in text_of(sign_in(bob).get(contact))
    break_it(first)
    assert get_plan(organization=acme).connections == [second.pk]
    page, quoted = text_of(sign_in(bob).get(contact)), text_of(sign_in(bob).get(quote))
    for each in (page, quoted):
        assert f"{MEND} First." in each
    assert "up to 1 lookup" in page
    assert "Second up to 1" in quoted
    assert "First up to" not in quoted
    assert "First (ContactBased), broken" in text_of(sign_in(alice).get("/settings/waterfall/"))
    break_it(second)
    assert "Ask vendors" not in text_of(sign_in(bob).get(contact))


def test_remote_feed_of_a_broken_connection_takes_no_new_work(acme: Organization) -> None:
    connection = add(acme, name="Theirs")
    feed = Feed.objects.create(
        name="Remote", remote_id="1", vendor="contactbased", source="Theirs", owner=acme, connection=connection
    )  # fmt: skip
    FeedGrant.objects.create(feed=feed, organization=acme, lookback_days=7)
    assert feed.closed_because == ""
    break_it(connection)
    feed = Feed.objects.get()
    assert feed.closed_because == f"{MEND} Theirs."
    with pytest.raises(Conflict, match=MEND):
        open_feed(feed, is_interactive=True)
    # A job that has begun goes on.
    open_feed(feed).close()


def test_admins_see_it_as_broken(alice: User, acme: Organization) -> None:
    connection = add(acme)
    break_it(connection)
    listed = text_of(sign_in(alice).get(reverse("settings-connections")))
    assert "ContactBased failed its last test. No answer. Members are not offered it" in listed
    assert "Test failed" in listed


# --- Editing --------------------------------------------------------------------------------------


def edit(user: User, connection: Connection, **values: str) -> Any:
    form = {"name": connection.name, "base_url": connection.base_url, "api_key": "", **values}
    address = reverse("settings-connection-edit", args=[connection.pk])
    return sign_in(user).post(address, form, follow=True)


def test_editing_mends_a_connection_in_place(
    alice: User, acme: Organization, server: Receiver
) -> None:
    connection = add(acme, base_url=f"{url_of(server)}/wrong")
    break_it(connection)
    shown = sign_in(alice).get(reverse("settings-connection-edit", args=[connection.pk]))
    assert SECRET not in shown.content.decode()
    assert "Leave empty to keep the current one, which ends in WXYZ." in text_of(shown)
    response = edit(alice, connection, name="Renamed", base_url=url_of(server))
    assert "Renamed works" in text_of(response)
    mended = Connection.objects.get()
    assert (mended.pk, mended.name, mended.is_broken) == (connection.pk, "Renamed", False)
    # An empty field keeps the secret at the same host.
    assert sealing.unseal(mended) == {"api_key": SECRET}
    assert server.requests[-1].headers["x-api-key"] == SECRET
    event = AuditEvent.objects.get(action="Changed connection")
    assert event.changes["name"] == ["ContactBased", "Renamed"]
    assert event.changes["base_url"] == [connection.base_url, mended.base_url]
    edit(alice, mended, api_key="sk_other_0123456789_NEWS")
    event = AuditEvent.objects.filter(action="Changed connection").latest("at")
    assert event.detail == "entered api_key"
    assert "NEWS" not in f"{event.changes} {event.target} {event.detail}"
    assert sealing.unseal(Connection.objects.get()) == {"api_key": "sk_other_0123456789_NEWS"}


def test_kept_secret_never_goes_to_another_host(
    alice: User, acme: Organization, server: Receiver
) -> None:
    connection = add(acme, base_url="https://api.vendor.example")
    response = edit(alice, connection, name="Typed", base_url=url_of(server))
    assert response.status_code == 422
    text = text_of(response)
    assert "Enter the API key again: the stored one is not sent to another host." in text
    # What was typed stays, but for secrets.
    assert f'value="{url_of(server)}"' in response.content.decode()
    assert 'value="Typed"' in response.content.decode()
    kept = Connection.objects.get()
    assert (kept.base_url, kept.name) == ("https://api.vendor.example", "ContactBased")
    assert not server.requests
    wrong = edit(alice, connection, base_url="https://x.example/?q=1", api_key="sk_typed_secret")
    assert wrong.status_code == 422
    assert "sk_typed_secret" not in wrong.content.decode()


def test_name_that_is_taken_stands_beside_its_field(alice: User, acme: Organization) -> None:
    connection = add(acme, name="One")
    add(acme, name="Two")
    response = edit(alice, connection, name="Two")
    assert response.status_code == 422
    assert "A connection with this name already exists." in text_of(response)


def test_only_admins_edit_and_only_their_own(
    bob: User, alice: User, acme: Organization, globex: Organization
) -> None:
    connection, theirs = add(acme), add(globex)
    assert edit(bob, connection, name="Mine").status_code == 403
    assert edit(alice, theirs, name="Mine").status_code == 404
    assert not Connection.objects.filter(name="Mine").exists()
