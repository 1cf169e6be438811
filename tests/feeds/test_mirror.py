"""The mirror of vendors' feeds: what goes wrong with one connection stays there."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from contacthub.connectors.registry import CONNECTORS
from contacthub.credentials.connections.models import Connection
from contacthub.feeds.mirror import actions
from contacthub.feeds.models import Feed, FeedSync
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.connectors.vendors import read
from tests.credentials.connecting import add
from tests.fake_vendor import FakeVendor, Rule, vending

pytestmark = pytest.mark.django_db
FEEDS = Rule("/organization/feeds", body=read("contactbased", "feeds").decode())


@pytest.fixture(autouse=True)
def local(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True


@pytest.fixture
def strange() -> Iterator[FakeVendor]:
    with vending(case="retry_after_overflow") as server:
        yield server


@pytest.fixture
def good() -> Iterator[FakeVendor]:
    with vending(FEEDS) as server:
        yield server


def note_of(connection: Connection) -> str:
    return FeedSync.objects.get(connection=connection).error


def test_strange_vendor_is_noted_and_the_next_one_mirrored(
    acme: Organization, globex: Organization, strange: FakeVendor, good: FakeVendor
) -> None:
    first = add(acme, name="First", base_url=strange.url)
    last = add(globex, name="Last", base_url=good.url)
    actions.sync_all()
    assert note_of(first) == "The vendor answered 503."
    assert note_of(last) == ""
    assert Feed.objects.filter(connection=last).count() == 2


@pytest.mark.parametrize("where", ["list_feeds", "_mirror"])
def test_crash_over_one_connection_is_noted_and_the_next_one_mirrored(
    acme: Organization, good: FakeVendor, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    first, last = (add(acme, name=name, base_url=good.url) for name in ("First", "Last"))
    owner = CONNECTORS["contactbased"] if where == "list_feeds" else actions
    inner = getattr(owner, where)
    calls: list[Any] = []

    def crash_once(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise OverflowError
        return inner(*given)

    monkeypatch.setattr(owner, where, crash_once)
    actions.sync_all()
    noted = {note_of(first), note_of(last)}
    assert noted == {actions.BROKEN, ""}
    assert Feed.objects.count() == 2


def test_page_of_feeds_is_never_an_error_of_ours(
    acme: Organization, alice: User, strange: FakeVendor, good: FakeVendor
) -> None:
    add(acme, name="First", base_url=strange.url)
    add(acme, name="Last", base_url=good.url)
    answer = sign_in(alice).get(reverse("feed-sync"))
    assert answer.status_code == 200
    assert "First did not answer" in answer.content.decode()
    assert "Cloud cost" in answer.content.decode()
