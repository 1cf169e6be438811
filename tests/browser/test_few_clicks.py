"""The paths of the day take few clicks from Home. Typing, keys and Enter are none; a page that waits is none either."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from contacthub.core import clock
from tests.browser.conftest import PASSWORD, Watch, open_context, sign_in
from tests.stack import Stack

REP = "rita@northwind.example"
TOPIC = "Warehouse robotics"
PEOPLE, DIRECTORS = 65, 13


@pytest.fixture(scope="module")
def northwind(stack: Stack) -> Stack:
    """An organization with a feed, and with 65 people of 13 companies in Norway that the feed observed."""
    *_, feed = stack.manage_all(
        ("create_organization", "northwind", "--name", "Northwind"),
        (
            "create_user", REP, "--organization", "northwind", "--role", "member", "--name", "Rita",
            "--password", PASSWORD,
        ),
        (
            "create_feed", "--organization", "northwind", "--name", "Robots", "--description", "Robots",
            "--lookback-days", 30,
        ),
    )  # fmt: skip
    intent = stack.folder / "northwind.csv"
    lines = [
        f"{clock.today()},firm{each}.northwind.example,{topic},70"
        for each in range(13)
        for topic in (TOPIC, "Forklifts")
    ]
    lines.append(f"{clock.today()},away.northwind.example,{TOPIC},70")
    intent.write_text("\n".join(["observed_on,domain,topic,score", *lines]) + "\n")
    people = stack.folder / "northwind.jsonl"
    people.write_text("".join(map(describe_person, range(PEOPLE + 5))))
    stack.manage_all(
        ("import_intent", "--feed", feed, intent),
        ("import_contacts", "--organization", "northwind", people),
    )
    return stack


def describe_person(number: int) -> str:
    """Return a person; one in five is a director, and those after the 65 work in Sweden."""
    is_away = number >= PEOPLE
    firm = "away" if is_away else f"firm{number % 13}"
    person = {
        "contact_id": f"id_{0xBEE0000 + number:016x}",
        "full_name": f"Astrid Warehouse{number:02}",
        "job_title": "Robotics",
        "seniority": "Director" if number % 5 == 0 else "Manager",
        "company": {
            "name": firm.title(),
            "domain": f"{firm}.northwind.example",
            "country_code": "SE" if is_away else "NO",
        },
        "emails": [{"email": f"astrid{number}@{firm}.northwind.example", "status": "valid"}],
    }
    return json.dumps(person) + "\n"


class Clicks:
    """A rep's mouse, which counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def __call__(self, what: Locator) -> None:
        self.count += 1
        what.click()

    def on(self, role: str, name: str | re.Pattern[str]) -> None:
        """Click what has a role and a name."""
        self(self.page.get_by_role(role, name=name, exact=True).first)  # type: ignore[arg-type]

    def in_menu(self, name: str) -> None:
        """Open a page by the rail."""
        rail = self.page.get_by_role("navigation", name="Main", exact=True)
        self(rail.get_by_role("link", name=name, exact=True))


@pytest.fixture
def rep(northwind: Stack, chromium: Browser, watch: Watch) -> Iterator[Page]:
    context = open_context(chromium, northwind, watch)
    page = context.new_page()
    sign_in(page, northwind, REP)
    expect(page.get_by_role("navigation", name="Main", exact=True)).to_be_visible()
    yield page
    context.close()
    assert watch.complaints == []


def search_everything(page: Page, text: str, option: str) -> Locator:
    """Type into the search of everything and return what it finds."""
    page.keyboard.press("/")
    menu = page.get_by_role("dialog", name="Search everything")
    menu.get_by_role("combobox").fill(text)
    found = menu.get_by_role("option").filter(has_text=option).first
    expect(found).to_be_visible()
    return found


def choose(option: Locator) -> None:
    """Follow what was found with the keyboard alone."""
    while option.get_attribute("aria-selected") != "true":
        option.page.keyboard.press("ArrowDown")
    option.page.keyboard.press("Enter")


def test_an_e_mail_of_a_person_known_by_name_takes_two(rep: Page) -> None:
    click = Clicks(rep)
    click(search_everything(rep, "warehouse07 astrid", "Astrid Warehouse07"))
    expect(rep.get_by_role("heading", level=1)).to_contain_text("Astrid Warehouse07")
    emails = rep.get_by_role("region", name="E-mails")
    click(emails.get_by_role("button", name=re.compile("Reveal")).first)
    expect(emails).to_contain_text("astrid7@firm7.northwind.example")
    assert click.count <= 2


def download(click: Clicks, name: str) -> list[dict[str, str]]:
    """Download the file of the page when it is there, and read it."""
    link = click.page.get_by_role("link", name=re.compile(name))
    expect(link).to_be_visible()
    with click.page.expect_download() as begun:
        click(link)
    text = Path(begun.value.path()).read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_filtered_contacts_to_their_file_takes_four(rep: Page) -> None:
    click = Clicks(rep)
    click.in_menu("Contacts")
    field = rep.get_by_role("searchbox", name=re.compile("^Name, title"))
    field.fill("robotics firm")
    field.press("Enter")
    click.on("button", f"Export {PEOPLE}…")
    expect(rep.get_by_role("heading", level=1)).to_have_text(f"Export {PEOPLE} contacts")
    click(rep.locator("#quote").get_by_role("button", name=f"Export {PEOPLE} rows"))
    rows = download(click, "^Download")
    assert click.count <= 4
    assert len(rows) == PEOPLE
    assert {row["job_title"] for row in rows} == {"Robotics"}


def test_a_saved_view_to_its_file_takes_three(rep: Page) -> None:
    rep.goto("/contacts/?country=NO&seniority=Director")
    expect(rep.locator("#total")).to_have_text(str(DIRECTORS))
    rep.get_by_role("link", name="Save as…").click()
    dialog = rep.get_by_role("dialog", name="Save view")
    dialog.get_by_label("Name").fill("Nordic directors")
    dialog.get_by_role("button", name="Save view").click()
    expect(rep).to_have_url(re.compile(r"saved=\d+$"))
    rep.goto("/")
    click = Clicks(rep)
    choose(search_everything(rep, "nordic dir", "Nordic directors"))
    expect(rep).to_have_url(re.compile("/contacts/"))
    click.on("button", f"Export {DIRECTORS}…")
    click(rep.locator("#quote").get_by_role("button", name=f"Export {DIRECTORS} rows"))
    assert len(download(click, "^Download")) == DIRECTORS
    assert click.count <= 3


def tick(click: Clicks, box: str) -> None:
    """Tick a value of a facet by its words; it counts and the list follows."""
    click(click.page.locator(f"label:has(#{box})"))


def test_companies_with_intent_to_their_directors_on_a_list_takes_six(rep: Page) -> None:
    click = Clicks(rep)
    choose(search_everything(rep, TOPIC, "companies with intent"))
    expect(rep.get_by_role("heading", level=1)).to_have_text("Companies")
    click.on("link", re.compile("^Filters"))
    tick(click, "in-country-NO")
    expect(rep.locator("#total")).to_have_text("13")
    click.on("link", "Show their contacts")
    expect(rep.get_by_role("heading", level=1)).to_have_text("Contacts")
    tick(click, "in-seniority-Director")
    click.on("button", f"Add {DIRECTORS} to a list…")
    rep.get_by_label("Name", exact=True).fill("Robots, directors")
    click.on("button", f"Make a list of {DIRECTORS}")
    expect(rep.get_by_role("heading", level=1)).to_contain_text("Robots, directors")
    expect(rep.locator("#total")).to_have_text(str(DIRECTORS))
    assert click.count <= 6
