"""Files from real trouble: what each row is told by, and what is stored of it."""

from pathlib import Path

import pytest

from contacthub.contacts import actions
from contacthub.contacts.models import Company, Contact, ContactEmail
from contacthub.contacts.runner import ContactReport
from tests.contacts.files import counts, take_in

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent / "cases"


def take_in_case(name: str, folder: Path) -> ContactReport:
    report, rejects = actions.import_contacts(
        path=CASES / name, rejects_path=folder / "rejects.csv"
    )
    assert rejects is None
    return report


@pytest.mark.parametrize("name", ["zwsp_emails.csv", "idn_emails.csv", "linkedin.csv"])
def test_copies_of_one_contact_are_one_contact(name: str, tmp_path: Path) -> None:
    report = take_in_case(name, tmp_path)
    assert report.inserted == Contact.objects.count() == 1
    assert counts(take_in_case(name, tmp_path))[:2] == (0, 0)


def test_an_address_is_stored_without_invisible_characters(tmp_path: Path) -> None:
    take_in_case("zwsp_emails.csv", tmp_path)
    assert ContactEmail.objects.get().address == "mira.voss@zwsp-one.example"
    take_in_case("idn_emails.csv", tmp_path)
    stored = ContactEmail.objects.get(contact__full_name="Ove Lager")
    assert stored.address == "kontor@xn--bcher-lager-thb.example"


def test_a_profile_has_one_link(tmp_path: Path) -> None:
    take_in_case("linkedin.csv", tmp_path)
    link = "https://www.linkedin.com/in/j%C3%BCrgen-probe-1"
    assert Contact.objects.get().linkedin_url == link
    take_in(
        tmp_path,
        {
            "full_name": "Jürgen Probe",
            "linkedin_url": "at.linkedin.com/in/Jürgen-probe-1/",
            "company": {"name": "Probe", "linkedin_url": "de.linkedin.com/company/Probe/about"},
        },
    )
    assert Contact.objects.get().linkedin_url == link
    assert Company.objects.get().linkedin_url == "https://www.linkedin.com/company/probe"


def test_sharp_s_and_final_sigma_are_other_domains(tmp_path: Path) -> None:
    take_in_case("idna_deviation.csv", tmp_path)
    assert set(Company.objects.values_list("domain", "name")) == {
        ("xn--rote-strae-e4a.example", "Straße GmbH"),
        ("rote-strasse.example", "Strasse AG"),
        ("xn--uxadwb4a.example", "Final sigma SA"),
        ("xn--uxadxc1a.example", "Other SA"),
    }
    assert Contact.objects.count() == 4


def test_names_are_composed(tmp_path: Path) -> None:
    assert counts(take_in_case("nfd_names.csv", tmp_path)) == (2, 0, 1, 0)
    names = Contact.objects.order_by("full_name").values_list("full_name", flat=True)
    assert list(names) == ["Björk Ängström", "Zoë Müllerová"]


def test_names_keep_their_case(tmp_path: Path) -> None:
    take_in_case("case_names.csv", tmp_path)
    assert set(Contact.objects.values_list("full_name", "job_title")) == {
        ("Γιώργος Αθανασίου", "ΔΙΕΥΘΥΝΤΉΣ ΠΩΛΉΣΕΩΝ"),
        ("İnci Yıldırım", "Müdür"),
        ("Jörg Straßer", "Leiter"),
    }


def test_every_text_column_is_composed_without_invisible_characters(tmp_path: Path) -> None:
    odd, plain = "u\u0308\u200bx", "üx"
    take_in(
        tmp_path,
        {
            "contact_id": "id_9f3c21ab77e04d15\u200b",
            "full_name": odd, "first_name": odd, "job_title": odd, "titles": [odd], "department": odd,
            "country": odd, "education": [{"school": odd}], "linkedin_handle": odd,
            "image_url": "https://bu\u0308cher.example/\u200bx",
            "pii": {"city": odd, "address": odd}, "account_name": odd,
            "emails": [{"email": f"{odd}@x.example", "source": odd}],
            "company": {"name": odd, "industries": [odd], "location": {"city": odd}, "domain": "x\u200b.example"},
        },
    )  # fmt: skip
    contact = Contact.objects.select_related("company").get()
    assert contact.key == 0x9F3C21AB77E04D15 - 2**64
    assert (contact.full_name, contact.first_name, contact.job_title) == (plain,) * 3
    assert (contact.titles, contact.department, contact.country) == ([plain], plain, plain)
    assert contact.education == [{"school": plain}]
    assert contact.linkedin_handle == plain
    assert contact.image_url == "https://xn--bcher-kva.example/x"
    assert contact.pii == {"city": plain, "address": plain}
    assert contact.crm["account_name"] == plain
    assert contact.emails.values_list("address", "source").get() == (f"{plain}@x.example", plain)
    company = contact.company
    assert company is not None
    assert (company.name, company.industries, company.city) == (plain, [plain], plain)
    assert company.domain == "x.example"
