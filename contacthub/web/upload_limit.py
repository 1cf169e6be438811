"""Stop what is too large while it comes in, not when a disk is full: 256 kB for a form, UPLOAD_MAX_BYTES for a file."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from contacthub.core.query_text import normalize_query
from contacthub.web.errors import describe_limit, error_response

# Form fields beside the file, and a body that is somewhat larger still gets its answer. One far larger is cut off:
# we do not read gigabytes to refuse them.
FIELD_BYTES = 256_000
ANSWERED_UP_TO = 4


GetResponse = Callable[[HttpRequest], HttpResponse]


class FormLimitMiddleware:
    """Refuse a body larger than a form may be before a byte of it is read, but where a file is expected.

    Stands before everything that reads a form, such as the check of its token: it holds for strangers as well, and for
    files in forms that have no field for one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at what the request says of its own size; the server reads no further than that."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_number = length.isascii() and length.isdigit()
        if is_number and _is_too_large(length) and not _takes_file(request.path_info):
            return error_response(request, 413, describe_limit())
        return self.get_response(request)


def _is_too_large(length: str) -> bool:
    return len(length) > 12 or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _takes_file(path: str) -> bool:
    try:
        return getattr(resolve(path).func, "takes_file", False) is True
    except Resolver404:
        return False


class UploadLimit(FileUploadHandler):
    """The first of a request's upload handlers: counts, and lets nothing past UPLOAD_MAX_BYTES through."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.is_passed = False
        # The fields beside the file are larger than a form may be: none of them was kept.
        self.is_text_passed = False
        self._size = 0
        self._content_length = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 – Django passes it by name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Note what the request says of its own size."""
        self._content_length = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Refuse a file before its first byte where the request says that it is too large."""
        super().new_file(*args, **kwargs)
        if self._content_length > settings.UPLOAD_MAX_BYTES + FIELD_BYTES:
            self._stop()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass bytes on to the next handler up to the limit."""
        self._size += len(raw_data)
        if self._size > settings.UPLOAD_MAX_BYTES:
            self._stop()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""

    def _stop(self) -> None:
        self.is_passed = True
        is_cut = self._content_length > ANSWERED_UP_TO * settings.UPLOAD_MAX_BYTES
        raise StopUpload(connection_reset=is_cut)


def limit_upload(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Set the limit on a view's uploads; the view finds it as `request.upload_limit`.

    Text that is too long in a field gets its answer from the view too: the view then runs without any field, the token
    included, and must do nothing but say so.

    Django reads the body to find the CSRF token, and the handler has to be there before that: so the check of the
    token, which the middleware would make first, is made here, after. Source: Django, "Modifying upload handlers".
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        limit = UploadLimit(request)
        request.upload_handlers = [limit, *request.upload_handlers]
        request.upload_limit = limit  # type: ignore[attr-defined]
        try:
            request.POST = normalize_query(request.POST)  # type: ignore[assignment]
        except RequestDataTooBig:
            request._mark_post_parse_error()  # type: ignore[attr-defined]
            limit.is_text_passed = True
            return view(request, *args, **kwargs)
        except UnreadablePostError:
            # The client went away; the check of the token says what there is to say.
            pass
        return protected(request, *args, **kwargs)

    limited.takes_file = True  # type: ignore[attr-defined]
    return limited
