"""manage.py create_feed: a new feed, granted to one organization."""

from argparse import ArgumentParser
from typing import Any

from django.db import transaction

from contacthub.core.commands import OperatorCommand
from contacthub.feeds import actions
from contacthub.organizations.queries import get_organization


def add_limit_arguments(parser: ArgumentParser) -> None:
    """Declare the limits of a grant."""
    parser.add_argument("--organization", required=True, metavar="SLUG", help="who may use it")
    parser.add_argument(
        "--lookback-days", required=True, type=int, metavar="DAYS", help="longest window, 1 to 3650"
    )
    parser.add_argument(
        "--export-row-limit",
        type=int,
        metavar="ROWS",
        help="rows that may be exported; default: no limit",
    )
    parser.add_argument(
        "--pii", action="store_true", help="exports may include names, addresses and demographics"
    )
    parser.add_argument(
        "--business-info",
        action="store_true",
        help="exports may include title, seniority, LinkedIn",
    )


class Command(OperatorCommand):
    """Create a feed."""

    help = "Create an intent feed, grant it to an organization, and print the feed's id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        add_limit_arguments(parser)
        parser.add_argument("--description", required=True, help="what the feed is about")
        parser.add_argument("--name", help="short name that people see (default: the description)")

    def handle(
        self,
        *,
        organization: str,
        description: str,
        name: str | None,
        lookback_days: int,
        export_row_limit: int | None,
        pii: bool,
        business_info: bool,
        **_: Any,
    ) -> None:
        """Create the feed and its grant, and print the id."""
        with transaction.atomic():
            feed = actions.create_feed(name=name or description, description=description)
            actions.grant_feed(
                feed=feed,
                organization=get_organization(slug=organization),
                lookback_days=lookback_days,
                export_row_limit=export_row_limit,
                pii=pii,
                business_info=business_info,
            )
        self.stdout.write(str(feed.public_id))
