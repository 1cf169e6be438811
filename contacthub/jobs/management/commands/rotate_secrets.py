"""manage.py reseal_secrets: after a new key was put first in SECRETS_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacthub.core.errors import ContactHubError
from contacthub.jobs.webhooks import signing


class Command(BaseCommand):
    """Encrypt the stored secrets with the newest key."""

    help = "Encrypt the signing secrets of webhooks with the first key of SECRETS_KEYS. It may be run again."

    def handle(self, **_: Any) -> None:
        """Reseal them and say how many there were."""
        try:
            count = signing.reseal_all()
        except ContactHubError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Encrypted with the newest key: {count}")
