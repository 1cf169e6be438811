"""manage.py rotate_secrets: after a new key was put first in SECRETS_KEYS."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from contacthub.core.errors import ContactHubError
from contacthub.core.failpoints import failpoint
from contacthub.core.progress import progress_bar
from contacthub.credentials.connections import actions as connections
from contacthub.jobs.webhooks import signing


class Command(BaseCommand):
    """Encrypt all stored secrets with the newest key."""

    help = (
        "Encrypt the credentials of connections and the signing secrets of webhooks with the first key of "
        "SECRETS_KEYS. It may be run again, also where it was cut short; afterwards the older keys can go."
    )

    def handle(self, **_: Any) -> None:
        """Reseal them, each in a transaction of its own, and say how many there are."""
        try:
            count = self._rotate_connections() + signing.reseal_all()
        except ContactHubError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Encrypted with the newest key: {count}")

    def _rotate_connections(self) -> int:
        done = 0
        last: UUID | None = None
        with progress_bar("Connections", unit="") as bar:
            bar.start(connections.count_sealed())
            while (following := connections.reseal_next(after=last)) is not None:
                done, last = done + 1, following
                bar.move_to(done)
                failpoint("after_reseal")
        return done
