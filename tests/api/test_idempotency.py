"""Idempotency-Key: the same request sent again gets the first answer and spends nothing, whatever dies in between."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from django.http import HttpResponse

from contacthub.celery import app
from contacthub.core import clock
from contacthub.credentials.models import KeptReply
from contacthub.credentials.tasks import forget_replies
from contacthub.exports.models import Export
from contacthub.feeds import actions as feed_actions
from contacthub.feeds.models import FeedGrant, QuotaEntry, Search
from contacthub.organizations.models import Organization
from tests.api.conftest import Program, make_key
from tests.api.contactbased.conftest import by_header, change_grant
from tests.feeds.builders import fill_days
from tests.racing import race
from tests.stack import Stack

pytestmark = pytest.mark.django_db

EXPORTS = "/intent/feeds/exports"
KEY = "7d0c8f7e-order-1"
# As many as the tests' Postgres has connections for.
RACERS = 180


@pytest.fixture
def feed(grant: FeedGrant, tmp_path: Path, today: dt.date) -> FeedGrant:
    """Seventy records, and quota for 1,000."""
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    return grant


@pytest.fixture
def program(acme_key: str) -> Program:
    return Program(by_header, acme_key)


def body_of(feed: FeedGrant, **more: Any) -> dict[str, Any]:
    return {"feed_id": str(feed.feed.public_id), "lookback_days": 7, **more}


def send(program: Program, body: dict[str, Any], key: str = KEY) -> HttpResponse:
    return program.post(EXPORTS, body, **{"Idempotency-Key": key})


def charged(feed: FeedGrant) -> list[int]:
    """Return the rows of each reservation of a feed."""
    return [entry.rows for entry in QuotaEntry.objects.filter(grant=feed, kind="reserve")]


def test_same_key_and_body_is_the_first_answer_again(program: Program, feed: FeedGrant) -> None:
    first, again = (send(program, body_of(feed)) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert (Export.objects.count(), Search.objects.count(), charged(feed)) == (1, 1, [70])


def test_without_a_key_every_request_spends(program: Program, feed: FeedGrant) -> None:
    made = [program.post(EXPORTS, body_of(feed)) for _ in range(2)]
    assert made[0].content != made[1].content
    assert charged(feed) == [70, 70]


def test_same_key_with_another_body_is_422(program: Program, feed: FeedGrant) -> None:
    send(program, body_of(feed))
    refused = send(program, body_of(feed, max_rows=1))
    assert (refused.status_code, json.loads(refused.content)) == (
        422,
        {
            "detail": [
                {
                    "loc": ["header", "Idempotency-Key"],
                    "msg": "This Idempotency-Key came with another request before.",
                    "type": "value_error",
                }
            ]
        },
    )
    assert charged(feed) == [70]


def test_same_key_on_another_call_is_another_request(program: Program, feed: FeedGrant) -> None:
    send(program, body_of(feed))
    saved = program.post("/intent/feeds/search", body_of(feed), **{"Idempotency-Key": KEY})
    assert saved.status_code == 200
    assert "Idempotent-Replayed" not in saved


def test_same_key_of_another_organization_is_independent(
    program: Program, feed: FeedGrant, globex: Organization, globex_key: str
) -> None:
    theirs = feed_actions.grant_feed(feed=feed.feed, organization=globex, lookback_days=30)
    first = send(program, body_of(feed))
    other = send(Program(by_header, globex_key), body_of(feed))
    assert other.status_code == 200
    assert "Idempotent-Replayed" not in other
    assert other.content != first.content
    assert (charged(feed), charged(theirs)) == ([70], [70])


def test_another_key_of_the_same_organization_gets_the_same_answer(
    program: Program, feed: FeedGrant, acme: Organization
) -> None:
    first = send(program, body_of(feed))
    again = send(Program(by_header, make_key(acme)[1]), body_of(feed))
    assert again.content == first.content
    assert charged(feed) == [70]


def test_replay_needs_a_key_that_may_write(
    program: Program, feed: FeedGrant, acme: Organization
) -> None:
    send(program, body_of(feed))
    reader = Program(by_header, make_key(acme, "contactbased:read")[1])
    assert send(reader, body_of(feed)).status_code == 403


def test_failed_request_is_not_kept(program: Program, feed: FeedGrant) -> None:
    change_grant(feed, export_row_limit=69)
    assert send(program, body_of(feed)).status_code == 403
    assert send(program, {}).status_code == 422
    assert not KeptReply.objects.exists()
    change_grant(feed, export_row_limit=70)
    made = send(program, body_of(feed))
    assert made.status_code == 200
    assert "Idempotent-Replayed" not in made


def test_answer_and_spending_are_one_transaction(
    program: Program, feed: FeedGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks after the spending, before the answer is kept, takes the spending back."""

    def fail(**_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("contacthub.credentials.replays.keep_reply", fail)
    assert send(program, body_of(feed)).status_code == 500
    assert (Export.objects.count(), Search.objects.count(), charged(feed)) == (0, 0, [])
    monkeypatch.undo()
    assert send(program, body_of(feed)).status_code == 200
    assert charged(feed) == [70]


@pytest.mark.parametrize("key", ["", "a" * 256, "é", "tab\there", "\x7f"])
def test_key_is_1_to_255_printable_characters(program: Program, feed: FeedGrant, key: str) -> None:
    assert send(program, body_of(feed), key=key).status_code == 422
    assert not Export.objects.exists()


@pytest.mark.parametrize("key", ["~" * 255, "nightly run of 7 May", "0"])
def test_any_other_key_will_do(program: Program, feed: FeedGrant, key: str) -> None:
    assert [send(program, body_of(feed), key=key).status_code for _ in "ab"] == [200, 200]
    assert charged(feed) == [70]


@pytest.mark.django_db(transaction=True)
def test_many_at_one_moment_make_one_export(acme_key: str, feed: FeedGrant) -> None:
    def ask() -> HttpResponse:
        return send(Program(by_header, acme_key), body_of(feed))

    came = race([ask] * RACERS)
    statuses = Counter(response.status_code for response in came)
    assert set(statuses) <= {200, 409}, statuses
    fine = [response for response in came if response.status_code == 200]
    assert len([response for response in fine if "Idempotent-Replayed" not in response]) == 1
    assert len({response.content for response in fine}) == 1
    assert (Export.objects.count(), Search.objects.count(), charged(feed)) == (1, 1, [70])
    refused = next((response for response in came if response.status_code == 409), None)
    if refused is not None:
        assert json.loads(refused.content) == {
            "detail": "A request with this Idempotency-Key is still running."
        }
    assert ask().content == fine[0].content


@pytest.mark.django_db(transaction=True)
def test_key_is_held_while_the_first_request_runs(
    acme_key: str, feed: FeedGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second request comes while the first one is inside its view."""
    from contacthub.credentials import replays

    keep, inside = replays.keep_reply, []

    def ask_meanwhile() -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        return send(Program(by_header, acme_key), body_of(feed))

    def keep_slowly(**values: Any) -> None:
        if not inside:
            inside.extend(race([ask_meanwhile]))
        keep(**values)

    monkeypatch.setattr(replays, "keep_reply", keep_slowly)
    assert send(Program(by_header, acme_key), body_of(feed)).status_code == 200
    assert [response.status_code for response in inside] == [409]
    assert charged(feed) == [70]


def test_answers_are_kept_for_48_hours(
    program: Program, feed: FeedGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = send(program, body_of(feed))
    made_at = KeptReply.objects.get().created_at

    def wait(**time: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: made_at + dt.timedelta(**time))
        forget_replies()

    wait(hours=47.9)
    assert send(program, body_of(feed)).content == first.content
    wait(hours=48.1)
    assert not KeptReply.objects.exists()


def test_beat_forgets_old_answers() -> None:
    tasks = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert forget_replies.name in tasks


@pytest.fixture
def killed(tmp_path: Path) -> Any:
    """Return what starts a system of its own whose web process dies once at a failpoint."""
    stacks: list[Stack] = []

    def start(failpoint: str) -> tuple[Stack, Callable[[], httpx.Response]]:
        stack = Stack(
            tmp_path,
            CONTACTHUB_FAILPOINTS=f"{failpoint}:kill",
            CONTACTHUB_FAILPOINTS_ONCE=str(tmp_path),
        )
        stacks.append(stack)
        stack.manage("create_organization", "acme", "--name", "Acme")
        feed = stack.manage("create_feed", "--organization", "acme", "--description", "Idle",
                            "--lookback-days", 30, "--export-row-limit", 10)  # fmt: skip
        rows = tmp_path / "rows.csv"
        rows.write_text(f"observed_on,domain,topic\n{clock.today()},firm.example,Idle\n")
        stack.manage("import_intent", "--feed", feed, rows)
        key = stack.manage("issue_key", "--organization", "acme", "--scopes", "all").split()[0]
        stack.start("web")

        def ask() -> httpx.Response:
            return httpx.post(
                stack.base_url + EXPORTS,
                json={"feed_id": feed, "lookback_days": 7},
                headers={"X-API-Key": key, "Idempotency-Key": KEY},
                timeout=30,
            )

        return stack, ask

    yield start
    for stack in stacks:
        stack.stop()


@pytest.mark.faults
@pytest.mark.parametrize(
    ("failpoint", "is_kept"), [("before_reply_commit", False), ("after_reply_commit", True)]
)
def test_web_process_killed_around_the_commit(
    killed: Any, failpoint: str, is_kept: bool, tmp_path: Path
) -> None:
    stack, ask = killed(failpoint)
    with pytest.raises(httpx.TransportError):
        ask()
    assert (tmp_path / failpoint).exists()
    made = stack.query("SELECT id::text, charged_rows FROM exports_export")
    assert len(made) == int(is_kept)
    again = ask()
    assert again.status_code == 200, again.text
    assert again.headers.get("Idempotent-Replayed") == ("true" if is_kept else None)
    now = stack.query("SELECT id::text, charged_rows FROM exports_export")
    assert now == (made or [(again.json()["export_id"], 1)])
    assert now == [(again.json()["export_id"], 1)]
    assert stack.query("SELECT sum(rows) FROM feeds_quotaentry WHERE kind = 'reserve'") == [(1,)]
    stack.manage("audit_quota", "--strict")
