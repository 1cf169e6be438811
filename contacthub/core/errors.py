"""What can be wrong, in words for people; each protocol has its own form for it."""


class ContactHubError(Exception):
    """An error whose message the caller may see. `str(error)` is one plain sentence without personal data or
    secrets."""

    code = "error"


class NotFound(ContactHubError):
    """No such thing, or it belongs to another organization: the two look exactly alike."""

    code = "not_found"


class Expired(NotFound):
    """It was there, and was kept for as long as agreed."""

    code = "expired"


class NotAllowed(ContactHubError):
    """The role, the key or the feed's agreement does not include this."""

    code = "not_allowed"


class Invalid(ContactHubError):
    """A value the caller sent cannot be used. `field` names it where there is one."""

    code = "invalid"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Conflict(ContactHubError):
    """The thing is in a state that does not allow this, or changed since it was shown."""

    code = "conflict"


class CountChanged(Conflict):
    """There are other rows now than somebody was shown. Nothing was done. Both counts are rows."""

    code = "count_changed"

    def __init__(self, *, shown: int, counted: int) -> None:
        self.shown, self.counted = shown, counted
        now = f"{counted:,}" if counted != shown else f"{counted:,} others"
        super().__init__(f"The page showed {shown:,}; there are {now} now. Nothing was done.")


class QuoteChanged(Conflict):
    """The charge is no longer the one that was shown; nothing was spent."""

    code = "quote_changed"


class AlreadyFinished(Conflict):
    """The work has ended; there is nothing left to cancel."""

    code = "already_finished"


class NotReady(Conflict):
    """It will be there once the work is done, if it is done."""

    code = "not_ready"


class Broken(Conflict):
    """Something does not work until an admin fixes it."""

    code = "broken"


class TooManyJobs(Conflict):
    """As many jobs of this kind as an organization may have are there already. Nothing was started."""

    code = "too_many_jobs"


class KeyRefused(NotAllowed):
    """A program's key is not accepted. Whatever `reason` (for the log only), callers see one and the same thing."""

    code = "key_refused"

    def __init__(self, reason: str) -> None:
        super().__init__("This API key is not accepted.")
        self.reason = reason


class RightMissing(NotAllowed):
    """The person's role does not include a right; `right` is its label."""

    code = "right_missing"

    def __init__(self, message: str, *, right: str) -> None:
        super().__init__(message)
        self.right = right


class LookbackTooLong(NotAllowed):
    """The window reaches further back than the feed's agreement."""

    code = "lookback_too_long"

    def __init__(self, *, asked: int, cap: int) -> None:
        super().__init__(f"This feed allows up to {cap} days; {asked} were requested.")
        self.asked, self.cap = asked, cap


class OptionNotAllowed(NotAllowed):
    """The feed's agreement does not include an option of the export."""

    code = "option_not_allowed"


class QuotaExceeded(NotAllowed):
    """Fewer rows are left than requested. Nothing was reserved. Both figures are rows."""

    code = "quota_exceeded"

    def __init__(self, *, requested: int, remaining: int) -> None:
        super().__init__(f"Export row quota exceeded: requested {requested}, remaining {remaining}")
        self.requested, self.remaining = requested, remaining


class TransactionsExceeded(NotAllowed):
    """Fewer transactions are left than requested. Nothing was held."""

    code = "transactions_exceeded"

    def __init__(self, *, requested: int, remaining: int) -> None:
        super().__init__(
            f"Insufficient transaction quota: requested {requested}, remaining {remaining}"
        )
        self.requested, self.remaining = requested, remaining


class TooLarge(ContactHubError):
    """More bytes or rows than this place takes."""

    code = "too_large"


class TooBusy(ContactHubError):
    """So much of this is going on that this one must wait; `seconds` says how long to wait at least."""

    code = "too_busy"

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class StorageFull(Conflict):
    """The organization keeps as many bytes of files as it may. Nothing was started or charged."""

    code = "storage_full"


class Unavailable(ContactHubError):
    """Something needed did not answer; asking again later may work."""

    code = "unavailable"


class StorageAway(Unavailable):
    """The storage of files does not answer, or refuses us; the request is not lost."""

    code = "storage_away"


class FileDamaged(Unavailable):
    """A part of a kept file is missing or is not what was written. Nothing of the file may pass for the whole."""

    code = "file_damaged"
