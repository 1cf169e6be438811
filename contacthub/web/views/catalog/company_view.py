"""What the page of a company shows of its intent and its people, in words and bars."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from contacthub.contacts.intent import RECENT_DAYS
from contacthub.contacts.models import Company, Contact
from contacthub.contacts.nace import find_nearest_title
from contacthub.contacts.search import Count
from contacthub.exports.company_exports import CompanyExport
from contacthub.feeds.queries import DomainTopic
from contacthub.organizations.models import Organization
from contacthub.web.contact_words import Cell
from contacthub.web.templatetags.figures import plural, rows
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog.columns import Column
from contacthub.web.views.catalog.contact_columns import COLUMNS, PERSON
from contacthub.web.views.catalog.intent_columns import format_seen

# Days that the small multiples show, today included.
TOPIC_DAYS = 60
TOPICS_SHOWN = 12
PEOPLE_SHOWN = 8
BAR_HEIGHT = 44
TICKS = 5
Bar = tuple[str, int, str, str]
# By the key of a contact: the records that name it, and the last day.
Ranks = dict[int, tuple[int, dt.date]]


@dataclass(frozen=True)
class TopicRow:
    """One topic in one feed: in words, as bars of the last days, and its recent records."""

    topic: str
    feed_name: str
    feed_url: str
    note: str
    label: str
    bars: list[Bar]
    recent: str
    best: str


@dataclass(frozen=True)
class DayRow:
    """A day of the table: its records by topic, in the order of the topics."""

    day: str
    counts: list[str]
    total: str


@dataclass(frozen=True)
class TopicsView:
    """All topics of a company on one scale, and the same numbers as a table."""

    rows: list[TopicRow]
    ticks: list[str]
    width: int
    table: list[DayRow]
    recent_days: int
    summary: str


@dataclass(frozen=True)
class ExportLine:
    """An export that holds the company."""

    name: str
    url: str
    note: str
    day: str


def describe_topics(topics: Sequence[DomainTopic], today: dt.date) -> TopicsView:
    """Return topics as small multiples on one scale, the one with the most records first."""
    first = today - dt.timedelta(days=TOPIC_DAYS - 1)
    days = [first + dt.timedelta(days=n) for n in range(TOPIC_DAYS)]
    shown = topics[:TOPICS_SHOWN]
    counts = [{each.day: each.records for each in topic.days} for topic in shown]
    most = max((n for count in counts for on, n in count.items() if on >= first), default=1)
    every = Counter[dt.date]()
    for topic in topics:
        every.update({each.day: each.records for each in topic.days})
    return TopicsView(
        rows=[
            _describe_topic(topic, count, days, most)
            for topic, count in zip(shown, counts, strict=True)
        ],
        ticks=_list_ticks(days),
        width=4 * TOPIC_DAYS - 1,
        table=[
            DayRow(day(on), [rows(count.get(on, 0)) for count in counts], rows(every[on]))
            for on in reversed(days)
            if every[on]
        ],
        recent_days=RECENT_DAYS,
        summary=_sum_up(topics, every, today),
    )


def _describe_topic(
    topic: DomainTopic, counts: dict[dt.date, int], days: Sequence[dt.date], most: int
) -> TopicRow:
    today = days[-1]
    recent = topic.count_since(today - dt.timedelta(days=RECENT_DAYS - 1))
    people, active = len(topic.contacts), len(topic.days)
    parts = [plural(people, "person").replace("persons", "people")] if people else []
    parts.append(
        f"{plural(active, 'day')} active" if recent else f"quiet since {day(topic.last_day)}"
    )
    scores = [each.best for each in topic.days if each.best is not None]
    return TopicRow(
        topic=topic.topic,
        feed_name=topic.feed.name,
        feed_url=reverse("feed-detail", args=[topic.feed.public_id]),
        note=", ".join(parts),
        label=f"{topic.topic}, records per day, {TOPIC_DAYS} days",
        bars=_draw(counts, days, most),
        recent=rows(recent),
        best=f"best score {max(scores):g}" if scores else "",
    )


def _draw(counts: dict[dt.date, int], days: Sequence[dt.date], most: int) -> list[Bar]:
    """Return a bar for each day: the last days dark, today hatched, days without records a line."""
    bars = []
    hot = days[-1] - dt.timedelta(days=RECENT_DAYS - 1)
    for place, on in enumerate(days):
        count = counts.get(on, 0)
        height = max(BAR_HEIGHT * count / most, 1.5) if count else 1.0
        css = "z" if not count else "today" if on == days[-1] else "hot" if on >= hot else "b"
        bars.append((css, 4 * place, f"{BAR_HEIGHT - height:.1f}", f"{height:.1f}"))
    return bars


def _list_ticks(days: Sequence[dt.date]) -> list[str]:
    steps = [days[round(n * (len(days) - 1) / (TICKS - 1))] for n in range(TICKS)]
    return [*(day(each) for each in steps[:-1]), f"{day(steps[-1])}, partial"]


def _sum_up(topics: Sequence[DomainTopic], every: Counter[dt.date], today: dt.date) -> str:
    if not topics:
        return ""
    since = today - dt.timedelta(days=RECENT_DAYS - 1)
    recent = sum(n for on, n in every.items() if on >= since)
    people = {key for topic in topics for key in topic.contacts}
    names = f"; {rows(len(people))} people named" if len(people) > 1 else ""
    more = f", {TOPICS_SHOWN} shown" if len(topics) > TOPICS_SHOWN else ""
    return (
        f"{plural(len(topics), 'topic')}{more}{names}; {plural(recent, 'record')} in the last {RECENT_DAYS} days,"
        f" last seen {day(max(every))}"
    )


def rank_people(topics: Sequence[DomainTopic]) -> Ranks:
    """Return the contacts that records name, by key: their records and the last day, most records first."""
    records = Counter[int]()
    last: dict[int, dt.date] = {}
    for topic in topics:
        for each in topic.days:
            records.update(each.contacts)
            last |= {key: max(each.day, last.get(key, each.day)) for key in each.contacts}
    return {key: (count, last[key]) for key, count in records.most_common()}


def list_behind_columns(ranks: Ranks) -> tuple[Column[Contact], ...]:
    """Return the columns of the people behind the intent: how often records name them, when last, their e-mail."""

    def read(_: Organization, contacts: Sequence[Contact]) -> dict[int, tuple[int, dt.date]]:
        return {each.pk: ranks[each.key] for each in contacts if each.key in ranks}

    known = {each.name: each for each in COLUMNS}
    return (
        PERSON,
        Column("records", "Records", _make_records, read=read, is_number=True),
        Column("last", "Last seen", _make_last, read=read, css="ch-2 ch-nowrap", is_number=True),
        known["email"],
    )


def _make_records(_: Contact, rank: tuple[int, dt.date]) -> Cell:
    return Cell(rows(rank[0]))


def _make_last(_: Contact, rank: tuple[int, dt.date]) -> Cell:
    return Cell(format_seen(rank[1]))


def describe_exports(exports: Sequence[CompanyExport]) -> list[ExportLine]:
    """Return exports that hold the company, with how many of their rows it has."""
    return [
        ExportLine(
            name=each.export.name,
            url=reverse("export-detail", args=[each.export.pk]),
            note=f"{'at most ' if each.is_at_most else ''}{rows(each.rows)} of"
            f" {plural(each.export.total_rows, 'row')}",
            day=day(each.export.created_at.date()),
        )
        for each in exports
    ]


def sum_up(company: Company) -> str:
    """Return domain, industries and headquarters in one line, as far as they are known."""
    domain = company.domain if company.name else ""
    parts = (domain, ", ".join(company.industries), company.headquarters)
    return " · ".join(part for part in parts if part)


def list_nace(company: Company) -> list[tuple[str, str, str]]:
    """Return the company's codes of NACE, each with its title or that of what it belongs to, and where that leads."""
    path = reverse("company-list")
    found = []
    for code in company.nace_codes:
        known, title = find_nearest_title(code)
        found.append((code, title, f"{path}?nace_in={known}" if known else ""))
    return found


def word_people(count: Count) -> str:
    """Return how many people a company has: 1 person, 2 people, 10,000+ people."""
    return f"{count} {'person' if str(count) == '1' else 'people'}"
