"""Lookback windows: whole UTC days that end today."""

import datetime as dt
from dataclasses import dataclass

from contacthub.core.errors import Invalid, LookbackTooLong
from contacthub.feeds.models import FeedGrant


@dataclass(frozen=True)
class Window:
    """The days `start` … `end`, both included."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> list[dt.date]:
        """List every day of the window, oldest first."""
        return [self.start + dt.timedelta(days=n) for n in range((self.end - self.start).days + 1)]


def find_window(*, grant: FeedGrant, lookback_days: int, today: dt.date) -> Window:
    """Return the window of a lookback: `lookback_days` dates, today among them.

    Raises `Invalid` below 1 day and `LookbackTooLong` past the grant's cap. Source: ContactBased API, "Intent feeds":
    the window ends today and is inclusive.
    """
    if lookback_days < 1:
        raise Invalid("Look-back must be at least 1 day.", field="lookback_days")
    if lookback_days > grant.lookback_days:
        raise LookbackTooLong(asked=lookback_days, cap=grant.lookback_days)
    return Window(today - dt.timedelta(days=lookback_days - 1), today)
