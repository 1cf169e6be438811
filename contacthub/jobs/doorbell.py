"""Ring Celery: "look at this job". A ring may be lost, doubled or late; nothing depends on it."""

from uuid import UUID

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu import Connection
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

# Measured: with Redis hung and the defaults a publish was still blocked after 25 s, with these 1.1 s.
PUBLISH_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "retry_on_timeout": False,
    "max_retries": 0,
}
# An unanswered ring expires after a minute: by then the sweeper has rung again.
RING_LIFE_SECONDS = 60
# Celery's own name for the queue of all tasks without another one.
OWN_QUEUE = "celery"


def ring_after_commit(*, task: str, job_id: UUID) -> None:
    """Ring once the caller's transaction is committed; a rollback sends nothing."""
    transaction.on_commit(lambda: ring([(job_id, task)]))


def ring(jobs: list[tuple[UUID, str]]) -> int:
    """Publish one message per `(job id, task name)`. Returns how many went out.

    A broker that does not answer is not an error: the jobs are rows, and the sweeper rings again. The first failure
    ends the round, so that a caller waits for one time-out at the most.
    """
    if not jobs:
        return 0
    sent = 0
    try:
        with Connection(
            settings.REDIS_URL, transport_options=PUBLISH_OPTIONS, connect_timeout=1
        ) as connection:
            for job_id, task in jobs:
                current_app.send_task(
                    task,
                    args=[str(job_id)],
                    connection=connection,
                    # Named here, because a process that only rings has none of the worker's routes.
                    queue=settings.CALLS_QUEUE if task in settings.CALLING_TASKS else OWN_QUEUE,
                    expires=RING_LIFE_SECONDS,
                    retry=False,
                    ignore_result=True,
                )
                sent += 1
    except (KombuError, RedisError, OSError) as error:
        logger.warning("doorbell_silent", error=type(error).__name__, unsent=len(jobs) - sent)
    return sent
