"""Where the bytes of fragments are: in Postgres with their rows, or in object storage (setting FRAGMENT_STORE).

A row says where its bytes are, so that both kinds are read whatever the setting says by now. An object is put before
the row that names it is saved, and deleted after the row is. A worker that dies or is fenced in between leaves an
object that no row names, never a row without its object; `sweep` deletes such objects after a day.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
import zstandard
from django.conf import settings
from django.db import transaction
from django.db.models import BinaryField, F, Func, QuerySet, Value

from contacthub.core import clock
from contacthub.core.apart import apart
from contacthub.core.errors import FileDamaged, NotFound, StorageAway
from contacthub.core.object_places import Place
from contacthub.core.object_storage import (
    Account,
    Bucket,
    ObjectChanged,
    ObjectFound,
    ObjectMissing,
    open_bucket,
)
from contacthub.jobs.models import Fragment, Job
from contacthub.organizations.audit import Actor, record_event

logger = structlog.get_logger(__name__)

POSTGRES = "postgres"
# fragments/job/token/number; a token is of one claim of the job, so that no key is ever written twice.
KEY = re.compile(r"fragments/([0-9a-f-]{36})/\d+/\d+", re.ASCII)
# An object that no row names is left alone for so long: its row may be about to be saved. Saving it is refused
# well before, because a machine may stand still in between.
KEEP_UNNAMED = dt.timedelta(days=1)
MOST_WAIT = dt.timedelta(hours=1)
# Level 3 writes rows of text at about 0.27 of their size and is not what limits an export.
_compressor = zstandard.ZstdCompressor(level=3)


@dataclass(frozen=True)
class Written:
    """A fragment whose bytes are written, as far as they are no part of its row, which is not saved yet."""

    row: Fragment
    raw: bytes
    at: dt.datetime


class FragmentStore:
    """Writes, reads and deletes the fragments of jobs. Everything raises `StorageAway` if its storage is down."""

    @property
    def is_elsewhere(self) -> bool:
        """Return whether new fragments go to object storage: writing one may then take as long as its timeouts."""
        return str(settings.FRAGMENT_STORE[0]) != POSTGRES

    # --- Writing ----------------------------------------------------------------------------------

    def write(
        self,
        raw: bytes,
        *,
        job_id: UUID,
        token: int,
        number: int,
        raw_offset: int,
        row_count: int,
        is_compressed: bool,
    ) -> Written:
        """Write a fragment of `row_count` rows, before and outside of the transaction that saves its row with `add`.

        `raw_offset` is its place in the file in bytes, `token` that of the worker's claim, and `is_compressed` says
        that `raw` is dense already.
        """
        stored = raw if is_compressed else _compressor.compress(raw)
        row = Fragment(
            job_id=job_id,
            number=number,
            row_count=row_count,
            raw_offset=raw_offset,
            raw_size=len(raw),
            encoding=Fragment.Encoding.IDENTITY if is_compressed else Fragment.Encoding.ZSTD,
            stored_size=len(stored),
            sha256=hashlib.sha256(stored).digest(),
        )
        at = clock.now()
        if self.is_elsewhere:
            place = Place.of(settings.FRAGMENT_STORE[0])
            key = f"{place.folder}fragments/{job_id}/{token}/{number}"
            row.tag = open_place(place).put(key, stored)[:100]
            row.address = place.address_of(key)
        else:
            row.body = stored
        return Written(row, raw, at)

    def add(self, written: Written) -> None:
        """Save the row of a fragment in the caller's transaction, which also saves the job's checkpoint."""
        if written.row.address and clock.now() - written.at > MOST_WAIT:
            raise StorageAway("Too much time has passed since a part of this file was written.")
        written.row.save(force_insert=True)

    # --- Reading ----------------------------------------------------------------------------------

    def read(self, *, job_id: UUID, first: int, last: int) -> Iterator[bytes]:
        """Yield bytes `first`..`last` (both included) of a file, one fragment in memory at a time.

        Only what is needed is read: the fragments that the range touches, and a part of those that are stored as they
        are. Each is one short query or request, so that a slow reader holds no transaction and no lock. Raises
        `NotFound` where the file is deleted, and `FileDamaged` where a part is missing or is not what was written:
        what was yielded before is then not the whole.
        """
        ends = F("raw_offset") + F("raw_size")
        rows = _rows(job_id).alias(ends=ends).filter(raw_offset__lte=last, ends__gt=first)
        position = first
        for row in rows.defer("body").order_by("number"):
            if row.raw_offset > position:
                break
            start = position - row.raw_offset
            stop = min(row.raw_size, last + 1 - row.raw_offset)
            yield self._read(row, start, stop)
            position = row.raw_offset + stop
        if position <= last:
            raise _gone() if not _rows(job_id).exists() else report_damage(job_id, None, "missing")

    def read_number(self, *, job_id: UUID, number: int) -> bytes | None:
        """Return the raw bytes of one fragment, counted from 0, or None if there is none. Raises like `read`."""
        row = _rows(job_id).filter(number=number).defer("body").first()
        return None if row is None else self._read(row, 0, row.raw_size)

    def read_rows(self, *, job_id: UUID) -> Iterator[tuple[Fragment, bytes]]:
        """Yield the fragments of a job with their raw bytes, in order. Raises like `read`."""
        for row in _rows(job_id).order_by("number").iterator(chunk_size=8):
            body = None if row.address else bytes(row.body or b"")
            yield row, self._read(row, 0, row.raw_size, body)

    def _read(self, row: Fragment, start: int, stop: int, body: bytes | None = None) -> bytes:
        is_whole = (start, stop) == (0, row.raw_size)
        if row.encoding == Fragment.Encoding.IDENTITY and not is_whole:
            return self._read_span(row, start, stop)
        stored = self._read_whole(row) if body is None else body
        why = _find_fault(row, stored)
        if why:
            raise report_damage(row.job_id, row, why)
        if row.encoding == Fragment.Encoding.ZSTD:
            stored = _decompress(row, stored)
        return stored if is_whole else stored[start:stop]

    def _read_whole(self, row: Fragment) -> bytes:
        if row.address:
            return self._get(row)
        return self._select(row, F("body"))

    def _read_span(self, row: Fragment, start: int, stop: int) -> bytes:
        """Return a part of what is stored as it is. Its hash cannot be checked, but it is of the right object."""
        if row.address:
            try:
                return self._get(row, span=(start, stop), tag=row.tag)
            except ObjectChanged:
                # Copied to another bucket, perhaps: then the whole is still what was written.
                whole = self._read(row, 0, row.raw_size)
                return whole[start:stop]
        part = self._select(row, _Slice(F("body"), Value(start + 1), Value(stop - start)))
        if len(part) != stop - start:
            raise report_damage(row.job_id, row, "shorter than it was")
        return part

    def _select(self, row: Fragment, body: Any) -> bytes:
        found = list(Fragment.objects.filter(pk=row.pk).values_list(body, flat=True))
        if not found:
            raise _gone()
        return bytes(found[0] or b"")

    def _get(self, row: Fragment, *, span: tuple[int, int] | None = None, tag: str = "") -> bytes:
        place, key = _find_place(row.address)
        try:
            return open_place(place).get(key, span=span, tag=tag)
        except ObjectMissing:
            if not Fragment.objects.filter(pk=row.pk).exists():
                raise _gone() from None
            raise report_damage(row.job_id, row, "missing") from None

    # --- Deleting ---------------------------------------------------------------------------------

    def forget(self, *, job_id: UUID) -> None:
        """Delete the fragments of a job: rows in the caller's transaction, objects after its commit."""
        rows = _rows(job_id)
        addresses = list(rows.exclude(address="").values_list("address", flat=True))
        if self.is_elsewhere and settings.FRAGMENT_LINKS_ENDPOINT:
            # The whole file may be there, too, see links.py.
            place, key = find_copy(job_id)
            addresses.append(place.address_of(key))
        rows.delete()
        if addresses:
            transaction.on_commit(partial(_delete, addresses), robust=True)

    def sweep(self) -> int:
        """Delete objects older than a day that no row names. Returns how many. For all organizations."""
        return sum(
            _sweep_page(place, page)
            for place in places()
            for page in open_place(place).list_pages(f"{place.folder}fragments/")
        )


