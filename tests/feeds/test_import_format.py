"""docs/import-format.md says what the imports read, no more and no less."""

import re
from pathlib import Path

from django.conf import settings

from contacthub.contacts.actions import import_contacts
from contacthub.contacts.intake.columns import NAMES as CONTACT_NAMES
from contacthub.contacts.models import Contact, ContactEmail
from contacthub.feeds.actions import import_intent
from contacthub.feeds.intake import NAMES
from contacthub.feeds.models import FeedGrant, IntentRecord

TEXT = (settings.BASE_DIR / "docs" / "import-format.md").read_text()
INTENT, _, CONTACTS = TEXT.partition("## Contacts")
EXAMPLES = re.findall(r"(?:^    .+\n)+", TEXT, re.MULTILINE)


def names_of(text: str) -> set[str]:
    return set(re.findall(r"`([^`\s]+)`", text))


def test_every_intent_column_is_described() -> None:
    assert set(NAMES) - names_of(INTENT) == set()


def test_every_contact_column_is_described() -> None:
    assert set(CONTACT_NAMES) - names_of(CONTACTS) == set()


def test_no_column_is_described_that_nobody_reads() -> None:
    rows = re.findall(r"^\| (`[^|]+) \| (.+?) \|", CONTACTS, re.MULTILINE)
    named = set().union(*(names_of(first) for first, _ in rows))
    named |= {
        name for _, second in rows if second.startswith("`company_") for name in names_of(second)
    }
    assert named - {*CONTACT_NAMES} == set()


def test_examples_go_in(grant: FeedGrant, tmp_path: Path) -> None:
    intent, listed, observed = EXAMPLES
    (tmp_path / "intent.csv").write_text(re.sub("^    ", "", intent, flags=re.MULTILINE))
    (tmp_path / "contacts.csv").write_text(re.sub("^    ", "", listed, flags=re.MULTILINE))
    (tmp_path / "contacts.jsonl").write_text(observed.strip() + "\n")
    _, rejects = import_intent(feed=grant.feed, path=tmp_path / "intent.csv")
    assert rejects is None
    assert IntentRecord.objects.count() == 1
    for name in ("contacts.csv", "contacts.jsonl"):
        report, rejects = import_contacts(path=tmp_path / name)
        assert rejects is None
        assert report.unknown_columns == []
    assert Contact.objects.get().company.domain == "example.com"
    assert list(ContactEmail.objects.values_list("address", "status")) == [
        ("ingrid@example.com", "valid")
    ]
