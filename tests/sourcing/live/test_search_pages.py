"""The page of a vendor's search: chips and drawer as beside the lists, what is said before, and what is saved."""

import html
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contacts.models import Company, Contact
from contacthub.contacts.sql.facts import save_all_facts
from contacthub.core.public_ids import format_contact_id
from contacthub.credentials.connections import actions as connection_actions
from contacthub.credentials.models import Connection, VendorCall
from contacthub.lists.models import List
from contacthub.organizations.models import Organization, User
from contacthub.sourcing.models import LiveSave
from tests.conftest import sign_in
from tests.enrichment.builders import SOMEBODY
from tests.enrichment.vendor import COUNT, email_of
from tests.sourcing.live.test_live import do

pytestmark = pytest.mark.django_db(transaction=True)
# What Letrics neither filters by nor sends, and what hides by default in the catalog.
SHOWN = {"stale": "show", "speculative": "show"}
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def words_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def links_of(response: Any, words: str) -> list[str]:
    found = re.findall(r'<a[^>]*href="([^"]*)"[^>]*>(.*?)</a>', response.content.decode(), re.S)
    return [
        html.unescape(address)
        for address, inner in found
        if words in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inner))
    ]


def field_of(response: Any, name: str) -> str:
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', response.content.decode(), re.S)
    assert tag, name
    value = re.search(r'value="([^"]*)"', tag[0])
    return value[1] if value else ""


@pytest.fixture
def client(bob: User) -> Client:
    return sign_in(bob)


@pytest.fixture
def live(letrics: Connection) -> str:
    return reverse("contact-live", args=[letrics.pk])


def with_filters(address: str, **filters: str) -> str:
    return f"{address}?{urlencode(SHOWN | filters)}"


# --- What is said before ---------------------------------------------------------------------------


def test_filter_that_nobody_can_apply_refuses_the_search(client: Client, live: str) -> None:
    assert live in client.get(reverse("contact-list")).content.decode()
    first = client.get(f"{live}?quality=80-100")
    words = words_of(first)
    for label in (
        "whether contacts are stale",
        "whether contacts are speculative",
        "vendor quality",
    ):
        assert f"Letrics cannot filter by {label}, and does not send it." in words
    assert "not at Letrics" in words
    assert not VendorCall.objects.exists()
    # Each has a button that removes it alone, and one removes them all.
    removed = links_of(first, "Remove")
    assert f"{live}?quality=80-100&stale=show" in removed
    assert f"{live}?stale=show&speculative=show" in links_of(first, "Search without these 3")
    # Beside the field of an open drawer it is said, too.
    drawer = client.get(f"{live}?quality=80-100&filters=open")
    assert re.search(
        r'id="fault-quality">.*?cannot filter by vendor quality', drawer.content.decode(), re.S
    )
    for route, method in (("live-all", client.get), ("live-save", client.post)):
        address = reverse(f"contact-{route}", args=[live.split("/")[-2]])
        reply = method(f"{address}?quality=80-100")
        assert reply["Location"] == f"{live}?quality=80-100"
    assert not VendorCall.objects.exists()
    shown = client.get(with_filters(live))
    assert shown["Cache-Control"] == "no-store"
    assert "•••@vendor.example" in shown.content.decode()
    assert email_of(2) not in shown.content.decode()
    # An old link that did without filters drops none of them.
    old = client.get(f"{live}?without=is_stale&without=is_speculative")
    assert "was not searched" in words_of(old)


def test_filter_that_contacthub_applies_is_said_before_anything_is_sent(
    client: Client, live: str
) -> None:
    before = client.get(with_filters(live, has_email="yes"))
    assert "Letrics cannot filter by e-mail: ContactHub filters what comes back." in words_of(
        before
    )
    assert "filtered by ContactHub" in words_of(before)
    assert not VendorCall.objects.exists()
    [agree] = links_of(before, "Search, up to 1,000 rows")
    shown = client.get(agree)
    assert f"{COUNT // 2} of the {COUNT} rows that Letrics sent match" in words_of(shown)
    assert VendorCall.objects.count() == 1
    # Another filter of the kind is said again before it is sent.
    again = client.get(f"{agree}&linkedin=no")
    assert "Not searched yet" in words_of(again)
    assert VendorCall.objects.count() == 1


