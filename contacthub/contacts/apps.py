"""What Django learns of contacts: applying the current rules to stored rows after a migration."""

import sys
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ContactsConfig(AppConfig):
    """The app of contacts."""

    name = "contacthub.contacts"

    def ready(self) -> None:
        """Wait for the end of `migrate`, and register selections as a source of members for lists."""
        from contacthub.contacts import list_members  # noqa: PLC0415  # models are not ready above

        list_members.register()
        post_migrate.connect(normalize_after_migrate, sender=self)


def normalize_after_migrate(*, apps: Any = None, verbosity: int = 1, **_: Any) -> None:
    """Apply the current rules to stored rows, once per version of the rules.

    After all migrations and not in one of them: the facts that searches read are made of what later migrations add.
    """
    # `flush` gives no state; another one may be from before there was anything to remember a run by.
    if apps is None or "normalization" not in apps.all_models["contacts"]:
        return
    from contacthub.contacts.normalizing import normalize_stored  # noqa: PLC0415  # models are not ready above

    counts = normalize_stored()
    if counts is not None and any(vars(counts).values()) and verbosity:
        said = ", ".join(f"{name.replace('_', ' ')}: {n:,}" for name, n in vars(counts).items())
        sys.stdout.write(f"Normalized stored rows. {said}. See manage.py list_merges.\n")
