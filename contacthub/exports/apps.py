"""What Django learns of exports: that their contacts can be put on a list."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """The app of exports."""

    name = "contacthub.exports"

    def ready(self) -> None:
        """Register exports as a source of members."""
        from contacthub.exports import list_members  # noqa: PLC0415  # models are not ready above

        list_members.register()