STORE = FragmentStore()


def account() -> Account:
    """Return how the object storage is reached, from the settings."""
    return Account(
        endpoint=settings.FRAGMENT_STORE_ENDPOINT,
        region=settings.FRAGMENT_STORE_REGION,
        key_id=settings.FRAGMENT_STORE_KEY_ID,
        secret=settings.FRAGMENT_STORE_SECRET,
    )


def places() -> list[Place]:
    """Return the places in object storage that the setting names: the one that is written to, and former ones."""
    return [Place.of(address) for address in settings.FRAGMENT_STORE if address != POSTGRES]


def open_place(place: Place) -> Bucket:
    """Return the bucket of a place, reached as the settings say."""
    return open_bucket(place.bucket, account())


def find_copy(job_id: UUID) -> tuple[Place, str]:
    """Return the place and the key of the whole file of a job, where it was put there for a link."""
    place = Place.of(settings.FRAGMENT_STORE[0])
    return place, f"{place.folder}files/{job_id}"


class _Slice(Func):
    """A part of stored bytes; of a value that is not compressed Postgres reads no more than that."""

    function = "substr"
    output_field = BinaryField()


def _rows(job_id: UUID) -> QuerySet[Fragment]:
    return Fragment.objects.filter(job_id=job_id)


def _find_place(address: str) -> tuple[Place, str]:
    """Return where an object is: one of the places of the setting, because only these are known to be reachable."""
    for place in places():
        if place.holds(address):
            return place, place.key_of(address)
    logger.error("fragment_store_not_named", address=address.rpartition("/fragments/")[0])
    raise StorageAway("FRAGMENT_STORE does not name the storage of this file.")


