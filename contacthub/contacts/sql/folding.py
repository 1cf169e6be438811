"""Text as searches compare it, for the statements that make facts.

Python folds, since Postgres does not know how and its lower() depends on the locale. Of plain ASCII text, which most
is, both make the same, so that only the other texts travel: each different one once, into a temporary table.
"""

from typing import Any

import idna
from django.db import connection
from psycopg import sql

from contacthub.core.text import fold

PUNYCODE = "xn--"
# ASCII without control characters, with single blanks inside, and without a label of a domain in another script.
IS_PLAIN = """({text} COLLATE "C" ~ '^[!-~]+( [!-~]+)*$' AND strpos({text}, 'xn--') = 0)"""
# CASE keeps the look-up away from plain text.
KEY = """
CASE WHEN {is_plain} THEN lower({text} COLLATE "C")
ELSE (SELECT known.key FROM searched_text AS known WHERE known.text = {text}) END
"""
LIST_OTHERS = "SELECT DISTINCT text FROM ({texts}) AS given WHERE NOT {is_plain}"
MAKE_TABLE = """
DROP TABLE IF EXISTS searched_text;
CREATE TEMPORARY TABLE searched_text (text text PRIMARY KEY, key text NOT NULL) ON COMMIT DROP
"""
COPY = "COPY searched_text (text, key) FROM STDIN"


def key_of(column: str) -> sql.Composed:
    """Return the expression for the search key of a column of text. `load_keys` must have seen what it holds."""
    text = sql.SQL(column)
    return sql.SQL(KEY).format(text=text, is_plain=sql.SQL(IS_PLAIN).format(text=text))


def load_keys(texts: sql.Composable, values: dict[str, Any] | None = None) -> None:
    """Make the search keys of what a query returns in its column `text`, until the transaction ends."""
    is_plain = sql.SQL(IS_PLAIN).format(text=sql.SQL("given.text"))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(LIST_OTHERS).format(texts=texts, is_plain=is_plain), values)
        found = [text for (text,) in cursor.fetchall()]
        cursor.execute(MAKE_TABLE)
        with cursor.copy(COPY) as copy:
            for text in found:
                copy.write_row((text, make_key(text)))
        cursor.execute("ANALYZE searched_text")


def make_key(text: str) -> str:
    """Return a text as searches compare it. A domain in punycode is there in its own script as well."""
    key = fold(text)
    if PUNYCODE not in key:
        return key
    return f"{key} {fold(' '.join(map(_decode, key.split())))}"


def _decode(word: str) -> str:
    """Return a domain, or an address with one, in its own script; what cannot be decoded comes back as it is."""
    local, at, domain = word.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(domain)}"
    except (idna.IDNAError, UnicodeError):
        return word
