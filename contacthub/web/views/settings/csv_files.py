"""Lists as CSV files, streamed line by line: for people, so that Excel reads them as they are shown."""

from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from contacthub.core.tabular.excel import BYTE_ORDER_MARK, format_excel_rows


def stream_csv(
    file_name: str, header: Iterable[str], lines: Iterable[Iterable[object]]
) -> StreamingHttpResponse:
    """Answer with a CSV file (RFC 4180, UTF-8 with the mark by which Excel knows it), in memory one line at a time.

    Text stays text, see `core.tabular.excel`; numbers stay numbers.
    """
    response = StreamingHttpResponse(_encode(header, lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def _encode(header: Iterable[str], lines: Iterable[Iterable[object]]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + format_excel_rows([header])
    for line in lines:
        yield format_excel_rows([line])
