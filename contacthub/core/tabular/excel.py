"""CSV for spreadsheets: text stays the text it is, and nothing in a cell is calculated.

A spreadsheet reads `00123`, `2E3`, `11-50`, `SEPT2` or `TRUE` as a number, a date or a truth value, in the language of
its user. `="11-50"` is how a CSV cell says "this is text": Excel, LibreOffice and Google Sheets show 11-50. Where that
form cannot be used an apostrophe stands in front. The rules are wide on purpose: a cell that is marked as text without
need looks the same, a cell that is converted has lost its text.

The rule exists as a function and as an SQL expression made of the same patterns, because Postgres writes result files.
Source: OWASP, "CSV Injection".
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from psycopg import sql

BYTE_ORDER_MARK = "\ufeff"
# Excel takes no longer text inside a formula. Counted in bytes, which are never fewer than Excel's characters.
MOST_FORMULA_BYTES = 255
# As long as any date with its time in words; shorter than a hash in hex.
MOST_DATE_CHARACTERS = 31


def _class(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


def _gaps(ranges: Iterable[tuple[int, int]], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield what `ranges` leave of `first` … `last`."""
    for start, end in sorted(ranges):
        if start > first:
            yield first, start - 1
        first = end + 1
    yield first, last


# The decimal digits of every other script in the Basic Multilingual Plane: Excel reads several of them.
_DIGITS = [(n, n + 9) for n in range(0x80, 0x10000) if unicodedata.decimal(chr(n), None) == 0]
# Spaces and punctuation beyond ASCII.
_MARKS = [(0x2000, 0x206F), (0x3000, 0x3003), (0xFE50, 0xFE6F), (0xFF01, 0xFF0F), (0xFF1A, 0xFF20)]
# Spaces and characters that are not seen.
_UNSEEN = "\x80-\xa0\xad\u034f\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
# The wide and small forms of what begins a formula: some spreadsheets fold them to ASCII.
_STARTS = "\uff1d\uff0b\uff0d\uff20\uff05\uff5c\ufe62\ufe63\ufe66\ufe6a\ufe6b"
# TRUE and FALSE in the languages in which Excel translates them.
WORDS = (
    "true false wahr falsch vrai faux verdadero verdadeiro falso vero waar onwaar sant "
    "falskt sand falsk sann usann tosi epätosi prawda fałsz pravda nepravda igaz hamis "
    "doğru yanlış истина ложь істина хибність хиба αληθης ψευδης αληθής ψευδής cert fals "  # noqa: RUF001
    "adevărat egia faltsua tõene väär tiesa netiesa patiess aplams"
)


@dataclass(frozen=True)
class Patterns:
    """Regular expressions that mean the same in Postgres and in Python; those for ASCII alone are faster."""

    digit: str
    touched: str
    suspect: str
    breaks: str
    word: str
    whole: str
    always: str
    sign: str
    number: str
    date: str
    inner: str
    control: str


def _patterns(*, is_ascii: bool) -> Patterns:
    digits, marks, letters, unseen, starts = "0-9", "", "A-Za-z", "", ""
    words = WORDS.split()
    if is_ascii:
        words = [word for word in words if word.isascii()]
    else:
        digits += _class(_DIGITS)
        marks = "\x80-\xa0" + _class(_MARKS)
        letters += _class(_gaps(_DIGITS + _MARKS, 0xA1, 0x10FFFF))
        unseen, starts = _UNSEEN, _STARTS
    # What stands between the words of a number, a date, a time or a sum of money.
    others = f" $%'()+,./:\\\\\\-\x7f{digits}{marks}"
    other = f"[{others}]"
    letter = f"[{letters}]"
    # A spreadsheet may skip these. A quote begins a cell for a reader that expects another delimiter.
    skipped = f'[\x01-\x20"\x7f{unseen}]*'
    start = f"[-=+@|%{starts}]"
    formula = f"\\A{skipped}{start}|\\A[\t\r\n]"
    word = "\\A *(?:{}) *\\Z".format("|".join(map(_in_any_case, words)))
    return Patterns(
        digit=f"[{digits}]",
        touched=f"[{digits};\t\r\n]",
        # A text without any of this is safe unless it is a word.
        suspect=f"[{digits};\t\r\n]|{formula}|\\A#",
        breaks="[;\t\r\n]",
        word=word,
        # Excel shows a whole number of so many digits as it is written, and people want to add them up.
        whole="\\A(?:0|[1-9][0-9]{0,10})\\Z",
        always=f"{formula}|\\A#[^ ]+\\Z",
        # Neither a number nor a date has such a character.
        sign=f"[^{others}{letters}]",
        # A number has at most one letter, that of its exponent, and does not begin with it.
        number=f"\\A{other}+(?:[A-Za-z]{other}*)?\\Z",
        # A date has one long word, the month; the others have one or two letters (am, kr, de). An address has more.
        date=f"\\A(?:{letter}?{letter}?{other})*{letter}*(?:{other}{letter}?{letter}?)*\\Z",
        # A reader that expects another delimiter begins a cell here.
        inner=f"([;\t\r\n]{skipped})({start})",
        control="[\x01-\x1f]",
    )


def _in_any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)


