"""Filters that write days and moments: in UTC, near ones by their distance from now."""

import datetime as dt

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

from contacthub.core import clock
from contacthub.web.templatetags.figures import plural

register = Library()


@register.filter
def day(value: dt.date) -> str:
    """Write a day: 12 Nov, with the year where it is not this one."""
    year = "" if value.year == clock.today().year else f" {value.year}"
    return f"{value.day} {value:%b}{year}"


@register.filter
def weekday(value: dt.date) -> str:
    """Write a day with its weekday: Fri 20 Nov."""
    return f"{value:%a} {value.day} {value:%b}"


@register.filter
def moment(value: dt.datetime | None) -> SafeString | str:
    """Write a time by its distance: Today 09:41, Yesterday 17:40, 12 Nov 08:30; in full on hover."""
    if value is None:
        return ""
    value = value.astimezone(dt.UTC)
    distance = (clock.today() - value.date()).days
    near = {0: "Today", 1: "Yesterday"}.get(distance, day(value.date()))
    return _time_element(value, f"{near} {value:%H:%M}")


@register.filter
def ago(value: dt.datetime | None) -> SafeString | str:
    """Write how long ago something was: 6 min ago, 26 h ago, 12 Nov."""
    if value is None:
        return "never"
    minutes = int((clock.now() - value).total_seconds() // 60)
    if minutes < 1:
        words = "just now"
    elif minutes < 90:
        words = f"{minutes} min ago"
    elif minutes < 48 * 60:
        words = f"{minutes // 60} h ago"
    else:
        words = day(value.date())
    return _time_element(value, words)


@register.filter
def days_ago(value: dt.date | None) -> str:
    """Write the age of a date: today, 8 days ago, 7 weeks ago, 8 months ago."""
    if value is None:
        return ""
    days = (clock.today() - value).days
    if days <= 0:
        return "today"
    if days < 21:
        return plural(days, "day") + " ago"
    return (
        f"{days // 7} weeks"
        if days < 70
        else f"{days // 30} months"
        if days < 730
        else f"{days // 365} years"
    ) + " ago"


def _time_element(value: dt.datetime, words: str) -> SafeString:
    value = value.astimezone(dt.UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        f"{value:%Y-%m-%dT%H:%M:%SZ}",
        f"{value:%A} {value.day} {value:%B %Y, %H:%M:%S} UTC",
        words,
    )
