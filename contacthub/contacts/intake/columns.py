"""The columns of a contact file and what each may hold. docs/import-format.md says the same in words."""

from functools import partial

from contacthub.contacts.intake.amounts import clean_employees, clean_revenue
from contacthub.contacts.intake.kinds import (
    EMAIL_STATUSES,
    MOST_INTEGER,
    SENIORITIES,
    SOURCES,
    clean_country,
    clean_country_code,
    clean_nace_array,
    clean_percent,
    clean_tld,
    make_profile_link,
    make_texts,
)
from contacthub.contacts.models import FIRST_OWN_NUMBER
from contacthub.core.domains import clean_domain
from contacthub.core.emails import clean_email
from contacthub.core.phones import clean_phone
from contacthub.core.tabular.columns import (
    Column,
    Source,
    make_column,
    make_contact_id,
    make_day,
    make_flag,
    make_link,
    make_moment,
)
from contacthub.core.tabular.values import (
    clean_if_domain,
    clean_integer,
    clean_json,
    clean_number,
    clean_word,
)

_number = partial(clean_integer, least=1, most=FIRST_OWN_NUMBER - 1)
_count = partial(clean_integer, least=0, most=MOST_INTEGER)
_score = partial(clean_integer, least=0, most=100)
_ratio = partial(clean_number, least=0, most=1)
_list = partial(clean_json, kind=list, most=20_000)

