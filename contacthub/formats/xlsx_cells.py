"""The cells of a sheet: how Postgres writes them, and what is done to them afterwards.

Source: ECMA-376 part 1 (SpreadsheetML).
"""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from psycopg import sql

from contacthub.formats.base import Column, Kind

# The most characters of text that a cell holds, counted as Excel does: in units of UTF-16.
MOST_UNITS = 32_767
# Rows come from COPY with this in the place of their number, which depends on the sheet they go to. No cell holds it.
ROW_MARK = "\x03"
ROW_MARK_BYTE = ROW_MARK.encode()

# What a cell of text may not hold as it is: what XML forbids or reads as something else, a text that looks like an
# escape, and outer spaces. ST_Xstring writes a forbidden character as _xHHHH_ (ECMA-376 part 1, 22.9.2.19), so a text
# that looks like that is escaped as well. The control characters 1 to 4 have a meaning here; `number_rows` escapes the
# others in cells that begin with the fourth.
ODD_ROW = """
concat_ws('|', {values}) ~ E'[&<>\\x01-\\x1f\\uFFFE\\uFFFF]|_x[0-9A-Fa-f]{{4}}_|(^|\\\\|) | (\\\\||$)'
"""
# Most rows are not odd; looking at all cells of a row at once takes a third of the time of looking at each.
PLAIN_CELL = "coalesce('<c r=\"{cell}\" t=\"inlineStr\"><is><t>' || {value} || '</t></is></c>', '')"
ODD_CELL = """
coalesce('<c r="{cell}" t="inlineStr"><is><t xml:space="preserve">' || replace(replace(replace(replace(replace(
  CASE WHEN {value} ~ E'[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\uFFFE\\uFFFF]|_x[0-9A-Fa-f]{{4}}_' THEN E'\\x04' ||
    replace(replace(replace(replace(replace(replace(regexp_replace({value}, '_(?=x[0-9A-Fa-f]{{4}}_)', '_x005F_', 'g'),
    E'\\x01', '_x0001_'), E'\\x02', '_x0002_'), E'\\x03', '_x0003_'), E'\\x04', '_x0004_'),
    E'\\uFFFE', '_xFFFE_'), E'\\uFFFF', '_xFFFF_')
  ELSE {value} END,
  '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), E'\\n', '&#10;'), E'\\r', '&#13;') || '</t></is></c>', '')
"""
# Excel keeps fifteen digits of a number; an id with more is a text.
INTEGER_CELL = """
coalesce(CASE WHEN {value} BETWEEN -999999999999999 AND 999999999999999
THEN '<c r="{cell}"><v>' || {value} || '</v></c>'
ELSE '<c r="{cell}" t="inlineStr"><is><t>' || {value} || '</t></is></c>' END, '')
"""
# NaN and Infinity are no numbers of a sheet.
NUMBER_CELL = """
coalesce(CASE WHEN {value} - {value} = 0 THEN '<c r="{cell}"><v>' || {value} || '</v></c>'
ELSE '<c r="{cell}" t="inlineStr"><is><t>' || {value} || '</t></is></c>' END, '')
"""
# Excel's days begin with 1900, which it takes for a leap year; a day before 1 March 1900 is a text.
DATE_CELL = """
coalesce(CASE WHEN {value} BETWEEN date '1900-03-01' AND date '9999-12-31'
THEN '<c r="{cell}" s="1"><v>' || ({value} - date '1899-12-30') || '</v></c>'
ELSE '<c r="{cell}" t="inlineStr"><is><t>' || {value} || '</t></is></c>' END, '')
"""
CELLS = {Kind.INTEGER: INTEGER_CELL, Kind.NUMBER: NUMBER_CELL, Kind.DATE: DATE_CELL}
# Widths of columns, in characters; a date has ten.
NARROWEST, WIDEST = 12, 60
# Rows that are looked at for them.
MEASURED_ROWS = 100
# concat_ws takes a hundred arguments.
MOST_ARGUMENTS = 90

# --- Written by Postgres --------------------------------------------------------------------------