def _find_fault(row: Fragment, stored: bytes) -> str:
    if row.stored_size is not None and len(stored) != row.stored_size:
        return f"{len(stored)} bytes instead of {row.stored_size}"
    if row.sha256 is not None and hashlib.sha256(stored).digest() != bytes(row.sha256):
        return "not the bytes that were written"
    return ""


def _decompress(row: Fragment, stored: bytes) -> bytes:
    try:
        raw = zstandard.decompress(stored, max_output_size=row.raw_size)
    except zstandard.ZstdError:
        raw = b""
    if len(raw) != row.raw_size:
        raise report_damage(row.job_id, row, "unreadable")
    return raw


def _gone() -> NotFound:
    return NotFound("This file no longer exists.")


def report_damage(job_id: UUID, row: Fragment | None, why: str) -> FileDamaged:
    """Record that a part of a file is not what was written, in the logs and in the audit log. Returns the error."""
    number = None if row is None else row.number
    store = "objects" if row is not None and row.address else POSTGRES
    logger.error("fragment_damaged", job=str(job_id), number=number, store=store, why=why)
    with apart("damage_not_recorded", job=str(job_id)), transaction.atomic():
        job = Job.objects.select_related("organization").get(pk=job_id)
        record_event(
            organization=job.organization,
            actor=Actor(name="File storage"),
            action="Found file damaged",
            target=job.title,
            subject=job.pk,
            detail=f"Part of the file: {why}" if number is None else f"Part {number + 1}: {why}",
        )
    return FileDamaged(
        "A part of this file is missing or damaged, so it cannot be downloaded. Create it again, or tell your operator."
    )


def _delete(addresses: Sequence[str]) -> None:
    """Delete objects that no row names. What cannot be deleted now is left to the sweep."""
    with apart("objects_not_deleted", count=len(addresses)):
        found = sorted((_find_place(address) for address in addresses), key=str)
        for place, keys in groupby(found, key=lambda each: each[0]):
            open_place(place).delete([key for _, key in keys])


def _sweep_page(place: Place, page: Sequence[ObjectFound]) -> int:
    oldest = clock.now() - KEEP_UNNAMED
    jobs: dict[str, UUID] = {}
    for found in page:
        match = KEY.fullmatch(found.key.removeprefix(place.folder))
        if match is not None and found.put_at < oldest:
            jobs[place.address_of(found.key)] = UUID(match[1])
    # By job as well, which has an index.
    named = Fragment.objects.filter(job_id__in=set(jobs.values()), address__in=list(jobs))
    unnamed = set(jobs).difference(named.values_list("address", flat=True))
    if unnamed:
        open_place(place).delete([place.key_of(address) for address in unnamed])
        logger.info("orphans_deleted", count=len(unnamed))
    return len(unnamed)
