"""Publishing: after the commit only, and never the caller's problem."""

import socket
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import redis
from django.conf import settings as django_settings
from django.db import transaction

from contacthub.celery import app
from contacthub.jobs import doorbell
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization
from tests.jobs.works import TASK, make_job

FORMER_CALLING = {
    "contacthub.jobs.tasks.deliver_due",
    "contacthub.enrichment.tasks.save_found",
    "contacthub.pulls.tasks.pull_contacts",
}
FORMER_NAMES = FORMER_CALLING | {
    "contacthub.jobs.tasks.expire_deliveries",
    "contacthub.pulls.tasks.expire_pulls",
}


@pytest.fixture
def queue() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    client.delete("celery", "calls")
    yield client
    client.delete("celery", "calls")
    client.close()


@pytest.mark.django_db(transaction=True)
def test_message_goes_out_after_the_commit(acme: Organization, queue: redis.Redis) -> None:
    with transaction.atomic():
        make_job(acme)
        assert queue.llen("celery") == 0
    assert queue.llen("celery") == 1


def test_what_waits_for_others_has_a_queue_of_its_own(queue: redis.Redis) -> None:
    tasks = (TASK, *django_settings.CALLING_TASKS)
    assert doorbell.ring([(uuid4(), task) for task in tasks]) == len(tasks)
    assert queue.llen("celery") == 1
    assert queue.llen("calls") == len(tasks) - 1


def test_both_queues_have_the_tasks_that_they_name() -> None:
    """A name that no task has would be rung for ever."""
    app.loader.import_default_modules()
    assert set(django_settings.CALLING_TASKS) <= set(app.tasks)
    for task in django_settings.CALLING_TASKS:
        assert app.amqp.router.route({}, task)["queue"].name == django_settings.CALLS_QUEUE


def test_names_of_the_release_before_are_answered() -> None:
    """While a new release is deployed the one before rings by its names, and rings of its may wait in Redis."""
    app.loader.import_default_modules()
    assert set(app.tasks) >= FORMER_NAMES
    assert {name for name in FORMER_NAMES if is_calling(name)} == FORMER_CALLING


def is_calling(task: str) -> bool:
    return bool(app.amqp.router.route({}, task)["queue"].name == django_settings.CALLS_QUEUE)


@pytest.mark.django_db(transaction=True)
def test_rollback_publishes_nothing(acme: Organization, queue: redis.Redis) -> None:
    with transaction.atomic():
        make_job(acme)
        transaction.set_rollback(True)
    assert queue.llen("celery") == 0
    assert not Job.objects.exists()


def test_silent_broker_is_no_error_and_costs_little(settings: object) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    start = time.monotonic()
    assert doorbell.ring([(uuid4(), TASK)] * 50) == 0
    assert time.monotonic() - start < 3


def test_hung_broker_is_no_error_and_costs_little(settings: object) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        settings.REDIS_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"  # type: ignore[attr-defined]
        start = time.monotonic()
        assert doorbell.ring([(uuid4(), TASK)] * 50) == 0
        assert time.monotonic() - start < 4
