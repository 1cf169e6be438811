"""XML or JSON: which one a client wants, and how each is written.

Source: InsideView, "Contact Details Job" (XML is the default); RFC 9110 §12.5.1 (Accept and its q-values).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

XML, JSON, CSV = "application/xml", "application/json", "text/csv"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?", re.ASCII)
# Characters that XML 1.0 §2.2 has no way to write.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Ranges of a header that are looked at; no client needs as many.
MOST_RANGES = 50


def choose(request: HttpRequest, *offered: str) -> str:
    """Return the media type a client likes best of those offered (default XML and JSON); XML where it names none.

    Between equals the one that is named more exactly wins, then the one that is named first.
    """
    offered = offered or (XML, JSON)
    ranges = _read(request.headers.get("Accept", ""))
    ranked = [
        (quality, exactness, -place, -number, kind)
        for number, kind in enumerate(offered)
        for quality, exactness, place in [_judge(kind, ranges)]
        if quality > 0
    ]
    return max(ranked)[-1] if ranked else XML


def _read(accept: str) -> list[tuple[str, float]]:
    """Return the ranges of a header with their q-values. What cannot be read is left out."""
    ranges = []
    for part in accept.split(",")[:MOST_RANGES]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        values = [value for key, _, value in (p.partition("=") for p in parameters) if key == "q"]
        if all(QUALITY.fullmatch(value) for value in values):
            ranges.append((name, float(values[0]) if values else 1.0))
    return ranges


def _judge(kind: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int, int]:
    """Return how much a type is wanted, how exactly it is named and where: the most exact range counts."""
    names = {kind: 2, f"{kind.partition('/')[0]}/*": 1, "*/*": 0}
    fits = [
        (names[name], -place, quality)
        for place, (name, quality) in enumerate(ranges)
        if name in names
    ]
    if not fits:
        return 0.0, 0, 0
    exactness, place, quality = max(fits)
    return quality, exactness, -place


def reply(
    request: HttpRequest, root: str, value: Mapping[str, Any], *, status: int = 200, kind: str = ""
) -> HttpResponse:
    """Return a message in the type the client wants, or in `kind`. What is None is left out."""
    value = {name: item for name, item in value.items() if item is not None}
    kind = kind or choose(request)
    body = orjson.dumps(value) if kind == JSON else write_xml(root, value)
    response = HttpResponse(body, status=status, content_type=kind)
    patch_vary_headers(response, ["Accept"])
    return response


def write_xml(root: str, value: Mapping[str, Any]) -> bytes:
    """Return an XML document: an element for each name, a repeated one for each item of a list."""
    return (DECLARATION + _element(root, value)).encode()


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = "".join(_element(child, item) for child, item in value.items())
    elif isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    else:
        inner = escape(UNWRITABLE.sub("\ufffd", str(value)))
    return f"<{name}>{inner}</{name}>"
