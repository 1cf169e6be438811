"""A database of contacts and intent records that stays, to look at pages and plans at scale.

`python -m tests.bench.scale FOLDER [--contacts N] [--records N]` makes it in a folder, prints its address and keeps
Postgres running until Ctrl-C. Called again, it starts what is there. Remove the folder afterwards: 2,000,000 contacts
take 8 GB.
"""

import argparse
import os
import signal
from pathlib import Path

from contacthub.core import embedded


def main() -> None:
    """Start Postgres, fill it once, and wait."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scale", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contacts", type=int, default=2_000_000)
    parser.add_argument("--records", type=int, default=0, help="intent records of one feed")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    postgres = embedded.start_postgres(arguments.folder / "postgres")
    try:
        os.environ |= {
            "DATABASE_URL": postgres.url,
            "CONTACTHUB_VAR": str(arguments.folder / "var"),
            "DJANGO_SETTINGS_MODULE": "contacthub.settings",
            "SECRET_KEY": "bench",
            "LOG_LEVEL": "WARNING",
        }
        _fill_once(arguments.folder / "filled", arguments.contacts, arguments.records)
        print(f"DATABASE_URL={postgres.url}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        postgres.stop()


def _fill_once(mark: Path, contacts: int, records: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from contacthub.feeds import actions
    from contacthub.organizations.models import Organization
    from tests.bench.contacts import SearchBench
    from tests.bench.intent import fill_intent

    call_command("migrate", verbosity=0)
    if mark.exists():
        return
    organization, _ = Organization.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    SearchBench(organization, contacts).fill()
    if records:
        feed = actions.create_feed(name="Bench")
        actions.grant_feed(feed=feed, organization=organization, lookback_days=90)
        fill_intent(feed, records=records, contacts=contacts)
    mark.touch()


if __name__ == "__main__":
    main()
