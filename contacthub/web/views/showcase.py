"""A page that shows every component in its states, with made-up values: for developers and in the demo."""

import datetime as dt
from dataclasses import dataclass, field, replace

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contacthub.contacts.models import Contact
from contacthub.core import clock
from contacthub.core.errors import NotFound
from contacthub.jobs.models import Job
from contacthub.web.access import member
from contacthub.web.contact_words import Cell, Mark
from contacthub.web.forms import list_choices
from contacthub.web.http import HubRequest
from contacthub.web.job_words import CONTAINS_PII, STATE_TAGS, Action, Fact, Tab, Tag
from contacthub.web.views.catalog.column_choice import ChoiceRow, Controls, Option, Order
from contacthub.web.views.catalog.columns import Head, Row, Table
from contacthub.web.views.catalog.duplicates_view import DuplicateBanner
from contacthub.web.views.catalog.facet_view import FacetView, PickRow
from contacthub.web.views.catalog.filters import Chip
from contacthub.web.views.catalog.keyset import Header
from contacthub.web.views.catalog.showcase_cards import sample_cards
from contacthub.web.views.catalog.showcase_merge import sample_merge
from contacthub.web.views.catalog.view_tabs import ViewTab, ViewTabs
from contacthub.web.views.enrichment.matches_view import CandidateRow
from contacthub.web.views.finding.found import Found, Part
from contacthub.web.views.settings.shown_once import ShownOnce
from contacthub.web.views.showcase_selection import describe_selecting

SHAPES = {
    "ok": "Valid",
    "aging": "Valid, aging",
    "faded": "Valid, old",
    "off": "No record",
    "warn": "Late",
    "bad": "Failed",
    "odd": "Catch-all",
    "run": "Running",
    "none": "Not asked",
    "null": "Cancelled",
    "blocked": "Blocked",
}
NOTICES = {
    "info": "It looks up one person at a time.",
    "ok": "Your profile is saved.",
    "warn": "This replaces an open invitation.",
    "bad": "The key is refused.",
}
FILES = [("csv", "CSV", "Opens everywhere"), ("xlsx", "XLSX", "For Excel")]
DUPLICATE = DuplicateBanner(
    id=0,
    name="Mikkel B. Thorsen",
    url="#duplicate",
    place=" at Storebælt Data A/S",
    words="",
    is_open=True,
    compare_url="#compare",
    may_decide=True,
)
CERTAINTIES = [(99, "Certain"), (88, "Likely"), (62, "Guess"), (0, "Not recognized")]
CANDIDATES = [
    CandidateRow(
        "a", "Karin Wikström", "Head of FinOps", "Bohusgrid Bank · Sweden", ["name 1.00", "company 0.86"], True
    ),
    CandidateRow("b", "Karin Wikstrom", "Controller", "Bohusgrid Energi · Sweden", ["same phone"], False),
    CandidateRow("none", "None of these: treat as no match", "", "", [], False),
]  # fmt: skip
HERE = "/reference/components/"


class SampleForm(forms.Form):
    """A field without and one with an error."""

    name = forms.CharField(label="Name", help_text="All members can read it.")
    days = forms.IntegerField(label="Look-back", min_value=1, max_value=30)
    is_limited = forms.BooleanField(required=False)
    file = forms.ChoiceField(choices=[("csv", "CSV"), ("xlsx", "XLSX")])


@dataclass(frozen=True)
class SampleEvent:
    """A line of a timeline."""

    actor_name: str
    action: str
    at: dt.datetime
    detail: str = ""
    actor_id: int = 0


@dataclass(frozen=True)
class SampleFeed:
    """A feed of a vendor."""

    vendor_label: str = "ContactBased"
    source: str = "ContactBased EU"


@dataclass(frozen=True)
class SampleResult:
    """A file."""

    file_name: str = "contacts.csv"
    sha256: str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    row_count: int = 131_192
    size: int = 24_913_004
    cut_count: int = 3


@dataclass(frozen=True)
class SampleFilter:
    """A filter without which a list would have rows."""

    label: str
    address: str
    count: "SampleCount"


