"""A contact is looked up section by section; nothing personal is in the page before it is revealed."""

import datetime as dt
import hashlib
import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from contacthub.contacts.models import Contact, ContactEmail, ContactPhone
from contacthub.feeds import actions as feed_actions
from contacthub.feeds.models import FeedGrant
from contacthub.organizations.models import AuditEvent, AuditRead, Organization, User
from contacthub.web.views.catalog.look_up import find_fault
from tests.conftest import sign_in
from tests.enrichment.builders import (
    EMPTY,
    FULL,
    NOTHING,
    ONLY_PHONE,
    UNKNOWN,
    cid,
    make_catalog,
    make_contact,
)

pytestmark = pytest.mark.django_db

SECRETS = (
    "ingrid.solheim@",
    "ingrid@halden",
    "+4722334418",
    "4722334418",
    "Storgata",
    "45-54",
    "0150",
)
EVERYTHING = {"include": "pii,emails,phones"}


def list_shown(body: str) -> list[str]:
    """List the secrets that stand in a page, not as a part of some number or token."""
    return [each for each in SECRETS if re.search(rf"(?<![\w-]){re.escape(each)}", body)]


@pytest.fixture(autouse=True)
def catalog(db: None) -> None:
    make_catalog()


def page_of(contact_id: str) -> str:
    return reverse("contact-detail", args=[contact_id])


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("at"))


# --- The four kinds of empty ----------------------------------------------------------------------


def test_found_values_are_masked(bob: User) -> None:
    response = sign_in(bob).get(page_of(cid(FULL)), EVERYTHING)
    body, text = response.content.decode(), text_of(response)
    assert response.status_code == 200
    assert not list_shown(body)
    assert hashlib.md5(b"ingrid.solheim@haldenrobotics.example").hexdigest() not in body
    assert "i•••@haldenrobotics.example" in text
    assert "i•••@halden.example" in text
    assert "+47 ••• 18" in text
    assert "On the do-not-call register" in text
    assert "S•••" in text, "street address"
    assert "Gender, State, Country: empty record." in text
    # What is shown anyway, at the head of the page.
    assert "Ingrid Solheim" in text
    assert "VP Supply Chain" in text
    assert "Halden Robotics" in text
    assert "Decision maker" in text


def test_status_has_a_date_or_says_that_it_has_none(bob: User) -> None:
    body = sign_in(bob).get(page_of(cid(FULL)), EVERYTHING).content.decode()
    assert re.search(r'is-ok"><span>Valid <span class="ch-age">· checked 12 Nov', body)
    # The catch-all address was never checked: it is not green, and not called valid.
    assert re.search(r'is-warn"><span>Unverified date <span class="ch-age">· catch-all', body)
    assert body.count("is-ok") == 1
    ContactEmail.objects.filter(status="catch_all").update(checked_on=dt.date(2026, 10, 3))
    body = sign_in(bob).get(page_of(cid(FULL)), EVERYTHING).content.decode()
    assert re.search(r'is-odd"><span>Catch-all <span class="ch-age">· checked 3 Oct', body)
    assert body.count("is-ok") == 1


@pytest.mark.parametrize(
    ("key", "include", "said"),
    [
        (FULL, "", []),
        (FULL, "emails", []),
        (NOTHING, "", [f"{n}: no record." for n in ("E-mails", "Phones", "Profile")]),
        (NOTHING, "pii,emails,phones", [f"{n}: no record." for n in ("E-mails", "Phones", "Profile")]),
        (EMPTY, "pii,emails,phones", [f"{n}: empty record." for n in ("E-mails", "Phones", "Profile")]),
        (ONLY_PHONE, "emails,phones", ["E-mails: no record.", "Profile: no record."]),
    ],
)  # fmt: skip
def test_each_kind_of_empty_has_its_words(
    bob: User, key: int, include: str, said: list[str]
) -> None:
    text = text_of(sign_in(bob).get(page_of(cid(key)), {"include": include}))
    found = re.findall(
        r"(?:E-mails|Phones|Profile): (?:not asked|no record|empty record|blocked)\.", text
    )
    assert sorted(found) == sorted(said)


