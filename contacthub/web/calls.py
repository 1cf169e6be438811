"""What a page shows, as the call with which a program gets the same: for the shell and for Python."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from contacthub.credentials.protocols import PROTOCOLS

# The reader sets it to a key of their own: no page ever knows a key.
VARIABLE = "CONTACTHUB_KEY"


@dataclass(frozen=True)
class Call:
    """One call of a protocol. `body` is sent as JSON; a call without one is a GET."""

    protocol: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, Any] | None = None

    @property
    def url(self) -> str:
        """Return the whole address."""
        query = f"?{urlencode(self.query, doseq=True)}" if self.query else ""
        return f"{settings.BASE_URL}{self.path}{query}"

    @property
    def _header(self) -> tuple[str, str]:
        entry = PROTOCOLS[self.protocol]
        return entry.key_header, entry.key_prefix

    @property
    def curl(self) -> str:
        """Return the call for a POSIX shell."""
        name, prefix = self._header
        lines = [f"curl {shlex.quote(self.url)}", f'-H "{name}: {prefix}${VARIABLE}"']
        if self.body is not None:
            lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(_json(self.body))}"]
        return " \\\n  ".join(lines)

    @property
    def python(self) -> str:
        """Return the call for Python with httpx."""
        name, prefix = self._header
        key = f'os.environ["{VARIABLE}"]'
        value = f'"{prefix}" + {key}' if prefix else key
        verb, body = ("get", "") if self.body is None else ("post", f"    json={self.body!r},\n")
        return (
            "import os\n\nimport httpx\n\n"
            f"answer = httpx.{verb}(\n    {self.url!r},\n    headers={{{name!r}: {value}}},\n{body}    timeout=60,\n)\n"
            "answer.raise_for_status()\nprint(answer.json())\n"
        )


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False)
