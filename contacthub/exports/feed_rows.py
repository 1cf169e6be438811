"""The rows of a feed's export, page by page: where they begin and end, and the FROM clause that reads them."""

from psycopg.sql import Composable

from contacthub.core.errors import Unavailable
from contacthub.exports import sql
from contacthub.exports.models import Export, PageBoundary, RemotePage

# Pages whose boundaries are found in one statement: 100,000 rows take about 80 ms.
PAGES_AT_ONCE = 100


def find_source(*, export: Export, first: int, last: int) -> tuple[Composable, int]:
    """Return the FROM clause of the pages `first` … `last`, and how many rows they have. Raises `Unavailable`."""
    if export.remote_id is not None:
        here = RemotePage.objects.filter(remote=export.remote_id, number__range=(first, last))
        if here.count() != last - first + 1:
            raise Unavailable("The rows of this export have not been received yet.")
        count = sum(_rows_on_page(export, page) for page in range(first, last + 1))
        return sql.of_remote(export, first, last), count
    boundaries = list_boundaries(export=export, first=first, last=last)
    count = sum(boundary.row_count for boundary in boundaries)
    return sql.between(export, boundaries[0], boundaries[-1]), count


def list_boundaries(*, export: Export, first: int, last: int) -> list[PageBoundary]:
    """Return the boundaries of pages `first` … `last`, found now where they were not known yet."""
    wanted = PageBoundary.objects.filter(export=export, page__gte=first, page__lte=last).order_by(
        "page"
    )
    boundaries = list(wanted)
    while len(boundaries) < last - first + 1:
        newest = PageBoundary.objects.filter(export=export).order_by("-page").first()
        # Another reader may have found them since we looked.
        if newest is None or newest.page < last:
            sql.extend_boundaries(export=export, after=newest, page_count=PAGES_AT_ONCE)
            reached = PageBoundary.objects.filter(export=export).order_by("-page").first()
            if reached is None or (newest is not None and reached.page == newest.page):
                raise Unavailable("Rows of this export are missing from the feed.")
        boundaries = list(wanted.all())
    if any(boundary.row_count != _rows_on_page(export, boundary.page) for boundary in boundaries):
        raise Unavailable("Rows of this export are missing from the feed.")
    return boundaries


def _rows_on_page(export: Export, page: int) -> int:
    return min(export.page_size, export.total_rows - (page - 1) * export.page_size)
