"""What tells one profile from another."""

import pytest

from contacthub.core.marks import clean_linkedin, plain_link, plain_name


@pytest.mark.parametrize(
    "link",
    [
        "https://www.linkedin.com/in/j%C3%BCrgen-probe-1/",
        "https://www.linkedin.com/in/jürgen-probe-1",
        "https://de.linkedin.com/in/j%C3%BCrgen-probe-1?originalSubdomain=de",
        "http://linkedin.com/in/J%c3%bcrgen-Probe-1",
        "https://www.linkedin.com/in/j%C3%BCrgen-probe-1/de",
        "https://www.linkedin.com/in/ju\u0308rgen-probe-1/en-us/?locale=de_DE#about",
        "https://m.linkedin.com/mwlite/in/jürgen-probe-1",
        "https://touch.www.linkedin.com/in/jürgen-probe-1//details/experience/",
        "linkedin.com/in/jürgen-probe-1",
        "//zh-cn.linkedin.com/in/jürgen-probe-1",
        "HTTPS://WWW.LINKEDIN.COM/IN/JÜRGEN-PROBE-1",
        "https://www.linkedin.com:443/in/j%25C3%25BCrgen-probe-1",
        "https://www.linkedin.com/in/jür\u200bgen-probe-1",
    ],
)
def test_one_profile_is_one_mark(link: str) -> None:
    assert plain_link(link) == "linkedin.com/in/jürgen-probe-1"
    assert clean_linkedin(link) == "https://www.linkedin.com/in/j%C3%BCrgen-probe-1"


@pytest.mark.parametrize(
    ("link", "mark"),
    [
        ("https://www.linkedin.com/company/halden-as/about/?x=1", "linkedin.com/company/halden-as"),
        ("no.linkedin.com/school/ntnu/", "linkedin.com/school/ntnu"),
        ("https://www.linkedin.com/profile/view?id=12&trk=x", "linkedin.com/profile/view?id=12"),
        ("https://www.linkedin.com/profile/view?id=13", "linkedin.com/profile/view?id=13"),
        (
            "https://www.linkedin.com/in/ACoAABcDeFgHiJkLmNoPqRsT?x",
            "linkedin.com/in/ACoAABcDeFgHiJkLmNoPqRsT",
        ),
        (
            "https://www.linkedin.com/sales/lead/ACwAAB12,NAME_SEARCH,x1",
            "linkedin.com/sales/lead/acwaab12",
        ),
        # Not the same as /in/jane-doe: no public rule says which name it became.
        (
            "https://www.linkedin.com/pub/jane-doe/1a/2b3/4c5/",
            "linkedin.com/pub/jane-doe/1a/2b3/4c5",
        ),
        ("https://www.linkedin.com/in/a%2Fb", "linkedin.com/in/a%2fb"),
        ("https://www.linkedin.com/in/%FF", "linkedin.com/in/%ff"),
        ("https://www.linkedin.com/in/", "linkedin.com/in"),
        ("https://notlinkedin.com/in/x/?y", "notlinkedin.com/in/x"),
        ("https://www.xing.com/profile/Ann_Lee/?a#b", "xing.com/profile/ann_lee"),
        ("https://bücher.example/ann", "xn--bcher-kva.example/ann"),
    ],
)
def test_other_marks(link: str, mark: str) -> None:
    assert plain_link(link) == mark
    assert plain_link(clean_linkedin(link)) == mark


def test_names_differ_by_more_than_case_and_form() -> None:
    assert plain_name(" Zoe\u0308  MU\u0308LLER ") == plain_name("Zoë Müller")
    assert plain_name("ΓΙΏΡΓΟΣ") == plain_name("Γιώργος")
    assert plain_name("Zoe Muller") != plain_name("Zoë Müller")