def test_viewer_sees_the_contact_with_blocked_sections(vera: User, alice: User) -> None:
    client = sign_in(vera)
    response = client.get(page_of(cid(FULL)), EVERYTHING)
    body, text = response.content.decode(), text_of(response)
    assert response.status_code == 200
    for name in ("E-mails", "Phones", "Profile"):
        assert f"{name}: blocked. Your role may not see it. Alice (admin) can change that." in text
    assert "Ingrid Solheim" in text
    assert "•••" not in body
    assert not list_shown(body)
    assert not events("Looked up contact")
    value = ContactEmail.objects.filter(contact__key=FULL)[0]
    address = reverse("contact-reveal", args=[cid(FULL)])
    refused = client.post(address, {"section": "emails", "name": str(value.pk)})
    assert refused.status_code == 403
    assert not list_shown(refused.content.decode())


def test_page_shows_all_that_the_catalog_knows_at_once(bob: User) -> None:
    page = sign_in(bob).get(page_of(cid(FULL)))
    for masked in ("i•••@haldenrobotics.example", "+47 ••• 18", "S•••"):
        assert masked in text_of(page)
    assert not list_shown(page.content.decode())
    assert "Reveal work e-mail, logged" in page.content.decode()
    assert not events("Looked up contact")


def test_page_without_a_look_up_is_counted_as_a_look(bob: User) -> None:
    sign_in(bob).get(page_of(cid(FULL)))
    (read,) = AuditRead.objects.all()
    assert (read.action, read.detail, read.rows) == ("Viewed contacts", "Contact, masked", 1)


def test_unknown_section_is_refused(bob: User) -> None:
    assert sign_in(bob).get(page_of(cid(FULL)), {"include": "pii,shoes"}).status_code == 422
    fine = sign_in(bob).get(page_of(cid(FULL)), {"include": " pii ,,pii"})
    assert fine.status_code == 200


# --- Unknown, foreign, legacy ---------------------------------------------------------------------


