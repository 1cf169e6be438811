"""The one clock: UTC, and every rule about days takes the day as an argument."""

import datetime as dt


def now() -> dt.datetime:
    """Return the time now, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """Return the UTC date now."""
    return now().date()
