"""Marks that distinguish one person from others, without what differs between two copies of the same."""

import re
from urllib.parse import parse_qs, quote, unquote

from contacthub.core.domains import to_ascii
from contacthub.core.text import normalize

SCHEME = re.compile(r"(?:https?:)?//(?:www\.)?", re.IGNORECASE)
# www., the languages (de., zh-cn.), the mobile sites (m., touch.www.); often copied without a scheme.
LINKEDIN = re.compile(
    r"(?:(?:https?:)?//)?(?:[a-z-]{1,10}\.){0,3}linkedin\.com(?::\d+)?(?P<path>/[^?#]*)(?P<query>\?[^#]*)?",
    re.IGNORECASE,
)
# What stands behind the name of a person, company or school: a language, or one of their pages.
LINKEDIN_KINDS = frozenset({"in", "company", "school", "showcase"})
# An id of its own: LinkedIn's sales pages, and addresses from before profiles had names.
SALES_KINDS = frozenset({"lead", "people", "company"})
# What LinkedIn gives profiles in place of a name, in which case counts.
OPAQUE = re.compile(r"A[A-Z][a-z]AA[\w-]{15,}", re.ASCII)
MOST_DECODINGS = 3


def plain_link(url: str) -> str:
    """Return the mark of a profile's address: without scheme, www, query and a last slash, in lower case.

    LinkedIn's are identified by kind and name alone, `linkedin.com/in/name`: the language in the host or at the end,
    percent-encoding and the page of the profile make no difference. `/pub/` addresses stay what they are, since no
    rule that LinkedIn publishes makes the name below `/in/` of them.
    """
    found = _find_linkedin(url)
    if found is not None:
        return f"linkedin.com/{found}"
    return _drop_decoration(normalize(url))


def clean_linkedin(url: str) -> str:
    """Return the address of a LinkedIn profile in the one form of all its copies; other addresses as given."""
    found = _find_linkedin(url)
    return url if found is None else f"https://www.linkedin.com/{quote(found, safe='/?=')}"


def plain_name(name: str) -> str:
    """Return a name without case and with single blanks. Accents count: they distinguish people."""
    return " ".join(normalize(normalize(name).casefold()).split())


def _drop_decoration(url: str) -> str:
    plain = SCHEME.sub("", url, count=1).partition("?")[0].partition("#")[0].rstrip("/").lower()
    host, slash, path = plain.partition("/")
    try:
        return to_ascii(host) + slash + path
    except ValueError:
        return plain


def _find_linkedin(url: str) -> str | None:
    """Return the kind and name of a LinkedIn address, decoded, names in lower case. None: another address."""
    match = LINKEDIN.fullmatch(normalize(url).partition("#")[0])
    if match is None:
        return None
    steps = [step for step in match["path"].split("/") if step]
    if steps[:1] in (["mwlite"], ["m"]):
        steps = steps[1:]
    kind, *rest = map(_decode, steps) if steps else ("",)
    if kind in LINKEDIN_KINDS and rest:
        return f"{kind}/{rest[0]}"
    if kind == "sales" and len(rest) > 1 and rest[0] in SALES_KINDS:
        # An id, then commas and how the page was found.
        return f"sales/{rest[0]}/{rest[1].partition(',')[0]}"
    if kind == "profile" and rest == ["view"]:
        return _find_old_profile(match["query"] or "")
    return None


def _find_old_profile(query: str) -> str | None:
    ids = parse_qs(query.removeprefix("?")).get("id")
    return f"profile/view?id={ids[0].lower()}" if ids else None


def _decode(step: str) -> str:
    """Return a part of a path without percent-encoding, which copies of copies have twice."""
    for _ in range(MOST_DECODINGS):
        try:
            decoded = unquote(step, errors="strict")
        except UnicodeDecodeError:
            break
        # A decoded slash or question mark would be another address.
        if decoded == step or any(sign in decoded for sign in "/?#"):
            break
        step = decoded
    step = normalize(step)
    return step if OPAQUE.match(step) else step.lower()
