"""Lists of people matched with the catalog, beside a bare join of the same values.

`python -m tests.bench --only matching [--contacts N]` measures these alone.
"""

import io
import os
from collections.abc import Sequence

from django.db import connection, transaction

from contacthub.enrichment.actions import drafts
from contacthub.enrichment.matching import match_rows
from contacthub.enrichment.models import EnrichmentBatch
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.bench.contacts import SearchBench
from tests.bench.measuring import once, peak_memory, report, spend

ROWS, MANY_ROWS = 100_000, 1_000_000
# Seconds, and megabytes of the whole process while it matches a million rows.
GOAL_SECONDS, GOAL_MEGABYTES = 10.0, 200

FILL_EMAILS = """
INSERT INTO contacts_contactemail (contact_id, position, address, md5, sha1, sha256)
SELECT id, 0, email, decode(md5(email), 'hex'), substring(sha256(email::bytea) FOR 20), sha256(email::bytea)
FROM contacts_contact WHERE email IS NOT NULL
"""
# Of ten rows nine are contacts, their addresses in another case.
LIST_ROWS = """
SELECT upper(coalesce(email, '')) || CASE WHEN contact.id %% 10 = 3 THEN 'X' ELSE '' END, full_name, company.name,
    company.domain
FROM contacts_contact AS contact JOIN contacts_company AS company ON company.id = contact.company_id
ORDER BY hashint8(contact.id) LIMIT %s
"""
BARE_EMAILS = """
SELECT count(*) FROM enrichment_enrichmentrow AS listed
JOIN contacts_contactemail AS email ON email.address = lower(listed.cells[1]) WHERE batch_id = %s
"""
BARE_NAMES = """
SELECT count(*) FROM enrichment_enrichmentrow AS listed
JOIN contacts_company AS company ON company.domain = listed.cells[4]
JOIN contacts_contact AS contact ON contact.company_id = company.id AND contact.full_name = listed.cells[2]
WHERE batch_id = %s
"""
USES = {
    "e-mails": (["email", "", "", ""], BARE_EMAILS),
    "names and domains": (["", "full_name", "", "domain"], BARE_NAMES),
    "names and companies": (["", "full_name", "company", ""], BARE_NAMES),
    "all keys": (["email", "full_name", "company", "domain"], BARE_EMAILS),
}


class MatchBench:
    """A catalog made in the database itself, and lists of its people."""

    def __init__(self, organization: Organization, contacts: int) -> None:
        self.organization = organization
        self.contacts = contacts

    def run(self) -> None:
        """Fill, then match lists by each kind of key."""
        SearchBench(self.organization, self.contacts).fill()
        with connection.cursor() as cursor:
            cursor.execute(FILL_EMAILS)
            cursor.execute("VACUUM ANALYZE contacts_contactemail")
        batch = self.upload(min(ROWS, self.contacts))
        print(f"\n{batch.row_count:,} rows matched with {self.contacts:,} contacts")
        for name, (uses, bare) in USES.items():
            self.measure(batch, name, uses, bare)
        self.measure_memory()

    def upload(self, count: int) -> EnrichmentBatch:
        """Take in a file of people."""
        with connection.cursor() as cursor:
            cursor.execute(LIST_ROWS, [count])
            lines = [";".join(map(str, row)) for row in cursor.fetchall()]
        text = "\n".join(["email;name;company;domain", *lines, ""])
        return drafts.create_draft_from_upload(
            organization=self.organization,
            actor=Actor(name="Bench"),
            stream=io.BytesIO(text.encode()),
            file_name="people.csv",
        )

    def measure(self, batch: EnrichmentBatch, name: str, uses: Sequence[str], bare: str) -> None:
        """Match a list, and join the same values."""
        batch.uses = list(uses)
        before = spend()
        seconds = once(lambda: self.match(batch))
        verdict = "" if seconds < GOAL_SECONDS else "  MISSED"
        print(
            f"{name}: {batch.matched_count:,} matched, {spend() - before:.1f} s of processor time"
        )
        name = f"{name}, goal {GOAL_SECONDS:g} s{verdict}"
        with connection.cursor() as cursor:
            join = once(lambda: cursor.execute(bare, [batch.pk]))
        report(name, seconds, "a bare join", join)

    @transaction.atomic
    def match(self, batch: EnrichmentBatch) -> None:
        match_rows(batch)
        batch.save()

    def measure_memory(self) -> None:
        """Match as many rows as there may be, in a process of its own, so that its peak is its own."""
        count = min(MANY_ROWS, self.contacts)
        batch = self.upload(count)
        batch.uses = ["email", "", "", ""]
        batch.save()
        connection.close()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
            before = peak_memory(os.getpid())[os.getpid()]
            seconds = once(lambda: self.match(batch))
            peak = peak_memory(os.getpid())[os.getpid()]
            os.write(writer, f"{seconds} {before} {peak}".encode())
            os._exit(0)
        os.waitpid(child, 0)
        seconds, before, peak = map(float, os.read(reader, 100).split())
        grown = peak - before
        verdict = "" if grown < GOAL_MEGABYTES else "  MISSED"
        print(
            f"{count:,} rows by e-mail: {seconds:.1f} s, {grown:.0f} MB more memory{verdict}",
            flush=True,
        )
