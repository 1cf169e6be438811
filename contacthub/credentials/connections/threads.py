"""Several calls to a vendor under way at once, for jobs that read many pages or look many ids up."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeVar

from django.db import connection

from contacthub.core.tenancy import carry

Item = TypeVar("Item")
Result = TypeVar("Result")


def call_at_once(
    function: Callable[[Item], Result], items: Iterable[Item], *, at_once: int
) -> Generator[tuple[Item, Result]]:
    """Yield each item with what `function` makes of it, in the items' order, with `at_once` calls under way.

    Items are taken as they are needed, at most `at_once` ahead of what was yielded. What `function` raises is raised
    at its item; calls that have begun are waited for, the others are not made. Each thread has a database connection
    of its own, because the gate of a connection needs one, and closes it in the end. Leave the iterator with
    `contextlib.closing` where it may not be read to its end.
    """
    todo: SimpleQueue[tuple[Future[Result], Item] | None] = SimpleQueue()
    stop = Event()
    threads = [Thread(target=carry(_work), args=(function, todo, stop)) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    under_way: deque[tuple[Item, Future[Result]]] = deque()
    try:
        for item in items:
            if len(under_way) >= at_once:
                yield _take(under_way)
            future: Future[Result] = Future()
            under_way.append((item, future))
            todo.put((future, item))
        while under_way:
            yield _take(under_way)
    finally:
        stop.set()
        for _ in threads:
            todo.put(None)
        for thread in threads:
            thread.join()


def _take(under_way: "deque[tuple[Item, Future[Result]]]") -> tuple[Item, Result]:
    item, future = under_way.popleft()
    return item, future.result()


def _work(
    function: Callable[[Item], Result],
    todo: "SimpleQueue[tuple[Future[Result], Item] | None]",
    stop: Event,
) -> None:
    try:
        while (work := todo.get()) is not None:
            future, item = work
            if stop.is_set():
                future.cancel()
                continue
            try:
                future.set_result(function(item))
            except BaseException as error:
                future.set_exception(error)
    finally:
        connection.close()
