"""Words in stored text, by a pattern that Postgres understands."""

import unicodedata

import pytest
from django.db import connection

from contacthub.core.matching import make_pattern, matches
from contacthub.core.text import fold

STORED = (
    "Straßer", "STRASSER", "Massstab", "Maßstab", "ΓΙΏΡΓΟΣ", "Γιώργος", "Åkesson", "İnci Yıldırım", "Søren Łukasz",
    "Ægir Þór", "ﬁne ﬃx", "C++ (100%)", "a.b*c", "Ｆｕｌｌ", "日本語", "ДИРЕКТОР", "Ann-Marie O'Neill", "x_y\\z[1]^$",
)  # fmt: skip
ASKED = (
    "strasser", "STRAß", "stras", "sser", "massstab", "γιώργος", "ΓΙΩΡΓ", "akesson", "inci", "yildirim", "soren",
    "lukasz", "aegir", "thor", "fin", "ffix", "fi", "c++", "100%)", ".b*", "full", "日本", "директор", "o'neill",
    "x_y\\", "[1]", "^$", "a", "ss", "xyz", "e", "th",
)  # fmt: skip


@pytest.mark.django_db
def test_a_pattern_finds_what_has_the_key_in_it() -> None:
    stored = [form for text in STORED for form in (text, unicodedata.normalize("NFD", text))]
    with connection.cursor() as cursor:
        for asked in ASKED:
            key = fold(asked)
            cursor.execute(
                "SELECT text FROM unnest(%s::text[]) AS text WHERE text ~ %s",
                [stored, make_pattern(key)],
            )
            found = {unicodedata.normalize("NFC", text) for (text,) in cursor.fetchall()}
            assert found == {text for text in STORED if key in fold(text)}, asked


def test_words_may_stand_anywhere() -> None:
    assert matches("strasse  ROTE", "Rote Straße", "other")
    assert matches("", "anything")
    assert not matches("rote gasse", "Rote Straße")
    # What folds to nothing asks for nothing that exists.
    assert not matches("´", "anything")
