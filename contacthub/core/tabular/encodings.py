"""Text of any encoding: found by looking, or named by a person, and read as UTF-8, so that one parser serves all."""

import codecs
import io
from typing import IO, NamedTuple, Protocol

from contacthub.core.errors import Invalid

SAMPLE_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
# UTF-32 first: its mark begins with that of UTF-16.
MARKS = (
    ("utf-8", codecs.BOM_UTF8),
    ("utf-32-le", codecs.BOM_UTF32_LE),
    ("utf-32-be", codecs.BOM_UTF32_BE),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
)
# What a person may choose, by region: Python's name of the encoding and the name that people know.
CHOICES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Unicode",
        (("utf-8", "UTF-8"), ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16, big-endian")),
    ),
    (
        "Western",
        (
            ("cp1252", "Windows-1252"),
            ("mac-roman", "Mac Roman"),
            ("iso8859-1", "ISO-8859-1"),
            ("iso8859-15", "ISO-8859-15"),
            ("cp850", "DOS 850"),
            ("cp437", "DOS 437"),
        ),
    ),
    (
        "Central European and Baltic",
        (
            ("cp1250", "Windows-1250"),
            ("iso8859-2", "ISO-8859-2"),
            ("mac-latin2", "Mac Central European"),
            ("cp852", "DOS 852"),
            ("cp1257", "Windows-1257"),
        ),
    ),
    (
        "Cyrillic",
        (
            ("cp1251", "Windows-1251"),
            ("koi8-r", "KOI8-R"),
            ("koi8-u", "KOI8-U"),
            ("iso8859-5", "ISO-8859-5"),
            ("mac-cyrillic", "Mac Cyrillic"),
            ("cp866", "DOS 866"),
        ),
    ),
    (
        "Greek, Turkish, Hebrew, Arabic",
        (
            ("cp1253", "Windows-1253"),
            ("iso8859-7", "ISO-8859-7"),
            ("cp1254", "Windows-1254"),
            ("iso8859-9", "ISO-8859-9"),
            ("cp1255", "Windows-1255"),
            ("cp1256", "Windows-1256"),
        ),
    ),
    (
        "East Asian",
        (
            ("cp932", "Shift-JIS"),
            ("euc_jp", "EUC-JP"),
            ("gb18030", "GB 18030"),
            ("cp950", "Big5"),
            ("cp949", "EUC-KR"),
        ),
    ),
)
LABELS = {name: label for _, group in CHOICES for name, label in group}
NOT_TEXT = "This is not a text file. Upload a CSV or an XLSX file."
# Stands for bytes that cannot be decoded. Encoded with surrogateescape it is a byte that UTF-8 never has, so decoding
# the row finds it.
UNDECODABLE = "\udcff"
# Bytes to which Windows-1252 gives no character; Mac Roman has letters there that French and Norwegian names need.
NOT_IN_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r")


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNDECODABLE, error.end


codecs.register_error("contacthub-mark", _mark_undecodable)


class Reader(Protocol):
    """Whatever bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; none at the end."""


class Encoding(NamedTuple):
    """Python's name of a file's encoding, the length of its byte order mark, and whether it is only likely."""

    name: str
    mark_bytes: int = 0
    is_guess: bool = False

    @property
    def label(self) -> str:
        """Return the name that people know: UTF-16 for both of its orders."""
        return LABELS.get(self.name, self.name.upper()).partition(",")[0]


