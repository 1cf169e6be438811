"""docs/webhooks.md says what the code does."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from cryptography.fernet import Fernet

from contacthub.web.views.settings.webhooks import VERIFY
from contacthub.webhooks import actions, runner, signing
from contacthub.webhooks.schedule import SCHEDULE

TEXT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
SECONDS = {"s": 1, "min": 60, "h": 3600}


def test_schedule_in_the_docs_is_the_codes() -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith("| after |"))
    waits = [int(count) * SECONDS[unit] for count, unit in re.findall(r"(\d+) (s|min|h)\b", line)]
    assert tuple(waits) == SCHEDULE


def test_lines_in_the_docs_are_those_of_the_page() -> None:
    assert TEXT.split("```python\n")[1].split("```")[0] == VERIFY


def test_figures_in_the_docs_are_the_codes() -> None:
    assert f"within {runner.TIMEOUT_SECONDS:g} seconds" in TEXT
    assert f"listed for {actions.KEEP.days} days" in TEXT
    assert f"For {signing.OVERLAP.total_seconds() / 3600:g} hours" in TEXT
    assert (runner.PER_HOST, runner.PER_ORGANIZATION) == (2, 8)


def test_command_for_a_key_makes_one() -> None:
    command = next(line for line in TEXT.splitlines() if line.startswith("    python -c "))
    words = shlex.split(command)
    made = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=True)
    Fernet(made.stdout.strip())