def test_private_contact_of_another_organization_looks_like_an_unknown_one(
    bob: User, globex: Organization
) -> None:
    make_contact(0x77, organization=globex, full_name="Canary", emails=["canary@globex.example"])
    client = sign_in(bob)
    answers = [client.get(page_of(cid(key)), EVERYTHING) for key in (0x77, UNKNOWN)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert "Canary" not in answers[0].content.decode()
    texts = [
        text_of(answer).replace(cid(key), "ID")
        for answer, key in zip(answers, (0x77, UNKNOWN), strict=True)
    ]
    assert texts[0] == texts[1]
    assert "Contact: no record." in texts[0]
    for answer in answers:
        assert answer["Cache-Control"] == "no-store"
    details = [(event.action, event.detail) for event in events("Looked up contact")]
    assert details == [("Looked up contact", "no record")] * 2


def test_value_of_another_organizations_contact_cannot_be_revealed(
    bob: User, globex: Organization
) -> None:
    make_contact(
        0x77, organization=globex, emails=["canary@globex.example"], phones=["+4799999999"]
    )
    client = sign_in(bob)
    for section, name in (
        ("emails", ContactEmail.objects.get(address="canary@globex.example").pk),
        ("phones", ContactPhone.objects.get(phone="+4799999999").pk),
    ):
        for key in (0x77, FULL):
            answer = client.post(
                reverse("contact-reveal", args=[cid(key)]), {"section": section, "name": str(name)}
            )
            assert answer.status_code == 404
            assert "canary" not in answer.content.decode()
    assert not AuditEvent.objects.filter(action__startswith="Revealed").exists()


def test_own_contact_takes_the_place_of_the_shared_one(
    bob: User, acme: Organization, charlie: User
) -> None:
    make_contact(FULL, organization=acme, full_name="Our Ingrid", emails=["own@halden.example"])
    ours = text_of(sign_in(bob).get(page_of(cid(FULL)), EVERYTHING))
    assert "Our Ingrid" in ours
    assert "o•••@halden.example" in ours
    assert "Phones: not asked." in ours
    assert "Ingrid Solheim" in text_of(sign_in(charlie).get(page_of(cid(FULL))))


def test_legacy_id_goes_to_the_same_page(bob: User) -> None:
    legacy = cid(FULL).replace("id_", "cb_")
    response = sign_in(bob).get(page_of(legacy), {"include": "emails"})
    assert response.status_code == 302
    assert response["Location"] == f"{page_of(cid(FULL))}?include=emails"


@pytest.mark.parametrize(
    "text", ["id_", "x", "id_00000000000000FF", "id_00000000000000ff0", "..%2f"]
)
def test_address_without_an_id_is_not_there(bob: User, text: str) -> None:
    client = sign_in(bob)
    assert client.get(f"/contacts/{text}/").status_code == 404
    assert client.post(f"/contacts/{text}/reveal", {"section": "pii"}).status_code == 404


# --- Look-ups are recorded ------------------------------------------------------------------------


def test_one_event_per_look_up(bob: User) -> None:
    client = sign_in(bob)
    client.get(page_of(cid(FULL)))
    assert not events("Looked up contact"), "nothing was asked"
    client.get(page_of(cid(FULL)), {"include": "emails,pii"})
    (event,) = events("Looked up contact")
    assert (event.target, event.subject, event.actor) == (cid(FULL), cid(FULL), bob)
    assert event.detail == "profile found, e-mails found"
    assert event.has_personal_data
    page = text_of(client.get(page_of(cid(FULL))))
    assert "You: looked up contact" in page


def test_recent_look_ups_are_ones_own_and_each_once(bob: User, alice: User) -> None:
    client = sign_in(bob)
    for key in (FULL, EMPTY, FULL):
        client.get(page_of(cid(key)), EVERYTHING)
    sign_in(alice).get(page_of(cid(NOTHING)), EVERYTHING)
    body = client.get(reverse("contact-lookup")).content.decode()
    assert re.findall(r"/contacts/(id_[0-9a-f]{16})/", body) == [cid(FULL), cid(EMPTY)]


# --- Reveal ---------------------------------------------------------------------------------------


def reveal(user: User, section: str, name: object, key: int = FULL) -> Any:
    return sign_in(user).post(
        reverse("contact-reveal", args=[cid(key)]),
        {"section": section, "name": str(name)},
        headers={"HX-Request": "true"},
    )


def test_reveal_shows_one_value_and_is_recorded_without_it(bob: User) -> None:
    email = ContactEmail.objects.get(address="ingrid.solheim@haldenrobotics.example")
    response = reveal(bob, "emails", email.pk)
    text = text_of(response)
    assert response.status_code == 200
    assert "ingrid.solheim@haldenrobotics.example" in text
    assert hashlib.sha256(email.address.encode()).hexdigest() in text
    assert "ingrid@halden.example" not in text
    assert response["Cache-Control"] == "no-store"
    (event,) = events("Revealed e-mail")
    assert (event.subject, event.detail, event.has_personal_data) == (
        cid(FULL), "Work, Backstory", True,
    )  # fmt: skip
    assert "ingrid" not in f"{event.target}{event.detail}{event.changes}"


def test_phone_and_profile_are_revealed_one_by_one(bob: User) -> None:
    phone = ContactPhone.objects.get(phone="+4722334418")
    assert "+4722334418" in text_of(reveal(bob, "phones", phone.pk))
    assert "Storgata 12" in text_of(reveal(bob, "pii", "address"))
    assert [event.detail for event in events("Revealed profile")] == ["Street address"]


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("emails", 999_999),
        ("emails", "x"),
        ("pii", "gender"),
        ("pii", "ssn"),
        ("shoes", "1"),
        ("", ""),
    ],
)
def test_what_is_not_there_cannot_be_revealed(bob: User, section: str, name: object) -> None:
    assert reveal(bob, section, name).status_code == 404
    assert not AuditEvent.objects.filter(action__startswith="Revealed").exists()


