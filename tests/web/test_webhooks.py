"""Webhooks in the settings: the list, one delivery, the secret, a test and a replay."""

import re
from typing import Any

import pytest
from django.test import Client
from standardwebhooks import WebhookVerificationError

from contacthub.organizations.models import AuditEvent, Organization, User
from contacthub.web.views.settings.webhooks import VERIFY
from contacthub.webhooks import actions, runner, signing
from contacthub.webhooks.actions import queue_webhook
from contacthub.webhooks.models import WebhookDelivery, WebhookSecret
from tests.conftest import sign_in
from tests.receiver import answer, listening

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/settings/webhooks/"
State = WebhookDelivery.State


@pytest.fixture(autouse=True)
def local_receivers(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def client(alice: User) -> Client:
    return sign_in(alice)


def text_of(response: Any) -> str:
    return str(response.content.decode())


def queue(organization: Organization, url: str, **options: Any) -> WebhookDelivery:
    return queue_webhook(
        organization=organization,
        url=url,
        body=options.get("body", {"jobId": "7"}),
        subject=options.get("subject", "job-7"),
        event=options.get("event", "job.finished"),
    )


def deliver(delivery: WebhookDelivery) -> WebhookDelivery:
    assert runner.deliver_due() == 1
    delivery.refresh_from_db()
    return delivery


def test_empty_page_says_where_webhooks_come_from(client: Client) -> None:
    page = text_of(client.get(LIST))
    assert "Nothing sent yet" in page
    assert "whsec_•" in page


def test_list_shows_host_state_and_figures_but_not_the_url(
    client: Client, acme: Organization
) -> None:
    with listening(answer("500 Oops")) as receiver:
        deliver(queue(acme, receiver.url + "?token=s3cret"))
    page = text_of(client.get(LIST))
    assert "job.finished" in page
    assert "job-7" in page
    assert "127.0.0.1" in page
    assert "Tries again" in page
    assert re.search(r"<td[^>]*>500</td>", page)
    assert re.search(r"\d+ ms</td>", page)
    assert "s3cret" not in page


def test_list_is_narrowed_to_a_state(client: Client, acme: Organization) -> None:
    queue(acme, "http://127.0.0.1:1/", event="one.waiting")
    queue(acme, "ftp://nowhere/", event="one.failed")
    for state, shown, hidden in (
        ("failed", "one.failed", "one.waiting"),
        ("waiting", "one.waiting", "one.failed"),
    ):
        page = text_of(client.get(LIST, {"state": state}))
        assert shown in page
        assert hidden not in page
    assert "No delivery is in this state" in text_of(client.get(LIST, {"state": "delivered"}))
    unknown = client.get(LIST, {"state": "nonsense"})
    assert unknown.status_code == 422
    assert "one.failed" not in text_of(unknown)


def test_page_looks_again_only_while_something_moves(client: Client, acme: Organization) -> None:
    delivery = queue(acme, "http://127.0.0.1:1/")
    assert "data-poll" in text_of(client.get(LIST))
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        next_attempt_at=delivery.next_attempt_at + actions.KEEP
    )
    assert "data-poll" not in text_of(client.get(LIST))


def test_detail_shows_what_was_sent_and_each_answer(client: Client, acme: Organization) -> None:
    hostile = b"<script>alert(1)</script> no thanks"
    with listening(answer("500 Oops", body=hostile)) as receiver:
        delivery = deliver(queue(acme, receiver.url))
    page = text_of(client.get(f"{LIST}{delivery.pk}/"))
    drawer = page.split("<dialog")[-1]
    assert "Tries again" in drawer
    assert receiver.url in drawer
    assert delivery.message_id in page
    assert "{&quot;jobId&quot;:&quot;7&quot;}" in page
    assert "webhook-signature: v1," in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; no thanks" in page
    assert "The receiver answered 500." in page


def test_refused_delivery_says_so(client: Client, acme: Organization) -> None:
    delivery = queue(acme, "ftp://nowhere/")
    page = text_of(client.get(f"{LIST}{delivery.pk}/"))
    assert "It was not sent." in page
    assert "begins with https:// or http://" in page


