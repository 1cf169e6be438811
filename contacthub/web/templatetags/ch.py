"""Filters and tags of the templates: figures, times, and the small SVG shapes. Built in, no `load` needed."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.forms import BoundField, Select
from django.template import Library
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from contacthub.core import clock
from contacthub.credentials.models import Connection
from contacthub.feeds.models import Feed, FeedGrant
from contacthub.formats import FORMATS
from contacthub.jobs.models import Job
from contacthub.jobs.queries import word_of

register = Library()

# Status words: the shape's class and the word. Shape and word differ in every state, colour comes third.
STATUSES = {
    "queued": ("none", "Queued"),
    "running": ("run", "Running"),
    "cancelling": ("run", "Cancelling"),
    "waiting": ("none", "Waiting"),
    "completed": ("ok", "Completed"),
    "limited": ("warn", "Completed, limited"),
    "expired": ("none", "Expired"),
    "cancelled": ("null", "Cancelled"),
    "failed": ("bad", "Failed"),
    "draft": ("none", "Not started"),
}


# --- Figures --------------------------------------------------------------------------------------


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


# --- Times (UTC, British dates) -------------------------------------------------------------------


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


# --- Shapes ---------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Draw an icon of the sprite; the words beside it say what it means."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>',
        css,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def format_label(name: str) -> str:
    """Return what a file format is called."""
    return FORMATS[name].label


@register.simple_tag
def status(word: str, note: str = "") -> SafeString:
    """Draw a state as shape and word, with an optional note in grey."""
    shape, label = STATUSES[word]
    extra = format_html(' <span class="ch-age">· {}</span>', note) if note else ""
    return format_html(
        '<span class="ch-status is-{}"><span>{}{}</span></span>', shape, label, extra
    )


@register.filter
def job_word(job: Job | None, word: str) -> str:
    """Return the state of work with a job in words; `word` is the work's own, which counts once the job is final."""
    return STATUSES[word if job is None or job.is_final else word_of(job)][1]


@register.simple_tag
def job_status(word: str, job: Job | None) -> SafeString:
    """Draw the state of work with a job: `word` is the work's own; while it is not final, the job's counts."""
    if job is None or job.is_final:
        return status(word)
    moving = word_of(job)
    is_measured = moving == "running" and job.percent is not None
    return status(moving, f"{job.percent}%" if is_measured else "")


@register.simple_tag
def meter(
    total: int | None, *, label: str, used: int = 0, held: int = 0, big: bool = False, css: str = ""
) -> SafeString:
    """Draw a bar: used solid, held or in flight hatched, the rest track. Without a total: a dashed outline."""
    height = 12 if big else 6
    if total is None:
        return format_html(
            '<svg class="ch-meter {}" height="{}" role="img" aria-label="{}">'
            '<rect class="none" width="100%" height="{}"/></svg>',
            css,
            height,
            label,
            height,
        )
    share = (
        (lambda part: min(100.0, 100 * part / total))
        if total
        else (lambda part: 100.0 if part else 0.0)
    )
    used_share, held_share = share(used), min(share(held), 100 - share(used))
    is_low = total > 0 and used + held >= 0.8 * total and "is-quota" in css
    if is_low:
        # The color says it to some, the words to all.
        label = f"{label}, nearly used up"
    return format_html(
        '<svg class="ch-meter {}{}{}" height="{h}" role="img" aria-label="{label}"><rect class="track" width="100%" '
        'height="{h}"/><rect class="used" x="0%" width="{used}%" height="{h}"/><rect x="{used}%" width="{held}%" '
        'height="{h}" fill="url(#hatch)"/></svg>',
        css,
        " is-big" if big else "",
        " is-low" if is_low else "",
        h=height,
        label=label,
        used=f"{used_share:.2f}",
        held=f"{held_share:.2f}",
    )


@register.simple_tag
def quota(grant: FeedGrant, big: bool = False) -> SafeString:
    """Draw a grant's rows: used, held by running exports, left; dashed where no limit is set."""
    limit = grant.export_row_limit
    if limit is None:
        return meter(None, label=f"{grant.feed.name}: no limit set", big=big)
    held = grant.export_rows_held
    words = f"{grant.feed.name}: {grant.export_rows_remaining:,} of {limit:,} rows left"
    return meter(
        limit, used=grant.export_rows_used - held, held=held, label=words, big=big, css="is-quota"
    )


