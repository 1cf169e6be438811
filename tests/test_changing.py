"""docs/changing.md names files, what stands in them, and tests: all of them are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "changing.md").read_text(encoding="utf-8")
# A path with an ending, and behind a colon what the file holds; `<name>` stands for one that is yet to be made.
NAMED = re.compile(r"`((?:[\w.]+/)+[\w.]+\.(?:py|html|css|md|json))(?::(\w+))?`")


def find(path: str) -> Path | None:
    places = (ROOT / path, ROOT / "contacthub" / path)
    return next((place for place in places if place.is_file()), None)


def test_every_named_file_is_there_with_what_is_named_in_it() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 50
    missing = [path for path, _ in named if find(path) is None]
    assert missing == []
    assert [
        f"{path}:{name}"
        for path, name in named
        if name and (file := find(path)) and name not in file.read_text(encoding="utf-8")
    ] == []


def test_every_named_test_is_there() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    there = {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    assert set(re.findall(r"`(test_\w+)`", PAGE)) - there == set()
