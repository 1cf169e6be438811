"""The narrow rows in which searches look."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce, Left

from contacthub.contacts.models.companies import Company
from contacthub.contacts.models.contacts import Contact

# Sorts behind every search key.
LAST = Value("\U0010fffd")
# An index takes no longer values than 2,700 bytes.
LONGEST_ORDER = 200


class CompanyTraits(models.Model):
    """What searches ask of a company, beside each other in a narrow row; contacts carry a copy of their company's.

    Made from the companies by `contacts.sql.facts`, in the transaction that changes them.
    """

    # The organization that the row is private to, 0 if it is shared: an index is in order below one value of it.
    owner = models.BigIntegerField()
    number = models.BigIntegerField()
    # None, all of them, where a contact has no company. First the search keys of its name and domain.
    company_text = models.TextField(null=True)
    company_created_at = models.DateTimeField(null=True)
    company_has_generic_email = models.BooleanField(null=True)
    company_has_linkedin = models.BooleanField(null=True)
    company_country_code = models.TextField(null=True)
    company_tld = models.TextField(null=True)
    company_functions = ArrayField(models.TextField(), null=True)
    company_industries = ArrayField(models.TextField(), null=True)
    company_technologies = ArrayField(models.TextField(), null=True)
    # "function:", "industry:", "technology:" and "keyword:", each before the search key of one; "size:" and "revenue:"
    # before the key of each band of `contacts.bands` that the company is in.
    company_words = ArrayField(models.TextField(), null=True)
    # Of search keys: "country:norway", "state:viken||norway", "city:halden||viken||norway" and "city:halden||||norway".
    company_places = ArrayField(models.TextField(), null=True)
    # The assigned codes, "in:62" for the division or section above each, and "level:4" for the level of each.
    company_nace = ArrayField(models.TextField(), null=True)

    class Meta:
        abstract = True


class CompanyFacts(CompanyTraits):
    """A company as searches see it."""

    company = models.OneToOneField(
        Company, on_delete=models.CASCADE, primary_key=True, related_name="facts"
    )
    # Name, domain or nothing, for the order; and the search keys of name and domain, for text anywhere in them.
    name = models.TextField()
    domain = models.TextField(null=True)
    company_text = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "number"], name="company_facts_number"),
            models.Index(fields=["owner", "name", "number"], name="company_facts_name"),
            models.Index(
                fields=["owner", "company_created_at", "number"], name="company_facts_created"
            ),
            models.Index(fields=["owner", "domain"], name="company_facts_domain"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactFacts(CompanyTraits):
    """A contact as searches see it: what they filter and sort by, with its company's traits, and nothing else."""

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, primary_key=True, related_name="facts"
    )
    company = models.ForeignKey(
        Company, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    key = models.BigIntegerField()
    full_name = models.TextField()
    quality_score = models.SmallIntegerField()
    confidence = models.FloatField()
    created_at = models.DateTimeField()
    is_stale = models.BooleanField()
    is_speculative = models.BooleanField()
    verified = models.BooleanField()
    has_email = models.BooleanField()
    has_phone = models.BooleanField()
    has_personal_email = models.BooleanField()
    has_linkedin = models.BooleanField()
    is_decision_maker = models.BooleanField()
    is_in_crm = models.BooleanField()
    is_sourced_by_people_ai = models.BooleanField()
    has_account_or_opportunity = models.BooleanField()
    source = models.TextField()
    seniority = models.TextField(null=True)
    seniority_level = models.TextField(null=True)
    email_status = models.TextField(null=True)
    email_checked_on = models.DateField(null=True)
    department = models.TextField(null=True)
    # Search keys, see `contacts.sql.folding`.
    department_text = models.TextField(null=True)
    seniority_text = models.TextField(null=True)
    country = models.TextField(null=True)
    state = models.TextField(null=True)
    name_text = models.TextField()
    title_text = models.TextField(null=True)
    email_text = models.TextField(null=True)
    # To sort by: written by Postgres from the two, never null; contacts without either come last.
    company_order = models.GeneratedField(
        expression=Left(Coalesce("company_text", LAST), LONGEST_ORDER),
        output_field=models.TextField(),
        db_persist=True,
    )
    title_order = models.GeneratedField(
        expression=Left(Coalesce("title_text", LAST), LONGEST_ORDER),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        indexes = [
            models.Index(fields=["owner", "number"], name="contact_facts_number"),
            models.Index(fields=["owner", "key"], name="contact_facts_key"),
            models.Index(fields=["owner", "quality_score", "number"], name="contact_facts_quality"),
            models.Index(fields=["owner", "confidence", "number"], name="contact_facts_confidence"),
            models.Index(fields=["owner", "created_at", "number"], name="contact_facts_created"),
            models.Index(fields=["owner", "full_name", "number"], name="contact_facts_name"),
            models.Index(
                fields=["owner", "company_order", "number"], name="contact_facts_company_order"
            ),
            models.Index(fields=["owner", "title_order", "number"], name="contact_facts_title"),
            models.Index(fields=["company"], name="contact_facts_company"),
            # Whether there is such a value at all.
            models.Index(fields=["seniority_text", "owner"], name="contact_facts_seniority"),
            models.Index(fields=["department_text", "owner"], name="contact_facts_department"),
            models.Index(fields=["company_country_code"], name="contact_facts_country"),
            GinIndex(
                fields=[
                    "company_technologies",
                    "company_industries",
                    "company_functions",
                    "company_words",
                    "company_places",
                    "company_nace",
                ],
                name="contact_facts_arrays",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name
