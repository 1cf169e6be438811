"""manage.py write_openapi: write the protocols' OpenAPI documents into docs/openapi."""

from pathlib import Path
from typing import Any

from django.conf import settings

from contacthub.api.protocols import APIS
from contacthub.api.views import read_document
from contacthub.core.commands import OperatorCommand


class Command(OperatorCommand):
    """Write the documents that are committed; a test fails where they and the code differ."""

    help = "Write the OpenAPI documents of all protocols into docs/openapi."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write one file a protocol."""
        folder = Path(settings.BASE_DIR) / "docs" / "openapi"
        folder.mkdir(parents=True, exist_ok=True)
        for name in APIS:
            (folder / f"{name}.json").write_bytes(read_document(name))
