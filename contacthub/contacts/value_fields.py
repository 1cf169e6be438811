"""The fields of a contact whose sources are kept, and which of them people may settle."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ValueField:
    """A field by its name in `Candidate` and `Settlement`, and the bit that stands for it in `SourceRecord.given`.

    `column` is the contact's own; a field of the profile is a key of `pii`. Bits are stored: one is never given to
    another field.
    """

    name: str
    bit: int
    label: str
    column: str = ""
    pii: str = ""

    @property
    def mask(self) -> int:
        """The field as a number with one bit."""
        return 1 << self.bit


def _of_contact(bit: int, column: str, label: str) -> ValueField:
    return ValueField(column, bit, label, column=column)


def _of_profile(bit: int, key: str, label: str) -> ValueField:
    return ValueField(f"pii.{key}", bit, label, pii=key)


FIELDS = (
    _of_contact(0, "full_name", "Name"),
    _of_contact(1, "first_name", "First name"),
    _of_contact(2, "last_name", "Last name"),
    _of_contact(3, "job_title", "Title"),
    _of_contact(4, "department", "Department"),
    _of_contact(5, "seniority", "Seniority"),
    _of_contact(6, "seniority_level", "Level"),
    _of_contact(7, "country", "Country"),
    _of_contact(8, "state", "State"),
    _of_contact(9, "linkedin_url", "LinkedIn"),
    _of_contact(10, "linkedin_handle", "LinkedIn name"),
    _of_contact(11, "facebook_handle", "Facebook name"),
    _of_contact(12, "twitter_handle", "Twitter name"),
    ValueField("company", 13, "Company", column="company_id"),
    _of_profile(20, "first_name", "First name"),
    _of_profile(21, "last_name", "Last name"),
    _of_profile(22, "gender", "Gender"),
    _of_profile(23, "age_range", "Age range"),
    _of_profile(24, "address", "Street address"),
    _of_profile(25, "city", "City"),
    _of_profile(26, "state", "State"),
    _of_profile(27, "postal_code", "Postal code"),
    _of_profile(28, "country", "Country"),
)
BY_NAME = {field.name: field for field in FIELDS}
OF_CONTACT = tuple(field for field in FIELDS if field.column)
OF_PROFILE = tuple(field for field in FIELDS if field.pii)
# Lists: what people settle is which one stands first.
EMAIL, PHONE = "email", "phone"
LISTS = (EMAIL, PHONE)
