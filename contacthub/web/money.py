"""What something costs, line by line, as `c-money-line` draws it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MoneyLine:
    """A line: `name` may hold HTML; `kind` is sum, after or line, `value_css` the classes of the number."""

    name: str
    value: str
    note: str = ""
    kind: str = "line"
    value_css: str = ""
