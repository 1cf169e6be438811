"""Let object storage hand out a file: the whole file as one object, and a signed link to it for a minute.

Fragments are compressed pieces, which no browser joins, and storages join only pieces of 5 MB or more. So the file is
put together when a person first wants it, is checked against its hash before it becomes an object, and is kept for a
day. Off unless FRAGMENT_LINKS_ENDPOINT is set and new fragments go to object storage.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings
from django.utils.http import content_disposition_header

from contacthub.core import clock
from contacthub.core.object_places import Place
from contacthub.core.object_storage import open_bucket
from contacthub.jobs.fragments import STORE, account, find_copy, open_place, places, report_damage
from contacthub.jobs.models import Result
from contacthub.jobs.serving import SLOTS

LINK_SECONDS = 60
# A copy is used for this long, and deleted when no link to it can still be valid.
KEEP = dt.timedelta(hours=24)
SWEEP_AFTER = KEEP + dt.timedelta(hours=1)
KEY = re.compile(r"files/[0-9a-f-]{36}", re.ASCII)


def is_on() -> bool:
    """Return whether people's downloads are handed to object storage."""
    return bool(settings.FRAGMENT_LINKS_ENDPOINT) and STORE.is_elsewhere


def make_link(result: Result) -> str:
    """Return an address at which anyone can download a result for LINK_SECONDS. Puts the file there if it is missing.

    That takes as long as reading and writing all of it, and a place among the downloads: raises `TooBusy` where there
    is none, `StorageAway`, and `FileDamaged` like `FragmentStore.read`.
    """
    place, key = find_copy(result.job_id)
    copy = open_place(place).find(key)
    if copy is None or copy.size != result.size or copy.put_at < clock.now() - KEEP:
        _put(place, key, result)
    public = replace(account(), endpoint=settings.FRAGMENT_LINKS_ENDPOINT)
    return open_bucket(place.bucket, public).sign(key, seconds=LINK_SECONDS)


def _put(place: Place, key: str, result: Result) -> None:
    headers = {
        "Content-Type": result.content_type,
        "Content-Disposition": content_disposition_header(True, result.file_name) or "attachment",
        "Cache-Control": "private, no-store",
    }
    SLOTS.take(result.job.organization_id)
    try:
        open_place(place).put_pieces(key, _read(result), headers)
    finally:
        SLOTS.give_back(result.job.organization_id)


def _read(result: Result) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in STORE.read(job_id=result.job_id, first=0, last=result.size - 1):
        digest.update(piece)
        yield piece
    if digest.hexdigest() != result.sha256:
        raise report_damage(result.job_id, None, "not the bytes that were written")


def sweep() -> int:
    """Delete whole files that were put there more than a day ago. Returns how many."""
    count = 0
    for place in places():
        bucket, oldest = open_place(place), clock.now() - SWEEP_AFTER
        for page in bucket.list_pages(f"{place.folder}files/"):
            stale = [
                found.key
                for found in page
                if found.put_at < oldest and KEY.fullmatch(found.key.removeprefix(place.folder))
            ]
            if stale:
                bucket.delete(stale)
                count += len(stale)
    return count
