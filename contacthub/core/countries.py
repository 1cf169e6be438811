"""Countries: what people and vendors call them, read into one code of ISO 3166-1, and that code's English name.

Names come from the Unicode CLDR (through babel) in English and two dozen other languages, codes of three letters and
digits from its table of aliases. What is stored as a code is alpha-2; what is stored as a name is the English one.
"""

import re
import unicodedata
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from contacthub.core.text import fold

# Regions of CLDR that look like codes of countries: unions, dependencies without a code of their own, test values.
_NO_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)
_ENGLISH: dict[str, str] = {
    code: name
    for code, name in Locale("en").territories.items()
    if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRIES
}
# ISO 3166-1 alpha-2, and XK, which everyone uses for Kosovo.
COUNTRY_CODES = frozenset(_ENGLISH)
# Not of ISO 3166-1, but used in place of its code: in the United Kingdom itself, by the European Union for Greece, and
# for Kosovo.
_OTHER_CODES = {"UK": "GB", "EL": "GR", "XKX": "XK"}
# In order: of two languages that use one word for two countries, the first one counts.
_LANGUAGES = (
    "nb", "sv", "da", "fi", "is", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "hu", "ro", "el", "tr", "ru", "uk",
    "et", "lv", "lt", "ja", "zh",
)  # fmt: skip
# Names that CLDR does not have: of ISO 3166-1 itself, older ones, short ones, and the parts of the United Kingdom.
_OTHER_NAMES = {
    "AE": "UAE|Emirates",
    "AG": "Antigua",
    "AX": "Aland",
    "BA": "Bosnia|Bosnia-Herzegovina",
    "BN": "Brunei Darussalam",
    "BO": "Plurinational State of Bolivia",
    "CD": "DRC|DR Congo|Congo DR|Congo DRC|Democratic Republic of the Congo|Zaire|Congo Democratic Republic of the",
    "CG": "Congo|Kongo|Republic of the Congo|Congo Republic",
    "CI": "Ivory Coast",
    "CN": "PRC|People's Republic of China|Mainland China|China Mainland",
    "CV": "Cabo Verde",
    "CZ": "Czech Republic",
    "DE": "Federal Republic of Germany",
    "DO": "Dominican Rep",
    "FK": "Falkland Islands (Malvinas)|Malvinas",
    "FM": "Federated States of Micronesia",
    "GB": "Great Britain|Britain|England|Scotland|Wales|Northern Ireland|"
    "United Kingdom of Great Britain and Northern Ireland",
    "HK": "Hong Kong|Hong Kong SAR",
    "IE": "Eire|Republic of Ireland|Ireland Republic of",
    "IR": "Islamic Republic of Iran",
    "KN": "St Kitts",
    "KP": "DPRK|Democratic People's Republic of Korea",
    "KR": "Korea|Republic of Korea|Korea South|ROK",
    "LA": "Lao People's Democratic Republic|Lao PDR|Lao",
    "MD": "Republic of Moldova",
    "MF": "Saint Martin (French part)",
    "MK": "Macedonia|FYROM|Republic of North Macedonia|The former Yugoslav Republic of Macedonia",
    "MM": "Myanmar|Burma",
    "MO": "Macao|Macau|Macao SAR",
    "NL": "Holland",
    "PN": "Pitcairn",
    "PS": "Palestine|State of Palestine|Palestinian Territory|Palestine State of",
    "RU": "Russian Federation",
    "SA": "KSA|Kingdom of Saudi Arabia",
    "SH": "Saint Helena Ascension and Tristan da Cunha",
    "SJ": "Svalbard",
    "SK": "Slovak Republic",
    "ST": "Sao Tome",
    "SX": "Sint Maarten (Dutch part)",
    "SY": "Syrian Arab Republic",
    "SZ": "Swaziland",
    "TL": "East Timor",
    "TR": "Turkey",
    "TT": "Trinidad",
    "TW": "Taiwan Province of China|Chinese Taipei",
    "TZ": "United Republic of Tanzania",
    "US": "USA|United States of America|America|U.S.|U.S.A.",
    "VA": "Holy See|Vatican|Vatican City State|Holy See (Vatican City State)",
    "VC": "St Vincent",
    "VE": "Bolivarian Republic of Venezuela",
    "VG": "Virgin Islands British",
    "VI": "Virgin Islands US|Virgin Islands U.S.",
    "VN": "Viet Nam",
    "ZA": "RSA",
}
# Before the name proper in what a country calls itself: "Kingdom of Norway".
_FORM = re.compile(
    r"(federal |federative |islamic |socialist )?(republic|kingdom|state|commonwealth|principality|sultanate"
    r"|grand duchy) of "
)
# ISO 3166-1 puts the form behind: "Korea, Republic of".
_FORM_BEHIND = re.compile(r"(.+), *(.+? of)( the)?", re.IGNORECASE)
_APOSTROPHES = str.maketrans("", "", "'\u2019\u02bc")
_LONGEST = 200


