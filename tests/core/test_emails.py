"""One e-mail address has one spelling."""

import pytest

from contacthub.core.emails import clean_email, plain_email


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann.Lee+x@Example.COM", "ann.lee+x@example.com"),
        ("o'hara@example.com", "o'hara@example.com"),
        ("Åse@blåbær.no", "åse@xn--blbr-roah.no"),
        ("A\u030ase@XN--BLBR-ROAH.no", "åse@xn--blbr-roah.no"),
        ("\u200bmi\u00adra@exa\ufeffmple.com\u200b", "mira@example.com"),
        ("\u202amira@example.com\u202c", "mira@example.com"),
        ("mira＠example．com", "mira@example.com"),
        # Two mailboxes: only a domain's owner could say otherwise.
        ("straße@example.com", "straße@example.com"),
        ("strasse@example.com", "strasse@example.com"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
    ],
)
def test_emails(text: str, expected: str) -> None:
    assert clean_email(text) == expected
    assert plain_email(text) == expected
    assert clean_email(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ann", "ann@", "@example.com", "ann@example", "a b@example.com", "ann@example.com.", "ann@@example.com",
        "ann@exa_mple", "<ann@example.com>", "ann@example.com,bob@example.com", f"{'a' * 65}@example.com",
        f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.com", "a\x00b@example.com", "mailto:ann@example.com",
        "*@example.com\nx", "\u200b@example.com", "ann@bü..example", "ann@example.com。",
    ],
)  # fmt: skip
def test_other_texts_are_no_emails(text: str) -> None:
    with pytest.raises(ValueError, match="is not an e-mail address"):
        clean_email(text)
    plain_email(text)
