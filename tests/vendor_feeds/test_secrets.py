"""A vendor's key, after a day on which everything went wrong, stands nowhere in clear."""

import logging
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection as database

from contacthub.credentials.connections.models import Connection
from contacthub.exports import vendor_pages
from contacthub.exports.models import Export
from contacthub.feeds.mirror import actions as mirror
from contacthub.feeds.models import FeedGrant
from contacthub.jobs import doorbell
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import User
from tests.conftest import sign_in
from tests.exports.builders import make_export, render
from tests.vendor_feeds.conftest import Vendor

pytestmark = pytest.mark.django_db(transaction=True)


def test_key_of_a_vendor_stands_nowhere_in_clear(
    olga: User,
    as_bob: Actor,
    vendor: Vendor,
    connection: Connection,
    remote_grant: FeedGrant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    export = have_a_bad_day(remote_grant, as_bob, vendor, monkeypatch)
    client = sign_in(olga)
    addresses = [
        "/feeds/",
        f"/feeds/{remote_grant.feed.public_id}/",
        f"/exports/{export.pk}/",
        "/settings/connections/",
        f"/settings/connections/{connection.pk}/",
        "/settings/audit/audit.csv",
    ]
    places = {address: read(client.get(address)) for address in addresses}
    places["a log"] = caplog.text + "".join(capfd.readouterr())
    places["the database"] = dump_database()
    places["the broker"] = dump_broker()
    assert "job_crashed" in places["a log"]
    assert "bring_file" in places["the broker"]
    assert "Our ContactBased" in places["the database"]
    for place, text in places.items():
        assert vendor.key not in text, place
        assert vendor.key[10:30] not in text, place


def have_a_bad_day(
    grant: FeedGrant, actor: Actor, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> Export:
    """Preview, search and export while the vendor fails, our own code breaks, and a bell is rung for it."""
    search = mirror.run_search(
        organization=grant.organization, actor=actor, grant=grant, lookback_days=10
    )
    vendor.proxy.judge = lambda path, number: "502" if number % 3 == 0 else "pass"
    export = make_export(search, actor)

    def crash(**_: Any) -> None:
        connector = f"within reach of {export.pk}"
        raise RuntimeError(connector)

    monkeypatch.setattr(vendor_pages, "save_page", crash)
    render(export)
    monkeypatch.undo()
    assert export.job_id is not None
    assert export.job is not None
    doorbell.ring([(export.job_id, export.job.task)])
    return export


def read(answer: Any) -> str:
    assert answer.status_code == 200
    body: bytes = answer.content if not answer.streaming else b"".join(answer.streaming_content)
    return body.decode()


def dump_database() -> str:
    """Return every row of every table as text."""
    found = []
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            cursor.execute(f'SELECT row::text FROM "{table}" AS row')
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def dump_broker() -> str:
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        found = [client.dump(key) or b"" for key in client.scan_iter()]
        found += [b"".join(client.lrange("calls", 0, -1))]
    return b"".join(found).decode("latin-1")
