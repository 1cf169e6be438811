"""What Django learns of rows from vendors: that they can be put on a list."""

from django.apps import AppConfig


class SourcingConfig(AppConfig):
    """The app of live searches and pulls."""

    name = "contacthub.sourcing"

    def ready(self) -> None:
        """Register live searches and pulls as sources of members."""
        # Models are not ready above.
        from contacthub.sourcing.bulk import list_members as bulk_members  # noqa: PLC0415
        from contacthub.sourcing.live import list_members as live_members  # noqa: PLC0415

        live_members.register()
        bulk_members.register()
