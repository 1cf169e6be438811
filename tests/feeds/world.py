"""A catalog of a few companies and people, and feeds that observe them, for tests."""

import datetime as dt
from pathlib import Path

from contacthub.feeds import actions
from contacthub.feeds.models import Feed, FeedGrant
from contacthub.organizations.models import Organization
from tests.contacts.files import Row, take_in
from tests.feeds.builders import fill


def record(
    day: dt.date, company: int, *, topic: str = "Cloud", score: int = 50, contact: int = 0
) -> str:
    """A row of an intent file."""
    contact_id = f"id_{contact:016x}" if contact else ""
    return f"{day},company{company}.example,{topic},{score},Company,Software,{contact_id},Ann,Oslo"


def people(companies: int, each: int = 2) -> list[Row]:
    """Contacts 1, 2 of company 1, 3, 4 of company 2, and so on."""
    return [
        {
            "contact_id": f"id_{number:016x}",
            "id": number,
            "full_name": f"Person {number:02}",
            "quality_score": number,
            "company": {"domain": f"company{1 + (number - 1) // each}.example"},
        }
        for number in range(1, companies * each + 1)
    ]


class World:
    """Five companies with two people each, and a feed of the instance."""

    def __init__(self, tmp_path: Path, today: dt.date) -> None:
        self.tmp_path, self.today = tmp_path, today
        self.feed = actions.create_feed(name="Cloud cost")
        take_in(tmp_path, *people(5))

    def ago(self, days: int) -> dt.date:
        return self.today - dt.timedelta(days=days)

    def observe(self, *rows: str, feed: Feed | None = None, today: dt.date | None = None) -> None:
        fill(feed or self.feed, self.tmp_path, rows, today=today or self.today)

    def grant(self, organization: Organization, days: int, feed: Feed | None = None) -> FeedGrant:
        return actions.grant_feed(
            feed=feed or self.feed, organization=organization, lookback_days=days
        )
