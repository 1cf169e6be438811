"""Tags and filters that draw icons, buttons, initials and form fields."""

from django.forms import BoundField, Select
from django.template import Library
from django.utils.safestring import SafeString

register = Library()

# The icons of kinds of notices; any other kind informs.
BANNER_ICONS = {"ok": "check", "warn": "alert-triangle", "bad": "alert-triangle"}


@register.inclusion_tag("shapes/icon.html")
def icon(name: str, css: str = "") -> dict[str, str]:
    """Draw an icon of the sprite; the words beside it say what it means."""
    return {"name": name, "css": css}


@register.inclusion_tag("shapes/icon.html")
def banner_icon(kind: str) -> dict[str, str]:
    """Draw the icon of a notice; `kind` is one word, or the tags of a message, which begin with it."""
    return {"name": BANNER_ICONS.get(kind.partition(" ")[0], "info-circle"), "css": ""}


@register.inclusion_tag("shapes/face.html")
def face(name: str, css: str = "") -> dict[str, str]:
    """Draw the initials of a person or a program."""
    words = name.split()
    letters = (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()
    return {"name": name, "letters": letters, "css": css}


@register.filter
def control(field: BoundField) -> SafeString:
    """Draw a form field's input in the look of its kind. A placeholder that only repeats the label is left out."""
    is_choice = isinstance(field.field.widget, Select)
    attrs: dict[str, str | bool] = {"class": "form-select" if is_choice else "form-control"}
    if field.field.widget.attrs.get("placeholder") == field.label:
        attrs["placeholder"] = ""
    return field.as_widget(attrs=attrs)
