"""Times in HTTP headers, read in one place: for webhooks and for every connector.

Source: RFC 9110 §5.6.7 (dates) and §10.2.3 (Retry-After); the X-RateLimit-* headers have no standard, so the forms in
use are recognized by their size.
"""

import datetime as dt
import re
from email.utils import parsedate_to_datetime

from django.utils.http import parse_http_date

# The longest wait that a receiver or vendor can ask for. In seconds: one day.
LONGEST_WAIT = 86400.0
# A count of seconds, perhaps with a fraction. What is longer cannot be one.
SECONDS = re.compile(r"(\d{1,15})(\.\d{1,9})?", re.ASCII)
LONGEST_TEXT = 64
# A number this large is a moment: seconds since 1970 (from 2001 on), or milliseconds since 1970 (from 1973 on).
FIRST_EPOCH, FIRST_EPOCH_MS, FIRST_BEYOND = 10**9, 10**11, 10**14
# A reset that is further away than a year is nonsense, not a long pause.
LONGEST_RESET = 366 * 86400.0


def read_retry_after(text: str, *, now: dt.datetime) -> float | None:
    """Return the seconds that a `Retry-After` asks for: 0 to one day. None if it says nothing usable.

    Takes seconds and the three forms of dates. A moment that has passed asks for 0 seconds.
    """
    text = text.strip()
    seconds = _read_number(text)
    if seconds is None:
        moment = read_date(text)
        if moment is None:
            return None
        seconds = moment - now.timestamp()
    return _bound(seconds)


def read_reset(text: str, *, now: dt.datetime) -> float | None:
    """Return the seconds until a rate limit starts over: 0 to one day. None if the header says nothing usable.

    Takes seconds from now, seconds since 1970, milliseconds since 1970, and dates of HTTP.
    """
    text = text.strip()
    number = _read_number(text)
    if number is None:
        moment = read_date(text)
    elif number < FIRST_EPOCH:
        return None if number > LONGEST_RESET else _bound(number)
    elif number < FIRST_EPOCH_MS:
        moment = number
    else:
        moment = number / 1000 if number < FIRST_BEYOND else None
    if moment is None or moment - now.timestamp() > LONGEST_RESET:
        return None
    return _bound(moment - now.timestamp())


def _bound(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _read_number(text: str) -> float | None:
    return float(text) if SECONDS.fullmatch(text) else None


def read_date(text: str) -> float | None:
    """Return a date as seconds since 1970; None if it is none.

    The three forms of HTTP come first. Dates as in e-mail ("6 Nov 2026 08:49:37 +0100") are sent as well.
    """
    if len(text) > LONGEST_TEXT:
        return None
    try:
        return float(parse_http_date(text))
    except ValueError:
        pass
    try:
        moment: dt.datetime = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
