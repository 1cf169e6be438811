"""What one value of a file may be."""

import datetime as dt

import pytest

from contacthub.core.tabular import values

LAST = dt.date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", "true"),
        ("TRUE", "true"),
        ("1", "true"),
        ("yes", "true"),
        ("no", "false"),
        ("0", "false"),
        ("False", "false"),
    ],
)
def test_booleans(text: str, expected: str) -> None:
    assert values.clean_boolean(text) == expected


@pytest.mark.parametrize("text", ["2", "t", "on", "ja", "1.0", "-1"])
def test_other_words_are_no_booleans(text: str) -> None:
    with pytest.raises(ValueError, match="is not one of true, false, 1, 0, yes and no"):
        values.clean_boolean(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("5", "5"), ("5.0", "5"), ("007", "7"), ("0", "0"), ("100", "100")]
)
def test_integers(text: str, expected: str) -> None:
    assert values.clean_integer(text, least=0, most=100) == expected


@pytest.mark.parametrize(
    "text", ["5.5", "1e2", "+5", "1_0", "１２", "0x1", "five", "9" * 5000, "--5"]
)
def test_other_texts_are_no_integers(text: str) -> None:
    with pytest.raises(ValueError, match="is not an integer"):
        values.clean_integer(text, least=0, most=100)


@pytest.mark.parametrize("text", ["-1", "101"])
def test_integers_out_of_range(text: str) -> None:
    with pytest.raises(ValueError, match="is not between 0 and 100"):
        values.clean_integer(text, least=0, most=100)


@pytest.mark.parametrize(
    ("text", "expected"), [("0.5", "0.5"), ("1", "1.0"), ("1e-1", "0.1"), (".5", "0.5")]
)
def test_numbers(text: str, expected: str) -> None:
    assert values.clean_number(text, least=0, most=1) == expected


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "1_0", "１", "x", "0,5"])
def test_other_texts_are_no_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        values.clean_number(text, least=0, most=1)


@pytest.mark.parametrize("text", ["-0.1", "1.0001"])
def test_numbers_out_of_range(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not between 0 and 1$"):
        values.clean_number(text, least=0, most=1)


def test_words_in_any_case() -> None:
    words = {"valid": "valid", "validemail": "valid"}
    assert values.clean_word("ValidEmail", words=words) == "valid"
    with pytest.raises(ValueError, match=r"is not one of valid$"):
        values.clean_word("wrong", words=words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T23:30:00-05:00", None),
        ("2026-11-19T23:30:00-05:00", "2026-11-20"),
        ("2026-11-20 12:00", "2026-11-20"),
        ("2026-11-20T00:30:00+02:00", "2026-11-19"),
        ("1900-01-01", "1900-01-01"),
    ],
)
def test_days_are_utc(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="is in the future"):
            values.clean_day(text, last=LAST)
    else:
        assert values.clean_day(text, last=LAST) == expected


@pytest.mark.parametrize(
    "text",
    [
        "20.11.2026", "2026-02-30", "2026-W47-5", "20261120", "2026-324", "2026/11/20", "２０２６-11-20", "0000-01-01",
        "2026-11-20T25:00:00Z", "2026-W47-5T12:00:00", "yesterday", "0001-01-01T00:00:00+14:00", "2026-11-20T12",
    ],
)  # fmt: skip
def test_other_texts_are_no_days(text: str) -> None:
    with pytest.raises(ValueError, match="is neither a date like"):
        values.clean_day(text, last=LAST)
    with pytest.raises(ValueError, match="is neither an ISO time like"):
        values.clean_moment(text, last=LAST)


def test_days_before_1900_are_refused() -> None:
    with pytest.raises(ValueError, match="is before the year 1900"):
        values.clean_day("1899-12-31", last=LAST)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00+00:00"),
        ("2026-11-20T12:00:00.25+01:00", "2026-11-20T11:00:00.250000+00:00"),
        ("2026-11-20 12:00:00", "2026-11-20T12:00:00+00:00"),
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
    ],
)
def test_moments_are_utc(text: str, expected: str) -> None:
    assert values.clean_moment(text, last=LAST) == expected


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com",
        "HTTP://Example.com:8080/a?b#c",
        "https://www.linkedin.com/in/åse-é/",
        "http://localhost/x",
        "http://a_b.example/",
    ],
)
def test_links(text: str) -> None:
    assert values.clean_url(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "example.com", "//example.com", "ftp://example.com", "javascript:alert(1)", "https://", "https:///x",
        "https://a b.com",
        "https://user:pw@example.com", "https://example.com:x/", "https://example.com/a b", "data:text/html,x",
        "https://a\\b",
    ],
)  # fmt: skip
def test_other_texts_are_no_links(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address that starts with"):
        values.clean_url(text)


def test_the_host_of_a_link_has_one_spelling() -> None:
    link = "https://\u200bbücher。example:81/Ä?b=é"
    assert values.clean_url(link) == "https://xn--bcher-kva.example:81/Ä?b=é"
    with pytest.raises(ValueError, match="host is not a domain"):
        values.clean_url("https://-bü.example/")


def test_links_have_a_length() -> None:
    with pytest.raises(ValueError, match="is longer than 2,000 characters"):
        values.clean_url("https://example.com/" + "x" * 2000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", ["a", "b"]),
        (" a | | a ", ["a"]),
        ('["a","b|c"," "]', ["a", "b|c"]),
        ("[]", []),
        ("a", ["a"]),
    ],
)
def test_lists_of_texts(text: str, expected: list[str]) -> None:
    assert values.clean_texts(text, most=10) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "holds something that is not text"),
        ('["a"', "is not a JSON list"),
        ("[" + ",".join(['"a"'] * 501) + "]", "has more than 500 items"),
        ("a|" + "b" * 11, "is longer than 10 characters"),
        ('["a\\u0000"]', "holds a control character"),
    ],
)
def test_other_texts_are_no_lists(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        values.clean_texts(text, most=10)


def test_json_is_compact_and_of_its_kind() -> None:
    assert values.clean_json('[ {"a": 1.0, "b": null} ]', list, most=100) == '[{"a":1.0,"b":null}]'
    assert values.clean_json("{}", dict, most=100) == "{}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "is not a JSON list"),
        ("x", "is not JSON"),
        ('["\\u0000"]', "holds a control character"),
        ('[{"a\\u0007":[{"b":"c"}]}]', "holds a control character"),
        ('["' + "x" * 100 + '"]', "is longer than 100 characters"),
    ],
)
def test_other_texts_are_no_json_of_that_kind(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        values.clean_json(text, list, most=100)