def test_wrong_value_is_named_and_nothing_is_sent(client: Client, live: str) -> None:
    reply = client.get(with_filters(live, country="Atlantis"), **FRAGMENT)
    assert reply.status_code == 422
    assert "does not know “Atlantis”" in words_of(reply)
    assert reply["HX-Retarget"] == "#live"
    assert not VendorCall.objects.exists()


# --- Refining in place -----------------------------------------------------------------------------


def test_chips_and_drawer_change_the_search_in_place(client: Client, live: str) -> None:
    page = client.get(with_filters(live, title="cto", filters="open"))
    text = page.content.decode()
    assert f'hx-post="{live}"' in text
    remove = f"{live}?stale=show&speculative=show&filters=open"
    assert links_of(page, "")
    assert html.escape(remove) in text
    assert f'hx-get="{html.escape(remove)}"' in text
    # What Letrics neither applies nor sends is no filter here; it is named.
    assert 'id="facet-quality"' not in text
    assert "Letrics neither filters by these nor says them:" in words_of(page)
    # The form goes to the address by POST; what is private is sealed there.
    reply = client.post(live, SHOWN | {"q": "anna@nord.example", "title": "cto"})
    assert reply.status_code == 303
    assert "anna" not in reply["Location"]
    assert "title=cto" in reply["Location"]
    part = client.get(reply["Location"], **FRAGMENT)
    assert "<html" not in part.content.decode()
    assert "anna" not in part["HX-Push-Url"]
    assert "anna@nord.example" in part.content.decode()
    # A page of the vendor belongs to one question only.
    turned = client.get(with_filters(live, position="2"))
    assert "position" not in "".join(links_of(turned, "Clear all"))


def test_facets_suggest_what_the_catalog_has_and_take_what_is_typed(
    client: Client, acme: Organization, live: str
) -> None:
    company = Company.objects.create(organization=acme, domain="a.no", country_code="NO")
    Contact.objects.create(
        organization=acme, key=1, full_name="A", department="Field Sales", company=company
    )
    save_all_facts()
    address = f"{live}facets/department"
    shown = client.post(address, SHOWN)
    assert "Field Sales" in words_of(shown)
    assert 'class="ch-counting"' not in shown.content.decode()
    assert not re.search(r'class="ch-n">\s*\d', shown.content.decode())
    typed = client.post(address, SHOWN | {"find_department": "Fleet"})
    assert 'value="Fleet"' in typed.content.decode()
    assert typed.status_code == 200
    wrong = client.post(f"{live}facets/country", SHOWN | {"find_country": "Norwaj"})
    assert wrong.status_code == 422
    assert "The nearest is" in words_of(wrong)
    known = client.post(f"{live}facets/country", SHOWN | {"find_country": "norge"})
    assert 'value="NO"' in known.content.decode()
    for unknown in ("nothing", "linkedin"):
        assert client.post(f"{live}facets/{unknown}", SHOWN).status_code == 404
    assert not VendorCall.objects.exists()
    # Who applies it is said with its values.
    assert "ContactHub filters what comes back" in words_of(
        client.post(f"{live}facets/city", SHOWN)
    )


# --- Saving ----------------------------------------------------------------------------------------


def test_page_saves_and_puts_on_a_list(
    acme: Organization, client: Client, bob: User, letrics: Connection, live: str
) -> None:
    asked = with_filters(live)
    save = asked.replace(live, reverse("contact-live-save", args=[letrics.pk]))
    client.post(save, {"which": "chosen"})
    client.post(save, {"which": "page", "shown": "3"})
    assert not Contact.objects.exists()
    count = field_of(client.get(asked), "shown")
    reply = client.post(save, {"which": "page", "shown": count, "list_name": "Listed"})
    assert Contact.objects.filter(organization=acme).exists()
    saved = client.get(reply["Location"])
    assert saved["Cache-Control"] == "no-store"
    first_contact = Contact.objects.order_by("pk").first()
    assert first_contact
    assert format_contact_id(first_contact.key) in saved.content.decode()
    assert email_of(2) not in saved.content.decode()
    made = List.objects.get()
    assert (made.owner, made.is_shared) == (bob, False)
    assert reverse("list-detail", args=[made.public_id]) in saved.content.decode()
    connection_actions.pause_connection(organization=acme, actor=SOMEBODY, connection_id=letrics.pk)
    assert client.get(asked).status_code == 404
    assert client.post(f"{live}facets/title", SHOWN).status_code == 404