@dataclass(frozen=True)
class SampleCount:
    """How many rows there would be."""

    value: int

    def __str__(self) -> str:
        """Write the count as a list does."""
        return f"{self.value:,}"


@dataclass(frozen=True)
class SampleCall:
    """A call of the API."""

    curl: str = (
        'curl -H "Authorization: Bearer $CONTACTHUB_KEY" https://contacthub.example/api/contacts'
    )
    python: str = "import httpx"
    protocol: str = "letrics"


@dataclass(frozen=True)
class SampleOffer:
    """A file that has the rows already."""

    title: str = "EU Tech Adoption Q4"
    facts: str = "14 days, 7,579 rows, CSV"
    since: str = "Nothing is newer."
    note: str = "The file is kept until 24 Dec."
    download_url: str = HERE
    again_url: str = HERE
    kept: dict[str, bool] = field(default_factory=lambda: {"has_all_rows": True})


@require_safe
@member()
def component_showcase(request: HubRequest) -> HttpResponse:
    """Show every component. There is no such page where neither DEBUG nor SANDBOX is on."""
    if not (settings.DEBUG or settings.SANDBOX):
        raise NotFound("There is no such page.")
    context = {**describe_samples(), "over": request.GET.get("over", "")}
    return render(request, "reference/components/page.html", context)


def describe_samples() -> dict[str, object]:
    """Return the made-up values of the page."""
    now = clock.now()
    form = SampleForm({"name": "EU Tech Adoption", "days": "99", "file": "csv"})
    form.is_valid()
    return {
        "certainties": CERTAINTIES,
        "duplicates": [
            replace(DUPLICATE, is_open=is_open, words=words)
            for is_open, words in (
                (True, "same phone, similar name and company (0.94)."),
                (False, "Tom Becker said so, 30 Nov 2026"),
            )
        ],
        "candidates": CANDIDATES,
        "shapes": SHAPES.items(),
        "headers": [
            Header("Quality", HERE, "descending"),
            Header("Name", HERE, "ascending"),
            Header("Added", HERE),
        ],
        "table": describe_table(),
        **describe_selecting(),
        "controls": describe_controls(),
        "views": describe_views(),
        "form": form,
        "files": list_choices(form["file"], FILES),
        "notices": NOTICES.items(),
        "shown": ShownOnce(
            icon="key",
            lead="“Nightly sync” was created.",
            words="Copy the key now.",
            text="sample-of-a-key",
            text_id="show-key",
            label="Copy key",
        ),
        "empty_form": SampleForm(),
        "pages": Paginator(range(120), 25).page(2),
        "running": Job(state=Job.State.RUNNING, done=48_210, total=131_192),
        "queued": Job(state=Job.State.QUEUED, total=131_192),
        "history": [
            SampleEvent("Alice", "Cancelled export", now - dt.timedelta(hours=1)),
            SampleEvent("Bob", "Created export", now - dt.timedelta(days=1), "7,579 rows"),
        ],
        "chips": [
            Chip("Country", "is", "Norway; Sweden", "country", HERE, turn=HERE),
            Chip("Title", "is not", "Intern", "title", HERE, is_not=True),
            Chip("Quality", "at least", "50", "quality", HERE, is_default=True),
            Chip("City", "is", "Oslo", "city", HERE, note="filtered by ContactHub"),
            Chip("Phone", "is", "Yes", "phone", HERE, note="not at Letrics", is_refused=True),
        ],
        "facets": [
            FacetView(
                "show-seniority",
                "Seniority",
                HERE,
                [
                    PickRow(("s", "VP"), ("s_not", "VP"), "VP", "1,204", is_on=True),
                    PickRow(("s", "Director"), ("s_not", "Director"), "Director", "≈3,900"),
                    PickRow(("s", "Intern"), ("s_not", "Intern"), "Intern", "12", is_out=True),
                ],
                summary="VP, not Intern",
                is_set=True,
                is_open=True,
                is_counted=True,
                find="Find a seniority",
                text="direktor",
                fault="Nothing is called “direktor”.",
            ),
            FacetView(
                "show-city",
                "City",
                HERE,
                [
                    PickRow(
                        ("c", "Oslo"),
                        ("c_not", "Oslo"),
                        "Oslo, Norway",
                        is_on=True,
                        is_suggested=True,
                    ),
                    PickRow(
                        ("c", "Bergen"), ("c_not", "Bergen"), "Bergen, Norway", is_suggested=True
                    ),
                ],
                summary="Oslo, Norway",
                is_set=True,
                is_open=True,
                is_counted=True,
                is_suggested=True,
                note="Letrics cannot filter by city: ContactHub filters what comes back.",
            ),
        ],
        "founds": [
            Found(
                "Mikkel Thorsen",
                HERE,
                "user",
                "",
                "m•••@storebaelt.example",
                [Part("Mik", is_hit=True), Part("kel Thorsen")],
                [Part("Director · Storebælt Data")],
            ),
            Found("Storebælt Data", HERE, "building", "", "214 contacts", [Part("Storebælt Data")]),
        ],
        "source_cards": sample_cards(now),
        **sample_merge(),
        "tags": [
            *STATE_TAGS.values(),
            Tag("Completed, limited", "warn"),
            CONTAINS_PII,
            Tag("Queued"),
        ],
        "tabs": [
            Tab("All", HERE, is_current=True, count=12),
            Tab("Failed", f"{HERE}?show=failed", count=2),
        ],
        "manifest": [
            Fact("Export", copy="exp_00000001", copy_label="Copy the sample's id of an export"),
            Fact("Order", "Newest day first"),
        ],
        "rows": [
            ("running", Job(state=Job.State.RUNNING, done=40, total=100), "", None),
            ("failed", None, "no rows charged", Action(HERE, "View", "View the failed sample")),
            (
                "completed",
                None,
                "",
                Action(HERE, "Download", "Download the sample", is_download=True),
            ),
        ],
        "feed": SampleFeed(),
        "result": SampleResult(),
        "filters": [SampleFilter("Country is Norway", HERE, SampleCount(5385))],
        "call": SampleCall(),
        "offer": SampleOffer(),
        "live": [("Letrics", HERE)],
        "faults": ["Quality must be a whole number from 1 to 100."],
    }


