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


class ColumnUse(models.TextChoices):
    """What a column of a list is used as; the values of all others are kept as they are."""

    CONTACT_ID = "contact_id", "Contact id"
    EMAIL = "email", "E-mail"
    EMAIL_HASH = "email_hash", "E-mail hash"
    LINKEDIN = "linkedin", "LinkedIn address"
    PHONE = "phone", "Phone"
    FULL_NAME = "full_name", "Full name"
    FIRST_NAME = "first_name", "First name"
    LAST_NAME = "last_name", "Last name"
    DOMAIN = "domain", "Company domain"
    COMPANY = "company", "Company name"
    COUNTRY = "country", "Country of phones"
    # A contact id, e-mail, hash, LinkedIn address, phone, or "name, company": each value by its form.
    ANY = "any", "Any key, by its form"
    KEPT = "", "Keep as it is"


class MatchKey(models.TextChoices):
    """The key that matched a row, in the order in which they are tried: the first that finds one contact decides."""

    CONTACT_ID = "contact_id", "Contact id"
    EMAIL = "email", "E-mail"
    EMAIL_HASH = "email_hash", "E-mail hash"
    LINKEDIN = "linkedin", "LinkedIn address"
    PHONE = "phone", "Phone"
    NAME_DOMAIN = "name_domain", "Full name + domain"
    NAME_COMPANY = "name_company", "Full name + company"
    # A person chose one of several candidates.
    CHOSEN = "chosen", "Chosen by hand"
