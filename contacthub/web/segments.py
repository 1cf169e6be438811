"""Which rows of a list are shown: choices side by side, of which one holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """One choice, and where it leads."""

    label: str
    url: str
    is_current: bool
