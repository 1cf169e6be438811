"""Text stays text in a spreadsheet, and the rule is one in Python and in Postgres."""

import csv
import io
import random

import pytest
from babel import Locale
from django.db import connection
from psycopg import sql

from contacthub.core.tabular import excel
from contacthub.core.tabular.excel import excel_text, excel_text_sql, original_text

# What Excel makes a number, a date, a time, a truth value or an error of, in some country.
CONVERTED = """
5-10 11-50 2E3 1e5 -1.5E-7 3.10 1/2 1-2-3 TRUE false Wahr VRAI ИСТИНА SEPT2 2-mar mar-21 Mai2020 00123 1234567890123
12:30 5pm 5:30a (5) $7 -$7 7€ €7 5% 1,5 1,234 1.234,5 1'234 £5 kr5 7zł Kč9 30.11.2026 2026-11-30 2026-11-30T10:00
11/30/26 R2.1.1 2020年5月3日 ５０ ٥٠ #N/A #REF! +4722 -5 .5 5. 5- 3M 10,00 1:2:3 1d5
""".split()  # noqa: SIM905
CONVERTED += [
    "1 1/2", "+47 22 33 44 55", "5 pm", "5 kr", "12 septembre 2020", "3 de mayo de 2020", " 5", "5 ", " TRUE ",
    "1\u202f234", "5\xa0€", "March 3, 2020 5:00 PM", "23 сентября 2026 г. 11:45:00", "9" * 200,
]  # fmt: skip
FORMULAS = [
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "|x", "%x", "＝1+1", "－1", "\ufe661", "  =1", "\ufeff=1",
    "\u200b=1", '="x"', '"=1', "\x01=1", "='a'&\"b\"",
]  # fmt: skip
UNTOUCHED = [
    "", "Garnier", "12 Main Street", "id_00000000000000aa", "ingrid2@haldenrobotics.example", "4chan.org", "250", "0",
    "12345678901", "Arnold; Bob", "two\nlines", "'quoted'", "d41d8cd98f00b204e9800998ecf8427e", "#hash tag",
    "Vera", "a=1", "\U0001f600",
]  # fmt: skip


def shown(cell: str) -> str:
    """Return what a spreadsheet shows of a cell that is marked as text."""
    assert cell.startswith('="')
    assert cell.endswith('"')
    inside = cell[2:-1]
    assert '"' not in inside.replace('""', ""), "the text ends before the cell does"
    return inside.replace('""', '"')


@pytest.mark.parametrize("text", CONVERTED + [text for text in FORMULAS if "\x01" not in text])
def test_what_would_be_converted_is_marked_as_this_very_text(text: str) -> None:
    assert shown(excel_text(text)) == text


@pytest.mark.parametrize("text", UNTOUCHED)
def test_ordinary_text_is_untouched(text: str) -> None:
    assert excel_text(text) == text


def test_month_of_any_language_beside_a_digit_is_marked() -> None:
    names = {
        name
        for language in "ar cs de el es et fi fr hu is it ja ka ko lt lv nb pl pt ru sv th tr uk vi zh".split()  # noqa: SIM905
        for width in ("wide", "abbreviated")
        for name in Locale(language).months["format"][width].values()
    }
    assert len(names) > 400
    assert [name for name in names if excel_text(f"5 {name}") == f"5 {name}"] == []
    assert [name for name in names if excel_text(f"{name} 2026") == f"{name} 2026"] == []


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        # A reader that splits at `;` or a tab begins a cell inside; a line break begins one in a broken row.
        ("Bob;=1+1", "Bob;'=1+1"),
        ("a; +1;\u3000＝2", "a; '+1;\u3000'＝2"),
        ("a\t@x", "a\t'@x"),
        ("a\r\n-b", "a\r\n'-b"),
        ('a;"=1+1', "a;\"'=1+1"),
        ("=1;=2", '="=1;\'=2"'),
        # No formula holds line breaks, or more than 255 characters of text.
        ("=1\n2", "'=1\n2"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("=" + "x" * 255, "'=" + "x" * 255),
        ("=" + "é" * 128, "'=" + "é" * 128),
        ("\0=1", '="=1"'),
    ],
)
def test_formula_inside_a_cell_is_neutralized(text: str, cell: str) -> None:
    assert excel_text(text) == cell
    assert original_text(cell) == text.replace("\0", "")


def test_cell_that_only_looks_marked_is_not_changed_back() -> None:
    for cell in ['="plain"', "'plain", '="a"b"', '="', "'", "=1+1", ""]:
        assert original_text(cell) == cell
    for text in CONVERTED + FORMULAS + UNTOUCHED:
        assert original_text(excel_text(text)) == text


@pytest.mark.django_db
def test_postgres_and_python_have_one_rule() -> None:
    rng = random.Random(7)
    pieces = [*"0123456789ab;=+-@|%\"'#_ .,:/()\t\r\n\x01\x1f$E", "１", "٣", "é", "＝", "\u200b", "\xa0", "€", "月",
              "\ufeff", "mar", "true", "WAHR", "ИСТИНА", "yanlış", "YANLIŞ", "ς", "\U0001f600"]  # fmt: skip
    texts = CONVERTED + FORMULAS + UNTOUCHED + [f"é{text}" for text in CONVERTED]
    texts += ["".join(rng.choices(pieces, k=rng.randint(1, 9))) for _ in range(3000)]
    texts += [text * 40 for text in ("=1", "é1", "12")]
    with connection.cursor() as cursor:
        statement = "SELECT {} FROM unnest({}::text[]) WITH ORDINALITY AS t (v, n) ORDER BY n"
        cursor.execute(
            sql.SQL(statement).format(excel_text_sql(sql.Identifier("v")), sql.Literal(texts))
        )
        cells = [cell for (cell,) in cursor.fetchall()]
    assert [(t, c) for t, c in zip(texts, cells, strict=True) if excel_text(t) != c] == []
    assert len([text for text in texts if excel_text(text) != text]) > 1000


def test_rows_are_rfc_4180_and_numbers_stay_numbers() -> None:
    text = excel.format_excel_rows(
        [["a", 5, None, True, "x,y"], ["00123", "=1", 'q"', "l\nm", 2.5]]
    )
    assert text == 'a,5,,True,"x,y"\r\n"=""00123""","=""=1""","q""","l\nm",2.5\r\n'
    assert list(csv.reader(io.StringIO(text, newline="")))[1][0] == '="00123"'
