"""What has ended is deleted, in batches, and nothing else."""

import datetime as dt

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection

from contacthub.celery import app
from contacthub.core import batches, clock
from contacthub.credentials import replays
from contacthub.credentials.models import KeptReply
from contacthub.organizations import actions, purging
from contacthub.organizations.actions import Actor
from contacthub.organizations.models import Invitation, Membership, Organization, User
from contacthub.organizations.tasks import forget_ended

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def test_ended_sessions_invitations_and_cache_rows_go_and_live_ones_stay(
    acme: Organization, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    monkeypatch.setattr(batches, "BATCH", 2)
    now = clock.now()
    for number in range(5):
        session = SessionStore()
        session.save()
        if number:
            Session.objects.filter(pk=session.session_key).update(expire_date=now - DAY)
        invitation, _ = actions.invite_member(
            organization=acme,
            actor=Actor.of(alice),
            membership=Membership.objects.get(user=alice),
            email=f"p{number}@example.com",
            role="viewer",
        )
        if number:
            Invitation.objects.filter(pk=invitation.pk).update(expires_at=now - DAY)
        cache.set(f"limit-{number}", [1.0], timeout=300)
        if number:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE contacthub_cache SET expires = %s WHERE cache_key LIKE %s",
                    [now - DAY, f"%limit-{number}"],
                )
    for _ in range(2):
        forget_ended()
        assert Session.objects.count() == 1
        assert list(Invitation.objects.values_list("email", flat=True)) == ["p0@example.com"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM contacthub_cache WHERE cache_key LIKE '%limit-%'")
            assert cursor.fetchone() == (1,)
    assert cache.get("limit-0") == [1.0]


def test_old_replies_go_in_batches(acme: Organization) -> None:
    for number in range(3):
        KeptReply.objects.create(
            organization=acme, route="POST /x", key=str(number), request_hash=b"1", status=200,
            content_type="application/json", body=b"{}",
        )  # fmt: skip
    KeptReply.objects.exclude(key="0").update(created_at=clock.now() - replays.KEEP - DAY)
    assert (replays.forget_replies(), replays.forget_replies()) == (2, 0)
    assert KeptReply.objects.get().key == "0"


def test_beat_runs_the_clean_up_every_hour() -> None:
    tasks = {entry["task"]: entry for entry in app.conf.beat_schedule.values()}
    assert tasks["contacthub.organizations.tasks.forget_ended"]["schedule"] == 3600.0
