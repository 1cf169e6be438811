"""What Django learns of the pages: sign-ins are recorded, and which files are sent to browsers."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class WebConfig(AppConfig):
    """The app of the pages."""

    name = "contacthub.web"
    # With a second class in this file Django takes neither, unless one says that it is meant.
    default = True

    def ready(self) -> None:
        """Listen to sign-ins. Imported here: before, the models it needs are not loaded."""
        import_module("contacthub.web.sign_ins").connect()


class PageFilesConfig(StaticFilesConfig):
    """Django's app of the static files, without those of other packages that no page of ours loads."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "redoc*",
        "swagger-ui-init.js",
        "swagger-ui.css*",
        "htmx-4*",
        "htmax*",
        "ext",
        "manifest.json",
    ]