def row_sql(columns: Sequence[Column]) -> sql.Composable:
    """Return the expression of one `<row>`; text is typed as text, so nothing is ever taken for a formula."""
    texts = [column.expression for column in columns if column.kind is Kind.TEXT]
    plain, odd = (_row(columns, cell) for cell in (PLAIN_CELL, ODD_CELL))
    if not texts:
        return plain
    is_odd = sql.SQL(" OR ").join(
        sql.SQL(ODD_ROW).format(values=sql.SQL(", ").join(texts[first : first + MOST_ARGUMENTS]))
        for first in range(0, len(texts), MOST_ARGUMENTS)
    )
    return sql.SQL("CASE WHEN {} THEN {} ELSE {} END").format(is_odd, odd, plain)


def _row(columns: Sequence[Column], text_cell: str) -> sql.Composable:
    cells = sql.SQL(" || ").join(
        sql.SQL(CELLS.get(column.kind, text_cell)).format(
            value=column.expression, cell=sql.SQL(column_letters(place) + ROW_MARK)
        )
        for place, column in enumerate(columns, start=1)
    )
    return sql.SQL("'<row r=\"{}\">' || {} || '</row>'").format(sql.SQL(ROW_MARK), cells)


def column_letters(place: int) -> str:
    """Return the letters of a column, counted from 1: A … Z, AA …"""
    letters = ""
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


# --- Finished by Python ---------------------------------------------------------------------------

ODD_MARK = b"\x04"
_control = re.compile(rb"[\x04-\x08\x0b\x0c\x0e-\x1f]")
_text = re.compile(rb'<is><t(?: xml:space="preserve")?>([^<]*)</t></is>')
# What stands for one character in a cell.
_token = re.compile(r"&#?\w+;|_x[0-9A-F]{4}_|.", re.DOTALL)
_value = re.compile(rb'<c r="([A-Z]+)\x03"[^>]*>(?:<is><t[^>]*>|<v>)([^<]*)<')


def number_rows(lines: Sequence[bytes], first: int) -> bytes:
    """Return rows of COPY joined, numbered from `first` on."""
    raw = b"".join(
        [line.replace(ROW_MARK_BYTE, b"%d" % number) for number, line in enumerate(lines, first)]
    )
    if ODD_MARK not in raw:
        return raw
    return _control.sub(
        lambda found: b"" if found[0] == ODD_MARK else b"_x%04X_" % found[0][0], raw
    )


def cut_texts(lines: Sequence[bytes]) -> tuple[list[bytes], int]:
    """Cut texts that are longer than a cell can hold, never inside a character. Returns how many were cut as well."""
    count = 0

    def shorten(found: re.Match[bytes]) -> bytes:
        nonlocal count
        text = found[1].decode()
        end = _end_of_cell(text)
        if end == len(text):
            return found[0]
        count += 1
        return b'<is><t xml:space="preserve">%s</t></is>' % text[:end].encode()

    shorter = [line if len(line) <= MOST_UNITS else _text.sub(shorten, line) for line in lines]
    return shorter, count


def _end_of_cell(text: str) -> int:
    """Return where the text of a cell, escaped as it is, must end."""
    if len(text) * 2 <= MOST_UNITS:
        return len(text)
    units = 0
    for token in _token.finditer(text):
        # A character beyond the Basic Multilingual Plane is two units; the mark goes.
        units += 2 if token[0] > "\uffff" else token[0] != "\x04"
        if units > MOST_UNITS:
            return token.start()
    return len(text)


def header_row(columns: Sequence[Column]) -> str:
    """Return the first row of a sheet."""
    cells = "".join(
        f'<c r="{column_letters(place)}1" s="2" t="inlineStr"><is><t xml:space="preserve">'
        f"{_escape(column.name)}</t></is></c>"
        for place, column in enumerate(columns, start=1)
    )
    return f'<row r="1">{cells}</row>'


def _escape(text: str) -> str:
    text = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    text = re.sub(
        "[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", lambda found: f"_x{ord(found[0]):04X}_", text
    )
    return escape(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def column_widths(columns: Sequence[Column], lines: Sequence[bytes]) -> str:
    """Return `<cols>`: widths, in characters, that show the header and the values of these rows, within limits."""
    # Beside a heading is the button of the filter.
    widths = {
        column_letters(place): max(NARROWEST, min(len(column.name) + 4, WIDEST))
        for place, column in enumerate(columns, start=1)
    }
    for line in lines[:MEASURED_ROWS]:
        for letters, value in _value.findall(line):
            name = letters.decode()
            widths[name] = max(widths[name], min(len(value.decode()) + 2, WIDEST))
    return "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(widths.values(), start=1)
    )
