"""Every list page, facet, count and top search: how long each takes, beside the statements that it asks of Postgres.

`python -m tests.bench --only lists --contacts 2000000 --records 5000000` measures these alone. Pages run in this
process, through all middleware; so a page's time is that to its first byte without the socket. Its statements are timed
in the same request: what is beyond them is the page's own. The processor time of the program beside it is what a quiet
machine would take.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from contacthub.contacts.models import Company, Contact
from contacthub.core.public_ids import format_contact_id
from contacthub.feeds.models import Feed
from contacthub.organizations.models import Organization, User
from contacthub.web.views.catalog.filter_fields import (
    COMPANY_GROUPS,
    CONTACT_GROUPS,
    FACET_ORDER,
    find_facet,
)
from tests.bench.contacts import SearchBench
from tests.bench.intent import fill_intent
from tests.bench.measuring import once

ROUNDS = 30
# A line that takes longer than this in all is measured less often.
MOST_SECONDS = 5.0
# Milliseconds: of a page at the 99th percentile beyond its statements, of a facet and of the first results of a search.
MOST_BEYOND, MOST_FACET, MOST_FOUND = 50, 300, 100
TOPIC = "Topic number 3"
CONTACT_LISTS: dict[str, dict[str, object]] = {
    "all": {},
    "100 rows": {"per_page": 100},
    "by name": {"sort": "name"},
    "by company": {"sort": "company"},
    "by title": {"sort": "title"},
    "by last seen": {"sort": "-last_seen"},
    "by intent": {"sort": "-intent"},
    "seniority and country": {"seniority": "Level 3", "country": "NO"},
    "department excluded": {"department_not": "IT"},
    "a name": {"q": "virtanensson ingrid"},
    "a name and a company": {"q": "dana company77"},
    "nothing": {"q": "ingrid zzzquantum"},
    "intent on a topic": {"topic": TOPIC},
    "intent on a topic, by intent": {"topic": TOPIC, "sort": "-intent"},
    "a score on any topic": {"score_from": 90},
    "a score, by last seen": {"score_from": 90, "sort": "-last_seen"},
}
COMPANY_LISTS: dict[str, dict[str, object]] = {
    "all": {},
    "by last seen": {"sort": "-last_seen"},
    "by intent": {"sort": "-intent"},
    "country and technology": {"country": "NO", "technology": "Technology 3"},
    "a name": {"q": "company 77"},
    "intent on a topic": {"topic": TOPIC},
    "a score on any topic": {"score_from": 90},
}
SEARCHED = (
    "ingrid virtanensson",
    "smith",
    "company77",
    "director of finance",
    "cloud",
    "zzzquantum",
)
FILTERED: dict[str, dict[str, object]] = {
    "": {},
    ", filtered": {"country": "NO", "technology": "Technology 3"},
}
HTMX = {"HX-Request": "true"}


@dataclass
class Spent:
    """The statements of one request, and the seconds that they took."""

    statements: int = 0
    seconds: float = 0.0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.seconds += time.perf_counter() - started
            self.statements += 1


@dataclass
class Times:
    """What some requests of one page took, in seconds."""

    whole: list[float] = field(default_factory=list)
    in_sql: list[float] = field(default_factory=list)
    in_program: list[float] = field(default_factory=list)
    statements: int = 0

    @property
    def beyond(self) -> list[float]:
        return [whole - in_sql for whole, in_sql in zip(self.whole, self.in_sql, strict=True)]


def percentile(times: list[float], percent: int) -> float:
    """Return a percentile in milliseconds; of few times the greatest stands for the highest."""
    ordered = sorted(times)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)] * 1000


class ListBench:
    """A catalog and a feed made in the database itself, and the pages of one person."""

    def __init__(
        self, organization: Organization, feed: Feed, *, contacts: int, records: int
    ) -> None:
        self.organization, self.feed = organization, feed
        self.contacts, self.records = contacts, records
        settings.ALLOWED_HOSTS = ["testserver"]
        self.client = Client()
        self.client.force_login(User.objects.get(memberships__organization=organization))

    def run(self) -> None:
        """Fill, then print one line for each page."""
        seconds = once(SearchBench(self.organization, self.contacts).fill)
        seconds += once(
            lambda: fill_intent(self.feed, records=self.records, contacts=self.contacts)
        )
        print(f"\n{self.contacts:,} contacts and {self.records:,} records, made in {seconds:.0f} s")
        print(f"{'':<58} queries    p50    p99  SQL p50  ratio  beyond program, in milliseconds")
        for name, url in self.list_pages():
            self.measure(name, lambda url=url: self.client.get(url), beyond=MOST_BEYOND)  # type: ignore[misc]
        for name, url, asked in self.list_facets():
            self.measure(
                name,
                lambda url=url, asked=asked: self.client.post(url, asked, headers=HTMX),  # type: ignore[misc]
                whole=MOST_FACET,
            )
        for kind in ("contact", "company"):
            url = reverse(f"{kind}-total")
            self.measure(
                f"{kind} total, exact",
                lambda url=url: self.client.post(url, {}, headers=HTMX),  # type: ignore[misc]
            )
        email = Contact.objects.exclude(email=None).earliest("pk").email
        for text in (*SEARCHED, email):
            self.measure(
                f"top search: {'an address' if text == email else text}",
                lambda text=text: self.client.post(reverse("find-menu"), {"q": text}, headers=HTMX),  # type: ignore[misc]
                whole=MOST_FOUND,
            )

    def list_pages(self) -> Iterator[tuple[str, str]]:
        """List the pages with their addresses."""
        contact, company = Contact.objects.earliest("pk"), Company.objects.earliest("pk")
        lists = {"contact": CONTACT_LISTS, "company": COMPANY_LISTS}
        for kind, asked in lists.items():
            for name, values in asked.items():
                yield f"{kind} list: {name}", f"{reverse(f'{kind}-list')}?{urlencode(values)}"
            yield f"{kind} list: filters open", f"{reverse(f'{kind}-list')}?filters=open"
        yield "contact", reverse("contact-detail", args=[format_contact_id(contact.key)])
        yield "company", reverse("company-detail", args=[company.number])
        yield "feed", reverse("feed-detail", args=[self.feed.public_id])
        for name in ("home", "feed-list", "export-list", "list-list", "enrichment-list"):
            yield name, reverse(name)

    def list_facets(self) -> Iterator[tuple[str, str, dict[str, object]]]:
        """List the facets with their addresses and what else is filtered."""
        for kind, groups in (("contact", CONTACT_GROUPS), ("company", COMPANY_GROUPS)):
            for facet in FACET_ORDER:
                if find_facet(groups, facet) is None:
                    continue
                for words, asked in FILTERED.items():
                    yield (
                        f"{kind} facet: {facet}{words}",
                        reverse(f"{kind}-facet", args=[facet]),
                        asked,
                    )

    def measure(
        self,
        name: str,
        request: Callable[[], Any],
        *,
        beyond: int | None = None,
        whole: int | None = None,
    ) -> None:
        """Print the line of a page; `beyond` (99th percentile) and `whole` (median) are goals in milliseconds."""
        answer = request()
        if answer.status_code != 200:
            print(f"{name:<58} status {answer.status_code}", flush=True)
            return
        times = Times()
        while len(times.whole) < ROUNDS and (sum(times.whole) < MOST_SECONDS or not times.whole):
            spent, before = Spent(), time.process_time()
            with connection.execute_wrapper(spent):
                times.whole.append(once(request))
            times.in_sql.append(spent.seconds)
            times.in_program.append(time.process_time() - before)
            times.statements = spent.statements
        measured = (times.whole, times.in_sql, times.in_program)
        median, in_sql, program = (statistics.median(each) * 1000 for each in measured)
        over = percentile(times.beyond, 99)
        is_missed = (beyond is not None and over > beyond) or (whole is not None and median > whole)
        print(
            f"{name:<58} {times.statements:7} {median:6.0f} {percentile(times.whole, 99):6.0f} {in_sql:8.0f}"
            f" {median / max(in_sql, 0.01):6.2f} {over:6.0f} {program:6.0f}{'  MISSED' if is_missed else ''}",
            flush=True,
        )
