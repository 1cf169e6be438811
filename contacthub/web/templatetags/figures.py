"""Filters that write counts, sizes and spans of time."""

import datetime as dt

from django.template import Library

register = Library()


@register.filter
def rows(value: int | None) -> str:
    """Write a count in full with thousands separators, and a real minus: 184,220 or −312."""
    return "" if value is None else f"{value:,}".replace("-", "−")


@register.filter
def short(value: int) -> str:
    """Write a count in at most four characters, for a pill: 281k, 1.3M."""
    for limit, unit in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")):
        if abs(value) >= limit:
            number = f"{value / limit:.1f}" if abs(value) < 10 * limit else f"{value // limit}"
            return number.removesuffix(".0") + unit
    return str(value)


@register.filter
def percent_of(part: int, whole: int) -> int:
    """Return the whole per cent that `part` is of `whole`, 0 for nothing of nothing."""
    return round(100 * part / whole) if whole else 0


@register.filter
def file_size(value: int) -> str:
    """Write bytes as people read them: 24.9 MB (1 MB = 1,000,000 bytes)."""
    for limit, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if value >= limit:
            return f"{value / limit:.1f} {unit}"
    return f"{value} bytes"


@register.filter
def duration(seconds: float | dt.timedelta | None) -> str:
    """Write a time span: 8 s, 10 min 4 s, 2 h 5 min."""
    if seconds is None:
        return ""
    total = seconds.total_seconds() if isinstance(seconds, dt.timedelta) else seconds
    if total < 10:
        return f"{total:.1f} s"
    minutes, rest = divmod(round(total), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


@register.filter
def plural(count: int, word: str) -> str:
    """Write a count with its noun: 1 row, 2 rows."""
    return f"{count:,} {word}" + ("" if count == 1 else "s")
