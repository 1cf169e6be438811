"""Files of several fragments for tests, and ways to damage them."""

import os

from contacthub.jobs import sql
from contacthub.jobs.fragments import STORE
from contacthub.jobs.lease import Lease, Manifest
from contacthub.jobs.models import Fragment, Job, Result
from contacthub.organizations.models import Organization
from tests.jobs.works import Count, make_job
from tests.object_server import ObjectServer

# Text that is compressed, and bytes that are stored as they are.
PIECES = [
    (b"first,line\n" * 1000, False),
    (os.urandom(70_000), True),
    (b"third" * 5000, False),
    (os.urandom(50_000), True),
]
CONTENT = b"".join(raw for raw, _ in PIECES)


def claim(job: Job, *, lease_seconds: int = 60) -> Lease:
    token = sql.claim(job_id=job.pk, lease_seconds=lease_seconds, share=9)
    assert token is not None
    return Lease(Job.objects.get(pk=job.pk), token)


def write(lease: Lease, pieces: list[tuple[bytes, bool]] = PIECES) -> None:
    for number, (raw, is_dense) in enumerate(pieces, 1):
        lease.save(
            done=number, raw=raw, row_count=1, is_compressed=is_dense, checkpoint={"n": number}
        )


def make_file(organization: Organization) -> Result:
    job = make_job(organization, total=len(PIECES))
    lease = claim(job)
    write(lease)
    lease.complete(Count(job), Manifest("a.csv", "csv", "text/csv", 4))
    return Result.objects.get(job=job)


def read(result: Result, first: int = 0, last: int | None = None) -> bytes:
    last = result.size - 1 if last is None else last
    return b"".join(STORE.read(job_id=result.job_id, first=first, last=last))


def damage(result: Result, number: int, objects: ObjectServer | None, how: str) -> None:
    """Change what is stored of a fragment behind the program's back."""
    row = Fragment.objects.get(job=result.job_id, number=number)
    if objects is None:
        stored = bytes(row.body or b"")
    else:
        key = row.address.partition(f"{objects.bucket}/")[2]
        stored = objects.objects[key]
    changed = {
        "short": stored[:-1],
        "other": stored[:20] + bytes([stored[20] ^ 1]) + stored[21:],
        "missing": b"",
    }[how]
    if objects is not None and how == "missing":
        objects.delete(key)
    elif objects is not None:
        objects.put(key, changed)
    elif how == "missing":
        row.delete()
    else:
        Fragment.objects.filter(pk=row.pk).update(body=changed)
