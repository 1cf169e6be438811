"""Two quick clicks: the newest wins, also where the older answer arrives last."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.browser.conftest import Watch, open_context, sign_in
from tests.stack import Stack

Act = Callable[[Page], None]


class Held:
    """The first answer to htmx, read at once and kept back until it is let go."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.routes: list[Route] = []
        self.ended: list[Request] = []
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)
        page.route("**/*", self._hold)

    def _hold(self, route: Route) -> None:
        if self.routes or "hx-request" not in route.request.headers:
            route.continue_()
            return
        self.routes.append(route)

    def _end(self, request: Request) -> None:
        self.ended.append(request)

    def wait(self) -> None:
        while not self.routes:
            self.page.wait_for_timeout(10)

    def let_go(self) -> None:
        (route,) = self.routes
        if route.request not in self.ended:
            route.continue_()
        while route.request not in self.ended:
            self.page.wait_for_timeout(10)


@pytest.fixture
def admin(stack: Stack, chromium: Browser, watch: Watch) -> Iterator[Page]:
    context = open_context(chromium, stack, watch)
    page = context.new_page()
    sign_in(page, stack, "alice@acme.example")
    yield page
    context.close()
    assert watch.complaints == []


def order_by(name: str) -> Act:
    return lambda page: page.locator("thead").get_by_role("link", name=name, exact=True).click()


def tick_seniority(page: Page) -> None:
    page.locator("#in-seniority-Director").check()


def drop_title(page: Page) -> None:
    page.get_by_role("link", name="Remove filter Title").click()


def find(label: str, text: str) -> Act:
    return lambda page: page.get_by_label(label, exact=True).fill(text)


def choose(label: str, option: str) -> Act:
    return lambda page: page.get_by_label(label, exact=True).select_option(option)


CASES = {
    "contacts": ("/contacts/", order_by("Name"), order_by("Company"), r"sort=company$"),
    "companies": ("/companies/?sort=seen&columns=name,added", order_by("Added"), order_by("Name"), r"sort=name$"),
    "chip, then filter": (
        "/contacts/?filters=open&title=vp", drop_title, tick_seniority, r"seniority=Director&title=vp$",
    ),
    "filter, then chip": (
        "/contacts/?filters=open&title=vp", tick_seniority, drop_title, r"\?filters=open$",
    ),
    "feeds": ("/feeds/", find("Find a feed", "cloud"), find("Find a feed", "payroll"), r"q=payroll"),
    "members": (
        "/settings/members/", find("Name or e-mail", "bob"), find("Name or e-mail", "vera"), r"q=vera",
    ),
    "audit log": (
        "/settings/audit/", find("Find in the audit log", "zzz"), choose("Did what", "Signed in"),
        r"q=zzz.*action=Signed|action=Signed.*q=zzz",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_newest_wins(admin: Page, case: str) -> None:
    address, first, second, wanted = CASES[case]
    admin.goto(address)
    admin.wait_for_load_state("networkidle")
    held = Held(admin)
    first(admin)
    held.wait()
    second(admin)
    expect(admin).to_have_url(re.compile(wanted))
    rows = admin.locator("main tbody, #feeds")
    shown = rows.all_inner_texts()
    held.let_go()
    admin.wait_for_load_state("networkidle")
    expect(admin).to_have_url(re.compile(wanted))
    assert rows.all_inner_texts() == shown
