"""Marks that tell one person from others, without what differs between two spellings of the same."""

import re

SCHEME = re.compile(r"https?://(www\.)?", re.IGNORECASE)


def plain_link(url: str) -> str:
    """Return a profile's address without what differs between copies: scheme, www, query and a last slash."""
    return SCHEME.sub("", url).partition("?")[0].partition("#")[0].rstrip("/").lower()


def plain_name(name: str) -> str:
    """Return a name without case and with single blanks."""
    return " ".join(name.casefold().split())
