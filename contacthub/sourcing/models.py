"""The tables of this app: rows saved from vendors' searches, and bulk pulls."""

from contacthub.sourcing.bulk.models import Pull, PullFragment, PullReject
from contacthub.sourcing.live.models import LiveSave, LiveSaveRow

__all__ = ["LiveSave", "LiveSaveRow", "Pull", "PullFragment", "PullReject"]
