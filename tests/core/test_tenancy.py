"""Whose rows a connection works on: set before each statement, and never left to the next request, job or thread."""

from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from contacthub.celery import app
from contacthub.core.tenancy import (
    EVERYBODY,
    NOBODY,
    TenancyMiddleware,
    across_organizations,
    bind_request,
    carry,
    current_scope,
    within,
)

# The setting itself, from nobody on.
pytestmark = [pytest.mark.django_db, pytest.mark.tables_owner]


def read_setting(database: Any = connection) -> str:
    """Return what the policies compare rows with, as the database itself says."""
    with database.cursor() as cursor:
        cursor.execute("SELECT current_setting('contacthub.organization')")
        return str(cursor.fetchone()[0])


def test_setting_follows_the_scope() -> None:
    assert read_setting() == NOBODY
    with within(1):
        assert read_setting() == "1"
        with across_organizations():
            assert read_setting() == EVERYBODY
        assert read_setting() == "1"
    assert read_setting() == NOBODY


def answer(view: Any) -> Any:
    return TenancyMiddleware(view)(RequestFactory().get("/"))


def test_request_begins_with_nobody_and_leaves_nothing_to_the_next_one() -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(read_setting())
        bind_request(1)
        seen.append(read_setting())
        return HttpResponse()

    with within(7):
        answer(view), answer(view)
        assert read_setting() == "7"
    assert seen == [NOBODY, "1", NOBODY, "1"]


def test_request_that_fails_leaves_nothing_either() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        bind_request(1)
        read_setting()
        raise ValueError("in the view")

    with pytest.raises(ValueError, match="in the view"):
        answer(view)
    assert read_setting() == NOBODY


def test_streamed_body_is_read_in_the_scope_of_its_request() -> None:
    def pieces() -> Iterator[str]:
        yield read_setting()
        yield read_setting()

    def view(request: HttpRequest) -> StreamingHttpResponse:
        bind_request(1)
        return StreamingHttpResponse(pieces())

    body = iter(answer(view))
    # Between two pieces other work may be done with the connection.
    assert [next(body), read_setting(), next(body), read_setting()] == [b"1", NOBODY, b"1", NOBODY]
    assert list(body) == []


def test_setting_that_a_rollback_took_back_is_set_again() -> None:
    with within(1):
        assert read_setting() == "1"
        with transaction.atomic():
            point = transaction.savepoint()
            with within(2):
                assert read_setting() == "2"
                transaction.savepoint_rollback(point)
                # The database is back at 1.
                assert read_setting() == "2"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_noticed", [True, False])
def test_setting_of_a_transaction_that_failed_is_set_again(is_noticed: bool) -> None:
    with within(1):
        assert read_setting() == "1"
        with within(2):
            with transaction.atomic():
                assert read_setting() == "2"
                if is_noticed:
                    transaction.set_rollback(True)
                else:
                    # Of this Django knows nothing: it commits, and the database rolls back.
                    with suppress(psycopg.errors.DivisionByZero):
                        connection.connection.execute("SELECT 1 / 0")
            assert read_setting() == "2"


def test_session_that_another_program_left_is_not_believed() -> None:
    pooled = connection.copy()
    options = pooled.settings_dict["OPTIONS"]
    left = f"{options['options']} -c contacthub.organization=5"
    pooled.settings_dict = pooled.settings_dict | {"OPTIONS": options | {"options": left}}
    try:
        assert read_setting(pooled) == NOBODY
        with within(1):
            assert read_setting(pooled) == "1"
            pooled.close()
            assert read_setting(pooled) == "1"
    finally:
        pooled.close()


def test_thread_begins_with_nobody_unless_the_scope_is_carried() -> None:
    seen = []

    def look() -> None:
        other = connection.copy()
        seen.append(read_setting(other))
        other.close()

    with within(1):
        for target in (look, carry(look)):
            thread = Thread(target=target)
            thread.start()
            thread.join()
    assert seen == [NOBODY, "1"]


def test_periodic_tasks_work_across_organizations(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that forgets to say so would find nothing to do, and nobody would notice."""
    app.loader.import_default_modules()
    seen = []
    for entry in app.conf.beat_schedule.values():
        run = app.tasks[entry["task"]].run
        assert "func" in run.__code__.co_freevars, f"{entry['task']} says nothing"
        # What @across_organizations() calls.
        cell = run.__closure__[run.__code__.co_freevars.index("func")]
        monkeypatch.setattr(cell, "cell_contents", lambda: seen.append(current_scope()))
        run()
    assert seen == [EVERYBODY] * len(app.conf.beat_schedule)
