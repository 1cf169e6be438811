"""A small catalog, and lists to ask it about."""

import datetime as dt
import hashlib
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl

from contacthub.contacts.models import Company, Contact, ContactEmail, ContactPhone
from contacthub.contacts.sql.documents import save_documents
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.actions import batches, drafts, uploads
from contacthub.enrichment.models import EnrichmentBatch, Upload
from contacthub.enrichment.reading import ReadUpload
from contacthub.enrichment.runner import AnswerRows
from contacthub.jobs.fragments import STORE
from contacthub.jobs.runner import perform
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization

SOMEBODY = Actor(name="Somebody")
# Well-known contacts of `make_catalog`, by what they have.
FULL, NO_ADDRESS, ONLY_PHONE, EMPTY, NOTHING = 0x10, 0x11, 0x12, 0x13, 0x14
UNKNOWN = 0x7FFF


def cid(key: int) -> str:
    return format_contact_id(key)


def make_contact(
    key: int,
    *,
    organization: Organization | None = None,
    emails: Sequence[str | dict[str, Any]] | None = None,
    phones: Sequence[str | dict[str, Any]] | None = None,
    pii: dict[str, str] | None = None,
    **fields: Any,
) -> Contact:
    """Save a contact; None for a section is no record, an empty list a record without values."""
    contact = Contact.objects.create(
        key=key,
        organization=organization,
        has_email_record=emails is not None,
        has_phone_record=phones is not None,
        pii=pii,
        **fields,
    )
    for position, given in enumerate(emails or []):
        email = {"address": given} if isinstance(given, str) else given
        raw = email["address"].encode()
        ContactEmail.objects.create(
            contact=contact,
            position=position,
            md5=hashlib.md5(raw, usedforsecurity=False).digest(),
            sha1=hashlib.sha1(raw, usedforsecurity=False).digest(),
            sha256=hashlib.sha256(raw).digest(),
            **email,
        )
    for position, given in enumerate(phones or []):
        phone = {"phone": given} if isinstance(given, str) else given
        ContactPhone.objects.create(contact=contact, position=position, **phone)
    save_documents(contacts=[contact.pk])
    return contact


def make_catalog() -> None:
    """Save shared contacts with every mixture of records that counts."""
    company = Company.objects.create(domain="haldenrobotics.example", name="Halden Robotics")
    make_contact(
        FULL,
        company=company,
        full_name="Ingrid Solheim",
        first_name="Ingrid",
        last_name="Solheim",
        job_title="VP Supply Chain",
        department="Operations",
        seniority="VP",
        is_decision_maker=True,
        quality_score=86,
        confidence=0.9,
        pii={"age_range": "45-54", "address": "Storgata 12", "city": "Oslo", "postal_code": "0150"},
        emails=[
            {
                "address": "ingrid.solheim@haldenrobotics.example",
                "type": "work",
                "status": "valid",
                "checked_on": dt.date(2026, 11, 12),
                "confidence": 0.97,
                "source": "Backstory",
            },
            {"address": "ingrid@halden.example", "status": "catch_all", "source": "Letrics"},
        ],
        phones=[{"phone": "+4722334418", "type": "landline", "is_do_not_call": True}],
    )
    make_contact(NO_ADDRESS, emails=[], pii={"gender": "F"})
    make_contact(ONLY_PHONE, phones=["+4791000001", "+4791000002", "+4791000003", "+4791000004"])
    make_contact(EMPTY, emails=[], phones=[], pii={})
    make_contact(NOTHING)


def draft(organization: Organization, data: bytes, name: str = "list.csv") -> EnrichmentBatch:
    """Take in an uploaded file."""
    return drafts.create_draft_from_upload(
        organization=organization, actor=SOMEBODY, stream=io.BytesIO(data), file_name=name
    )


def upload(organization: Organization, data: bytes, name: str = "list.csv") -> Upload:
    """Keep a file for the job that reads it."""
    return uploads.receive_upload(
        organization=organization, actor=SOMEBODY, stream=io.BytesIO(data), file_name=name
    )


def read(kept: Upload) -> Upload:
    """Do the job that reads a file, in this process."""
    kept.refresh_from_db()
    assert kept.job_id
    perform(kept.job_id, ReadUpload)
    return Upload.objects.select_related("job", "batch", "organization").get(pk=kept.pk)


def csv_of(*ids: str, header: str = "id") -> bytes:
    return "\n".join([header, *ids, ""]).encode()


def start(
    batch: EnrichmentBatch,
    *,
    sections: Sequence[str] = ("pii", "emails", "phones"),
    format: str = "csv",
    column: int | None = None,
) -> EnrichmentBatch:
    """Map and start a list."""
    place = batch.id_column if column is None else column
    assert place is not None
    whose = {"organization": batch.organization, "actor": SOMEBODY, "batch_id": batch.pk}
    drafts.map_column(column=place, **whose)
    started, is_new = batches.start_batch(sections=sections, format=format, **whose)
    assert is_new
    return started


def run(batch: EnrichmentBatch) -> EnrichmentBatch:
    """Do the job of a started list in this process."""
    assert batch.job_id
    perform(batch.job_id, AnswerRows)
    return EnrichmentBatch.objects.select_related("job__result", "organization").get(pk=batch.pk)


def content(batch: EnrichmentBatch) -> bytes:
    """Return the bytes of a list's file."""
    assert batch.job is not None
    size = batch.job.result.size
    return b"".join(STORE.read(job_id=batch.job.pk, first=0, last=size - 1))


# --- Workbooks ------------------------------------------------------------------------------------


def xlsx_of(*rows: Sequence[Any]) -> bytes:
    """Return a workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    return save_book(book)


def save_book(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_sheet(xml: bytes) -> bytes:
    """Return a workbook whose sheet is this XML."""
    return change_parts(xlsx_of(["id"]), {"xl/worksheets/sheet1.xml": xml})


def change_parts(workbook: bytes, parts: dict[str, bytes]) -> bytes:
    """Return a workbook with other parts in it."""
    old, out = zipfile.ZipFile(io.BytesIO(workbook)), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, parts.get(entry.filename, old.read(entry)))
    return out.getvalue()
