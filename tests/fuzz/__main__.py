"""Run schemathesis on every protocol's document and sum up what it found.

`python -m tests.fuzz [--protocol NAME …] [--cases N] [--seed N]`. A whole system of its own runs on 127.0.0.1 with
data in which the documents' examples are real. Every phase (examples, coverage, fuzzing, stateful) runs, and every
check that applies. The exit status is 1 where a check failed or a phase did not run.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

import tests.services  # noqa: F401 - starts Postgres and Valkey, and stops them at the end
from contacthub.credentials.protocols import PROTOCOLS
from tests.fuzz import data
from tests.stack import Stack

# Refused although valid by the schema: what no schema can say, such as a page beyond the last one, a NUL in a text,
# or an Idempotency-Key that came with another body before.
UNSAYABLE = "positive_data_acceptance"
# A wrong method is 404 by Backstory's contract.
UNCHECKED = {"backstory": ("unsupported_method", "allow_header_conformance")}


@dataclass
class Summary:
    """What schemathesis says of one protocol, over all rounds."""

    protocol: str
    cases: int = 0
    rounds: int = 0
    seconds: float = 0
    failures: Counter[str] = field(default_factory=Counter)

    def add(self, report: Path, seconds: float, status: int) -> None:
        """Add the report of a round: its cases, and its failures by check."""
        reports = list(report.glob("json-*.json"))
        if not reports:
            raise SystemExit(f"schemathesis ended with {status} and left no report.")
        run = json.loads(reports[0].read_text())
        self.cases += run["test_cases"]["generated"]
        self.rounds += 1
        self.seconds += seconds
        self.failures.update({each["title"]: each["count"] for each in run["failures"]})
        self.failures.update(f"error: {each.get('title', each)}" for each in run["errors"])
        self.failures.update(
            f"phase {name} did not run"
            for name, phase in run["phases"].items()
            if phase["status"] == "skip"
        )
        if status and not self.failures:
            self.failures[f"exit status {status}"] += 1

    @property
    def line(self) -> str:
        """Return the figures, and what was found."""
        found = ", ".join(f"{name}: {count}" for name, count in sorted(self.failures.items()))
        return f"{self.protocol:14} {self.cases:7,} cases {self.seconds:6.0f} s   {found or 'nothing found'}"


def main() -> int:
    """Start the system, fuzz protocol after protocol, and say what was found."""
    arguments = parse_arguments()
    folder = Path(tempfile.mkdtemp(prefix="contacthub-fuzz-"))
    stack = Stack(folder)
    try:
        stack.start("web", "worker", "beat")
        key = data.load(stack)
        summaries = [
            fuzz(stack, protocol, key, arguments)
            for protocol in arguments.protocol or served(stack)
        ]
        stack.manage("audit_quota", "--strict")
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print()
    for summary in summaries:
        print(summary.line)
    return int(any(each.failures for each in summaries))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--protocol", action="append", choices=list(PROTOCOLS))
    parser.add_argument("--cases", type=int, default=5000, help="least cases per protocol")
    parser.add_argument("--rounds", type=int, default=20, help="most rounds per protocol")
    parser.add_argument(
        "--examples", type=int, default=200, help="made-up cases per call and round"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--report", type=Path, help="folder for the reports")
    return parser.parse_args()


def served(stack: Stack) -> list[str]:
    """Return the protocols whose document is there."""
    return [
        name
        for name in PROTOCOLS
        if httpx.get(f"{stack.base_url}/openapi/{name}.json").status_code == 200
    ]


def key_header(document: dict[str, Any], key: str) -> str:
    """Return the header in which a protocol wants its key, by its document."""
    scheme = next(iter(document["components"]["securitySchemes"].values()))
    if scheme["type"] == "apiKey":
        return f"{scheme['name']}: {key}"
    return f"Authorization: Bearer {key}"


def fuzz(stack: Stack, protocol: str, key: str, arguments: argparse.Namespace) -> Summary:
    """Run schemathesis on one protocol, with one seed after another until there were cases enough."""
    address = f"{stack.base_url}/openapi/{protocol}.json"
    reports = (arguments.report or stack.folder / "reports") / protocol
    summary = Summary(protocol)
    while summary.cases < arguments.cases and summary.rounds < arguments.rounds:
        seed = arguments.seed + summary.rounds
        report = reports / str(seed)
        began = time.monotonic()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli"),
                *("--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
                *("run", address),
                *("--header", key_header(httpx.get(address).json(), key)),
                *("--checks", "all", "--continue-on-failure"),
                *("--exclude-checks", ",".join((UNSAYABLE, *UNCHECKED.get(protocol, ())))),
                *("--max-examples", str(arguments.examples), "--seed", str(seed)),
                *("--generation-database", "none", "--request-timeout", "60", "--no-color"),
                *("--report", "json", "--report-dir", str(report)),
            ],
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
            cwd=stack.folder,
            check=False,
        )
        summary.add(report, time.monotonic() - began, done.returncode)
    return summary


if __name__ == "__main__":
    sys.exit(main())
