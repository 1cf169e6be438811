"""How feeds, their limits and the ledgers are shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from contacthub.contact_jobs.models import TransactionAccount, TransactionEntry
from contacthub.feeds.models import Feed, FeedGrant, QuotaEntry
from contacthub.web.context import QuotaSum, sum_quota
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.states import State
from contacthub.web.templatetags.times import day

# The shape of each kind of entry: hatched while held, solid when settled, hollow when given back.
SHAPES = {
    QuotaEntry.Kind.RESERVE: "run",
    QuotaEntry.Kind.SETTLE: "ok",
    QuotaEntry.Kind.RELEASE: "null",
    QuotaEntry.Kind.ADJUST: "odd",
    QuotaEntry.Kind.MIRROR: "odd",
}
TRANSACTION_SHAPES = {
    TransactionEntry.Kind.HOLD: "run",
    TransactionEntry.Kind.USE: "ok",
    TransactionEntry.Kind.RELEASE: "null",
    TransactionEntry.Kind.ADJUST: "odd",
}
YES = State("ok", "Yes")
NO = State("blocked", "No")


@dataclass(frozen=True)
class GrantRow:
    """A feed with what the organization may do with it. Without a limit, `limit` and `left` are None."""

    grant: FeedGrant
    feed: Feed
    lookback: str
    pii: State
    business_info: State
    limit: int | None
    used: int
    held: int
    left: int | None
    # Who sets the limits if the feed is from a vendor; empty if they are edited here.
    set_by: str
    is_edited: bool


@dataclass(frozen=True)
class FeedOption:
    """A feed as the filter of the ledger offers it."""

    value: UUID
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Ledger:
    """The head of the ledger, of all feeds or of one."""

    title: str
    feeds: list[FeedOption]
    # What the address of the file ends with.
    query: str
    # What does not add up, a sentence each.
    drift: list[str]
    quota: QuotaSum | None
    # How many feeds the quota sums; nothing for one.
    feed_count: str
    # Of one feed without a limit.
    unlimited: FeedGrant | None
    unlimited_used: int
    has_feed_column: bool


@dataclass(frozen=True)
class LedgerRow:
    """An entry of the ledger. `search_note` stands below the export, `note` in its place."""

    entry: QuotaEntry
    state: State
    export_name: str
    is_export_gone: bool
    note: str
    search_note: str
    sign: str
    left: int | None


@dataclass(frozen=True)
class Transactions:
    """The account of transactions: what is used, held and left of its limit, which may be none."""

    limit: int | None
    used: int
    held: int
    left: int | None


@dataclass(frozen=True)
class TransactionRow:
    """An entry of the account of transactions."""

    entry: TransactionEntry
    state: State
    count: int


def make_grant_row(grant: FeedGrant, *, chosen: FeedGrant | None) -> GrantRow:
    """Return a feed as the list shows it; `chosen` is the one whose ledger stands below."""
    feed = grant.feed
    return GrantRow(
        grant=grant,
        feed=feed,
        lookback=plural(grant.lookback_days, "day"),
        pii=YES if grant.is_pii_enabled else NO,
        business_info=YES if grant.is_business_info_enabled else NO,
        limit=grant.export_row_limit,
        used=settled_rows(grant),
        held=grant.export_rows_held,
        left=grant.export_rows_remaining,
        set_by=f"Set by {feed.vendor_label}" if feed.is_remote else "",
        is_edited=chosen is not None and grant.pk == chosen.pk,
    )


def settled_rows(grant: FeedGrant) -> int:
    """Return the rows that are used for good."""
    return grant.export_rows_used - grant.export_rows_held


def make_ledger(
    grants: list[FeedGrant],
    chosen: FeedGrant | None,
    drift: Iterable[tuple[FeedGrant, int]],
) -> Ledger:
    """Return the head of the ledger of one feed, or of all. `drift` are feeds whose entries do not add up."""
    quota = sum_quota([chosen] if chosen else grants)
    return Ledger(
        title=f"Ledger, {chosen.feed.name if chosen else 'all feeds'}",
        feeds=[
            FeedOption(
                each.feed.public_id, each.feed.name, chosen is not None and each.pk == chosen.pk
            )
            for each in grants
        ],
        query=f"?feed={chosen.feed.public_id}" if chosen else "",
        drift=[
            f"{each.feed.name}: {each.export_rows_used:,} rows used, {entered:,} in the ledger."
            for each, entered in drift
        ],
        quota=quota,
        feed_count=f"{plural(quota.feeds, 'feed')} with a limit" if quota and not chosen else "",
        unlimited=None if quota else chosen,
        unlimited_used=settled_rows(chosen) if chosen and not quota else 0,
        has_feed_column=chosen is None,
    )


def make_ledger_row(entry: QuotaEntry, export_names: dict[UUID, str]) -> LedgerRow:
    """Return an entry as the ledger shows it; an export that has no name among these is gone."""
    name = export_names.get(entry.export, "") if entry.export else ""
    search = entry.search
    window = f"{day(search.start_on)} – {day(search.end_on)}" if search else ""
    searched = f"Search {window}" if window not in name else ""
    limit = entry.limit_after
    return LedgerRow(
        entry=entry,
        state=State(SHAPES[QuotaEntry.Kind(entry.kind)], entry.get_kind_display()),
        export_name=name,
        is_export_gone=entry.export is not None and not name,
        note="" if search else entry.note,
        search_note=". ".join(filter(None, [searched, entry.note])) if search else "",
        sign="+" if entry.rows > 0 else "",
        left=None if limit is None else max(0, limit - entry.used_after),
    )


def describe_account(account: TransactionAccount) -> Transactions:
    """Return the account of transactions as its bar shows it."""
    return Transactions(account.transaction_limit, account.used, account.held, account.remaining)


def make_transaction_row(entry: TransactionEntry) -> TransactionRow:
    """Return an entry of the account of transactions."""
    state = State(TRANSACTION_SHAPES[TransactionEntry.Kind(entry.kind)], entry.get_kind_display())
    return TransactionRow(entry, state, entry.used or entry.held)