@lru_cache(maxsize=4096)
def find_country(text: str) -> str | None:
    """Return the alpha-2 code of a country: "Norway", "NO", "nor", "578" and "Norge" are NO. None for anything else.

    Codes are ASCII in any case; names ignore case, accents and punctuation.
    """
    word = text.strip()
    if len(word) > _LONGEST:
        return None
    if word.isascii() and word.isalnum() and len(word) <= 3 and (code := _read_code(word.upper())):
        return code
    key = _key(word)
    # Not as a code: letters that only fold to those of a code do not count: ß is not SS.
    return _find_name(key) or _find_inverted(word)


def _read_code(word: str) -> str | None:
    if word in COUNTRY_CODES:
        return word
    return _OTHER_CODES.get(word) or (_codes_of_three().get(word) if len(word) == 3 else None)


def _find_name(key: str) -> str | None:
    found = _english_names().get(key)
    if found is None and (form := _FORM.match(key)):
        # What calls itself Republic of China is not China.
        bare = _english_names().get(key[form.end() :])
        found = None if bare == "CN" else bare
    return found or _foreign_names().get(key)


def _find_inverted(word: str) -> str | None:
    behind = _FORM_BEHIND.fullmatch(word)
    return _find_name(_key(f"{behind[2]} {behind[1]}")) if behind else None


def country_name(code: str) -> str:
    """Return the English name of an alpha-2 code. Raises `KeyError` for another text."""
    return _ENGLISH[code]


def as_country_name(text: str) -> str:
    """Return the English name of a country, however it is written; text that is not a country is returned as it is."""
    code = find_country(text)
    return text if code is None else _ENGLISH[code]


# --- Tables -----------------------------------------------------------------------------------------


def _key(text: str) -> str:
    """Return a name as it is compared: folded, "&" as a word, without punctuation and without "the"."""
    folded = fold(text).replace("&", " and ").translate(_APOSTROPHES)
    letters = (each if unicodedata.category(each)[0] in "LMN" else " " for each in folded)
    words = (word for word in "".join(letters).split() if word != "the")
    return " ".join("saint" if word == "st" else word for word in words)


@cache
def _codes_of_three() -> dict[str, str]:
    """Return alpha-2 by alpha-3 and by the three digits of UN M49, former ones included where one country follows."""
    return {
        alias: codes[0]
        for alias, codes in get_global("territory_aliases").items()
        if len(alias) == 3 and len(codes) == 1 and codes[0] in COUNTRY_CODES
    }


@cache
def _english_names() -> dict[str, str]:
    names = {_key(name): code for code, name in _ENGLISH.items()}
    # "Myanmar (Burma)" goes by either name.
    names |= {
        _key(part): code
        for code, name in _ENGLISH.items()
        if "(" in name
        for part in name.rstrip(")").split("(")
    }
    return names | {
        _key(name): code for code, others in _OTHER_NAMES.items() for name in others.split("|")
    }


@cache
def _foreign_names() -> dict[str, str]:
    """Return the names in other languages. It takes half a second, once, when an English name is not found."""
    names: dict[str, str] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            key = _key(name)
            # Letters of a code, as "nga" is Vietnamese for Russia, are that code's.
            if code in COUNTRY_CODES and not (len(key) <= 3 and key.isascii()):
                names.setdefault(key, code)
    return names
