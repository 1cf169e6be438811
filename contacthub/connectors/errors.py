"""What can go wrong with a vendor, in sentences that hold neither secrets nor personal data."""

from contacthub.core.errors import ContactHubError


class VendorError(ContactHubError):
    """A vendor did not do what we requested. `vendor_says` is its own sentence: for the person who made the request,
    never a log."""

    code = "provider_error"

    def __init__(self, message: str, *, vendor_says: str = "") -> None:
        super().__init__(message)
        self.vendor_says = vendor_says


class WrongKey(VendorError):
    """The vendor does not accept the credentials, or no longer."""

    code = "wrong_key"


class NotEntitled(VendorError):
    """The credentials are accepted, and the account may not do this."""

    code = "not_entitled"


class NotFound(VendorError):
    """The vendor knows no such thing, or says so."""

    code = "not_found"


class Refused(VendorError):
    """The vendor understood and refuses: a value it does not take, a state that does not allow this."""

    code = "refused"

    def __init__(self, message: str, *, status: int, vendor_says: str = "") -> None:
        super().__init__(message, vendor_says=vendor_says)
        self.status = status


class QuotaShort(VendorError):
    """Less is left of the account's quota than was requested; nothing was spent. Figures are None if the vendor does
    not give them."""

    code = "quota_short"

    def __init__(
        self,
        message: str,
        *,
        requested: int | None = None,
        remaining: int | None = None,
        vendor_says: str = "",
    ) -> None:
        super().__init__(message, vendor_says=vendor_says)
        self.requested, self.remaining = requested, remaining


class NotOffered(VendorError):
    """This vendor has no such call. Ask for its `capabilities` first."""

    code = "not_offered"


class ContractBroken(VendorError):
    """The vendor's answer differs from its documents; repeating the request will not help.

    `path` is the first place that is wrong (`data.3.company.id`, or `(body)`), `sample` the reply's outline with every
    value masked.
    """

    code = "contract_broken"

    def __init__(self, message: str, *, path: str, sample: str = "") -> None:
        super().__init__(message)
        self.path, self.sample = path, sample


class Temporary(VendorError):
    """It may work later. `retry_after` is in seconds if the vendor or the breaker says how long."""

    code = "temporary"

    def __init__(
        self, message: str, *, retry_after: float | None = None, vendor_says: str = ""
    ) -> None:
        super().__init__(message, vendor_says=vendor_says)
        self.retry_after = retry_after


class Throttled(Temporary):
    """Too many calls: the vendor says so, or its limit is known to be reached and no call was made."""

    code = "throttled"


class NotReady(Temporary):
    """The vendor is still working on the request."""

    code = "not_ready"


class Unreachable(Temporary):
    """No answer: no such host, refused, cut, or too late. `is_sent` tells whether the request may have arrived."""

    code = "unreachable"

    def __init__(self, message: str, *, is_sent: bool, is_late: bool = False) -> None:
        super().__init__(message)
        self.is_sent, self.is_late = is_sent, is_late


class VendorDown(Temporary):
    """The vendor answers that it cannot (5xx)."""

    code = "provider_down"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        retry_after: float | None = None,
        vendor_says: str = "",
    ) -> None:
        super().__init__(message, retry_after=retry_after, vendor_says=vendor_says)
        self.status = status


class BreakerOpen(Temporary):
    """No call was made: the vendor failed too often and gets no calls for a while."""

    code = "breaker_open"


class ConnectionPaused(VendorError):
    """No call was made: an admin has paused the connection, or removed it."""

    code = "paused"
