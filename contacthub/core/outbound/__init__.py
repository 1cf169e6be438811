"""Guarded HTTP to addresses that users give: the one way out, for webhooks and for vendors' base URLs.

A URL is judged twice: its text when someone enters it (`check_url`), and every address its host resolves to when it
is dialled (`guard`). Only the judged address is connected to, so that a name cannot answer differently in between.
"""

from contacthub.core.outbound.client import Reply, send
from contacthub.core.outbound.guard import AddressRefused
from contacthub.core.outbound.pool import PooledTransport, ReplyTooLarge
from contacthub.core.outbound.transport import GuardedTransport
from contacthub.core.outbound.urls import check_url, name_of

__all__ = [
    "AddressRefused",
    "GuardedTransport",
    "PooledTransport",
    "Reply",
    "ReplyTooLarge",
    "check_url",
    "name_of",
    "send",
]