def test_replay_sends_the_same_message_once_more(client: Client, acme: Organization) -> None:
    with listening() as receiver:
        delivery = deliver(queue(acme, receiver.url))
        response = client.post(f"{LIST}{delivery.pk}/replay")
        assert response["Location"] == f"{LIST}{delivery.pk}/"
        deliver(delivery)
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert AuditEvent.objects.get(action="Replayed webhook").actor_name == "Alice"


def test_replay_of_what_is_being_sent_is_refused_in_words(
    client: Client, acme: Organization
) -> None:
    delivery = queue(acme, "http://127.0.0.1:1/")
    runner._take(1)
    page = text_of(client.post(f"{LIST}{delivery.pk}/replay", follow=True))
    assert "being sent right now" in page


def test_replay_to_what_is_no_longer_allowed_is_refused(
    client: Client, acme: Organization, settings: Any
) -> None:
    with listening() as receiver:
        delivery = deliver(queue(acme, receiver.url))
        settings.OUTBOUND_ALLOW_PRIVATE = False
        assert "private" in text_of(client.post(f"{LIST}{delivery.pk}/replay", follow=True))
        delivery.refresh_from_db()
        assert delivery.state == State.DELIVERED
        assert runner.deliver_due() == 0
    assert receiver.connections == 1


def test_test_goes_out_and_shows_its_own_page(client: Client, acme: Organization) -> None:
    with listening() as receiver:
        response = client.post(f"{LIST}test/", {"url": receiver.url})
        delivery = WebhookDelivery.objects.get()
        assert response["Location"] == f"{LIST}{delivery.pk}/"
        deliver(delivery)
    assert b'"type":"test"' in receiver.requests[0].body
    assert AuditEvent.objects.filter(action="Sent test webhook").count() == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/", "ftp://x/", "x", ""]
)
def test_test_to_a_private_address_is_refused_beside_the_field(
    url: str, client: Client, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = False
    response = client.post(f"{LIST}test/", {"url": url})
    assert response.status_code == 422
    assert 'class="ch-error"' in text_of(response)
    assert not WebhookDelivery.objects.exists()


def test_secret_is_masked_until_shown_and_that_is_recorded(
    client: Client, acme: Organization
) -> None:
    secret = signing.read_secrets(organization_id=acme.pk)[0]
    assert secret not in text_of(client.get(LIST))
    response = client.post(f"{LIST}secret")
    assert secret in text_of(response)
    assert response["Cache-Control"] == "no-store"
    assert AuditEvent.objects.filter(action="Revealed webhook secret").count() == 1
    assert secret not in text_of(client.get(LIST))
    assert not AuditEvent.objects.filter(detail__contains=secret).exists()


def test_rotation_gives_a_new_secret_and_says_until_when_the_old_one_signs(
    client: Client, acme: Organization
) -> None:
    former = signing.read_secrets(organization_id=acme.pk)[0]
    page = text_of(client.post(f"{LIST}rotate/", follow=True))
    assert "The secret was rotated" in page
    assert "also signs until" in page
    current, second = signing.read_secrets(organization_id=acme.pk)
    assert second == former != current


def test_unreadable_secret_is_no_server_error(
    client: Client, acme: Organization, settings: Any
) -> None:
    signing.read_secrets(organization_id=acme.pk)
    client.get(LIST)
    WebhookSecret.objects.update(sealed=b"nonsense")
    page = text_of(client.post(f"{LIST}secret", follow=True))
    assert "cannot be read" in page


def test_delivery_of_another_organization_is_not_found(acme: Organization, charlie: User) -> None:
    delivery = queue(acme, "http://127.0.0.1:1/", event="canary.event")
    theirs = sign_in(charlie)
    assert theirs.get(f"{LIST}{delivery.pk}/").status_code == 404
    assert theirs.post(f"{LIST}{delivery.pk}/replay").status_code == 404
    assert "canary" not in text_of(theirs.get(LIST))
    delivery.refresh_from_db()
    assert delivery.tries == 0


def test_lines_that_the_page_offers_verify_a_real_message(
    acme: Organization,
) -> None:
    with listening() as receiver:
        deliver(queue(acme, receiver.url))
    (request,) = receiver.requests
    secret = signing.read_secrets(organization_id=acme.pk)[0]
    scope: dict[str, Any] = {}
    exec(VERIFY, scope)
    assert scope["receive"](secret, request.body, request.headers) == {"jobId": "7"}
    with pytest.raises(WebhookVerificationError):
        scope["receive"](secret, request.body + b" ", request.headers)