@register.simple_tag
def mix(
    parts: Sequence[tuple[str, int]], total: int, *, label: str, running: int = 0
) -> SafeString:
    """Draw a bar of several outcomes side by side; `parts` are classes and counts, `running` is hatched."""
    bars, at = [], 0.0
    for css, count in parts:
        width = 100 * count / total if total else 0
        bars.append((css, f"{at:.2f}", f"{width:.2f}"))
        at += width
    rects = format_html_join("", '<rect class="{}" x="{}%" width="{}%" height="12"/>', bars)
    moving = 100 * running / total if total else 0
    return format_html(
        '<svg class="ch-meter is-big" height="12" role="img" aria-label="{}">'
        '<rect class="track" width="100%" height="12"/>'
        '{}<rect x="{}%" width="{}%" height="12" fill="url(#hatch)"/></svg>',
        label,
        rects,
        f"{at:.2f}",
        f"{min(moving, 100 - at):.2f}",
    )


@register.simple_tag
def spark(counts: Sequence[int], *, label: str) -> SafeString:
    """Draw a row of thin bars, oldest first; the last one is today, partial and hatched."""
    most = max([*counts, 1])
    bars = []
    for place, count in enumerate(counts):
        height = max(24 * count / most, 1 if count == 0 else 1.5)
        is_last = place == len(counts) - 1
        css = "today" if is_last else "z" if count == 0 else "b"
        bars.append((css, 4 * place, f"{24 - height:.1f}", f"{height:.1f}"))
    return format_html(
        '<svg class="ch-spark" viewBox="0 0 {} 24" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        4 * len(counts) - 1,
        label,
        format_html_join("", '<rect class="{}" x="{}" y="{}" width="3" height="{}"/>', bars),
    )


@register.simple_tag
def copy_button(text: str, label: str) -> SafeString:
    """Draw a button that copies `text`; app.js does the copying."""
    return format_html(
        '<button class="ch-copy" type="button" data-copy="{}" aria-label="{}">{}</button>',
        text,
        label,
        icon("copy"),
    )


@register.simple_tag
def face(name: str, css: str = "") -> SafeString:
    """Draw the initials of a person or a program."""
    words = name.split()
    letters = (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()
    return format_html(
        '<span class="ch-face {}" title="{}" aria-hidden="true">{}</span>', css, name, letters
    )


@register.inclusion_tag("components/sandbox.html")
def sandbox_band(*involved: object) -> dict[str, bool]:
    """Say across a page that a vendor is made up, where one of these connections, or of these feeds, is a sandbox's."""
    return {"is_sandbox": any(map(is_sandbox, involved))}


def is_sandbox(involved: object) -> bool:
    """Return whether a connection, the one of a feed, or one in a list of either, leads to a made-up vendor."""
    if isinstance(involved, Connection):
        return involved.is_sandbox
    if isinstance(involved, Feed):
        return involved.connection is not None and involved.connection.is_sandbox
    return isinstance(involved, list) and any(map(is_sandbox, involved))


@register.filter
def control(field: BoundField) -> SafeString:
    """Draw a form field's input in the look of its kind. A placeholder that only repeats the label is left out."""
    is_choice = isinstance(field.field.widget, Select)
    attrs: dict[str, str | bool] = {"class": "form-select" if is_choice else "form-control"}
    if field.field.widget.attrs.get("placeholder") == field.label:
        attrs["placeholder"] = ""
    return field.as_widget(attrs=attrs)


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """Look a key up in a dictionary."""
    return mapping.get(key)


@register.filter
def masked(value: Any) -> str:
    """Hide a personal value but for its first character: I•••; an address keeps its domain."""
    text = "" if value is None else str(value)
    if not text:
        return ""
    name, at, domain = text.partition("@")
    return f"{name[:1]}•••{at}{domain}" if at else f"{text[:1]}•••"
