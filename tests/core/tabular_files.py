"""Read a small file whole, for the tests of every format."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from contacthub.core.tabular import Reject, open_table


@dataclass
class Content:
    """All that a file holds: its rows as tuples, the lines of the good ones, and the rejected ones."""

    rows: list[tuple[str | None, ...]]
    lines: list[int]
    rejects: list[Reject]
    raws: list[str]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(reject.line, reject.reason) for reject in self.rejects]


def read_table(
    path: Path,
    columns: Sequence[str] = ("a", "b"),
    *,
    nested: Collection[str] = (),
    format: str | None = None,
    encoding: str | None = None,
) -> Content:
    """Read a file through open_table, block by block, and check what must be true of every block."""
    content = Content([], [], [], [])
    position = 0
    with open_table(
        path, columns=columns, nested=nested, format=format, encoding=encoding
    ) as table:
        for block in table.blocks:
            arrays = list(block.columns.values())
            assert list(block.columns) == list(columns)
            assert {len(array) for array in arrays} <= {block.row_count}
            assert position <= block.position <= table.size
            position = block.position
            content.rows += zip(*(array.to_pylist() for array in arrays), strict=True)
            content.lines += block.find_lines()
            content.rejects += block.rejects
            content.raws += [block.find_raw(index) for index in range(block.row_count)]
    assert position in (0, table.size)
    return content
