"""The contacts and the intent records of the demo: written to files and imported, as an operator would do it."""

import csv
import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import orjson

from contacthub.contacts import actions as contacts
from contacthub.contacts.intake.columns import NAMES as CONTACT_COLUMNS
from contacthub.contacts.models import Company
from contacthub.core.errors import Invalid
from contacthub.core.tabular import ImportReport
from contacthub.demo.accounts import ACTOR
from contacthub.demo.people import TENANTS, VENDOR
from contacthub.demo.world.companies import COMPANY_COUNT, make_companies
from contacthub.demo.world.companies import Company as MadeUpCompany
from contacthub.demo.world.contacts import describe
from contacthub.demo.world.fair import describe_met
from contacthub.demo.world.feeds import FEEDS, FeedPlan
from contacthub.demo.world.intent import RECORD_COUNT, make_records
from contacthub.demo.world.people import PERSON_COUNT, Person, make_people
from contacthub.demo.world.vendor import describe_own, fill_gaps, make_staff
from contacthub.feeds import actions as feeds
from contacthub.feeds.intake import NAMES as INTENT_COLUMNS
from contacthub.feeds.models import Feed, FeedGrant, IntentBatch
from contacthub.organizations.models import Organization
from contacthub.organizations.queries import get_organization

SEED = 20_071
# People by the domain they work at.
Staff = dict[str, list[Person]]
Rows = list[dict[str, Any]]


def make_feeds(plans: Iterable[FeedPlan] = FEEDS) -> None:
    """Make the feeds and what the organizations may do with them, where either is missing."""
    for plan in plans:
        feed = _get_feed(plan)
        for slug, agreement in plan.agreements.items():
            organization = get_organization(slug=slug)
            if not FeedGrant.objects.filter(feed=feed, organization=organization).exists():
                feeds.grant_feed(
                    feed=feed,
                    organization=organization,
                    lookback_days=agreement.lookback_days,
                    export_row_limit=agreement.export_row_limit,
                    pii=agreement.pii,
                    business_info=agreement.business_info,
                    actor=ACTOR,
                )


def fill_feeds(
    folder: Path, plans: Iterable[FeedPlan], staff: Staff, *, today: dt.date, scale: float
) -> None:
    """Import the records of every feed that does not have them. An interrupted import has left nothing."""
    for plan in plans:
        if has_records(plan):
            continue
        records = make_records(
            Random(f"{SEED} {plan.slug}"),
            plan,
            staff,
            count=round(RECORD_COUNT * scale) * plan.share // 1000,
            today=today,
        )
        with _written(folder / _file_name(plan), INTENT_COLUMNS, records) as path:
            report, _ = feeds.import_intent(feed=_get_feed(plan), path=path, today=today)
        _check(path, report)


def fill_contacts(folder: Path, staff: Staff, *, today: dt.date) -> Rows:
    """Import what is known of all people, for all organizations. Returns what `find_additions` does."""
    additions: Rows = []
    rows = _describe_everybody(staff, additions, today=today)
    _import(folder / "demo-contacts.csv", rows, today=today)
    return additions


def find_additions(staff: Staff, *, today: dt.date) -> Rows:
    """Return what the vendor knows of what everyone's contacts lack."""
    additions: Rows = []
    for _ in _describe_everybody(staff, additions, today=today):
        pass
    return additions


def fill_vendor_contacts(folder: Path, additions: Rows, abroad: Staff, *, today: dt.date) -> None:
    """Import what only the vendor knows: what everyone's contacts lack, and people abroad."""
    rows = chain(additions, describe_own(Random(f"{SEED} vendor's own"), abroad, today))
    organization = get_organization(slug=VENDOR.slug)
    _import(folder / "demo-vendor.csv", rows, today=today, organization=organization)


