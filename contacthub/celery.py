"""The worker process: Celery rings, `contacthub.jobs` knows the truth."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contacthub.settings")

from django.conf import settings

from contacthub.core import shutdown
from contacthub.core.logs import log_uncaught

app = Celery("contacthub", broker=settings.REDIS_URL)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=200,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        # Measured: without the two unacked_* settings the task of a killed worker came back after 100 s.
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "health_check_interval": 25,
    },
    task_routes={task: {"queue": settings.CALLS_QUEUE} for task in settings.CALLING_TASKS},
    beat_schedule={
        "sweep": {
            "task": "contacthub.jobs.tasks.sweep",
            "schedule": float(settings.JOB_SWEEP_SECONDS),
            "options": {"expires": settings.JOB_SWEEP_SECONDS},
        },
        "deliver-due": {
            "task": "contacthub.webhooks.tasks.deliver_due",
            "schedule": float(settings.JOB_SWEEP_SECONDS),
            "options": {"expires": settings.JOB_SWEEP_SECONDS},
        },
        "expire-results": {
            "task": "contacthub.jobs.tasks.expire_results",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "sweep-fragments": {
            "task": "contacthub.jobs.tasks.sweep_fragments",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "forget-replies": {
            "task": "contacthub.credentials.tasks.forget_replies",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "forget-ended": {
            "task": "contacthub.organizations.tasks.forget_ended",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "forget-unstarted": {
            "task": "contacthub.enrichment.tasks.forget_unstarted",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "forget-selections": {
            "task": "contacthub.contacts.tasks.forget_selections",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "find-duplicates": {
            "task": "contacthub.contacts.tasks.find_duplicates",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "forget-calls": {
            "task": "contacthub.credentials.tasks.forget_calls",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "write-reads": {
            "task": "contacthub.organizations.tasks.write_reads",
            "schedule": 30.0,
            "options": {"expires": 30},
        },
        "expire-pulls": {
            "task": "contacthub.sourcing.tasks.expire_pulls",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "sync-remote-feeds": {
            "task": "contacthub.feeds.tasks.sync_remote_feeds",
            "schedule": 600.0,
            "options": {"expires": 600},
        },
        "forget-selected-rows": {
            "task": "contacthub.exports.tasks.forget_selected_rows",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "expire-deliveries": {
            "task": "contacthub.webhooks.tasks.expire_deliveries",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
    },
    beat_schedule_filename=str(settings.VAR_DIR / "celerybeat-schedule"),
)
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Leave the JSON handlers of settings.LOGGING in place."""
    log_uncaught()


@worker_shutting_down.connect
def announce_shutdown(**_: Any) -> None:
    """Tell the children to hand their jobs back at the next checkpoint: a deployment never waits for a long job."""
    shutdown.requested.set()
