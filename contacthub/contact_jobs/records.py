"""What a row of a result holds: its columns, and each one's value as an expression over contact and company.

Sources: People.ai, "Enriched Contacts Schema" (extracts); InsideView, "Contact Details" and "Using the Bulk APIs"
(details), docs/protocols.md where these are silent.
"""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from contacthub.contacts.filters import ContactFilters

# The vendor gives states of the United States only.
STATE = (
    "CASE WHEN contact.country IS NULL OR lower(contact.country) IN ('united states', 'usa', 'us') "
    "THEN contact.state END"
)
EXTRACT = {
    "first_name": "contact.first_name",
    "last_name": "contact.last_name",
    "email": "contact.email",
    "phone": "contact.phone",
    "job_title": "contact.job_title",
    "department": "contact.department",
    "seniority": "contact.seniority",
    "country": "contact.country",
    "state": STATE,
    "account_name": "contact.crm->'account_name'",
    "account_type": "contact.crm->'account_type'",
    "account_domain": "contact.crm->'account_domain'",
    "account_crm_id": "contact.crm->'account_crm_id'",
    "source_peopleai_id": "contact.crm->'source_peopleai_id'",
    "response_activity_id": "contact.crm->'response_activity_id'",
    "source_email": "contact.crm->'source_email'",
    "from_cc": "contact.crm->'from_cc'",
    "total_inbound": "contact.crm->'total_inbound'",
    "total_inbound_30d": "contact.crm->'total_inbound_30d'",
    "total_outbound": "contact.crm->'total_outbound'",
    "total_outbound_30d": "contact.crm->'total_outbound_30d'",
    "total_meetings": "contact.crm->'total_meetings'",
    "total_meetings_30d": "contact.crm->'total_meetings_30d'",
    "total_time_spent": "contact.crm->'total_time_spent'",
    "total_time_spent_30d": "contact.crm->'total_time_spent_30d'",
}

EMAIL_STATUS = """
CASE WHEN contact.email IS NULL THEN NULL
     ELSE CASE contact.email_status WHEN 'valid' THEN 'ValidEmail' WHEN 'catch_all' THEN 'ValidDomain'
          WHEN 'invalid' THEN 'Invalid' ELSE 'Unknown' END END
"""
# A contact with one title has it in `job_title` alone.
TITLES = "coalesce(nullif(array_to_string(contact.titles, '|'), ''), contact.job_title)"
DETAILS = {
    "contactId": "asked.number",
    "status": "CASE WHEN contact.id IS NULL THEN 'NotFound' ELSE 'Found' END",
    "firstName": "contact.first_name",
    "lastName": "contact.last_name",
    "fullName": "nullif(contact.full_name, '')",
    "companyId": "company.number",
    "companyName": "company.name",
    "titles": TITLES,
    "jobLevels": "nullif(array_to_string(contact.job_levels, '|'), '')",
    "jobFunctions": "nullif(array_to_string(contact.job_functions, '|'), '')",
    "email": "contact.email",
    "emailValidationStatus": EMAIL_STATUS,
    "confidenceScore": "trim_scale(round((contact.confidence * 100)::numeric, 2))",
    "phone": "contact.phone",
    "linkedinHandle": "contact.linkedin_handle",
    "facebookHandle": "contact.facebook_handle",
    "twitterHandle": "contact.twitter_handle",
    "imageUrl": "contact.image_url",
    "description": "contact.description",
}


@dataclass(frozen=True)
class Conditions:
    """Which contacts an extract has: those first known in a window of UTC days, both included, and what else fits.

    Country and state are compared without regard to case. Contacts without account and opportunity, and those that
    the CRM has already, are left out unless requested.
    """

    start_on: dt.date
    end_on: dt.date
    include_historical: bool = False
    include_existing: bool = False
    is_sourced_by_people_ai: bool = False
    country: str | None = None
    state: str | None = None

    def filters(self) -> ContactFilters:
        """Return them as filters of contacts."""
        start = dt.datetime.combine(self.start_on, dt.time(), dt.UTC)
        # The last day of all has none after it.
        is_last = self.end_on == dt.date.max
        end = dt.datetime.combine(self.end_on, dt.time(), dt.UTC)
        return ContactFilters(
            created_from=start,
            created_before=None if is_last else end + dt.timedelta(days=1),
            country=self.country or "",
            state=self.state or "",
            has_account_or_opportunity=None if self.include_historical else True,
            is_in_crm=None if self.include_existing else False,
            is_sourced_by_people_ai=True if self.is_sourced_by_people_ai else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what is saved of them."""
        return {
            name: str(value) if isinstance(value, dt.date) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def of_json(cls, saved: dict[str, Any]) -> "Conditions":
        """Return conditions that were saved."""
        days = {name: dt.date.fromisoformat(saved[name]) for name in ("start_on", "end_on")}
        return cls(**(saved | days))
