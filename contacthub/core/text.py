"""What makes two texts the same: one form in which text is stored, and one in which it is searched.

`normalize` is for what is STORED and for what names a stored row (an id, an address, a link): it changes nothing that
a reader can see. `fold` is for SEARCHING: it makes the key by which searches compare, and is never shown.
Source: Unicode Standard Annex 15 (NFC), sections 3.13 (case folding) and 5.21 (default ignorable), RFC 5892 appendix A.
"""

import re
import unicodedata
from typing import Any

from idna.core import valid_contextj

NON_JOINER, JOINER = "\u200c", "\u200d"
MONGOLIAN_SEPARATOR = "\u180e"
# Characters that show nothing. The signs of category Cf that a reader sees (U+0600 to U+0605, U+06DD and others, which
# stand around a number) are not among them; the fillers and the grapheme joiner are of other categories and just as
# invisible. Variation selectors stay: they choose the form of a Chinese character in a name, or of an emoji.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
INVISIBLE = re.compile(f"[{_INVISIBLE}]")
# What `str.strip` takes off, for statements that do the same.
WHITE_SPACE = "".join(filter(str.isspace, map(chr, range(0x3001))))
# The flags of England, Scotland and Wales are a black flag and letters of category Cf up to the last of these.
_PIECE = re.compile(
    "(?P<flag>\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)|" + INVISIBLE.pattern
)
# What may stand between an emoji and the joiner after it: its form and the color of its skin.
_EMOJI_MODIFIERS = frozenset("\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
# Letters that readers take for another one with a stroke, dot or tail, and that do not decompose; case-folded.
_PLAIN_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ħ": "h",
        "ŧ": "t",
        "\u0131": "i",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ŋ": "n",
    }
)
# The classes of marks that are accents: overlays (1), Hebrew and Arabic vowel points (10 to 36), and everything that
# stands above, below or beside a letter (200 and more). Not among them are what makes another letter of one: nukta
# (7), the voicing of kana (8), virama (9), and the vowels and tones of Thai, Lao and Tibetan (84 to 132).
_ACCENT_CLASSES = frozenset({1, *range(10, 37), *range(200, 241)})


# Keyboards for East Asian scripts write these full-width characters; ASCII has the same ones.
_NARROW = str.maketrans({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})


def narrow(text: str) -> str:
    """Return text with ASCII in place of full-width characters: for addresses and numbers, where width says nothing."""
    return text.translate(_NARROW)


def normalize(text: str) -> str:
    """Return text as it is stored: composed (NFC) and without characters that show nothing.

    Zero-width spaces, soft hyphens, byte order marks and marks of direction go. A zero-width joiner or non-joiner stays
    where dropping it changes what is read: after a virama (Indic scripts), between Arabic letters that would join
    (Persian), between emoji; so does a Mongolian vowel separator after a Mongolian letter. White space stays as it is.
    Applying it twice changes nothing more.
    """
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    if INVISIBLE.search(composed) is None:
        return composed
    # Without the others first: what a joiner stands between must not depend on them. And composed again, since a
    # letter and its accent may have met only now.
    kept = _PIECE.sub(_keep_shaping, composed)
    places = (character for place, character in enumerate(kept) if _is_shown(kept, place))
    return unicodedata.normalize("NFC", "".join(places))


def normalize_all(value: Any) -> Any:
    """Return a JSON value with each text in it normalized, names of objects included.

    Of two names that become one the later value counts. Values may be nested as deep as their reader allowed.
    """
    if isinstance(value, str):
        return normalize(value)
    if isinstance(value, list):
        return [normalize_all(item) for item in value]
    if isinstance(value, dict):
        return {normalize(name): normalize_all(item) for name, item in value.items()}
    return value


def _keep_shaping(match: re.Match[str]) -> str:
    piece = match[0]
    is_kept = match["flag"] or piece in (NON_JOINER, JOINER, MONGOLIAN_SEPARATOR)
    return piece if is_kept else ""


def _is_shown(text: str, place: int) -> bool:
    """Return whether a character is needed: any but a joiner or separator that changes nothing if it stands."""
    character = text[place]
    if character == MONGOLIAN_SEPARATOR:
        return place > 0 and "\u1820" <= text[place - 1] <= "\u18aa"
    if character not in (NON_JOINER, JOINER):
        return True
    return _is_joining(text, place) or (character == JOINER and _joins_emoji(text, place))


def _is_joining(text: str, place: int) -> bool:
    # The library knows the joining types of letters; it raises for a letter that its tables do not have.
    try:
        return valid_contextj(text, place)
    except ValueError:
        return False


def _joins_emoji(text: str, place: int) -> bool:
    before = text[:place].rstrip("".join(_EMOJI_MODIFIERS))[-1:]
    after = text[place + 1 : place + 2]
    return bool(before and after) and all(
        unicodedata.category(each) in ("So", "Sm") for each in (before, after)
    )


def fold(text: str) -> str:
    """Return the key by which searches compare text: case-folded, without accents, with single blanks.

    "ΓΙΏΡΓΟΣ" and "Γιώργος" have one key, as have "STRASSER" and "Straßer", "Akesson" and "Åkesson", "Soren" and
    "Søren". It is for comparing only: different texts may have one key, so never identify rows by it.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    bare = INVISIBLE.sub("", unicodedata.normalize("NFKD", text))
    # Folding makes composed letters of some, and decomposed ones of others: decompose again.
    folded = unicodedata.normalize("NFKD", bare.casefold())
    plain = "".join(
        each for each in folded if unicodedata.combining(each) not in _ACCENT_CLASSES
    ).translate(_PLAIN_LETTERS)
    return " ".join(unicodedata.normalize("NFC", plain).split())
