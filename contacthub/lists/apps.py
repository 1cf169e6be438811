"""What Django learns of lists: the sources that stand on this floor."""

from django.apps import AppConfig


class ListsConfig(AppConfig):
    """The app of lists."""

    name = "contacthub.lists"

    def ready(self) -> None:
        """Register other lists as a source of members."""
        from contacthub.lists import combining  # noqa: PLC0415  # models are not ready above

        combining.register()
