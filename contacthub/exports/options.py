"""What can be chosen of an export, what it holds and costs, and what personal data in it needs."""

from dataclasses import dataclass

from contacthub.core.errors import Invalid
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import ActorKind


@dataclass(frozen=True)
class ExportOptions:
    """Which rows of a search, and which fields of them. Source: ContactBased API, "Options"."""

    get_pii: bool = False
    include_business_info: bool = False
    require_contact_id: bool = False
    max_rows: int | None = None


@dataclass(frozen=True)
class Quote:
    """What an export would hold and cost, all in rows. Computed from frozen numbers, so it is exact."""

    record_count: int
    without_contact: int
    matched_rows: int
    total_rows: int
    charged_rows: int
    is_paid_already: bool
    limit: int | None
    remaining: int | None

    @property
    def cut_rows(self) -> int:
        """Return the rows left out because of `max_rows`."""
        return self.matched_rows - self.total_rows

    @property
    def remaining_after(self) -> int | None:
        """Return the rows left after the export; negative if too few are left, None if there is no limit."""
        return None if self.remaining is None else self.remaining - self.charged_rows

    @property
    def is_affordable(self) -> bool:
        """Return whether enough rows are left."""
        return self.remaining_after is None or self.remaining_after >= 0


def check_purpose(*, actor: Actor, options: ExportOptions, purpose: str) -> None:
    """Raise `Invalid` if a person takes personal data without saying what for; programs have no field for it."""
    if actor.kind == ActorKind.PERSON and is_purpose_missing(options=options, purpose=purpose):
        raise Invalid("Enter what the personal data is for.", field="purpose")


def is_purpose_missing(*, options: ExportOptions, purpose: str) -> bool:
    """Return whether an export holds personal data without a stated purpose."""
    return options.get_pii and not purpose.strip()
