"""A server of object storage (moto's S3) behind a socket, which can be told to fail."""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Self

import pytest
from django.db import connection
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import WSGIRequestHandler, make_server

from contacthub.core.object_storage import Bucket

Answer = Iterable[bytes]
Fault = Callable[[dict[str, Any], Any], Answer | None]


class QuietHandler(WSGIRequestHandler):
    """Says nothing."""

    def log(self, *_: object) -> None:
        """Leave out the line of a request."""


def say(status: str, code: str) -> Fault:
    """Answer with an error of S3."""

    def answer(environ: dict[str, Any], start_response: Any) -> Answer:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
        start_response(
            status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
        )
        return [body]

    return answer


def hang(environ: dict[str, Any], start_response: Any) -> Answer:
    """Take the request and answer too late."""
    time.sleep(4)
    return drop(environ, start_response)


def drop(environ: dict[str, Any], start_response: Any) -> Answer:
    """Close the connection instead of answering."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    start_response("500 Dropped", [])
    return []


class ObjectServer:
    """One bucket of its own for every test: `new_bucket`."""

    def __init__(self) -> None:
        self.bucket = ""
        self.faults: dict[str, Fault] = {}
        # Method, key and Range header of every request.
        self.requests: list[tuple[str, str, str]] = []
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, request_handler=QuietHandler
        )
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Answer:
        method = environ["REQUEST_METHOD"]
        key = environ["PATH_INFO"].removeprefix(f"/{self.bucket}/")
        self.requests.append((method, key, environ.get("HTTP_RANGE", "")))
        fault = self.faults.get(method)
        answer = fault(environ, start_response) if fault else None
        return answer if answer is not None else self._app(environ, start_response)

    def new_bucket(self, name: str) -> None:
        """Begin with an empty bucket, without faults and with nothing asked."""
        self._backend.create_bucket(name, "us-east-1")
        self.bucket = name
        self.faults, self.requests = {}, []

    @property
    def _backend(self) -> Any:
        return s3_backends["123456789012"]["aws"]

    @property
    def objects(self) -> dict[str, bytes]:
        """Everything in the bucket."""
        return {
            key: bytes(found.value)
            for key, found in self._backend.buckets[self.bucket].keys.items()
        }

    def put(self, key: str, body: bytes) -> None:
        """Put an object, or another one in the place of one, past the program."""
        self._backend.put_object(self.bucket, key, body)

    def delete(self, key: str) -> None:
        """Delete an object past the program."""
        self._backend.delete_object(self.bucket, key)


def note_transactions(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return what is filled with every object that is put: whether a transaction waited for it."""
    noted: list[bool] = []
    put = Bucket.put

    def note(bucket: Bucket, key: str, body: bytes) -> str:
        noted.append(connection.in_atomic_block)
        return put(bucket, key, body)

    monkeypatch.setattr(Bucket, "put", note)
    return noted
