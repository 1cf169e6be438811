"""A progress bar for commands that take more than a moment: on a terminal only, so that logs stay readable."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm


class Bar:
    """Counts up to a total that is known once the work has begun."""

    def __init__(self, bar: "tqdm[Any]") -> None:
        self._bar = bar

    def start(self, total: int) -> None:
        """Say how much there is to do."""
        self._bar.reset(total=total)

    def move_to(self, position: int) -> None:
        """Say how much is done."""
        self._bar.update(position - self._bar.n)


@contextmanager
def progress_bar(title: str, *, unit: str = "B") -> Iterator[Bar]:
    """Show a bar on standard error while the block runs."""
    with tqdm(desc=title, unit=unit, unit_scale=True, disable=None, leave=False, total=0) as bar:
        yield Bar(bar)
