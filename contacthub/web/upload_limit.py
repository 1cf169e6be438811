"""Stop an upload at its limit while it comes in, not when a disk is full."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

# Form fields beside the file, and a body that is somewhat larger still gets its answer. One far larger is cut off:
# nobody reads gigabytes to say no.
FIELD_BYTES = 1024 * 1024
ANSWERED_UP_TO = 4


class UploadLimit(FileUploadHandler):
    """The first of a request's upload handlers: counts, and lets nothing past UPLOAD_MAX_BYTES through."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.is_passed = False
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
        return protected(request, *args, **kwargs)

    return limited
