"""How many employees and how much revenue: what files write, what is stored, and what people read."""

import pytest
from psycopg.types.range import Range

from contacthub.contacts.bands import REVENUES, SIZES, Band, describe_revenue, describe_size
from contacthub.contacts.intake.amounts import clean_employees, clean_revenue


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("250", "[250,250]"), ("250.0", "[250,250]"), ("1,200", "[1200,1200]"), ("0", "[0,0]"),
        ("51-200", "[51,200]"), ("51 \u2013 200", "[51,200]"), ("51 to 200", "[51,200]"),
        ("1,001-5,000", "[1001,5000]"),        ("10,001+", "[10001,)"), ("10001 +", "[10001,)"),
    ],
)  # fmt: skip
def test_employees_are_a_number_or_a_range(text: str, stored: str) -> None:
    assert clean_employees(text) == stored


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("12500000", "[12500000,12500000]"), ("12.5M", "[12500000,12500000]"), ("$1.2B", "[1200000000,1200000000]"),
        ("US$ 5 million", "[5000000,5000000]"), ("750k", "[750000,750000]"), ("3,000,000 USD", "[3000000,3000000]"),
        ("10M-50M", "[10000000,50000000]"), ("$10 - 50M", "[10000000,50000000]"),
        ("500M to 1B", "[500000000,1000000000]"), ("$1B+", "[1000000000,)"),
    ],
)  # fmt: skip
def test_revenue_is_an_amount_or_a_range_of_them(text: str, stored: str) -> None:
    assert clean_revenue(text) == stored


@pytest.mark.parametrize(
    "text", ["many", "-5", "5-", "200-51", "1-2-3", "5-9+", "99999999999", "1.5", "+", "٣"]
)
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number of employees|above its end|is more than"):
        clean_employees(text)


@pytest.mark.parametrize(
    "text", ["€5M", "5M EUR", "rich", "50M-10M", "1M-2M-3M", "-1", "99999B", "5X"]
)
def test_other_amounts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"US dollars|above its end|is more than"):
        clean_revenue(text)


@pytest.mark.parametrize("bands", [SIZES, REVENUES])
def test_every_number_is_in_one_band(bands: tuple[Band, ...]) -> None:
    assert bands[0].least == 0
    assert [band.above for band in bands] == [*(band.least for band in bands[1:]), None]
    assert len({band.key for band in bands}) == len(bands)


def test_ranges_are_read_as_people_write_them() -> None:
    assert describe_size(None) == describe_revenue(None) == ""
    assert describe_size(Range(250, 251)) == "250"
    assert describe_size(Range(1001, 5001)) == "1,001 to 5,000"
    assert describe_size(Range(10_001, None)) == "10,001 or more"
    assert describe_revenue(Range(12_500_000, 12_500_001)) == "$12.5M"
    assert describe_revenue(Range(10**7, 5 * 10**7)) == "$10M to $50M"
    assert describe_revenue(Range(10**9, None)) == "$1B or more"
    assert describe_revenue(Range(0, 1_000_000)) == "$0 to $1M"
