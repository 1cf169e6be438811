"""Short-lived tokens, for vendors that exchange credentials for one."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

# A token this close to its end is renewed before it is used: the clock of the vendor may be ahead.
EARLY_SECONDS = 60.0


@dataclass(frozen=True)
class Token:
    """A token and the seconds for which it works. Its text stays out of `repr`."""

    text: str = field(repr=False)
    seconds: float


class TokenAuthorizer:
    """Gets a token when the first call needs one, keeps it until shortly before its end, and renews a refused one.

    One of several threads gets it, the others wait for that.
    """

    def __init__(
        self, *, fetch: Callable[[], Token], spell: Callable[[str], Mapping[str, str]]
    ) -> None:
        self._fetch, self._spell = fetch, spell
        self._lock = Lock()
        self._headers: Mapping[str, str] | None = None
        self._renew_at = 0.0

    def __repr__(self) -> str:
        return "TokenAuthorizer()"

    def headers(self) -> Mapping[str, str]:
        """Return the headers with a token that works."""
        with self._lock:
            if self._headers is None or time.monotonic() >= self._renew_at:
                self._get()
            return self._headers or {}

    def renew(self, used: Mapping[str, str]) -> bool:
        """Get another token, unless another thread has meanwhile."""
        with self._lock:
            if self._headers == used:
                self._get()
        return True

    def _get(self) -> None:
        self._headers = None
        token = self._fetch()
        self._headers = self._spell(token.text)
        # A token that lives for less than the margin is used for half of its life.
        early = min(EARLY_SECONDS, token.seconds / 2)
        self._renew_at = time.monotonic() + token.seconds - early
