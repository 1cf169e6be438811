"""Short-lived tokens, for vendors that exchange credentials for one."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from contacthub.connectors.errors import ContractBroken

# A token this close to its end is renewed before it is used: the clock of the vendor may be ahead.
EARLY_SECONDS = 60.0
# How long a token is used whose lifetime is missing, or has ended by the vendor's clock, and every token at the most.
# Too long does no harm: a token that is refused is renewed. Source: RFC 6749 §5.1, `expires_in` is only recommended.
USUAL_SECONDS, MOST_SECONDS = 1800.0, 86400.0


@dataclass(frozen=True)
class Token:
    """A token and the seconds for which it works, None if that is missing. Its text stays out of `repr`."""

    text: str = field(repr=False)
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Raise `ContractBroken` for a text that no header can carry."""
        if not self.text or not self.text.isascii() or not self.text.isprintable():
            raise ContractBroken("The vendor's token cannot be used.", path="access_token")

    @property
    def life(self) -> float:
        """Return the seconds for which it is used."""
        told = self.seconds
        if told is None or not math.isfinite(told) or told <= 0:
            return USUAL_SECONDS
        return min(told, MOST_SECONDS)


class TokenAuthorizer:
    """Gets a token when the first call needs one, keeps it until shortly before its end, and renews a refused one.

    One of several threads gets it, the others wait for that.
    """

    def __init__(
        self, *, fetch: Callable[[], Token], format_headers: Callable[[str], Mapping[str, str]]
    ) -> None:
        self._fetch, self._format_headers = fetch, format_headers
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
        """Get another token, unless another thread already has."""
        with self._lock:
            if self._headers == used:
                self._get()
        return True

    def _get(self) -> None:
        self._headers = None
        token = self._fetch()
        self._headers = self._format_headers(token.text)
        # A token that lives for less than the margin is used for half of its life.
        early = min(EARLY_SECONDS, token.life / 2)
        self._renew_at = time.monotonic() + token.life - early
