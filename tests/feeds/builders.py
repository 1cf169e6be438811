"""Files of intent records for tests."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from contacthub.feeds import actions
from contacthub.feeds.models import Feed
from contacthub.feeds.runner import ImportReport

HEADER = "observed_on,domain,topic,score,company_name,industry,contact_id,first_name,city"


def line(day: dt.date, number: int, *, contact: bool = True, topic: str = "Idle resources") -> str:
    """Return one row; rows with different numbers differ."""
    contact_id = f"id_{number:016x}" if contact else ""
    return f"{day},company{number % 50}.example,{topic},{number % 100},Company {number},Software,{contact_id},Ann,Oslo"


def fill(
    feed: Feed, tmp_path: Path, rows: Iterable[str], *, today: dt.date, name: str = "rows.csv"
) -> ImportReport:
    """Import rows into a feed."""
    path = tmp_path / name
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    report, _ = actions.import_intent(feed=feed, path=path, today=today)
    return report


def fill_days(feed: Feed, tmp_path: Path, *, today: dt.date, days: int, per_day: int) -> None:
    """Import `per_day` rows for each of the last `days` days; every fourth has no contact."""
    rows = [
        line(today - dt.timedelta(days=d), d * per_day + n, contact=n % 4 != 3)
        for d in range(days)
        for n in range(per_day)
    ]
    fill(feed, tmp_path, rows, today=today)
