"""One country is one value, however it is written."""

import pytest
from babel import Locale, localedata

from contacthub.core.countries import (
    COUNTRY_CODES,
    _foreign_names,
    as_country_name,
    country_name,
    find_country,
)


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("NO", "Norway|NO|no|nor|NOR|578|Norge|norge|NORVÈGE|Норвегия|ノルウェー| norway |Kingdom of Norway"),
        ("GB", "United Kingdom|UK|GBR|gb|826|Storbritannia|Great Britain|England|The United Kingdom"),
        ("US", "USA|ＵＳＡ|U.S.A.|U.S.|us|United States of America|Estados Unidos|the united states"),
        ("KR", "South Korea|Korea, Republic of|Republic of Korea|KOR|Korea"),
        ("KP", "North Korea|Korea, Democratic People's Republic of"),
        ("CZ", "Czech Republic|Czechia|Česko|cesko"),
        ("TR", "Türkiye|Turkiye|Turkey|TU\u0308RKI\u0307YE|Tür\u200bkiye"),
        ("CI", "Ivory Coast|Côte d'Ivoire|Cote d’Ivoire|COTE D'IVOIRE"),
        ("VN", "Viet Nam|Vietnam"),
        ("DE", "Deutschland|Tyskland|Federal Republic of Germany"),
        ("CD", "Congo, The Democratic Republic of the|DR Congo|COD"),
        ("CG", "Congo|Republic of the Congo|Kongo"),
        ("BA", "Bosnia & Herzegovina|Bosnia and Herzegovina"),
        ("LC", "St. Lucia|Saint Lucia"),
        ("NL", "The Netherlands|Holland|Netherlands, Kingdom of the"),
        ("GR", "Greece|EL|Ελλάδα|ΕΛΛΆΔΑ"),
        ("XK", "Kosovo|XKX"),
        ("MM", "Myanmar|Burma"),
        ("HK", "Hong Kong"),
        ("NO", "Ｎｏｒｗａｙ"),
    ],
)  # fmt: skip
def test_a_country_is_known_by_every_name_and_code(code: str, texts: str) -> None:
    assert {text: find_country(text) for text in texts.split("|")} == dict.fromkeys(
        texts.split("|"), code
    )


@pytest.mark.parametrize(
    "text",
    # Letters that fold to those of a code are no code; a state that is gone became several countries.
    ["", " ", "ß", "ﬁ", "ıs", "\u212aE", "İS", "ＮＯ", "٥٧٨", "XX", "ZZ", "EU", "SU", "000", "Narnia", "Nor way",
     "N", "-", "&", "Republic of China", "x" * 300],
)  # fmt: skip
def test_anything_else_is_no_country(text: str) -> None:
    assert find_country(text) is None
    assert as_country_name(text) == text


def test_every_code_has_a_name_that_leads_back() -> None:
    assert len(COUNTRY_CODES) == 250
    for code in COUNTRY_CODES:
        assert find_country(code) == find_country(country_name(code)) == code
    assert country_name("CZ") == "Czechia"


def test_reading_names_leaves_the_languages_whole_for_others() -> None:
    localedata.clear_caches()
    _foreign_names.cache_clear()
    assert find_country("Storbritannia") == "GB"
    # All months of Bokmål are those of Norwegian.
    assert Locale("nb").months["format"]["abbreviated"]
