"""Companies."""

from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField, IntegerRangeField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacthub.contacts.models.numbers import number_field
from contacthub.organizations.models import Organization


class Company(models.Model):
    """A company, known by its domain; without one by its number, without either by its name."""

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, db_index=False, related_name="companies"
    )
    # The number that files use for it.
    source_number = models.BigIntegerField(null=True)
    number = number_field()
    domain = models.TextField(null=True)
    name = models.TextField(null=True)
    tld = models.TextField(null=True)
    industries = ArrayField(models.TextField(), default=list, db_default=[])
    functions = ArrayField(models.TextField(), default=list, db_default=[])
    technologies = ArrayField(models.TextField(), default=list, db_default=[])
    keywords = ArrayField(models.TextField(), default=list, db_default=[])
    # How many employees, and the revenue of a year in US dollars: ranges, of one number where a source gave one.
    employees = IntegerRangeField(null=True)
    revenue = BigIntegerRangeField(null=True)
    # NACE Rev. 2 and national subclasses such as "62", "62.0", "62.01", "62.010"; a section is its letter.
    nace_codes = ArrayField(models.TextField(), default=list, db_default=[])
    city = models.TextField(null=True)
    state = models.TextField(null=True)
    # The full name; `country_code` is ISO 3166-1 alpha-2 in capitals.
    country = models.TextField(null=True)
    country_code = models.TextField(null=True)
    linkedin_url = models.TextField(null=True)
    # Whether an address such as info@ is known.
    has_generic_email = models.BooleanField(default=False, db_default=False)
    # When the source first knew it, which is what "added after" asks for.
    created_at = models.DateTimeField(db_default=Now())
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number", "organization"],
                nulls_distinct=False,
                name="company_number_unique",
            ),
            models.UniqueConstraint(
                fields=["domain", "organization"],
                nulls_distinct=False,
                condition=Q(domain__isnull=False),
                name="company_domain_unique",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization"],
                condition=Q(organization__isnull=False),
                name="company_private",
            ),
            # How an import finds a company that has nothing but a name.
            models.Index(
                models.functions.Lower("name"),
                condition=Q(domain=None),
                name="company_nameless_domain",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.domain or str(self.number)

    @property
    def headquarters(self) -> str:
        """Return city, state and country as far as they are known."""
        return ", ".join(part for part in (self.city, self.state, self.country) if part)