def reveal_all(user: User, section: str, key: int = FULL) -> Any:
    return sign_in(user).post(
        reverse("contact-reveal", args=[cid(key)]),
        {"section": section},
        headers={"HX-Request": "true"},
    )


def test_section_is_revealed_at_once_and_recorded_once(bob: User) -> None:
    body = reveal_all(bob, "emails").content.decode()
    assert "ingrid.solheim@haldenrobotics.example" in body
    assert "ingrid@halden.example" in body
    assert "+4722334418" not in body
    (event,) = AuditEvent.objects.filter(action__startswith="Revealed")
    assert (event.action, event.detail) == ("Revealed all e-mails", "e-mails 2")
    assert (event.subject, event.has_personal_data) == (cid(FULL), True)


def test_everything_is_revealed_at_once_and_recorded_once(bob: User) -> None:
    answer = reveal_all(bob, "all")
    assert set(list_shown(answer.content.decode())) == set(SECRETS)
    assert (answer["Cache-Control"], answer["HX-Trigger"]) == ("no-store", "contact-read")
    (event,) = AuditEvent.objects.filter(action__startswith="Revealed")
    assert (event.action, event.detail) == (
        "Revealed all values", "profile 3, e-mails 2, phones 1",
    )  # fmt: skip


def test_without_script_the_page_comes_again_with_what_was_revealed(bob: User) -> None:
    client = sign_in(bob)
    answer = client.post(reverse("contact-reveal", args=[cid(FULL)]), {"section": "phones"})
    body = answer.content.decode()
    assert answer.status_code == 200
    assert list_shown(body) == ["+4722334418", "4722334418"]
    assert answer["Cache-Control"] == "no-store"
    assert len(events("Revealed all phones")) == 1
    assert not list_shown(client.get(page_of(cid(FULL))).content.decode()), "masked again"


@pytest.mark.parametrize("section", ["all", "emails"])
def test_reveal_of_all_is_for_those_who_may(vera: User, alice: User, section: str) -> None:
    for answer in (
        reveal_all(vera, section),
        sign_in(vera).post(reverse("contact-reveal", args=[cid(FULL)]), {"section": section}),
    ):
        assert answer.status_code == 403
        assert not list_shown(answer.content.decode())
    assert not AuditEvent.objects.filter(action__startswith="Revealed").exists()


def test_where_nothing_is_masked_nothing_is_revealed_or_recorded(
    bob: User, globex: Organization
) -> None:
    make_contact(0x77, organization=globex, emails=["canary@globex.example"])
    for key in (NOTHING, 0x77, UNKNOWN):
        answer = reveal_all(bob, "all", key)
        assert answer.status_code == 404
        assert "canary" not in answer.content.decode()
    assert not AuditEvent.objects.filter(action__startswith="Revealed").exists()


def test_activity_is_fetched_again_and_is_ones_own_organizations(
    bob: User, charlie: User, acme: Organization
) -> None:
    reveal_all(bob, "emails")
    activity = reverse("contact-activity", args=[cid(FULL)])
    assert "You: revealed all e-mails" in text_of(sign_in(bob).get(activity))
    assert "revealed" not in text_of(sign_in(charlie).get(activity))
    make_contact(0x88, organization=acme)
    theirs = reverse("contact-activity", args=[cid(0x88)])
    assert sign_in(charlie).get(theirs).status_code == 404


