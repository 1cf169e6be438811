"""Page numbers in addresses."""

from django.http import HttpRequest

from contacthub.web.scalars import parse_whole


def read_page_number(request: HttpRequest, name: str = "page") -> int:
    """Return the page an address asks for, 1 where it says nothing usable."""
    return parse_whole(request.GET.get(name, ""), most_digits=8) or 1
