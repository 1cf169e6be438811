"""Reading text of any encoding as UTF-8, so that one parser serves all."""

import codecs
import io
from pathlib import Path
from typing import IO, Protocol

from contacthub.core.errors import Invalid

MARKS = (
    ("utf-8", codecs.BOM_UTF8),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
)
# Stands for bytes that cannot be decoded. Encoded with surrogateescape it is a byte that UTF-8 never has, so the row
# that holds it is rejected.
UNDECODABLE = "\udcff"


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNDECODABLE, error.end


codecs.register_error("contacthub-mark", _mark_undecodable)


class Reader(Protocol):
    """Whatever bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; none at the end."""


def check_encoding(name: str) -> str:
    """Return Python's name of a text encoding. Raises `Invalid` for one that it does not know."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name).read()
        return codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError) as error:
        raise Invalid(
            f"There is no text encoding {name!r}; try utf-8, cp1252 or utf-16.", field="encoding"
        ) from error


def open_text(path: Path, encoding: str | None) -> tuple[IO[bytes], Reader]:
    """Open a file of text. Returns the file itself, which tells the position and wants closing, and its UTF-8.

    A byte order mark wins over `encoding`, which wins over UTF-8.
    """
    name = check_encoding(encoding or "utf-8")
    stream = path.open("rb")
    start = stream.read(4)
    marked = next(((found, mark) for found, mark in MARKS if start.startswith(mark)), None)
    if marked is not None:
        name = marked[0]
    stream.seek(len(marked[1]) if marked else 0)
    return stream, stream if name == "utf-8" else _Transcoder(stream, name)


class _Transcoder:
    """Reads a stream of another encoding as UTF-8."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("contacthub-mark")

    def read(self, size: int = -1, /) -> bytes:
        # Half a character decodes to nothing yet; nothing would look like the end of the file.
        while True:
            raw = self._stream.read(size)
            text = self._decoder.decode(raw, final=not raw)
            if text or not raw:
                return text.encode("utf-8", "surrogateescape")