@pytest.mark.parametrize(
    ("days", "css", "word"),
    [
        (0, "ok", "Valid"),
        (90, "ok", "Valid"),
        (91, "aging", "Valid, aging"),
        (180, "aging", "Valid, aging"),
        (181, "faded", "Valid, old"),
    ],
)
def test_validity_fades_with_the_age_of_its_check(
    bob: User, today: dt.date, days: int, css: str, word: str
) -> None:
    ContactEmail.objects.filter(status="valid").update(checked_on=today - dt.timedelta(days=days))
    body = sign_in(bob).get(page_of(cid(FULL))).content.decode()
    assert re.search(rf'is-{css}"><span>{word} <span class="ch-age">· checked', body)


def test_reveal_is_announced_and_needs_a_token(bob: User) -> None:
    body = sign_in(bob).get(page_of(cid(FULL)), EVERYTHING).content.decode()
    email = ContactEmail.objects.filter(contact__key=FULL)[0]
    assert f'id="value-emails-{email.pk}" aria-live="polite"' in body
    assert "Reveal e-mail, logged" in body
    client = sign_in(bob)
    client.handler.enforce_csrf_checks = True
    address = reverse("contact-reveal", args=[cid(FULL)])
    assert client.post(address, {"section": "pii", "name": "address"}).status_code == 403


def test_nothing_of_the_page_is_kept(bob: User) -> None:
    response = sign_in(bob).get(page_of(cid(FULL)), EVERYTHING)
    assert response["Cache-Control"] == "no-store"
    assert 'hx-history="false"' in response.content.decode()


# --- Intent ---------------------------------------------------------------------------------------


def test_intent_comes_from_granted_feeds_within_their_caps(
    bob: User,
    acme: Organization,
    globex: Organization,
    grant: FeedGrant,
    tmp_path: Path,
    today: dt.date,
) -> None:
    theirs = feed_actions.create_feed(name="Theirs")
    feed_actions.grant_feed(feed=theirs, organization=globex, lookback_days=90)
    FeedGrant.objects.filter(pk=grant.pk).update(lookback_days=7)
    rows = ["observed_on,domain,topic,score,contact_id"]
    for days, topic in ((0, "Recent"), (6, "Edge"), (7, "Too old")):
        rows.append(f"{today - dt.timedelta(days=days)},x.example,{topic},50,{cid(FULL)}")
    rows.append(f"{today},x.example,Somebody else,50,{cid(EMPTY)}")
    path = tmp_path / "intent.csv"
    path.write_text("\n".join(rows) + "\n")
    feed_actions.import_intent(feed=grant.feed, path=path)
    path.write_text(f"{rows[0]}\n{today},x.example,Foreign,50,{cid(FULL)}\n")
    feed_actions.import_intent(feed=theirs, path=path)
    text = text_of(sign_in(bob).get(page_of(cid(FULL))))
    assert "Recent" in text
    assert "Edge" in text
    assert "Too old" not in text
    assert "Foreign" not in text
    assert "Somebody else" not in text
    assert "active on 2 days" in text


def test_contact_without_intent_says_so(bob: User) -> None:
    assert "Intent: no record." in text_of(sign_in(bob).get(page_of(cid(FULL))))


# --- The form -------------------------------------------------------------------------------------


def test_look_up_goes_to_the_contact(bob: User) -> None:
    client = sign_in(bob)
    response = client.get(
        reverse("contact-lookup"),
        {"contact_id": f"  {cid(FULL)}\u00a0"},
    )
    assert response.status_code == 302
    assert response["Location"] == f"{page_of(cid(FULL))}?include=pii,emails,phones"


