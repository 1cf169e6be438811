"""Times in HTTP headers: what they ask for, and what is nonsense."""

import datetime as dt

import pytest

from contacthub.core.http_times import LONGEST_WAIT, read_reset, read_retry_after

NOW = dt.datetime(2026, 11, 30, 12, 0, tzinfo=dt.UTC)
EPOCH = int(NOW.timestamp())
DAY = 86400.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("86400", DAY),
        ("86401", DAY),
        ("999999999999", DAY),
        # The three forms of RFC 9110 §5.6.7, and one of e-mail.
        ("Mon, 30 Nov 2026 12:10:00 GMT", 600.0),
        ("Monday, 30-Nov-26 12:10:00 GMT", 600.0),
        ("Mon Nov 30 12:10:00 2026", 600.0),
        ("Mon, 30 Nov 2026 13:10:00 +0100", 600.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        # Nonsense says nothing.
        ("", None),
        ("-5", None),
        ("+5", None),
        ("1e3", None),
        ("soon", None),
        ("120 s", None),
        ("inf", None),
        ("NaN", None),
        ("٣", None),
        ("9" * 400, None),
        ("9" * 5000, None),
        ("Mon, 20 Nov 9999999999 12:00:00 GMT", None),
        ("Mon, 31 Feb 2026 12:00:00 GMT", None),
        ("Mon, 30 Nov 2026 25:00:00 GMT", None),
        ("Mon, 30 Nov 2026 12:00:00 +999999", None),
        ("Sat, 01 Jan 0001 00:00:00 +2300", 0.0),
        (", ", None),
        ("Mon,\x0030 Nov 2026", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert read_retry_after(text, now=NOW) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("9", 9.0),
        ("0", 0.0),
        ("1.25", 1.25),
        ("90000", DAY),
        (str(EPOCH + 30), 30.0),
        (f"{EPOCH + 30}.5", 30.5),
        (str(EPOCH - 30), 0.0),
        (str(EPOCH + 90000), DAY),
        (str((EPOCH + 30) * 1000), 30.0),
        (str((EPOCH + 30) * 1000 + 250), 30.25),
        (str((EPOCH - 30) * 1000), 0.0),
        ("Mon, 30 Nov 2026 12:00:30 GMT", 30.0),
        # Years away: no pause at all rather than a wrong one.
        ("999999999", None),
        ("99999999999", None),
        ("9999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        (str((EPOCH + 30) * 1_000_000), None),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("9" * 400, None),
    ],
)
def test_reset_of_a_rate(text: str, seconds: float | None) -> None:
    assert read_reset(text, now=NOW) == seconds


def test_nobody_waits_longer_than_a_day() -> None:
    assert dt.timedelta(days=1).total_seconds() == LONGEST_WAIT