IDENTITY = (
    make_contact_id("contact_key", "contact_id"),
    make_column("number", "id", "contactId", clean=_number, sql_type="bigint"),
)
# Columns of a contact that are taken as they are; an absent one leaves what is stored.
CONTACT = (
    make_column("full_name", "full_name", "fullName"),
    make_column("first_name", "first_name", "firstName"),
    make_column("last_name", "last_name", "lastName"),
    make_column("job_title", most=500),
    make_column("department"),
    make_column("seniority"),
    make_column("seniority_level", clean=partial(clean_word, words=SENIORITIES)),
    make_texts("titles"),
    make_texts("job_levels", "job_levels", "jobLevels"),
    make_texts("job_functions", "job_functions", "jobFunctions"),
    make_flag("is_decision_maker"),
    make_column("country", clean=clean_country),
    make_column("state"),
    make_profile_link("linkedin_url"),
    make_column("linkedin_handle", "linkedin_handle", "linkedinHandle"),
    make_column("facebook_handle", "facebook_handle", "facebookHandle"),
    make_column("twitter_handle", "twitter_handle", "twitterHandle"),
    make_link("image_url", "image_url", "imageUrl"),
    make_column("description", most=10_000),
    make_column("education", clean=_list, sql_type="jsonb"),
    make_column("source", clean=partial(clean_word, words=SOURCES)),
    make_link("source_url"),
    make_flag("verified"),
    make_column("quality_score", clean=_score, sql_type="smallint"),
    Column(
        "confidence",
        (Source("confidence", _ratio), Source("confidenceScore", clean_percent)),
        "double precision",
    ),
    make_flag("is_stale"),
    make_flag("is_speculative"),
    make_flag("has_account"),
    make_flag("has_opportunity"),
    make_flag("is_in_crm", "exists_in_crm", "is_in_crm"),
    make_flag("is_sourced_by_people_ai"),
    make_moment("created_at"),
    make_moment("updated_at"),
)
EMAIL = (
    make_column("email", clean=clean_email),
    make_column(
        "email_status",
        "email_status",
        "emailValidationStatus",
        clean=partial(clean_word, words=EMAIL_STATUSES),
    ),
    make_day("email_checked_on"),
    make_flag("has_personal_email", "has_personal_email", "has_personal_emails"),
)
PHONE = (make_column("phone", clean=clean_phone),)
# In the order of ContactBased's reply. Name, state and country without `pii.` in front are the contact's own, which it
# has without a record of personal values.
PII = (
    make_column("first_name", "pii.first_name"),
    make_column("last_name", "pii.last_name"),
    make_column("gender", "pii.gender", "gender", most=50),
    make_column("age_range", "pii.age_range", "age_range", most=50),
    make_column("address", "pii.address", "address", most=500),
    make_column("city", "pii.city", "city"),
    make_column("state", "pii.state"),
    make_column("postal_code", "pii.postal_code", "postal_code", most=50),
    make_column("country", "pii.country", clean=clean_country),
)
# Source: People.ai, "Enriched Contacts Schema"; the names are those of its record.
CRM = (
    make_column("account_name"),
    make_column("account_type"),
    make_column("account_domain", clean=clean_if_domain),
    make_column("account_crm_id"),
    make_column("source_peopleai_id"),
    make_column("response_activity_id"),
    make_column("source_email", clean=clean_email),
    make_flag("from_cc"),
    make_column("total_inbound", clean=_count, sql_type="bigint"),
    make_column("total_inbound_30d", clean=_count, sql_type="bigint"),
    make_column("total_outbound", clean=_count, sql_type="bigint"),
    make_column("total_outbound_30d", clean=_count, sql_type="bigint"),
    make_column("total_meetings", clean=_count, sql_type="bigint"),
    make_column("total_meetings_30d", clean=_count, sql_type="bigint"),
    make_column("total_time_spent", clean=_count, sql_type="bigint"),
    make_column("total_time_spent_30d", clean=_count, sql_type="bigint"),
)
COMPANY = (
    make_column(
        "number", "company.id", "company_id", "companyId", clean=_number, sql_type="bigint"
    ),
    make_column("domain", "company.domain", "company_domain", "companyDomain", clean=clean_domain),
    make_column("name", "company.name", "company_name", "companyName"),
    make_column("tld", "company.tld", "company_tld", "tld", clean=clean_tld),
    make_texts("industries", "company.industries", "company.industry", "industries", "industry"),
    make_texts("functions", "company.functions", "functions"),
    make_texts("technologies", "company.technologies", "technologies"),
    make_texts("keywords", "company.keywords", "company_keywords", "keywords"),
    make_column(
        "employees",
        "company.employees",
        "company_employees",
        "company_size",
        "employees",
        clean=clean_employees,
        sql_type="int4range",
    ),
    make_column(
        "revenue",
        "company.revenue",
        "company_revenue",
        "annual_revenue",
        clean=clean_revenue,
        sql_type="int8range",
    ),
    make_column(
        "nace_codes", "company.nace_codes", "nace_codes", clean=clean_nace_array, sql_type="text[]"
    ),
    make_column("city", "company.location.city", "company_city"),
    make_column("state", "company.location.state", "company_state"),
    make_column("country", "company.location.country", "company_country", clean=clean_country),
    make_column("country_code", "company.country_code", "country_code", clean=clean_country_code),
    make_profile_link("linkedin_url", "company.linkedin_url", "company_linkedin_url"),
    make_flag("has_generic_email", "company.has_generic_email", "company_has_generic_email"),
    make_moment("created_at", "company.created_at", "company_created_at"),
)
GROUPS = (IDENTITY, CONTACT, EMAIL, PHONE, PII, CRM, COMPANY)
# Columns that hold lists or objects in JSON Lines and Parquet, and JSON text in CSV.
OBJECTS = ("company", "pii")
LISTS = ("emails", "phones")
_SOURCES = [
    (column, source.name) for group in GROUPS for column in group for source in column.sources
]
NESTED = frozenset(
    [
        *OBJECTS,
        *LISTS,
        *(name for column, name in _SOURCES if column.sql_type in ("text[]", "jsonb")),
    ]
)
# Every name that a file may use.
NAMES = tuple(dict.fromkeys([*(name for _, name in _SOURCES), *OBJECTS, *LISTS]))
# What vendors' records say besides and other columns show already.
IGNORED = frozenset({"has_linkedin_profile", "company_has_linkedin_profile"})
