"""manage.py load_demo: two organizations, their people, five feeds and fifty thousand contacts, all made up."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings

from contacthub.core import clock
from contacthub.core.commands import OperatorCommand
from contacthub.demo import actions
from contacthub.demo.folder import Folder


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0.01 <= share <= 1:
        raise ArgumentTypeError("a share is a number from 0.01 to 1")
    return share


class Command(OperatorCommand):
    """Fill an empty instance with made-up data."""

    help = (
        "Load the demo data: organizations acme and globex with people and API keys (written to demo.json), five "
        "feeds, 50,000 contacts and 200,000 intent records; where SANDBOX is on also a made-up vendor that acme is "
        "connected to. Adds what is missing and changes nothing else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--scale",
            type=_share,
            default=os.environ.get("DEMO_SCALE", "1"),
            help="share of contacts and records to make, 0.01 to 1 (default: DEMO_SCALE, else 1)",
        )

    def handle(self, *, scale: float, **_: Any) -> None:
        """Load what is missing and say where the log-ins are."""
        folder = Folder(settings.VAR_DIR)
        folder.make()
        actions.load_demo(
            folder=folder,
            base_url=settings.BASE_URL,
            today=clock.today(),
            scale=scale,
            has_sandbox=settings.SANDBOX,
        )
        self.stdout.write(f"Log-ins and API keys: {folder.log_ins}")
