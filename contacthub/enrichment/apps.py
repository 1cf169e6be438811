"""What Django learns of enrichment: that what it found can be put on a list."""

from django.apps import AppConfig


class EnrichmentConfig(AppConfig):
    """The app of enrichment."""

    name = "contacthub.enrichment"

    def ready(self) -> None:
        """Register enrichments as a source of members."""
        from contacthub.enrichment import list_members  # noqa: PLC0415  # models are not ready above

        list_members.register()
