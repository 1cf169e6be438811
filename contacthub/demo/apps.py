"""What Django learns of the demo: a check that no production instance passes for one."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


class DemoConfig(AppConfig):
    """The app of the demo."""

    name = "contacthub.demo"

    def ready(self) -> None:
        """Register the check."""
        checks.register(check_sandbox, checks.Tags.security, deploy=True)


def check_sandbox(**_: Any) -> list[checks.CheckMessage]:
    """Warn where a deployed instance would take itself for a made-up vendor."""
    if not settings.SANDBOX:
        return []
    return [
        checks.Warning(
            "SANDBOX is on.",
            hint="It is for demos: pages say that nothing real is called or charged. Unset it.",
            id="contacthub.W001",
        )
    ]
