"""What a vendor's bulk jobs are asked for, and where they stand."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class BulkState(StrEnum):
    """Where a vendor's job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


FINAL_BULK_STATES = frozenset({BulkState.COMPLETED, BulkState.CANCELLED, BulkState.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRange:
    """A bulk pull of what was created on some days (UTC), both ends included."""

    start_on: dt.date
    end_on: dt.date
    country: str = ""
    state: str = ""
    include_historical: bool = True
    include_existing: bool = True
    is_sourced_by_people_ai: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IdList:
    """A bulk pull of some contacts by the vendor's own numbers. `webhook` gets a message when the job has ended."""

    vendor_ids: Sequence[int]
    webhook: str = ""


BulkRequest = DateRange | IdList


@dataclass(frozen=True, slots=True)
class BulkJob:
    """A vendor's job. `fragment_count` and `size_bytes` are None until known, `processed` if not counted.

    `cost` is what it took, in the vendor's unit: 0 before its work begins, None if the vendor does not say.
    """

    job_id: str
    state: BulkState
    fragment_count: int | None = None
    size_bytes: int | None = None
    processed: int | None = None
    cost: int | None = None
    created_at: dt.datetime | None = None
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None

    @property
    def is_final(self) -> bool:
        """Return whether nothing more will happen."""
        return self.state in FINAL_BULK_STATES
