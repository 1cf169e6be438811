"""Tags that draw counts as small SVG bars: here they are measured, templates/shapes draws them."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.template import Library

from contacthub.feeds.models import FeedGrant

register = Library()


@register.inclusion_tag("shapes/meter.html")
def meter(
    total: int | None, *, label: str, used: int = 0, held: int = 0, big: bool = False, css: str = ""
) -> dict[str, Any]:
    """Draw a bar: used solid, held or in flight hatched, the rest track. Without a total: a dashed outline."""
    height = 12 if big else 6
    if total is None:
        return {"css": css, "height": height, "label": label}
    used_share = _share(used, total)
    held_share = min(_share(held, total), 100 - used_share)
    is_low = total > 0 and used + held >= 0.8 * total and "is-quota" in css
    return {
        "css": f"{css}{' is-big' if big else ''}{' is-low' if is_low else ''}",
        "height": height,
        # The color says it to some, the words to all.
        "label": f"{label}, nearly used up" if is_low else label,
        "has_total": True,
        "used": f"{used_share:.2f}",
        "held": f"{held_share:.2f}",
    }


def _share(part: int, total: int) -> float:
    if not total:
        return 100.0 if part else 0.0
    return min(100.0, 100 * part / total)


@register.inclusion_tag("shapes/meter.html")
def quota(grant: FeedGrant, big: bool = False) -> dict[str, Any]:
    """Draw a grant's rows: used, held by running exports, left; dashed where no limit is set."""
    limit = grant.export_row_limit
    if limit is None:
        return meter(None, label=f"{grant.feed.name}: no limit set", big=big)
    held = grant.export_rows_held
    words = f"{grant.feed.name}: {grant.export_rows_remaining:,} of {limit:,} rows left"
    return meter(
        limit, used=grant.export_rows_used - held, held=held, label=words, big=big, css="is-quota"
    )


class Spent(Protocol):
    """What is used and held of a limit; without a limit as much as one likes."""

    @property
    def limit(self) -> int | None: ...

    @property
    def used(self) -> int: ...

    @property
    def held(self) -> int: ...


@register.inclusion_tag("shapes/meter.html")
def quota_bar(spent: Spent, *, label: str, big: bool = False) -> dict[str, Any]:
    """Draw how much of a limit is used, held and left; `label` says what is counted."""
    return meter(
        spent.limit, used=spent.used, held=spent.held, label=label, big=big, css="is-quota"
    )


@register.inclusion_tag("shapes/mix.html")
def mix(
    parts: Sequence[tuple[str, int]], total: int, *, label: str, running: int = 0
) -> dict[str, Any]:
    """Draw a bar of several outcomes side by side; `parts` are classes and counts, `running` is hatched."""
    bars, at = [], 0.0
    for css, count in parts:
        width = 100 * count / total if total else 0
        bars.append((css, f"{at:.2f}", f"{width:.2f}"))
        at += width
    moving = 100 * running / total if total else 0
    return {
        "label": label,
        "parts": bars,
        "at": f"{at:.2f}",
        "running": f"{min(moving, 100 - at):.2f}",
    }


@register.inclusion_tag("shapes/spark.html")
def spark(counts: Sequence[int], *, label: str, most: int = 0) -> dict[str, Any]:
    """Draw a row of thin bars, oldest first; the last one is today, partial and hatched.

    `most` is the count of the highest bar where several rows have one scale.
    """
    most = max([*counts, most, 1])
    bars = []
    for place, count in enumerate(counts):
        height = max(24 * count / most, 1 if count == 0 else 1.5)
        is_last = place == len(counts) - 1
        css = "today" if is_last else "z" if count == 0 else "b"
        bars.append((css, 4 * place, f"{24 - height:.1f}", f"{height:.1f}"))
    return {"label": label, "width": 4 * len(counts) - 1, "bars": bars}
