"""What Django learns of feeds: searches of contacts ask here how far an organization may look back."""

from importlib import import_module

from django.apps import AppConfig


class FeedsConfig(AppConfig):
    """The app of feeds."""

    name = "contacthub.feeds"

    def ready(self) -> None:
        """Say how windows are read. Imported here: before, the models it needs are not loaded."""
        import_module("contacthub.feeds.catalog_windows").connect()
