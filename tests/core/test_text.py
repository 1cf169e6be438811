"""Text that looks the same is the same: what is stored, and what is asked."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacthub.core.text import fold, normalize


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Zoe\u0308 Mu\u0308llerova\u0301", "Zoë Müllerová"),
        ("\u200bmi\u00adra\ufeff\u2060", "mira"),
        ("\u202a+47 22 12 34 56\u202c", "+47 22 12 34 56"),
        ("\u200eAnna\u200f \u2066Berg\u2069", "Anna Berg"),
        # An accent that an invisible character kept from its letter.
        ("e\u200b\u0301", "é"),
        ("e\u034f\u0301", "é"),
        ("a\u200db\u200cc", "abc"),
        ("e\u200d\u0301", "é"),
        # Persian "I go", Hindi with a virama, a family of three, the flag of Scotland, Mongolian, an Arabic number.
        ("می\u200cروم", "می\u200cروم"),
        ("می\u200b\u200cروم", "می\u200cروم"),
        ("क्\u200dष", "क्\u200dष"),
        ("क्\u200cष", "क्\u200cष"),
        ("👩🏽\u200d💻", "👩🏽\u200d💻"),
        ("🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"),
        (
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        ),
        ("ab\U000e0061\U000e0062\U000e007fc", "abc"),
        ("ᠬ\u180eᠠ", "ᠬ\u180eᠠ"),
        ("a\u180eb", "ab"),
        ("\u0600123", "\u0600123"),
        # What can be seen stays: case, width, ligatures, the order of blanks.
        ("Ｆｕｌｌ ﬁ ẞ  x", "Ｆｕｌｌ ﬁ ẞ  x"),
    ],
)
def test_stored_text_has_one_form(text: str, stored: str) -> None:
    assert normalize(text) == stored


@given(st.text(alphabet=st.characters(), max_size=30))
def test_normal_text_stays_and_is_composed(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ΓΙΏΡΓΟΣ", "Γιώργος"),
        ("διευθυντής", "ΔΙΕΥΘΥΝΤΉΣ"),
        ("STRASSER", "Straßer"),
        ("Akesson", "A\u030akesson"),
        ("akesson", "ÅKESSON"),
        ("soren  lukasz", "Søren Łukasz"),
        ("INCI YILDIRIM", "İnci Yıldırım"),
        ("fi2", "ﬁ²"),
        ("ｍｉｒａ", "Mi\u00adra\u200b"),
        ("שלום", "שָׁלוֹם"),
        ("می\u200cروم", "میروم"),
        (" a\u00a0\u3000b ", "A B"),
    ],
)
def test_what_reads_alike_is_found_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("が", "か"), ("คำ", "คา"), ("कि", "क"), ("क़", "क"), ("한", "하")]
)
def test_a_mark_that_makes_another_letter_is_no_accent(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(alphabet=st.characters(), max_size=30))
def test_folding_is_done_once_and_ignores_case(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(text.upper().casefold()) == fold(text.casefold().upper())
    assert fold(normalize(text)) == fold(text)
