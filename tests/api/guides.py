"""Run the commands that a page of docs/api shows, and check that the answers it shows are those that come.

A guide is Markdown. What a reader would type is in blocks fenced with ```sh, and they run one after another in one
`bash -euo pipefail`: variables and functions of one block are there in the next, and a command that fails ends the
test. The guide finds the address of a running ContactHub in $BASE and, until it makes its own, a key in $KEY. It begins
in a folder that stands for the clone: `manage.py` is there, and nothing may be written into it.

The block right after a ```sh block shows what that block prints, all of it:

- ```json: the same names and the same values. Ids, dates, times, keys and tokens need only look alike. `"…"` stands
  for any value; as the last item of a list it stands for any number of further ones. JSON Lines: ```jsonl.
- ```text, ```csv, ```xml, ```http: the same lines. `…` stands for anything within a line, on a line of its own for
  any lines; ids, dates, times and tokens need only look alike here, too.

Any other block (```python, ```toml, none at all) is not run. A guide's test is three lines:

    def test_guide_works(guide_stack: Stack, tmp_path: Path) -> None:
        run_guide("docs/api/contactbased.md", guide_stack, tmp_path)

with `guide_stack` from tests/api/conftest.py: organizations acme and globex, feeds, contacts, web, worker and beat.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_AS_LINES = ("text", "csv", "xml", "http")
SHOWN = (*SHOWN_AS_LINES, "json", "jsonl")
ANYTHING = "…"
SECONDS = 120
# Values that differ from run to run, by what they look like.
ALIKE = (
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",  # UUID
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})",
    r"\d{4}-\d{2}-\d{2}",
    r"\d{4}/\d{2}/\d{2}",
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT",
    r"chub_(?:live|token)_[\w:.-]+",
    r"[0-9a-v]{20}",  # an InsideView job
    r"http://(?:127\.0\.0\.1|localhost):\d+",
)


@dataclass(frozen=True)
class Step:
    """A block of commands and, where the page shows it, what they print: its kind and text."""

    line: int
    commands: str
    kind: str = ""
    shown: str = ""


def read_steps(text: str) -> list[Step]:
    """Return the blocks of a guide that are run, each with the answer shown right after it."""
    steps: list[Step] = []
    blocks = list(FENCE.finditer(text))
    for number, block in enumerate(blocks):
        if block[1] != "sh":
            continue
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        line = text.count("\n", 0, block.start()) + 1
        if following is not None and following[1] in SHOWN:
            steps.append(Step(line, block[2], following[1], following[2]))
        else:
            steps.append(Step(line, block[2]))
    return steps


def run_guide(
    page: str, stack: Stack, folder: Path, *, key: str = "", **variables: str
) -> dict[int, str]:
    """Run a guide in an empty folder; returns what each block printed, by its line on the page.

    `variables` are there besides BASE and KEY. Raises AssertionError with the block's line.
    """
    steps = read_steps((ROOT / page).read_text(encoding="utf-8"))
    assert steps, f"{page} has no ```sh block"
    (folder / "manage.py").symlink_to(ROOT / "manage.py")
    environment = stack.environment | {"BASE": stack.base_url, "KEY": key} | variables
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    parts = [
        f'exec >"{folder}/.out.{step.line}" 2>"{folder}/.err.{step.line}"\n{step.commands}'
        for step in steps
    ]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(parts)],
        cwd=folder,
        env=environment,
        timeout=SECONDS,
        check=False,
    )
    written = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    assert written == ["manage.py"], f"{page} writes {written} into the clone"
    printed = {}
    for step in steps:
        out, err = (folder / f".{name}.{step.line}" for name in ("out", "err"))
        assert out.exists(), f"{page}: not reached: line {step.line}"
        printed[step.line] = out.read_text(encoding="utf-8")
        is_last = not any(
            (folder / f".out.{later.line}").exists() for later in steps if later.line > step.line
        )
        if done.returncode and is_last:
            raise AssertionError(
                f"{page}:{step.line} ended with {done.returncode}: {printed[step.line][-2000:]}"
                f"{err.read_text(encoding='utf-8')[-2000:]}"
            )
        _check(f"{page}:{step.line}", step, printed[step.line])
    return printed


def _check(place: str, step: Step, printed: str) -> None:
    if step.kind == "json":
        check_value(place, json.loads(step.shown), json.loads(printed))
    elif step.kind == "jsonl":
        shown, came = (
            [json.loads(line) for line in it.splitlines()] for it in (step.shown, printed)
        )
        check_value(place, shown, came)
    elif step.kind:
        pattern = "".join(map(_line_pattern, step.shown.rstrip().splitlines()))
        assert re.fullmatch(pattern, printed.rstrip() + "\n"), (
            f"{place} shows\n{step.shown}\nbut printed\n{printed[:3000]}"
        )


def check_value(place: str, shown: Any, came: Any) -> None:
    """Check that JSON is what a page shows."""
    if shown == ANYTHING:
        return
    if isinstance(shown, dict) and isinstance(came, dict):
        assert list(shown) == list(came), f"{place}: names {list(shown)} shown, {list(came)} came"
        for name, value in shown.items():
            check_value(f"{place} {name}", value, came[name])
    elif isinstance(shown, list) and isinstance(came, list):
        if shown and shown[-1] == ANYTHING:
            shown = shown[:-1]
            came = came[: len(shown)]
        assert len(shown) == len(came), f"{place}: {len(shown)} items shown, {len(came)} came"
        for number, (left, right) in enumerate(zip(shown, came, strict=True)):
            check_value(f"{place}[{number}]", left, right)
    elif isinstance(shown, str) and isinstance(came, str):
        assert re.fullmatch(_text_pattern(shown), came), f"{place}: {shown!r} shown, {came!r} came"
    else:
        assert (shown, type(shown)) == (came, type(came)), (
            f"{place}: {shown!r} shown, {came!r} came"
        )


def _line_pattern(line: str) -> str:
    return r"(?:[^\n]*\n)*" if line.strip() == ANYTHING else _text_pattern(line) + r"\n"


def _text_pattern(text: str) -> str:
    """Return a pattern of texts that say the same: what is volatile is replaced by what it looks like."""
    volatile = re.compile("|".join((*ALIKE, ANYTHING)))
    pattern, at = "", 0
    for found in volatile.finditer(text):
        pattern += re.escape(text[at : found.start()]) + _alike(found[0])
        at = found.end()
    return pattern + re.escape(text[at:])


def _alike(text: str) -> str:
    if text == ANYTHING:
        return "[^\n]*"
    return next(pattern for pattern in ALIKE if re.fullmatch(pattern, text))
