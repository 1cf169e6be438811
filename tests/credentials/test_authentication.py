"""What a program's key opens, and how every refusal looks."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacthub.core import clock
from contacthub.core.errors import KeyRefused, NotAllowed
from contacthub.credentials.actions import issue_key, revoke_key
from contacthub.credentials.keys import make_key
from contacthub.credentials.models import ApiKey
from contacthub.credentials.queries import authenticate_key
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization

ADDRESS = "192.0.2.7"


@pytest.fixture
def now() -> dt.datetime:
    return clock.now()


def refusal(text: str, address: str | None, now: dt.datetime) -> KeyRefused:
    with pytest.raises(KeyRefused) as caught:
        authenticate_key(text, address, now)
    return caught.value


def test_key_opens_its_organization(
    acme: Organization, issued: tuple[ApiKey, str], now: dt.datetime, django_assert_num_queries
):
    with django_assert_num_queries(2):  # the key with its organization, and the note of its use
        key = authenticate_key(issued[1], ADDRESS, now)
        assert key.organization == acme
    assert key == issued[0]


def test_mistyped_key_asks_the_database_nothing(
    issued: tuple[ApiKey, str], now: dt.datetime, django_assert_num_queries
):
    text = issued[1]
    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")
    with django_assert_num_queries(0):
        assert refusal(wrong, ADDRESS, now).reason == "malformed"
        assert refusal("", ADDRESS, now).reason == "malformed"


def test_well_formed_key_that_was_never_issued_is_unknown(
    issued: tuple[ApiKey, str], now: dt.datetime
):
    assert refusal(make_key().text, ADDRESS, now).reason == "unknown"


def test_public_id_without_the_secret_opens_nothing(
    issued: tuple[ApiKey, str], now: dt.datetime, monkeypatch: pytest.MonkeyPatch
):
    digits = iter([*issued[0].public_id])
    other = make_key().text[21:51]
    monkeypatch.setattr(
        "contacthub.credentials.keys._random_digits",
        lambda count: "".join(digits) if count == 10 else other,
    )
    forged = make_key()
    assert forged.public_id == issued[0].public_id
    assert refusal(forged.text, ADDRESS, now).reason == "unknown"


def test_revoked_key_is_refused_at_once(
    acme: Organization, as_alice: Actor, issued: tuple[ApiKey, str], now: dt.datetime
):
    authenticate_key(issued[1], ADDRESS, now)
    revoke_key(organization=acme, actor=as_alice, public_id=issued[0].public_id)
    assert refusal(issued[1], ADDRESS, now).reason == "revoked"


def test_key_ends_at_its_end_date(acme: Organization, as_alice: Actor, now: dt.datetime):
    end = now + dt.timedelta(days=1)
    _, text = issue_key(organization=acme, actor=as_alice, name="x", scopes=["all"], expires_at=end)
    authenticate_key(text, ADDRESS, end - dt.timedelta(microseconds=1))
    assert refusal(text, ADDRESS, end).reason == "expired"


@pytest.mark.parametrize(
    ("address", "is_accepted"),
    [("10.20.7.9", True), ("::ffff:10.20.7.9", True), (ADDRESS, False), (None, False)],
)
def test_key_works_from_its_addresses_only(
    acme: Organization, as_alice: Actor, now: dt.datetime, address: str | None, is_accepted: bool
):
    _, text = issue_key(
        organization=acme,
        actor=as_alice,
        name="x",
        scopes=["all"],
        allowed_addresses=["10.20.0.0/16"],
    )
    if is_accepted:
        authenticate_key(text, address, now)
    else:
        assert refusal(text, address, now).reason == "address"


def test_every_refusal_looks_the_same(acme: Organization, as_alice: Actor, now: dt.datetime):
    def issue(**values: object) -> str:
        return issue_key(
            organization=acme,
            actor=as_alice,
            name="x",
            scopes=["all"],
            **values,  # type: ignore[arg-type]
        )[1]

    revoked, expired = issue(), issue(expires_at=now + dt.timedelta(hours=1))
    revoke_key(organization=acme, actor=as_alice, public_id=revoked[10:20])
    elsewhere = issue(allowed_addresses=["10.0.0.0/8"])
    later = now + dt.timedelta(hours=2)
    refusals = [
        refusal(text, ADDRESS, later)
        for text in ("no key", make_key().text, revoked, expired, elsewhere)
    ]
    assert [r.reason for r in refusals] == [
        "malformed",
        "unknown",
        "revoked",
        "expired",
        "address",
    ]
    assert {(str(r), r.code, type(r)) for r in refusals} == {
        ("This API key is not accepted.", "key_refused", KeyRefused)
    }
    assert isinstance(refusals[0], NotAllowed)


def test_use_is_noted_once_a_minute(issued: tuple[ApiKey, str], now: dt.datetime):
    def writes(moment: dt.datetime) -> int:
        with CaptureQueriesContext(connection) as queries:
            authenticate_key(issued[1], ADDRESS, moment)
        return sum(q["sql"].startswith("UPDATE") for q in queries.captured_queries)

    seconds = [0, 1, 59, 60, 61, 119, 120]
    assert [writes(now + dt.timedelta(seconds=s)) for s in seconds] == [1, 0, 0, 1, 0, 0, 1]
    assert ApiKey.objects.get().last_used_at == now + dt.timedelta(seconds=120)


def test_refused_use_is_not_noted(
    acme: Organization, as_alice: Actor, issued: tuple[ApiKey, str], now: dt.datetime
):
    revoke_key(organization=acme, actor=as_alice, public_id=issued[0].public_id)
    refusal(issued[1], ADDRESS, now)
    assert ApiKey.objects.get().last_used_at is None


@pytest.mark.django_db(transaction=True)
def test_many_uses_at_one_moment_write_once(issued: tuple[ApiKey, str], now: dt.datetime):
    """Every thread has read the key before any of them notes the use; one of the updates finds it due."""
    threads = 8
    barrier = threading.Barrier(threads, timeout=20)
    written: list[int] = []

    def meet_before_writing(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        if not sql.startswith("UPDATE"):
            return execute(sql, params, many, context)
        barrier.wait()
        answer = execute(sql, params, many, context)
        written.append(context["cursor"].rowcount)
        return answer

    def use() -> None:
        with connection.execute_wrapper(meet_before_writing):
            authenticate_key(issued[1], ADDRESS, now)
        connection.close()

    users = [threading.Thread(target=use) for _ in range(threads)]
    for user in users:
        user.start()
    for user in users:
        user.join(timeout=30)
    assert sorted(written) == [0] * (threads - 1) + [1]
