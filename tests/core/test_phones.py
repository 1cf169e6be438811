"""Phone numbers: one spelling, the country's code, and what answers."""

import pytest

from contacthub.core.phones import add_country, clean_phone, find_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+4722123456", "+4722123456"),
        ("+47 22 12-34.56", "+4722123456"),
        ("0047 22 12 34 56", "+4722123456"),
        ("+44 (0)20 7946 0000", "+442079460000"),
        ("(555) 123-4567", "5551234567"),
        ("020 7946 0000", "02079460000"),
        ("+1\u00a0555\u2011123\u20134567", "+15551234567"),
        # What a page or a phone leaves around a number.
        ("\u202a+47 22 12 34 56\u202c", "+4722123456"),
        ("\u200e+47\u200b22123456\u200f", "+4722123456"),
        ("tel:+4722123456", "+4722123456"),
        ("＋４７ ２２ １２ ３４ ５６", "+4722123456"),
        ("+44 020 7946 0000", "+442079460000"),
        ("+39 02 1234 5678", "+390212345678"),
        # Invalid by the tables, and kept as written.
        ("+999 1234567", "+9991234567"),
        ("+1 555 0100 00", "+1555010000"),
    ],
)
def test_phones(text: str, expected: str) -> None:
    assert clean_phone(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "+0 22 12 34 56",
        "+4722",
        "+47221234567890123",
        "1234",
        "22 12 34 56 ext. 7",
        "CALL-ME",
        "+",
        "++4722123456",
        "+٤٧٢٢١٢٣٤٥٦",
    ],
)
def test_other_texts_are_no_phones(text: str) -> None:
    with pytest.raises(ValueError, match="is not a phone number"):
        clean_phone(text)


@pytest.mark.parametrize(
    ("phone", "region", "expected"),
    [
        ("22123456", "NO", "+4722123456"),
        ("02079460000", "GB", "+442079460000"),
        ("4722123456", "NO", "+4722123456"),
        ("0212345678", "IT", "+390212345678"),
        # Not a number of that country: as it was.
        ("22123456", "US", "22123456"),
        ("5551234567", "US", "5551234567"),
        ("12345", "NO", "12345"),
        ("22123456", None, "22123456"),
        ("+4722123456", "GB", "+4722123456"),
        ("22123456", "ZZ", "22123456"),
    ],
)
def test_a_country_helps_a_number_without_one(phone: str, region: str, expected: str) -> None:
    assert add_country(phone, region) == expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+4722123456", "landline"),
        ("+4791234567", "mobile"),
        ("+447400123456", "mobile"),
        ("+445612345678", "voip"),
        ("+12025550123", None),
        ("+448001234567", None),
        ("+9991234567", None),
        ("22123456", None),
    ],
)
def test_the_plan_tells_what_answers(phone: str, expected: str | None) -> None:
    assert find_type(phone) == expected
