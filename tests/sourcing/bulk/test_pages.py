"""The pages of pulls: what they ask, state, refuse and hand out; and the address that a vendor calls."""

import csv
import io
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contacts.models import Contact
from contacthub.credentials.models import Connection, VendorCall
from contacthub.jobs.models import Job
from contacthub.lists.models import ListEntry, ListMember
from contacthub.organizations.models import Organization, User
from contacthub.sourcing.bulk.models import Pull
from contacthub.sourcing.bulk.vendor_job import hook_address
from tests.conftest import sign_in
from tests.sourcing.bulk.builders import again, run, start, step
from tests.sourcing.bulk.conftest import Vendor, email_of
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def key_of(page: str) -> str:
    found = re.search(r'name="request_key" value="([0-9a-f-]{36})"', page)
    assert found
    return found[1]


def test_from_ids_to_contacts_for_the_price_on_the_button(
    insideview: Connection, bob: User, vera: User, charlie: User
) -> None:
    client = sign_in(bob)
    assert reverse("pull-list") in client.get(reverse("contact-list")).content.decode()
    new = reverse("pull-new")
    assert "InsideView gives details" in client.get(new).content.decode()
    sent = client.post(new, {"connection": insideview.pk, "ids": "1 2 3 3 x " * 4 + "10"})
    page = client.get(sent["Location"]).content.decode()
    assert "Pull 4, up to 4 transactions" in page
    assert "<code>x</code>" in page
    assert "Try 10" not in page
    assert not VendorCall.objects.exists()
    form = {"request_key": key_of(page), "all": "4"}
    assert client.post(sent["Location"], form | {"all": "3"}).status_code == 409
    assert not Job.objects.exists()
    started = client.post(sent["Location"], form)
    assert client.post(sent["Location"], form)["Location"] == started["Location"]
    pull = run(Pull.objects.get())
    shown = client.get(started["Location"])
    assert shown["Cache-Control"] == "no-store"
    text = " ".join(re.sub(r"<[^>]+>", " ", shown.content.decode()).split())
    assert "New 3 contacts of your own" in text
    assert "Agreed to up to 4 Taken 4" in text
    assert email_of(1) not in text
    step_url = f"{reverse('list-add')}?pull={pull.pk}"
    assert step_url in shown.content.decode()
    sent = {"new": "yes", "shown": "3", "name": "Pulled", "visibility": "private"}
    assert sign_in(vera).get(step_url).status_code == 403
    assert sign_in(charlie).get(step_url).status_code == 404
    client.post(step_url, sent)
    on_it = ListMember.objects.filter(list__name="Pulled").values_list("item", flat=True)
    assert sorted(on_it) == sorted(Contact.objects.values_list("key", flat=True))
    assert len(on_it) == 3
    assert ListEntry.objects.get().words == f"{pull.connection_name}: {pull.name}"
    rejects = client.get(reverse("pull-rejects", args=[pull.pk]))
    body = b"".join(rejects.streaming_content)  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert [row[:3] for row in rows] == [["fragment", "row", "vendor_id"], ["1", "4", "10"]]
    assert (
        reverse("pull-detail", args=[pull.pk]) in client.get(reverse("pull-list")).content.decode()
    )


def test_file_of_ids_and_what_is_wrong_with_one(insideview: Connection, bob: User) -> None:
    client = sign_in(bob)

    def send(data: bytes) -> Any:
        file = io.BytesIO(data)
        file.name = "ids.csv"
        form = {"connection": insideview.pk, "door": "file", "file": file}
        return client.post(reverse("pull-new"), form)

    for data, says in (
        (b"\xff\xfe\x00", "not UTF-8 text"),
        (b"name\n", "is not an id"),
        (b"1" * 1_000_001, "up to 1 MB"),
        ("\n".join(map(str, range(1, 10_002))).encode(), "at most 10,000"),
    ):
        refused = send(data)
        assert refused.status_code == 422
        page = refused.content.decode()
        assert says in page
        assert 'id="file-error"' in page
    assert send(b"contactId\r\n7\r\n8\r\n").status_code == 302
    assert Pull.objects.get().ids == [7, 8]


def test_pasted_ids_come_as_a_browser_sends_them(insideview: Connection, bob: User) -> None:
    """Without a file a form is sent in another coding than with one."""
    sent = urlencode({"connection": insideview.pk, "ids": "70000001\u200b\n70000002"})
    kind = "application/x-www-form-urlencoded"
    answer = sign_in(bob).post(reverse("pull-new"), sent, content_type=kind)
    assert answer.status_code == 302
    assert Pull.objects.get().ids == [70000001, 70000002]


