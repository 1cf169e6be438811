"""The page for a person who lost a race: in place, above the job with its present state, not on a page of errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from contacthub.core.errors import AlreadyFinished, Conflict


@contextmanager
def told_in_place(request: HttpRequest) -> Iterator[None]:
    """Keep a conflict for the page that comes next; the view continues after the block, and redirects there."""
    try:
        yield
    except AlreadyFinished as error:
        messages.info(request, f"Already finished. {error}")
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
