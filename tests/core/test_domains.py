"""One domain has one spelling, and two domains have two."""

import pytest

from contacthub.core.domains import clean_domain, find_top_level, to_ascii


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("a-b.co.uk", "a-b.co.uk"),
        ("blåbær.no", "xn--blbr-roah.no"),
        ("BLA\u030aBÆR.no", "xn--blbr-roah.no"),
        ("XN--BLBR-ROAH.NO", "xn--blbr-roah.no"),
        # IDNA 2008, non-transitional: these are four names.
        ("rote-straße.example", "xn--rote-strae-e4a.example"),
        ("rote-STRAẞE.example", "xn--rote-strae-e4a.example"),
        ("rote-strasse.example", "rote-strasse.example"),
        ("σωλις.example", "xn--uxadwb4a.example"),
        ("σωλισ.example", "xn--uxadxc1a.example"),
        # Full-width and ideographic dots, width, invisible characters; a joiner that Persian needs stays.
        ("ｅｘａｍｐｌｅ．com", "example.com"),
        ("例え。example｡jp", "xn--r8jz45g.example.jp"),
        ("exam\u00adple\u200b.com\ufeff", "example.com"),
        ("نامه\u200cای.com", "xn--mgba3gch31f060k.com"),
        # Names that the rules for registered names leave out, and that exist.
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("foo_bar.example", "foo_bar.example"),
        ("foo_bär.example", "xn--foo_br-fua.example"),
        ("☃.com", "xn--n3h.com"),
        ("xn--n3h.com", "xn--n3h.com"),
        ("i❤\ufe0f.ws", "xn--i-7iq.ws"),
        ("xn--abc.com", "xn--abc.com"),
    ],
)
def test_domains(text: str, expected: str) -> None:
    assert clean_domain(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "example", "http://example.com", "exa mple.com", "-a.com", "a..com", f"{'a' * 64}.com", "a.c",
        "é" * 300 + ".no", "x@y.no", "", ".", "\u200b", "-bü.de", "bü..de", "ü" * 80 + ".de",
        "\U000e0fff.com", "٣.com", "é\ud800.com",
    ],
)  # fmt: skip
def test_other_texts_are_no_domains(text: str) -> None:
    with pytest.raises(ValueError, match="is not a domain"):
        clean_domain(text)


def test_hosts_need_no_dot() -> None:
    assert to_ascii("Localhost") == "localhost"
    assert to_ascii("Bücher") == "xn--bcher-kva"


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("halden.no", "no"),
        ("halden.oslo.no", "oslo.no"),
        ("acme.example.no", "no"),
        ("acme.co.uk", "co.uk"),
        ("acme.com.tr", "com.tr"),
        ("acme.gv.at", "gv.at"),
        ("acme.go.jp", "go.jp"),
        # Not the registry's: a company sells names below its own domain.
        ("acme.github.io", "io"),
        ("acme.uk.com", "com"),
        ("acme.example", "example"),
        ("acme.xn--55qx5d.cn", "xn--55qx5d.cn"),
        ("co.uk", "uk"),
        ("no", "no"),
    ],
)
def test_the_top_level_is_what_a_registry_sells_below(domain: str, expected: str) -> None:
    assert find_top_level(domain) == expected
