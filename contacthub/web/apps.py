"""What Django learns of the pages: sign-ins are recorded."""

from importlib import import_module

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The app of the pages."""

    name = "contacthub.web"

    def ready(self) -> None:
        """Listen to sign-ins. Imported here: before, the models it needs are not loaded."""
        import_module("contacthub.web.sign_ins").connect()
