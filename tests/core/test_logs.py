"""What a log line may hold, judged on the lines that the real formatter writes."""

import json
import logging
import re

import pytest
import structlog
from django.db import DatabaseError, connection

from contacthub.core.logs import describe_exception, hide_secrets, name_error
from tests.logs import log_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to anna.berg@rotebro.example now", "to … now"),
        ("to anna%40rotebro.example", "to …"),
        ("to anna＠rotebro.example", "to …"),
        ("https://hooks.example/T0/B1/s3cret?x=1", "https://hooks.example/…"),
        ("https://bob:pass@hooks.example:8443/x", "https://hooks.example:8443/…"),
        ("redis://:pass@127.0.0.1:6379", "redis://127.0.0.1:6379"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("key chub_live_7Qm2vX9dTe_0123456789 x", "key … x"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "…"),
        ("gAAAAABmX2kq3v5T7u8w9x0y1z==", "…"),
        ("link Xy7aQ2vX9dTe0123456789 ends", "link … ends"),
        # Ids, names of code and words stay.
        ("0b9e6a3e-1c1d-4c55-9d3c-6f0f4f6d2f10", "0b9e6a3e-1c1d-4c55-9d3c-6f0f4f6d2f10"),
        ("contacthub.enrichment.tasks.ask_and_answer_rows", "contacthub.enrichment.tasks.ask_and_answer_rows"),
        ("GET /invitations/<str:token>/", "GET /invitations/<str:token>/"),
        ("Listening at: http://127.0.0.1:8000 (17)", "Listening at: http://127.0.0.1:8000 (17)"),
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_cut_out(text: str, shown: str):
    assert hide_secrets(text) == shown


def test_exception_tells_its_places_but_not_its_text():
    with log_lines() as lines:
        try:
            int("hushnumber1")
        except ValueError as cause:
            try:
                raise RuntimeError("hushtext2") from cause
            except RuntimeError:
                structlog.get_logger("contacthub.test").exception("it_failed", thing=7)
    (line,) = lines()
    assert (line["event"], line["thing"], line["level"]) == ("it_failed", 7, "error")
    assert line["exception"].startswith("RuntimeError\n")
    assert "because of\nValueError" in line["exception"]
    assert re.search(r"test_logs\.py:\d+ in test_exception_tells", line["exception"])
    assert "hush" not in line["exception"]


@pytest.mark.django_db
def test_database_error_tells_names_and_no_values():
    cursor = connection.cursor()
    cursor.execute("CREATE TEMPORARY TABLE person (email text CONSTRAINT one_each UNIQUE)")
    insert = "INSERT INTO person VALUES (%s), (%s)"
    with pytest.raises(DatabaseError) as refused:
        cursor.execute(insert, ["hush3@secret.example"] * 2)
    assert "hush3@secret.example" in str(refused.value), "what Postgres says has the value"
    described = describe_exception(refused.value)
    assert "psycopg.errors.UniqueViolation [23505 person one_each]" in described
    assert "hush3" not in described
    assert name_error(ConnectionRefusedError(111, "hush4")) == "ConnectionRefusedError [errno 111]"


def test_library_keeps_its_words_and_loses_the_values():
    with log_lines() as lines:
        log = logging.getLogger("some.library")
        log.warning("Retry %d of %s for %s", 3, "contacthub.jobs.tasks.sweep", "hushword5")
        log.error("%(name)s raised %(exc)r", {"name": "hush name6", "exc": ValueError("hush7")})
        log.error(ValueError("hush8"))
        log.warning("broken %d", "hush9")
        log.debug("details hush10")
        log.warning("Invalid request from ip=127.0.0.1: Invalid header: 'hush14'")
        logging.getLogger("httpx").info("HTTP Request: GET https://x.example/hush11")
        logging.getLogger("celery.worker").info("%s ready.", "worker@host")
    assert [line["event"] for line in lines()] == [
        "Retry 3 of contacthub.jobs.tasks.sweep for …",
        "… raised 'ValueError'",
        "ValueError",
        "broken %d",
        "Invalid request from ip=127.0.0.1: …",
        "worker@host ready.",
    ]
    assert "hush" not in json.dumps(lines())


def test_exception_given_as_a_value_is_its_class():
    with log_lines() as lines:
        log = structlog.get_logger("django_structlog.celery.receivers")
        log.error("task_failed", error="hush12", exception=ValueError("hush13"), task_id="a-1")
    (line,) = lines()
    assert (line["error"], line["exception"], line["task_id"]) == ("…", "ValueError", "a-1")
