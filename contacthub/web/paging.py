"""Page numbers in addresses."""

from django.http import HttpRequest


def read_page_number(request: HttpRequest, name: str = "page") -> int:
    """Return the page an address asks for, 1 where it says nothing usable."""
    text = request.GET.get(name, "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 and int(text) > 0 else 1
