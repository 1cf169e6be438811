"""manage.py rotate_secrets: after a new key was put first in SECRETS_KEYS."""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from contacthub.core.commands import OperatorCommand
from contacthub.core.failpoints import failpoint
from contacthub.core.progress import progress_bar
from contacthub.credentials.connections import actions as connections
from contacthub.webhooks import signing


class Command(OperatorCommand):
    """Encrypt all stored secrets with the newest key."""

    help = (
        "Encrypt the credentials of connections and the signing secrets of webhooks with the first key of "
        "SECRETS_KEYS. It can be run again, even after an interruption; then the older keys can be removed. "
        "A secret that no key decrypts stays as it is and is named; the command then exits with status 1."
    )

    def handle(self, **_: Any) -> None:
        """Reseal them, each in a transaction of its own; say how many there are, and which cannot be read."""
        count, unreadable = self._rotate_connections()
        signing_count, unreadable_signing = signing.reseal_all()
        self.stdout.write(f"Encrypted with the newest key: {count + signing_count}")
        if unreadable := unreadable + unreadable_signing:
            for name in unreadable:
                self.stderr.write(f"Cannot be read with the current keys, left as it is: {name}")
            raise CommandError(
                f"{len(unreadable)} secrets cannot be read. Keep the older keys: put the missing one back into "
                "SECRETS_KEYS and run this again, or enter these credentials again."
            )

    def _rotate_connections(self) -> tuple[int, list[str]]:
        done = 0
        unreadable = []
        last: UUID | None = None
        with progress_bar("Connections", unit="") as bar:
            bar.start(connections.count_sealed())
            while (following := connections.reseal_next(after=last)) is not None:
                done, last = done + 1, following.connection_id
                if not following.is_readable:
                    unreadable.append(following.name)
                bar.move_to(done)
                failpoint("after_reseal")
        return done - len(unreadable), unreadable