def test_wrong_id_comes_back_with_the_reason_beside_it(bob: User) -> None:
    response = sign_in(bob).get(reverse("contact-lookup"), {"contact_id": "id_<b>"})
    body = response.content.decode()
    assert response.status_code == 422
    assert 'aria-invalid="true"' in body
    assert "After id_ use only the digits 0 to 9 and the letters a to f." in body
    assert "<b>" not in body.split('id="contact_id"')[1].split(">")[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Enter an e-mail"),
        ("hello", "begins with id_ or cb_"),
        ("id", "begins with id_ or cb_"),
        ("ID_0000000000000010", "begins with id_ or cb_"),
        ("id_00000000000000AB", "lower-case"),
        ("id_000000000000001", "here are 15"),
        ("id_00000000000000100", "here are 17"),
        ("cb_000000000000001g", "After cb_ use only"),
        ("id_0000000000000010", ""),
        ("cb_0000000000000010", ""),
    ],
)
def test_fault_names_what_is_wrong(text: str, said: str) -> None:
    fault = find_fault(text)
    assert (said in fault) if said else fault == ""


def test_typing_is_checked_live_and_looks_nothing_up(bob: User) -> None:
    client = sign_in(bob)
    address = reverse("contact-check")
    assert "here are 3" in text_of(client.get(address, {"contact_id": "id_abc"}))
    assert "This is a contact id." in text_of(client.get(address, {"contact_id": cid(UNKNOWN)}))
    assert "16 lower-case hex digits" in text_of(client.get(address, {"contact_id": ""}))
    assert not AuditEvent.objects.filter(action="Looked up contact").exists()


def test_look_up_takes_any_key_and_none_stands_in_an_address(bob: User) -> None:
    client = sign_in(bob)
    address = "INGRID.solheim@haldenrobotics.example"
    for text in (
        address,
        hashlib.sha256(address.lower().encode()).hexdigest().upper(),
        "+47 22 33 44 18",
        cid(FULL),
    ):
        answer = client.post(reverse("contact-lookup"), {"contact_id": text})
        assert answer["Location"] == f"{page_of(cid(FULL))}?include=pii,emails,phones", text
    answer = client.post(reverse("contact-lookup"), {"contact_id": "nobody@nowhere.example"})
    assert answer.status_code == 404
    assert (
        "No match. Your catalog has no contact with this key, read as an e-mail address."
        in text_of(answer)
    )
    assert 'value="nobody@nowhere.example"' in answer.content.decode()
    assert AuditEvent.objects.get(action="Looked up by key").target == "an e-mail address"
    answer = client.post(reverse("contact-lookup"), {"contact_id": "hello"})
    assert answer.status_code == 422
    assert "Enter an e-mail, its hash" in text_of(answer)


def test_several_contacts_of_one_key_are_listed(bob: User) -> None:
    for key, name in ((0x71, "Twin One"), (0x72, "Twin Two")):
        make_contact(key, full_name=name, emails=["office@twins.example"])
    answer = sign_in(bob).post(reverse("contact-lookup"), {"contact_id": "office@twins.example"})
    text = text_of(answer)
    assert answer.status_code == 200
    assert "2 contacts with the same e-mail" in text
    assert "Twin One" in text
    assert "Twin Two" in text


def test_viewer_does_not_find_people_by_their_addresses(vera: User) -> None:
    client = sign_in(vera)
    for text in (
        "ingrid.solheim@haldenrobotics.example",
        hashlib.md5(b"ingrid.solheim@haldenrobotics.example").hexdigest(),
        "+4722334418",
        "linkedin.com/in/ingrid",
    ):
        answer = client.post(reverse("contact-lookup"), {"contact_id": text})
        assert answer.status_code == 422, text
        assert "Your role may not find contacts by" in text_of(answer)


def test_look_up_page_tells_a_viewer_who_can_help(vera: User, alice: User) -> None:
    text = text_of(sign_in(vera).get(reverse("contact-lookup")))
    assert "Your role may not see addresses and numbers. Alice (admin) can change that." in text


def test_deleted_contact_is_unknown(bob: User) -> None:
    Contact.objects.filter(key=FULL).delete()
    assert sign_in(bob).get(page_of(cid(FULL)), EVERYTHING).status_code == 404
