"""Which bytes of a file a client asks for. Source: RFC 9110 §14 (Range), §13.1.5 (If-Range)."""

import re
from dataclasses import dataclass

BYTE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class UnsatisfiableRange(Exception):
    """The range begins behind the end of the file."""


@dataclass(frozen=True)
class Span:
    """A part of a file: the places of its first and last byte."""

    first: int
    last: int


def find_span(*, asked: str, if_range: str | None, etag: str, size: int) -> Span | None:
    """Return the part that a `Range` header asks for, or None for the whole file. Raises `UnsatisfiableRange`.

    One range is honored; several, or one that cannot be read, mean the whole file (§14.2 allows both), and so does a
    range with an `If-Range` of another file.
    """
    match = BYTE_RANGE.fullmatch(asked.replace(" ", ""))
    if match is None or match[0] == "bytes=-":
        return None
    if if_range is not None and if_range != etag:
        return None
    if not match[1]:
        length = int(match[2])
        if length == 0 or size == 0:
            raise UnsatisfiableRange
        return Span(max(0, size - length), size - 1)
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return None
    if first >= size:
        raise UnsatisfiableRange
    return Span(first, last)