def check_encoding(name: str) -> str:
    """Return Python's name of a text encoding. Raises `Invalid` for one that it does not know."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name).read()
        return codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError) as error:
        raise Invalid(
            f"There is no text encoding {name!r}; try utf-8, cp1252 or utf-16.", field="encoding"
        ) from error


def read_as_utf8(stream: IO[bytes], encoding: Encoding) -> Reader:
    """Return a reader of the text behind the byte order mark, in UTF-8; text that cannot be decoded is not valid
    UTF-8."""
    stream.seek(encoding.mark_bytes)
    return stream if encoding.name == "utf-8" else _Transcoder(stream, encoding.name)


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


# --- Finding it -----------------------------------------------------------------------------------


def find_encoding(
    stream: IO[bytes], *, named: str | None = None, may_guess: bool = False
) -> Encoding:
    """Return the encoding of a file: its byte order mark wins over `named`, which wins over what the bytes look like.

    UTF-16 without a mark is recognized by its zero bytes. Anything else is UTF-8, unless the caller `may_guess` because
    a person sees the outcome: then text that is not UTF-8 is taken for Windows-1252, or Mac Roman where it has bytes
    that Windows-1252 lacks; binary data, and a file of which some lines are UTF-8 and others are not, raise `Invalid`.
    """
    name = check_encoding(named) if named else None
    stream.seek(0)
    start = stream.read(SAMPLE_BYTES)
    for marked, mark in MARKS:
        if start.startswith(mark):
            return Encoding(marked, len(mark))
    if name is not None:
        return Encoding(name)
    wide = _find_wide(start)
    if wide is not None:
        return Encoding(wide, is_guess=True)
    if not may_guess:
        return Encoding("utf-8")
    if len(start.translate(None, CONTROLS)) < len(start) * 0.98:
        raise Invalid(NOT_TEXT, field="file")
    return _find_narrow(stream)


def _find_wide(start: bytes) -> str | None:
    """Tell UTF-16 without a mark: every character of ASCII has a zero byte, always on the same side."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    most = max(even, odd)
    if most < 3 or most * 40 < len(start) or min(even, odd) * 20 > most:
        return None
    name = "utf-16-be" if even > odd else "utf-16-le"
    text = start[: len(start) // 2 * 2].decode(name, "replace")
    return name if "\n" in text or "\r" in text or most * 4 > len(start) else None


def _find_narrow(stream: IO[bytes]) -> Encoding:
    """Return UTF-8 or an encoding of one byte a character. Lines end in LF, CR LF or CR, wherever a block is cut."""
    stream.seek(0)
    counts = _LineKinds()
    last = b""
    while chunk := stream.read(CHUNK_BYTES):
        counts.look_at(last + chunk, is_end=False)
        last = counts.rest
    counts.look_at(last, is_end=True)
    if counts.other_line and counts.utf8_line:
        raise Invalid(
            f"Line {counts.other_line:,} is not UTF-8, line {counts.utf8_line:,} is. "
            "Save the file as UTF-8 and upload it again.",
            field="file",
        )
    if not counts.other_line:
        return Encoding("utf-8")
    return Encoding("mac-roman" if counts.is_beyond_1252 else "cp1252", is_guess=True)


class _LineKinds:
    """Finds the first line with letters in UTF-8 and the first that is not UTF-8."""

    def __init__(self) -> None:
        self.utf8_line = self.other_line = 0
        self.is_beyond_1252 = False
        self.rest = b""
        self._line = 1

    def look_at(self, data: bytes, *, is_end: bool) -> None:
        """Look at a block up to its last line end; what is behind that is `rest`, and comes again with the next."""
        cut = len(data) if is_end else max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
        if not cut and len(data) > 4 * CHUNK_BYTES:
            # One endless line; the parser will refuse it.
            cut = len(data)
        block, self.rest = data[:cut], data[cut:]
        if not block.isascii():
            self._look_at_lines(block)
        self._line += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")

    def _look_at_lines(self, block: bytes) -> None:
        if self.utf8_line and not self.other_line:
            try:
                block.decode()
                return
            except UnicodeDecodeError:
                pass
        for number, line in enumerate(block.splitlines(), start=self._line):
            if not line.isascii():
                self._look_at_line(number, line)

    def _look_at_line(self, number: int, line: bytes) -> None:
        try:
            line.decode()
            self.utf8_line = self.utf8_line or number
        except UnicodeDecodeError:
            self.other_line = self.other_line or number
            self.is_beyond_1252 = self.is_beyond_1252 or not NOT_IN_1252.isdisjoint(line)
