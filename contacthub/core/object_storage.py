"""Object storage that speaks S3 (Amazon's, MinIO, Garage, Ceph): put, read, delete, list and sign objects.

Knows nothing of what the objects hold. A client is opened when a process first needs it and not before, because its
threads do not survive a fork. Of what a storage answers only the status and the error code are logged.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import obstore
import structlog
from obstore.exceptions import BaseError, PreconditionError
from obstore.store import S3Store

from contacthub.core.errors import StorageAway

logger = structlog.get_logger(__name__)

# Seconds that one request may take, and that a connection may take to open.
REQUEST_SECONDS, CONNECT_SECONDS = 30.0, 3.0
# How often a request that failed is sent again (never an upload that timed out), and for how many seconds.
RETRIES, RETRY_SECONDS = 3, 15.0
# Seconds for a deletion, which a person may be waiting for; what is left is deleted by the sweep.
DELETE_SECONDS = 5.0
# Larger objects are uploaded in parts of this size, so many at a time. Bytes.
PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 4
STATUS = re.compile(r"status code: (\d{3})")
CODE = re.compile(r"<Code>(\w{1,60})</Code>")
READS = ("get", "head")


class ObjectMissing(Exception):
    """There is no object under this key."""


class ObjectChanged(Exception):
    """The object under this key is not the one with the tag that was requested."""


@dataclass(frozen=True)
class Account:
    """Where a storage is and with which key it is used; without a key, with the rights of the machine's own role.

    Without an endpoint it is Amazon's in `region`.
    """

    endpoint: str = ""
    region: str = "us-east-1"
    key_id: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class ObjectFound:
    """What a storage says of an object: its size in bytes, and when it was put."""

    key: str
    size: int
    put_at: dt.datetime


class Bucket:
    """One bucket. Every method raises `StorageAway` where the storage does not answer or refuses."""

    def __init__(self, name: str, account: Account) -> None:
        self.name = name
        self._account = account

    def put(self, key: str, body: bytes) -> str:
        """Save an object, in parts where it is large. Returns its tag (ETag); it is there whole or not at all."""
        with _told("put"):
            result = obstore.put(
                self._store, key, body, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
            )
        return result["e_tag"] or ""

    def put_pieces(self, key: str, pieces: Iterable[bytes], headers: dict[str, str]) -> None:
        """Save an object piece by piece, with the headers it is served with. An error of `pieces` saves nothing."""
        writer = obstore.open_writer(
            self._store,
            key,
            attributes=headers,
            buffer_size=PART_BYTES,
            max_concurrency=PARTS_AT_ONCE,
        )
        for piece in pieces:
            with _told("put"):
                writer.write(piece)
        # Not in a `finally`: what is not closed does not become an object.
        with _told("put"):
            writer.close()

    def get(self, key: str, *, span: tuple[int, int] | None = None, tag: str = "") -> bytes:
        """Return an object's bytes, or those of a span (the second number is excluded), and read no others.

        Raises `ObjectMissing`, and `ObjectChanged` where a tag is given and the object has another one.
        """
        options: obstore.GetOptions = {}
        if span is not None:
            options["range"] = span
        if tag:
            options["if_match"] = tag
        with _told("get"):
            return bytes(obstore.get(self._store, key, options=options).bytes())

    def find(self, key: str) -> ObjectFound | None:
        """Return what is known of an object, or None if there is none."""
        try:
            with _told("head"):
                meta = obstore.head(self._store, key)
        except ObjectMissing:
            return None
        return ObjectFound(key, meta["size"], meta["last_modified"])

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; missing ones are ignored. Gives up early, see DELETE_SECONDS."""
        with _told("delete"):
            obstore.delete(self._hasty_store, keys)

    def list_pages(self, prefix: str) -> Iterator[list[ObjectFound]]:
        """Yield all objects below a prefix, which ends with a slash, in pages of up to 1,000."""
        pages = iter(obstore.list(self._store, prefix, chunk_size=1000))
        while True:
            with _told("list"):
                page = next(pages, None)
            if page is None:
                return
            yield [ObjectFound(m["path"], m["size"], m["last_modified"]) for m in page]

    def sign(self, key: str, *, seconds: int) -> str:
        """Return an address from which anyone may read an object for a while, without calling the storage."""
        with _told("sign"):
            return obstore.sign(self._store, "GET", key, dt.timedelta(seconds=seconds))

    @cached_property
    def _store(self) -> S3Store:
        return self._open(REQUEST_SECONDS, RETRIES)

    @cached_property
    def _hasty_store(self) -> S3Store:
        return self._open(DELETE_SECONDS, 0)

    def _open(self, seconds: float, retries: int) -> S3Store:
        account = self._account
        named = {
            "endpoint": account.endpoint,
            "access_key_id": account.key_id,
            "secret_access_key": account.secret,
        }
        return S3Store(
            self.name,
            region=account.region,
            client_options={
                "allow_http": account.endpoint.startswith("http://"),
                "connect_timeout": dt.timedelta(seconds=min(seconds, CONNECT_SECONDS)),
                "timeout": dt.timedelta(seconds=seconds),
            },
            retry_config={
                "max_retries": retries,
                "retry_timeout": dt.timedelta(seconds=RETRY_SECONDS),
                "backoff": {"max_backoff": dt.timedelta(seconds=3)},
            },
            **{name: value for name, value in named.items() if value},  # type: ignore[arg-type]
        )


@lru_cache(maxsize=16)
def open_bucket(name: str, account: Account) -> Bucket:
    """Return a bucket; its connections are shared by the threads of this process."""
    return Bucket(name, account)


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Turn the library's errors into ours, and log those that an operator must know of."""
    try:
        yield
    except PreconditionError as error:
        raise ObjectChanged from error
    except (BaseError, OSError, ValueError) as error:
        status, code = _find(STATUS, error), _find(CODE, error)
        is_missing = isinstance(error, FileNotFoundError) and code != "NoSuchBucket"
        if is_missing and doing in READS:
            raise ObjectMissing from error
        name = type(error).__name__
        logger.warning("object_storage_failed", doing=doing, error=name, status=status, code=code)
        raise StorageAway(
            "The file storage isn't responding. Try again in a few minutes."
        ) from error


def _find(pattern: re.Pattern[str], error: Exception) -> str:
    found = pattern.search(str(error))
    return found[1] if found else ""
