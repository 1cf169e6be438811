"""docs/protocols.md names the tests of the contracts' lines: all of them, and none that is not there."""

import re
from pathlib import Path

import pytest

from contacthub.credentials.protocols import PROTOCOLS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
# The prefix of each protocol's lines; Backstory is People.ai's.
PREFIXES = {
    "contactbased": "cb",
    "letrics": "lt",
    "backstory": "pa",
    "richutilities": "ru",
    "insideview": "iv",
}


def names_in(folder: Path) -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in folder.rglob("test_*.py"))
    return {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}


def test_every_protocol_has_a_section() -> None:
    assert set(PREFIXES) == set(PROTOCOLS)
    for entry in PROTOCOLS.values():
        assert f"\n## {entry.label}" in PAGE


def test_every_named_test_is_there() -> None:
    assert set(re.findall(r"`(test_\w+)`", PAGE)) - names_in(ROOT / "tests") == set()


@pytest.mark.parametrize(("protocol", "prefix"), PREFIXES.items())
def test_every_line_with_a_test_is_listed(protocol: str, prefix: str) -> None:
    own = names_in(ROOT / "tests" / "api" / protocol)
    found = [re.match(rf"test_{prefix}_([a-z]?\d+)_", name) for name in own]
    lines = {f"{prefix}-{match[1]}".upper() for match in found if match}
    assert len(lines) > 10, "no test is named after a line"
    assert lines - listed(prefix.upper()) == set()


def listed(prefix: str) -> set[str]:
    """Return the lines of a protocol on the page; `LT-13 … LT-15` is three."""
    lines = set(re.findall(rf"\b{prefix}-[A-Z]?\d+\b", PAGE))
    for kind, first, last in re.findall(
        rf"\b{prefix}-([A-Z]?)(\d+) … (?:{prefix}-)?[A-Z]?(\d+)", PAGE
    ):
        lines |= {f"{prefix}-{kind}{n:0{len(first)}}" for n in range(int(first), int(last) + 1)}
    return lines
