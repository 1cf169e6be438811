"""The page for programmers says what really happens."""

from pathlib import Path

from tests.api.guides import run_guide
from tests.stack import Stack


def test_guide_works(guide_stack: Stack, tmp_path: Path) -> None:
    run_guide("docs/api/contactbased.md", guide_stack, tmp_path)
    rows = guide_stack.query(
        "SELECT total_rows, charged_rows FROM exports_export e JOIN organizations_organization o"
        " ON o.id = e.organization_id WHERE o.slug = 'cb-guide'"
    )
    assert rows == [(2, 2)]
