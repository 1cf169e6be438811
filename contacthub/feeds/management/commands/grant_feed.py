"""manage.py grant_feed: the same feed for another organization, or other limits for the same one."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from contacthub.core.commands import OperatorCommand
from contacthub.feeds import actions
from contacthub.feeds.management.commands.create_feed import add_limit_arguments
from contacthub.feeds.queries import get_feed
from contacthub.organizations.queries import get_organization


class Command(OperatorCommand):
    """Grant a feed."""

    help = "Let an organization use a feed, with its own caps and quota. Running it again replaces all limits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--feed", required=True, type=UUID, metavar="ID", help="as create_feed printed it"
        )
        add_limit_arguments(parser)

    def handle(
        self,
        *,
        feed: UUID,
        organization: str,
        lookback_days: int,
        export_row_limit: int | None,
        pii: bool,
        business_info: bool,
        **_: Any,
    ) -> None:
        """Grant the feed and print its id."""
        actions.grant_feed(
            feed=get_feed(public_id=feed),
            organization=get_organization(slug=organization),
            lookback_days=lookback_days,
            export_row_limit=export_row_limit,
            pii=pii,
            business_info=business_info,
        )
        self.stdout.write(str(feed))
