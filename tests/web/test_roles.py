"""The table of roles is what every page does: values, names, files and pages of each role."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contacts import actions as contact_actions
from contacthub.contacts.models import Company
from contacthub.exports.models import Export
from contacthub.feeds.models import FeedGrant
from contacthub.organizations import rights
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Membership, Organization, User
from contacthub.organizations.rights import Right, Role
from tests.conftest import make_user, sign_in
from tests.exports.builders import make_export, render, run_search
from tests.feeds import builders
from tests.web.test_authorization import MEMBER, OPEN, ROUTES, address, body
from tests.web.test_authorization import ids as authorization_ids

pytestmark = pytest.mark.django_db

ids = authorization_ids
PERSON = "id_00000000000000aa"
# In full nowhere on a page; each is found in the files.
VALUES = ("ingrid.s@norsk.example", "+4722555018", "Storgata 7", "linkedin.com/in/ingrid-s", "0155")
# What of them a masked page shows.
MASKED = ("i•••@norsk.example", "+47 ••• 18", "S•••")
HEADER = (
    "observed_on,domain,topic,contact_id,first_name,last_name,address,city,postal_code,country,"
    "linkedin_url,job_title"
)
# Lines of the table that no route of the pages asks for by itself.
WITHOUT_ROUTE = {Right.OWN, Right.VALUES}


@pytest.fixture
def export(
    ids: dict[str, Any], grant: FeedGrant, tmp_path: Path, today: dt.date,
    monkeypatch: pytest.MonkeyPatch, acme: Organization, olga: User,
) -> Export:  # fmt: skip
    """A person whom the catalog knows, and a finished export with her personal columns."""
    contacts = tmp_path / "person.jsonl"
    contacts.write_text(
        json.dumps(
            {
                "contact_id": PERSON,
                "full_name": "Ingrid Solheim",
                "job_title": "VP Supply Chain",
                "emails": [{"email": VALUES[0], "type": "work"}],
                "phones": [{"phone": VALUES[1], "type": "landline"}],
                "pii": {"first_name": "Ingrid", "last_name": "Solheim", "address": VALUES[2],
                        "postal_code": VALUES[4], "city": "Oslo"},
                "company": {"domain": "norsk.example", "name": "Norsk"},
            }
        )
        + "\n"
    )  # fmt: skip
    contact_actions.import_contacts(path=contacts, organization=acme)
    monkeypatch.setattr(builders, "HEADER", HEADER)
    row = (
        f"{today},norsk.example,Pumps,{PERSON},Ingrid,Solheim,{VALUES[2]},Oslo,{VALUES[4]},Norway,"
        f"https://{VALUES[3]},VP Supply Chain"
    )
    builders.fill(grant.feed, tmp_path, [row], today=today, name="people.csv")
    actor = Actor.of(olga)
    FeedGrant.objects.update(is_pii_enabled=True, is_business_info_enabled=True)
    grant.refresh_from_db()
    asked = {"get_pii": True, "include_business_info": True}
    return render(make_export(run_search(grant, actor), actor, **asked))


def pages_of(role: str, export: Export, ids: dict[str, Any]) -> dict[str, str]:
    """Open every page that the role may open, once for the person and once for the things of other tests."""
    client = sign_in(make_user(export.search.organization, f"The{role}", role))
    client.get("/")
    number = Company.objects.get(domain="norsk.example").number
    hers = ids | {"contact_id": PERSON, "export_id": export.pk, "number": number}
    found = {}
    for name, row in ROUTES.items():
        if row.needs == OPEN or name.endswith("-download"):
            continue
        # A page without an id is the same page for both.
        for place, things in enumerate((ids, hers) if row.ids else (hers,)):
            response = client.get(address(name, things), follow=True)
            found[f"{name} {place}"] = body(response) if response.status_code == 200 else ""
    found["found by name"] = body(client.get(reverse("contact-list"), {"q": "solheim"}))
    found["found by address"] = body(
        client.get(reverse("contact-list"), {"q": VALUES[0]}, follow=True)
    )
    return found


@pytest.mark.parametrize("role", Role.values)
def test_pages_show_each_role_what_the_table_says(
    role: str, export: Export, ids: dict[str, Any]
) -> None:
    pages = pages_of(role, export, ids)
    may_see = Right.VALUES in rights.RIGHTS[role]
    for name, page in pages.items():
        shown = page.replace("“ingrid.s@norsk.example”", "")
        shown = re.sub(r'<input[^>]*value="ingrid\.s@norsk\.example"[^>]*>', "", shown)
        assert not [value for value in VALUES if value in shown], (role, name)
        assert may_see or "•••" not in page, (role, name)
    for name in ("contact-list 0", "contact-detail 1", "company-detail 1", "found by name"):
        assert "Ingrid Solheim" in pages[name], (role, name)
    for name in ("export-rows 1", "export-detail 1"):
        assert "Ingrid" in pages[name], (role, name)
        assert "Solheim" in pages[name], (role, name)
        assert "Oslo" in pages[name] if may_see else "Oslo" not in pages[name], (role, name)
    values = {
        "contact-list 0": MASKED[:2],
        "contact-detail 1": MASKED,
        "company-detail 1": MASKED[:2],
        "export-rows 1": MASKED[2:],
        "export-detail 1": MASKED[2:],
    }
    for name, masks in values.items():
        assert [mask in pages[name] for mask in masks] == [may_see] * len(masks), (role, name)
        assert ("Blocked" in pages[name] or "blocked" in pages[name]) is not may_see, (role, name)
    assert ("Ingrid Solheim" in pages["found by address"]) is may_see


@pytest.mark.parametrize("role", Role.values)
def test_files_and_reveals_are_open_to_whom_the_table_says(
    role: str, export: Export, acme: Organization
) -> None:
    client = sign_in(make_user(acme, f"The{role}", role))
    file = client.get(reverse("export-download", args=[export.pk]))
    revealed = client.post(
        reverse("contact-reveal", args=[PERSON]), {"section": "pii", "name": "address"}
    )
    for right, response, value in (
        (Right.EXPORT, file, VALUES[2]),
        (Right.REVEAL, revealed, VALUES[2]),
    ):
        is_open = right in rights.RIGHTS[role]
        assert response.status_code == (200 if is_open else 403)
        assert (value in body(response)) is is_open


def test_every_line_of_the_table_is_asked_by_a_page_and_every_page_asks_a_line() -> None:
    asked = {row.needs for row in ROUTES.values() if row.needs not in (OPEN, MEMBER)}
    assert asked == {line.right for line in rights.TABLE if line.right} - WITHOUT_ROUTE
    assert [line.right for line in rights.TABLE if line.right] == list(
        dict.fromkeys(line.right for line in rights.TABLE if line.right)
    )


def test_each_role_may_all_that_a_narrower_one_may() -> None:
    for narrow, wide in zip(rights.ORDER, rights.ORDER[1:], strict=False):
        assert rights.RIGHTS[narrow] < rights.RIGHTS[wide]
    assert rights.RIGHTS[Role.VIEWER] == frozenset()
    assert rights.RIGHTS[Role.OWNER] == frozenset(Right)
    assert Membership.RIGHTS is rights.RIGHTS


def test_operators_read_of_the_same_roles() -> None:
    labels = [str(role.label).lower() for role in reversed(rights.ORDER)]
    page = Path("docs/operating.md").read_text(encoding="utf-8")
    assert f"\n| | {' | '.join(labels)} |\n" in page
    command = "\\|".join(str(role.value) for role in reversed(rights.ORDER))
    assert f"--role {command}" in Path("README.md").read_text(encoding="utf-8")


def test_people_read_the_same_table(vera: User, alice: User) -> None:
    def rows(client: Client, page: str) -> list[str]:
        html = client.get(reverse(page)).content.decode()
        table = html[html.index("What each role may see and do") :]
        return re.findall(
            r"<tr>\n<th scope=.row.>(.*?)</tr>", table[: table.index("</table>")], re.S
        )

    for person, page in ((vera, "settings-profile"), (alice, "settings-members")):
        found = rows(sign_in(person), page)
        assert len(found) == len(rights.TABLE)
        for line, row in zip(rights.TABLE, found, strict=True):
            words = [line.words, *(words for _, words, _ in line.cells())]
            assert re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() == " ".join(words)