def test_days_and_what_is_wrong_with_them(backstory: Connection, bob: User) -> None:
    client = sign_in(bob)
    new = reverse("pull-new")
    days = {"connection": backstory.pk, "start_on": "2026-10-01", "end_on": "2026-10-31"}
    for wrong, says in (
        ({"start_on": ""}, "Choose the first day."),
        ({"end_on": "soon"}, "Enter a day such as 2026-11-20."),
        ({"end_on": "2026-09-30"}, "The last day is before the first day."),
        ({"start_on": "2025-09-01"}, "Choose at most 366 days."),
        ({"country": "a\x07b"}, "Enter up to 200 characters."),
        ({"country": "Narnia"}, "“Narnia” is not a country we know."),
    ):
        refused = client.post(new, days | wrong)
        assert (refused.status_code, says in refused.content.decode()) == (422, True), says
    sent = client.post(new, days | {"country": " nor ", "include_existing": "on"})
    page = client.get(sent["Location"]).content.decode()
    assert "Pull contacts, free" in page
    assert "contacts without account and opportunity" in page
    pull = Pull.objects.get()
    assert (pull.window["country"], pull.window["include_existing"]) == ("Norway", True)
    client.post(sent["Location"], {"request_key": key_of(page), "all": "0"})
    assert run(again(pull)).row_count == 0


def test_without_a_vendor_admins_are_shown_the_way(
    acme: Organization, alice: User, bob: User, insideview: Connection, charlie: User
) -> None:
    detail = reverse("settings-connection-detail", args=[insideview.pk])
    led = f"{reverse('pull-new')}?connection={insideview.pk}"
    assert led in sign_in(alice).get(detail).content.decode()
    Connection.objects.all().delete()
    for user, is_led in ((alice, True), (bob, False)):
        page = sign_in(user).get(reverse("pull-new")).content.decode()
        assert "No vendor is connected" in page
        assert (reverse("settings-connections") in page.partition("<main")[2]) == is_led


def test_connection_of_another_organization_is_unknown(
    insideview: Connection, charlie: User
) -> None:
    client, new = sign_in(charlie), reverse("pull-new")
    assert client.get(new, {"connection": insideview.pk}).status_code == 404
    assert client.post(new, {"connection": insideview.pk, "ids": "1"}).status_code == 404
    assert not Pull.objects.exists()


def test_cancel_and_going_on_from_the_page(
    insideview: Connection, vendor: Vendor, bob: User
) -> None:
    client = sign_in(bob)
    with vendor.paused():
        pull = step(start(insideview, [1, 2]))
        page = client.get(reverse("pull-detail", args=[pull.pk])).content.decode()
        assert "Until it starts, cancelling costs nothing." in page
        client.post(reverse("pull-cancel", args=[pull.pk]))
        page = client.get(reverse("pull-detail", args=[pull.pk])).content.decode()
        assert "before it began: nothing was spent" in page
        assert "Request again, up to 2 transactions" in page
    retry = reverse("pull-retry", args=[pull.pk])
    client.post(retry, {"quoted_cost": "0"})
    assert again(pull).job.is_final  # type: ignore[union-attr]
    client.post(retry, {"quoted_cost": "2"})
    assert run(pull).added == 2


# --- The vendor's call ------------------------------------------------------------------------------


def test_vendors_call_wakes_the_pull_and_nothing_else(
    insideview: Connection, vendor: Vendor, quiet_doorbell: list[object], live_server: Any,
    settings: Any,
) -> None:  # fmt: skip
    settings.BASE_URL = live_server.url
    with vendor.paused():
        pull = step(start(insideview, [1, 2]))
        Job.objects.filter(pk=pull.job_id).update(wakes_at="2030-01-01T00:00:00Z")
        quiet_doorbell.clear()
    wait_for(lambda: again(pull).job.wakes_at is None)  # type: ignore[union-attr]
    wait_for(lambda: quiet_doorbell == [(pull.job_id, pull.job.task)])  # type: ignore[union-attr]
    assert again(pull).vendor_state == "queued", "polling is the truth"
    assert run(pull).added == 2


def test_address_for_the_vendor_is_secret_and_takes_only_calls(
    insideview: Connection, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "contacthub.sourcing.bulk.vendor_job.secrets.token_urlsafe", lambda size: "t" * size
    )
    with vendor.paused():
        pull = step(start(insideview, [1]))
    token = "t" * 32
    assert bytes(pull.hook_hash or b"") != token.encode()
    client = Client(enforce_csrf_checks=True)
    address = reverse("pull-hook", args=[token])
    assert client.get(address).status_code == 405
    assert (
        client.post(reverse("pull-hook", args=["u" * 32]), b"{}", "text/plain").status_code == 404
    )
    called = client.post(address, b'{"status": "failed"}', "application/json")
    assert (called.status_code, called.content, called.cookies) == (204, b"", {})
    assert again(pull).job.wakes_at is None  # type: ignore[union-attr]
    # Again, and when there is nothing to wake any more.
    run(pull)
    assert client.post(address).status_code == 204
    assert Contact.objects.count() == 1


def test_address_is_offered_only_where_the_vendor_can_reach_it(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE, settings.BASE_URL = False, "http://hub.example"
    assert hook_address("x") == ""
    settings.BASE_URL = "https://hub.example"
    assert hook_address("x") == "https://hub.example/hooks/pulls/x"
