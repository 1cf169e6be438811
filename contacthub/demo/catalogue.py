"""The contacts and the intent records of the demo: written to files and imported, as an operator would do it."""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import orjson

from contacthub.core.errors import Invalid
from contacthub.core.tabular import ImportReport
from contacthub.demo.accounts import ACTOR
from contacthub.demo.world.companies import COMPANY_COUNT, make_companies
from contacthub.demo.world.feeds import FEEDS, FeedPlan
from contacthub.demo.world.intent import RECORD_COUNT, make_records
from contacthub.demo.world.people import PERSON_COUNT, Person, make_people
from contacthub.feeds import actions as feeds
from contacthub.feeds.models import Feed, FeedGrant, IntentBatch
from contacthub.organizations.queries import get_organization

SEED = 20_071


def make_feeds() -> None:
    """Make the feeds and what the organizations may do with them, where either is missing."""
    for plan in FEEDS:
        feed = _find_feed(plan) or feeds.create_feed(name=plan.name, description=plan.description)
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
    folder: Path, staff: dict[str, list[Person]], *, today: dt.date, scale: float
) -> None:
    """Import the records of every feed that does not have them. An interrupted import has left nothing."""
    for plan in FEEDS:
        feed = Feed.objects.get(name=plan.name)
        if has_records(plan):
            continue
        records = make_records(
            Random(f"{SEED} {plan.slug}"),
            plan,
            staff,
            count=round(RECORD_COUNT * scale) * plan.share // 1000,
            today=today,
        )
        with _written(folder / _file_name(plan), records) as path:
            report, _ = feeds.import_intent(feed=feed, path=path, today=today)
        _check(path, report)


def has_records(plan: FeedPlan) -> bool:
    """Return whether a feed's records are in."""
    return IntentBatch.objects.filter(feed__name=plan.name, file_name=_file_name(plan)).exists()


def draw_staff(today: dt.date, *, scale: float) -> dict[str, list[Person]]:
    """Return everybody by the domain they work at: the same people with the same ids on every day."""
    dice = Random(SEED)
    companies = make_companies(dice, today, count=round(COMPANY_COUNT * scale))
    staff: dict[str, list[Person]] = {}
    for person in make_people(dice, companies, count=round(PERSON_COUNT * scale)):
        staff.setdefault(person.company.domain, []).append(person)
    return staff


def _find_feed(plan: FeedPlan) -> Feed | None:
    return Feed.objects.filter(name=plan.name).first()


def _file_name(plan: FeedPlan) -> str:
    return f"demo-{plan.slug}.jsonl"


@contextmanager
def _written(path: Path, rows: Iterable[dict[str, Any]]) -> Iterator[Path]:
    """Write rows as JSON Lines for the time of the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("wb") as file:
            file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _check(path: Path, report: ImportReport) -> None:
    """Raise where a made-up row was refused: the world and the import must agree."""
    if report.rejected:
        raise Invalid(
            f"{report.rejected:,} rows of {path.name} were rejected; see {path}.rejects.csv."
        )
