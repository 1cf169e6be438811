"""Parse the XML of strangers with expat, in pieces: nothing is held that the caller does not keep."""

from collections.abc import Callable, Iterator
from typing import IO, Any
from xml.parsers import expat

CHUNK = 64 * 1024
# A sheet is about six levels deep.
MOST_DEPTH = 64
# Expat holds a tag or an attribute until it ends; no real one is as long.
MOST_TOKEN_BYTES = 2 * 1024 * 1024
DAMAGED = "This workbook is damaged. Save it again and upload the new file."


class Refused(Exception):
    """The workbook is not read; the text says why."""


class Handler:
    """What to do with elements, whose names come without a prefix. Text comes only while `collect` is on."""

    def __init__(self) -> None:
        self.parser: Any = None
        self.text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def collect(self) -> None:
        """Gather the text from here on in `text`."""
        self.text = []
        self.parser.CharacterDataHandler = self.text.append

    def stop(self) -> str:
        """Gather no more, and return the text."""
        self.parser.CharacterDataHandler = None
        return "".join(self.text)


def parse(part: IO[bytes], handler: Handler) -> Iterator[None]:
    """Parse a part, pausing after each piece. Raises `Refused` for damage, a DTD, and what is made to fill memory."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = CHUNK
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler, parser.EndElementHandler = _watch_depth(handler)
    handler.parser = parser
    fed = 0
    try:
        while piece := part.read(CHUNK):
            parser.Parse(piece, False)
            fed += len(piece)
            if fed - parser.CurrentByteIndex > MOST_TOKEN_BYTES:
                raise Refused(DAMAGED)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Refused(DAMAGED) from error
    yield


def run(part: IO[bytes], handler: Handler) -> None:
    """Parse a part to its end."""
    for _ in parse(part, handler):
        pass


def _refuse_doctype(*_: object) -> None:
    # Entities come from there, and ECMA-376 part 2 §8.2.5 forbids it.
    raise Refused(DAMAGED)


def _watch_depth(
    handler: Handler,
) -> tuple[Callable[[str, dict[str, str]], None], Callable[[str], None]]:
    depth = 0
    start, end = handler.start, handler.end

    def on_start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_DEPTH:
            raise Refused(DAMAGED)
        start(name.rpartition(":")[2] if ":" in name else name, attributes)

    def on_end(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(":")[2] if ":" in name else name)

    return on_start, on_end
