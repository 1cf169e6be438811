"""Tags that draw counts as small SVG bars."""

from collections.abc import Sequence

from django.template import Library
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from contacthub.feeds.models import FeedGrant

register = Library()


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
