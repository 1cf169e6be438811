"""What Django learns of rows from vendors: that they can be put on a list."""

from django.apps import AppConfig


class SourcingConfig(AppConfig):
    """The app of live searches and pulls."""

    name = "contacthub.sourcing"

    def ready(self) -> None:
        """Register live searches as a source of members."""
        from contacthub.sourcing.live import list_members  # noqa: PLC0415  # models are not ready above

        list_members.register()