def describe_table() -> Table[Contact]:
    """Return a table with a cell of each kind."""
    header = Header("Name", HERE, "ascending")
    name = Cell("Ingrid Halvorsen", url=HERE, marks=(Mark("Stale", "warn"),))
    email = Cell("i•••@halden.example", "ok", "3 wk", "Checked 12 Nov", "Valid")
    company = Cell("Halden Robotics", below="halden.example")
    cells = [("ch-nowrap", email), ("", company), ("ch-num", Cell("91"))]
    heads = [Head("Name", "", header), Head("E-mail", ""), Head("Company", "")]
    row = Row(Contact(), "sample", name.words, ("ch-clip ch-wide", name), cells)
    return Table([*heads, Head("Quality", "ch-num")], [row])


def describe_controls() -> Controls:
    """Return the controls of a list of two columns."""
    name, added = (
        ChoiceRow(each.lower(), each, is_shown=True, is_pinned=each == "Name")
        for each in ("Name", "Added")
    )
    return Controls(
        action=HERE,
        kept=[("title", "VP")],
        shown=[name, added],
        others=[ChoiceRow("city", "City", is_shown=False, is_pinned=False)],
        sizes=[Option(size, size, size == "50") for size in ("25", "50", "100")],
        density=Option("compact", "Compact", is_current=False),
        orders=[Order("Name ↑", HERE, is_current=True), Order("Added", HERE, is_current=False)],
        reset=HERE,
        save_words="",
        note="",
    )


def describe_views() -> ViewTabs:
    """Return the tabs of a list whose open view is edited."""
    return ViewTabs(
        [
            ViewTab("All contacts", HERE),
            ViewTab("Nordic directors", HERE, "shared", is_current=True, is_edited=True),
            ViewTab("My FinOps", HERE, "mine"),
        ],
        [ViewTab("Payroll, Benelux", HERE, "shared")],
        "Nordic directors",
        [("title", "Director")],
        is_edited=True,
        address="",
        reset=HERE,
        save=HERE,
        save_as=HERE,
        rename=HERE,
        delete=HERE,
        default=HERE,
        default_words="Make it the default for all members",
        default_value="yes",
    )