ALL = _patterns(is_ascii=False)
# Why not Python: Postgres writes the rows of a result several times faster. The first case settles most cells that
# begin with a letter in less time than the others.
EXCEL_TEXT = """
CASE WHEN ascii({value}) BETWEEN 65 AND 122 AND NOT {is_word} AND ({value} !~ {touched}
         OR {value} !~ {breaks} AND (length({value}) > {most_date} OR {value} !~ {date})) THEN {value}
     WHEN {value} ~ {whole} OR NOT {is_word} AND {value} !~ {suspect} THEN {value}
     WHEN {is_word} OR {value} ~ {always} OR ({value} ~ {digit}
         AND ({value} ~ {number} OR length({value}) <= {most_date} AND {value} ~ {date}))
     THEN CASE WHEN octet_length({value}) > {most_formula} OR {value} ~ {control}
          THEN '''' || regexp_replace({value}, {inner}, '\\1''\\2', 'g')
          ELSE '="' || replace(regexp_replace({value}, {inner}, '\\1''\\2', 'g'), '"', '""') || '"' END
     ELSE regexp_replace({value}, {inner}, '\\1''\\2', 'g') END
"""
# Looking a word up takes a tenth of the time of the pattern, which the words beyond ASCII need.
IS_WORD = """
(upper(btrim({value}, ' ') COLLATE "C") = ANY({words}) OR octet_length({value}) > length({value}) AND {value} ~ {word})
"""


# Of a longer number Excel shows twelve digits, and keeps fifteen.
EXCEL_INTEGER = """
CASE WHEN {value} BETWEEN -99999999999 AND 99999999999 THEN ({value})::text ELSE '="' || {value} || '"' END
"""


def excel_integer_sql(value: sql.Composable) -> sql.Composable:
    """Return the expression that writes the whole number `value` so that no digit of it is lost."""
    return sql.SQL(EXCEL_INTEGER).format(value=value)


def excel_text_sql(value: sql.Composable) -> sql.Composable:
    """Return the expression that does for the text `value` what `excel_text` does."""
    words = [word.upper() for word in WORDS.split() if word.isascii()]
    is_word = sql.SQL(IS_WORD).format(
        value=value, words=sql.Literal(words), word=sql.Literal(ALL.word)
    )
    return sql.SQL(EXCEL_TEXT).format(
        value=value,
        is_word=is_word,
        most_date=sql.Literal(MOST_DATE_CHARACTERS),
        most_formula=sql.Literal(MOST_FORMULA_BYTES),
        **{name: sql.Literal(pattern) for name, pattern in asdict(ALL).items()},
    )


_UPPER = frozenset(word.upper() for word in WORDS.split())


class _Rule:
    """The patterns, compiled for Python."""

    def __init__(self, patterns: Patterns) -> None:
        compiled = {name: re.compile(pattern) for name, pattern in asdict(patterns).items()}
        self._is_suspect = compiled["suspect"].search
        self._is_pattern_of_word = compiled["word"].search
        self._is_whole = compiled["whole"].search
        self._is_always = compiled["always"].search
        self._has_digit = compiled["digit"].search
        self._is_number = compiled["number"].search
        self._is_date = compiled["date"].search
        self._has_control = compiled["control"].search
        self._has_break = compiled["breaks"].search
        self._has_sign = compiled["sign"].search
        self._inner = compiled["inner"]

    def apply(self, value: str) -> str:
        is_word = value.strip(" ").upper() in _UPPER and self._is_pattern_of_word(value)
        if self._is_whole(value) or not (is_word or self._is_suspect(value)):
            return value
        safe = self._inner.sub(r"\1'\2", value) if self._has_break(value) else value
        if not (is_word or self._is_converted(value)):
            return safe
        is_long = len(value.encode(errors="surrogatepass")) > MOST_FORMULA_BYTES
        if is_long or self._has_control(value):
            return f"'{safe}"
        return '="{}"'.format(safe.replace('"', '""'))

    def _is_converted(self, value: str) -> bool:
        if self._is_always(value):
            return True
        if not self._has_digit(value) or self._has_sign(value):
            return False
        is_date = len(value) <= MOST_DATE_CHARACTERS and self._is_date(value)
        return bool(is_date or self._is_number(value))


_ASCII_RULE, _RULE = _Rule(_patterns(is_ascii=True)), _Rule(ALL)


def excel_text(value: str) -> str:
    """Return a cell of CSV that a spreadsheet shows as this text and does not calculate or convert.

    The cell differs from what is shown only in formulas behind `;`, a tab or a line break, and in texts that hold
    control characters or more than 255 bytes: there an apostrophe is seen. The character NUL, which no text in
    Postgres holds, is dropped.
    """
    value = value.replace("\0", "")
    return (_ASCII_RULE if value.isascii() else _RULE).apply(value)


_GUARDED_INNER = re.compile(ALL.inner.replace(")(", ")'("))


def original_text(cell: str) -> str:
    """Return the text of a cell that `excel_text` wrote; any other cell as it is.

    So a file of rejected rows can be uploaded again without having been through a spreadsheet.
    """
    is_formula = cell.startswith('="')
    text = cell[2:-1].replace('""', '"') if is_formula else cell.removeprefix("'")
    text = _GUARDED_INNER.sub(r"\1\2", text)
    return text if excel_text(text) == cell else cell


def format_excel_rows(rows: Iterable[Iterable[object]]) -> str:
    """Return rows of CSV for spreadsheets (RFC 4180, without header and mark); numbers stay numbers."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(
        [excel_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return lines.getvalue()
