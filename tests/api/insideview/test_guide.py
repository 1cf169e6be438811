"""The page for programmers says what really happens."""

from pathlib import Path

from tests.api.guides import run_guide
from tests.stack import Stack


def test_guide_works(guide_stack: Stack, tmp_path: Path) -> None:
    run_guide("docs/api/insideview.md", guide_stack, tmp_path)
