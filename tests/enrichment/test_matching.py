"""Rows are matched by the keys that people have: each kind, several at once, ambiguous, nobody, never a stranger's."""

import hashlib

import pytest

from contacthub.contacts.intake.identity import hash_mark
from contacthub.core.errors import Invalid
from contacthub.enrichment.actions.mapping import map_columns
from contacthub.enrichment.keys.forms import company_key
from contacthub.enrichment.models import EnrichmentRow
from contacthub.organizations.models import Organization
from tests.enrichment.builders import SOMEBODY, cid, draft, xlsx_of
from tests.enrichment.people import found_of, import_people, match, person

pytestmark = pytest.mark.django_db

ANNA, BO, KARI, OTHER = 0x21, 0x22, 0x23, 0x24
NORDWIND = {"domain": "nordwind.example", "name": "Nordwind Logistik GmbH"}


@pytest.fixture
def people(acme: Organization) -> None:
    import_people(
        [
            person(
                ANNA,
                "Anna Bergström",
                emails=["anna@nordwind.example", "anna.b@mail.example"],
                phones=["+4722334418"],
                linkedin_url="https://www.linkedin.com/in/anna-b",
                company=NORDWIND,
            ),
            person(BO, "Bo Lund", emails=["kontor@bücher-lager.example"], company=NORDWIND),
            person(KARI, "Kari Vik", phones=["+4722334418"], company={"name": "Fjord AS"}),
        ]
    )


def matched(*rows: tuple[str, int]) -> list[tuple[str, str, int]]:
    return [(key, "", contact) for key, contact in rows]


def test_e_mails_are_compared_in_their_one_form(acme: Organization, people: None) -> None:
    batch = match(
        acme,
        "mail\nANNA@Nordwind.example\nkontor@xn--bcher-lager-thb.example\n\u200banna.b@mail.example \nx\n",
        "email",
    )
    assert found_of(batch) == [
        ("email", "", ANNA),
        ("email", "", BO),
        ("email", "duplicate", ANNA),
        ("", "malformed", None),
    ]
    assert (batch.valid_count, batch.matched_count, batch.malformed_count) == (2, 3, 1)


def test_hashes_are_read_in_any_case(acme: Organization, people: None) -> None:
    raw = b"anna@nordwind.example"
    digests = [hashlib.new(name, raw).hexdigest() for name in ("md5", "sha1", "sha256")]
    text = "\n".join(["hash", digests[0].upper(), digests[1], digests[2].upper(), "0" * 32, "zz"])
    assert found_of(match(acme, text, "email_hash")) == [
        ("email_hash", "", ANNA),
        ("email_hash", "duplicate", ANNA),
        ("email_hash", "duplicate", ANNA),
        ("", "no_match", None),
        ("", "malformed", None),
    ]


def test_profile_links_are_one_in_all_their_copies(acme: Organization, people: None) -> None:
    text = "p\nde.linkedin.com/in/Anna-B/?x=1\nhttp://linkedin.com/in/anna-b/en\nhttps://linkedin.com/in/who\nacme.com\n"
    assert found_of(match(acme, text, "linkedin")) == [
        ("linkedin", "", ANNA),
        ("linkedin", "duplicate", ANNA),
        ("", "no_match", None),
        ("", "malformed", None),
    ]


def test_phones_in_national_form_take_the_country_of_their_row(acme: Organization) -> None:
    import_people([person(ANNA, phones=["+4722334418"]), person(BO, phones=["+493012345678"])])
    text = "tel;land\n22 33 44 18;Norge\n030 12345678;DE\n22 33 44 18;\n+47 22334418;SE\n0047 22 33 44 18;\n12;NO\n"
    assert found_of(match(acme, text, "phone", "country")) == [
        ("phone", "", ANNA),
        ("phone", "", BO),
        ("", "no_match", None),
        ("phone", "duplicate", ANNA),
        ("phone", "duplicate", ANNA),
        ("", "malformed", None),
    ]


def test_numbers_of_a_workbook_are_phones_without_their_plus(acme: Organization) -> None:
    import_people([person(ANNA, phones=["+4722334418"])])
    batch = match(
        acme, xlsx_of(["phone"], [4722334418], [""], [4722334418.0]), "phone", name="a.xlsx"
    )
    assert found_of(batch)[0] == ("phone", "", ANNA)
    assert batch.duplicate_count == 1