def test_save_all_states_what_is_fetched_and_saves_the_rows_that_match(
    acme: Organization, client: Client, letrics: Connection, live: str
) -> None:
    asked = with_filters(live, has_email="yes", agreed="has_email")
    address = asked.replace(live, reverse("contact-live-all", args=[letrics.pk]))
    shown = client.get(address)
    words = words_of(shown)
    assert f"Matches at Letrics {COUNT} before ContactHub filters" in words
    assert "Letrics may charge for every row that it sends, matching or not." in words
    assert "filtered by ContactHub" in words
    terms = {"row_limit": "40", "fetch_limit": "60", "list_name": "All"}
    for wrong in ("0", "10,001", "many", ""):
        reply = client.post(address, terms | {"row_limit": wrong, "shown": str(COUNT)})
        assert reply.status_code == 422
        assert "ch-error" in reply.content.decode()
    assert client.post(address, terms | {"fetch_limit": "0", "shown": "60"}).status_code == 422
    changed = client.post(address, terms | {"shown": "59"})
    assert changed.status_code == 409
    assert "The page showed 59 matches at Letrics; there are 60 now." in words_of(changed)
    assert field_of(changed, "shown") == "60"
    assert not LiveSave.objects.exists()
    reply = client.post(address, terms | {"shown": str(COUNT)})
    save = LiveSave.objects.get()
    assert reply["Location"] == reverse("live-save-detail", args=[save.pk])
    assert (save.row_limit, save.fetch_limit, save.counted) == (40, 60, COUNT)
    assert "ContactHub filtered by E-mail" in save.words
    status = client.get(reverse("live-save-status", args=[save.pk])).content.decode()
    assert "Cancel saving" in status
    done = do(save)
    assert (done.saved_count, Contact.objects.count()) == (COUNT // 2, COUNT // 2)
    page = words_of(client.get(reply["Location"]))
    assert f"Fetched {COUNT}" in page
    assert f"contacts of {COUNT // 2} rows that match" in page
    # Without the agreement nothing is counted or saved.
    without = address.replace("&agreed=has_email", "")
    assert client.get(without)["Location"].startswith(live)


def test_run_that_stopped_at_another_count_can_go_on_with_it(
    acme: Organization, client: Client, letrics: Connection, live: str
) -> None:
    address = with_filters(reverse("contact-live-all", args=[letrics.pk]))
    client.post(address, {"row_limit": "40", "shown": str(COUNT)})
    LiveSave.objects.update(counted=COUNT - 1)
    save = do(LiveSave.objects.get())
    page = client.get(reverse("live-save-detail", args=[save.pk]))
    assert f"Letrics has {COUNT} matches now, not {COUNT - 1}." in words_of(page)
    client.post(reverse("live-save-retry", args=[save.pk]), {"shown": field_of(page, "shown")})
    assert do(LiveSave.objects.get()).state == "completed"


def test_vendor_without_counts_says_so(client: Client, nordics: Connection) -> None:
    unknown = client.get(reverse("contact-live-all", args=[nordics.pk]))
    assert "Matches at Rich Utilities unknown Rich Utilities does not count" in words_of(unknown)


def test_companies_are_refined_too(client: Client, letrics: Connection) -> None:
    address = reverse("company-live", args=[letrics.pk])
    page = client.get(f"{address}?city=Oslo, Norway&filters=open")
    assert "Letrics cannot filter by city: ContactHub filters what comes back." in words_of(page)
    assert client.post(f"{address}facets/city", {}).status_code == 200
    assert client.post(f"{address}facets/department", {}).status_code == 404


def test_connection_of_another_organization_is_unknown(charlie: User, live: str) -> None:
    other = sign_in(charlie)
    for address in (live, live.replace("contacts", "companies")):
        for reply in (
            other.get(with_filters(address)),
            other.post(address, SHOWN),
            other.post(f"{address}facets/country", SHOWN),
        ):
            assert reply.status_code == 404
