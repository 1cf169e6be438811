"""Whole numbers as addresses and forms carry them."""


def parse_whole(text: str, *, most_digits: int) -> int | None:
    """Return a whole number, None for anything else: a sign, a blank, digits of another script, too many of them."""
    is_whole = text.isascii() and text.isdigit() and len(text) <= most_digits
    return int(text) if is_whole else None
