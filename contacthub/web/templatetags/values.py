"""Filters and tags that look a value up or hide it."""

from typing import Any

from django.template import Library

from contacthub.formats import FORMATS

register = Library()


@register.simple_tag
def format_label(name: str) -> str:
    """Return what a file format is called."""
    return FORMATS[name].label


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
