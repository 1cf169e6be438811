"""How ContactBased's failures are read."""

import re

from contacthub.connectors import contactbased_messages as messages
from contacthub.connectors.errors import NotReady, QuotaShort, Refused, VendorError
from contacthub.connectors.replies import Reply, clean_sentence, failure_of

QUOTA_STATUSES = (402, 403, 409)
# The vendor's documents name no error for a quota that is short; this is how it is worded, with or without figures.
QUOTA = re.compile(
    r"quota exceeded(?:: requested (\d{1,18}), remaining (\d{1,18}))?"
    r"|(?:insufficient|not enough|out of) (?:record )?credits?",
    re.IGNORECASE,
)
# What a page says that is not there yet, of an export that is still being built.
UNBUILT_STATUSES = (409, 425)
UNBUILT = re.compile(r"building|not ready|in progress|still being", re.IGNORECASE)


def read_error(reply: Reply) -> VendorError:
    """Return what a failure is: its sentence is `detail`."""
    try:
        detail = messages.Error.model_validate_json(reply.body).detail
    except ValueError:
        return failure_of(reply)
    says = detail if isinstance(detail, str) else "; ".join(_reason(item) for item in detail)
    short = QUOTA.search(says) if reply.status in QUOTA_STATUSES else None
    if short:
        requested, remaining = (int(text) if text else None for text in short.groups())
        return QuotaShort(
            "The account's row quota is too small.",
            requested=requested,
            remaining=remaining,
            vendor_says=clean_sentence(says),
        )
    if reply.status in UNBUILT_STATUSES and UNBUILT.search(says):
        return NotReady("The vendor is still building this export.")
    if reply.status == 413:
        return Refused("The vendor says that the request is too large.", status=413)
    return failure_of(reply, vendor_says=says)


def _reason(item: messages.Reason) -> str:
    return f"{'.'.join(map(str, item.loc))}: {item.msg}"
