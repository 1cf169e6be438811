"""The wish to end: noted whenever it comes, obeyed where nothing is half begun."""

import signal
from types import FrameType

from contacthub.demo.programs import OURS


class Stopped(Exception):
    """Somebody asked for the end before everything ran."""


class Ending:
    """Listens for the signals that end a demo.

    A signal's handler raises nothing: in the middle of starting a process that would lose the
    process. Code that starts or waits for something asks here in between.
    """

    def __init__(self) -> None:
        self._is_wanted = False

    def listen(self) -> None:
        """Note the first signal, and let no second one disturb the end."""
        for number in OURS:
            # nohup has people's word that a closed terminal does not matter.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)

    def is_wanted(self) -> bool:
        """Return whether somebody asked for the end."""
        return self._is_wanted

    def check(self) -> None:
        """Raise `Stopped` where somebody asked for the end."""
        if self._is_wanted:
            raise Stopped

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._is_wanted = True
        ignore_signals()


def ignore_signals() -> None:
    """Let nothing disturb the end, which has begun."""
    for number in OURS:
        signal.signal(number, signal.SIG_IGN)