def test_names_need_their_company_and_no_accents(acme: Organization, people: None) -> None:
    text = (
        "first;last;web;firm\n"
        "ANNA;bergstrom;https://www.nordwind.example/om;\n"
        "Anna;Bergström;;nordwind logistik\n"
        "Kari;Vik;;FJORD\n"
        "Anna;Bergström;other.example;Nordwind Logistik GMBH\n"
        "Anna;Bergström;;\n"
        ";;nordwind.example;\n"
    )
    batch = match(acme, text, "first_name", "last_name", "domain", "company")
    assert found_of(batch) == [
        ("name_domain", "", ANNA),
        ("name_company", "duplicate", ANNA),
        ("name_company", "", KARI),
        ("name_company", "duplicate", ANNA),
        ("", "malformed", None),
        ("", "empty", None),
    ]


def test_last_names_may_come_first_behind_a_comma(acme: Organization, people: None) -> None:
    text = 'name;domain\n"Bergström, Anna";nordwind.example\n'
    assert found_of(match(acme, text, "full_name", "domain")) == matched(("name_domain", ANNA))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Müller & Söhne GmbH & Co. KG", "MULLER & SOHNE"),
        ("Straße AG", "strasse"),
        ("Acme, Inc.", "Acme"),
        ("Inc", "INC"),
        ("Bücher.example S.p.A.", "Bücher.example Spa"),
        ("Société Générale S.A.", "societe generale"),
    ],
)
@pytest.mark.parametrize("domain", [None, "firm.example", "bücher.example"])
def test_companies_are_one_without_their_legal_form(
    acme: Organization, name: str, other: str, domain: str | None
) -> None:
    assert company_key(name) == company_key(other)
    import_people([person(ANNA, "Anna B", company={"name": name, "domain": domain})])
    rows = match(acme, f'n;c\nAnna B;"{name}"\nAnna B;"{other}"\n', "full_name", "company")
    assert [key for key, _, _ in found_of(rows)] == ["name_company", "name_company"]


def test_first_key_that_finds_one_contact_decides(acme: Organization, people: None) -> None:
    text = (
        "id;mail;tel;name;firm\n"
        f"{cid(KARI)};anna@nordwind.example;;;\n"
        f"{cid(0x99)};anna@nordwind.example;;;\n"
        "nobody@nowhere.example;nobody@nowhere.example;+4722334418;Kari Vik;Fjord\n"
        ";wrong;+4722334418;;\n"
        ";nobody@nowhere.example;;Kari Vik;Fjord\n"
    )
    batch = match(acme, text, "contact_id", "email", "phone", "full_name", "company")
    assert found_of(batch) == [
        ("contact_id", "", KARI),
        ("email", "", ANNA),
        ("name_company", "duplicate", KARI),
        ("", "ambiguous", None),
        ("name_company", "duplicate", KARI),
    ]


def test_several_candidates_stay_the_most_alike_first(acme: Organization) -> None:
    import_people(
        [
            person(
                ANNA, "Karin Wikstrom", company={"name": "Bohusgrid Energi"}, phones=["+46310001"]
            ),
            person(BO, "Karin Wikström", company={"name": "Bohusgrid Bank"}, phones=["+46310001"]),
            person(KARI, "Someone Else", phones=["+46310002"]),
            person(OTHER, "Somebody More", phones=["+46310002"]),
        ]
    )
    text = "t;n;c\n+46310001;Karin Wikström;Bohusgrid Bank AB\n+46310002;Karin Wikström;\n+46310001;;\n"
    batch = match(acme, text, "phone", "full_name", "company")
    rows = list(EnrichmentRow.objects.filter(batch=batch).order_by("ordinal"))
    assert found_of(batch)[0] == ("name_company", "", BO)
    assert rows[1].candidates is not None
    assert set(rows[1].candidates) == {KARI, OTHER}
    assert (rows[1].candidates_by, rows[1].is_clear, rows[1].problem) == (
        "phone",
        False,
        "ambiguous",
    )
    assert batch.ambiguous_count == 2


def test_clear_candidates_are_far_ahead(acme: Organization) -> None:
    shared = ["office@firm.example"]
    import_people(
        [person(ANNA, "Karin Wikström", emails=shared), person(BO, "Bo Lund", emails=shared)]
    )
    text = "m;n\noffice@firm.example;Karin Wikstrom\noffice@firm.example;\noffice@firm.example;Bo Lundqvist\n"
    batch = match(acme, text, "email", "full_name")
    rows = EnrichmentRow.objects.filter(batch=batch).order_by("ordinal")
    assert [(row.candidates, row.is_clear) for row in rows] == [
        ([ANNA, BO], True),
        ([ANNA, BO], False),
        ([BO, ANNA], False),
    ]