def fill_own_contacts(folder: Path, *, today: dt.date) -> None:
    """Import the people that the first organization met itself, for it alone, with some possible duplicates."""
    organization = get_organization(slug=TENANTS[0].slug)
    _import(folder / "demo-fair.csv", describe_met(today), today=today, organization=organization)


def has_own_contacts() -> bool:
    """Return whether these are in."""
    return Company.objects.filter(organization__slug=TENANTS[0].slug).exists()


def _describe_everybody(
    staff: Staff, additions: Rows, *, today: dt.date
) -> Iterator[dict[str, Any]]:
    """Yield what everyone may know of people, the same on every day but for its dates.

    What the vendor can add is collected on the way: to describe everyone a second time takes seconds.
    """
    rng, rng_of_vendor = Random(f"{SEED} contacts"), Random(f"{SEED} vendor")
    for people in staff.values():
        for person in people:
            row = describe(rng, person, today)
            if addition := fill_gaps(rng_of_vendor, person, row, today):
                additions.append(addition)
            yield row


def _import(
    path: Path,
    rows: Iterable[dict[str, Any]],
    *,
    today: dt.date,
    organization: Organization | None = None,
) -> None:
    with _written(path, CONTACT_COLUMNS, map(_flatten, rows)):
        report, _ = contacts.import_contacts(
            path=path, organization=organization, actor=ACTOR, today=today
        )
    _check(path, report)


def has_contacts(today: dt.date, *, scale: float) -> bool:
    """Return whether the contacts are in: an import adds all or none, so one company is enough to check."""
    first = _draw_companies(Random(SEED), today, scale=scale)[0]
    return Company.objects.filter(organization=None, domain=first.domain).exists()


def has_vendor_contacts() -> bool:
    """Return whether those of the vendor are in: that import, too, adds all or none."""
    return Company.objects.filter(organization__slug=VENDOR.slug).exists()


def has_records(plan: FeedPlan) -> bool:
    """Return whether a feed's records are in."""
    return IntentBatch.objects.filter(feed__name=plan.name, file_name=_file_name(plan)).exists()


def draw_staff(today: dt.date, *, scale: float) -> Staff:
    """Return everyone by the domain they work at: the same people with the same ids on every day."""
    rng = Random(SEED)
    companies = _draw_companies(rng, today, scale=scale)
    staff: Staff = {}
    for person in make_people(rng, companies, count=round(PERSON_COUNT * scale)):
        staff.setdefault(person.company.domain, []).append(person)
    return staff


def draw_vendor_staff(today: dt.date, *, scale: float, taken: Collection[str]) -> Staff:
    """Return those that only the vendor knows, too; at none of the domains `taken`."""
    return make_staff(Random(f"{SEED} abroad"), today, scale=scale, taken=taken)


def _draw_companies(rng: Random, today: dt.date, *, scale: float) -> list[MadeUpCompany]:
    return make_companies(rng, today, count=round(COMPANY_COUNT * scale))


def _get_feed(plan: FeedPlan) -> Feed:
    """Return the oldest feed of this name, made if there is none."""
    known = Feed.objects.filter(name=plan.name).order_by("pk").first()
    return known or feeds.create_feed(name=plan.name, description=plan.description)


def _file_name(plan: FeedPlan) -> str:
    return f"demo-{plan.slug}.csv"


@contextmanager
def _written(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> Iterator[Path]:
    """Write rows as CSV for the time of the block: measured, it goes in twice as fast as JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _flatten(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with dotted names for the parts of its objects, and JSON for lists."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and value:
            flat |= {f"{name}.{part}": inner for part, inner in _flatten(value).items()}
        elif isinstance(value, bool | list | dict):
            flat[name] = orjson.dumps(value).decode()
        else:
            flat[name] = value
    return flat


def _check(path: Path, report: ImportReport) -> None:
    """Raise where a made-up row was refused: the world and the import must agree."""
    if report.rejected:
        raise Invalid(
            f"{report.rejected:,} rows of {path.name} were rejected; see {path}.rejects.csv."
        )
