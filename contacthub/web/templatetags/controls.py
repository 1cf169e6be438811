"""Tags and filters that draw icons, buttons, initials and form fields."""

from django.forms import BoundField, Select
from django.template import Library
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = Library()


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
def face(name: str, css: str = "") -> SafeString:
    """Draw the initials of a person or a program."""
    words = name.split()
    letters = (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()
    return format_html(
        '<span class="ch-face {}" title="{}" aria-hidden="true">{}</span>', css, name, letters
    )


@register.filter
def control(field: BoundField) -> SafeString:
    """Draw a form field's input in the look of its kind. A placeholder that only repeats the label is left out."""
    is_choice = isinstance(field.field.widget, Select)
    attrs: dict[str, str | bool] = {"class": "form-select" if is_choice else "form-control"}
    if field.field.widget.attrs.get("placeholder") == field.label:
        attrs["placeholder"] = ""
    return field.as_widget(attrs=attrs)