def test_people_in_no_catalog_carry_the_key_of_an_import(acme: Organization) -> None:
    text = "m;n;d\nnew@x.example;;\n;Anna B;x.example\nNEW@x.example;;\n"
    batch = match(acme, text, "email", "full_name", "domain")
    email, name = (
        int(hash_mark("email", "new@x.example")),
        int(hash_mark("name", "anna b", "x.example")),
    )
    assert found_of(batch) == [
        ("", "no_match", email),
        ("", "no_match", name),
        ("", "duplicate", email),
    ]
    assert (batch.unmatched_count, batch.askable_count, batch.matched_count) == (2, 2, 0)
    import_people([{"email": "new@x.example", "full_name": "Newcomer"}])
    assert found_of(match(acme, text, "email", "full_name", "domain"))[0] == ("email", "", email)


# --- Whose contacts -------------------------------------------------------------------------------


def test_own_contacts_come_before_shared_ones(acme: Organization, globex: Organization) -> None:
    import_people([person(ANNA, emails=["a@x.example"]), person(BO, emails=["b@x.example"])])
    import_people([person(KARI, emails=["a@x.example"])], acme)
    # An own contact takes the place of the shared one, with the addresses that it has.
    import_people([person(BO, emails=["other@x.example"])], acme)
    text = "m\na@x.example\nb@x.example\nother@x.example\n"
    assert found_of(match(acme, text, "email")) == [
        ("email", "", KARI),
        ("", "no_match", int(hash_mark("email", "b@x.example"))),
        ("email", "", BO),
    ]
    assert [key for _, _, key in found_of(match(globex, text, "email"))][:2] == [ANNA, BO]


def test_contacts_of_another_organization_never_match(
    acme: Organization, globex: Organization
) -> None:
    raw = "secret@globex.example"
    import_people(
        [
            person(
                ANNA,
                "Anna Secret",
                emails=[raw],
                phones=["+4722334418"],
                linkedin_url="https://www.linkedin.com/in/secret",
                company={"domain": "secret.example", "name": "Secret AS"},
            ),
            {"email": "only@globex.example", "full_name": "Only Address"},
            {"full_name": "Only Name", "company": {"domain": "secret.example"}},
        ],
        globex,
    )
    text = (
        "m;h;l;p;n;d;c\n"
        f"{raw};;;;;;\n;{hashlib.sha256(raw.encode()).hexdigest()};;;;;\n;;linkedin.com/in/secret;;;;\n"
        ";;;+4722334418;;;\n;;;;Anna Secret;secret.example;\n;;;;Anna Secret;;Secret\n"
        "only@globex.example;;;;;;\n;;;;Only Name;secret.example;\n"
    )
    uses = ("email", "email_hash", "linkedin", "phone", "full_name", "domain", "company")
    assert {problem for _, problem, _ in found_of(match(acme, text, *uses))} == {"no_match"}
    assert [key for key, _, _ in found_of(match(globex, text, *uses))] == [
        "email",
        "email_hash",
        "linkedin",
        "phone",
        "name_domain",
        "name_company",
        "email",
        "name_domain",
    ]


def test_who_may_not_see_values_does_not_match_by_them(acme: Organization, people: None) -> None:
    for use in ("email", "email_hash", "linkedin", "phone", "any"):
        batch = draft(acme, b"m\nanna@nordwind.example\n")
        with pytest.raises(Invalid, match="Your role may not match by"):
            map_columns(
                organization=acme,
                actor=SOMEBODY,
                batch_id=batch.pk,
                uses=[use],
                may_see_values=False,
            )


# --- Files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_of_files_make_no_difference(
    acme: Organization, people: None, encoding: str
) -> None:
    text = "Name;Webseite;Größe\nAnna Bergström;nordwind.example;groß\n"
    batch = match(acme, text.encode(encoding), "full_name", "domain", "")
    assert found_of(batch) == matched(("name_domain", ANNA))


def test_list_without_a_header_begins_with_its_first_key(acme: Organization, people: None) -> None:
    batch = match(acme, "anna@nordwind.example\nnobody@x.example\n", "email")
    assert (batch.row_count, batch.header, batch.guesses) == (2, ["email"], [["email", 99]])
    assert found_of(batch)[0] == ("email", "", ANNA)


def test_mixed_keys_are_read_by_their_form(acme: Organization, people: None) -> None:
    rows = [
        cid(BO), "anna@nordwind.example", hashlib.md5(b"anna@nordwind.example").hexdigest(),
        "linkedin.com/in/anna-b", "Kari Vik, Fjord", "Bo Lund; nordwind.example", "Nobody At All", "+47 22 33 44 18",
    ]  # fmt: skip
    batch = match(acme, xlsx_of(["key"], *([row] for row in rows)), "any", name="k.xlsx")
    assert found_of(batch) == [
        ("contact_id", "", BO),
        ("email", "", ANNA),
        ("email_hash", "duplicate", ANNA),
        ("linkedin", "duplicate", ANNA),
        ("name_company", "", KARI),
        ("name_domain", "duplicate", BO),
        ("", "malformed", None),
        ("", "ambiguous", None),
    ]
