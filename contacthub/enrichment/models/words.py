"""The words of enrichment: what is looked up, and what the answers are."""

from django.db import models


class Section(models.TextChoices):
    """The parts of what is known about a contact, each looked up on its own.

    Source: ContactBased API, "Contact enrichment".
    """

    PII = "pii", "Profile"
    EMAILS = "emails", "E-mails"
    PHONES = "phones", "Phones"


class Outcome(models.TextChoices):
    """What a question was answered with; the labels are the words of pages and files.

    A row is found where one of its asked sections is, else failed, blocked, empty or without a record, where one of
    them is, in this order: what failed may be found when it is retried.
    """

    FOUND = "found", "found"
    EMPTY = "empty", "empty record"
    NO_RECORD = "no_record", "no record"
    MALFORMED = "malformed", "malformed"
    NOT_ASKED = "not_asked", "not asked"
    BLOCKED = "blocked", "blocked"
    FAILED = "failed", "failed"
