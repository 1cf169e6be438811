"""What the tests of every connector need: one harmless call for each vendor, and the replies its documents show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contacthub.connectors.base import Connector
from contacthub.connectors.client import Patience
from contacthub.connectors.gate import OpenGate
from contacthub.connectors.registry import find_connector
from tests.receiver import Receiver, Script, answer

SAMPLES = Path(__file__).parent.parent / "samples"
SECRET = "sk_planted_0123456789_WXYZ"
IDS = ["id_3f2a8d1b9c0e5f47", "id_0000000000000001"]
EXPORT = "9f8e7d6c-5b4a-4392-8170-1f2e3d4c5b6a"
JOB = "5f0c2a9e-31f4-4a55-9a53-0d5f7d9f2c11"
IV_JOB = "v9qh2to86kg85s03trag"
# As patient as a job, without its pauses.
QUICK = Patience(first_wait=0.001, most_wait=0.002, most_retry_after=2.0)


@dataclass(frozen=True)
class Vendor:
    """A connector with a call that may be repeated, the sample that answers it, and one that may not."""

    name: str
    call: Callable[[Any], Any]
    sample: str
    prelude: Sequence[str] = ()
    once: Callable[[Any], Any] | None = None

    def scripts(self, *scripts: Script) -> list[Script]:
        """Return scripts behind those that every conversation with this vendor begins with."""
        return [*(say(self.name, sample) for sample in self.prelude), *scripts]

    def good(self) -> Script:
        """Return the script of a good answer."""
        return say(self.name, self.sample)


VENDORS = [
    Vendor(
        "contactbased",
        lambda connector: connector.list_feeds(),
        "feeds",
        once=lambda connector: connector.create_export(JOB),
    ),
    Vendor("letrics", lambda connector: connector.search_contacts({}, size=25), "contacts"),
    Vendor("richutilities", lambda connector: connector.search_contacts({}), "contacts"),
    Vendor(
        "backstory",
        lambda connector: connector.get_bulk(JOB),
        "completed",
        prelude=("token",),
    ),
    Vendor(
        "insideview",
        lambda connector: connector.get_bulk(IV_JOB),
        "finished",
        prelude=("token",),
    ),
]


def read(vendor: str, sample: str) -> bytes:
    """Return a reply as the vendor's documents show it."""
    return (SAMPLES / vendor / f"reply_{sample}.json").read_bytes()


def say(vendor: str, sample: str, status: str = "200 OK", *headers: str) -> Script:
    """Return a script that answers with a sample."""
    return answer(status, "Content-Type: application/json", *headers, body=read(vendor, sample))


def connect(
    vendor: str, where: Receiver | str, gate: Any = None, patience: Patience = QUICK
) -> Connector:
    """Return a connector that calls a receiver."""
    url = where if isinstance(where, str) else f"http://{where.host}:{where.port}"
    connector = find_connector(vendor)
    credentials = {term.name: SECRET for term in connector.terms}
    return connector(
        base_url=url, credentials=credentials, gate=gate or OpenGate(), patience=patience
    )
