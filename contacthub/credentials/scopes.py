"""What a key may do on each protocol: to read, and to write, which is what spends or creates."""

from collections.abc import Iterable

from contacthub.core.errors import Invalid
from contacthub.credentials.protocols import PROTOCOLS

READ, WRITE = "read", "write"
SCOPES = tuple(f"{protocol}:{verb}" for protocol in PROTOCOLS for verb in (READ, WRITE))
ALL = "all"


def expand_scopes(words: Iterable[str]) -> list[str]:
    """Return the scopes that `words` mean, each once, in one order.

    A word is a scope (`letrics:read`), a protocol (both of its scopes) or `all`. Raises `Invalid` for any other word
    and for no word at all.
    """
    wanted: set[str] = set()
    for word in words:
        wanted |= _expand(word)
    if not wanted:
        raise Invalid("Choose at least one thing the key may do.", field="scopes")
    return [scope for scope in SCOPES if scope in wanted]


def describe_scopes(scopes: Iterable[str]) -> list[str]:
    """Return scopes as people read them: a protocol's name, with the one verb where it has only one; or all at once."""
    held = set(scopes)
    if held.issuperset(SCOPES):
        return ["All protocols"]
    words = []
    for name, entry in PROTOCOLS.items():
        verbs = [verb for verb in (READ, WRITE) if f"{name}:{verb}" in held]
        if verbs:
            words.append(entry.label if len(verbs) == 2 else f"{entry.label} ({verbs[0]} only)")
    return words


def _expand(word: str) -> set[str]:
    if word == ALL:
        return set(SCOPES)
    if word in PROTOCOLS:
        return {f"{word}:{READ}", f"{word}:{WRITE}"}
    if word in SCOPES:
        return {word}
    raise Invalid(
        f"{word[:40]!r} is not a scope. A scope is all, a protocol ({', '.join(PROTOCOLS)}), or a protocol with "
        f":{READ} or :{WRITE}.",
        field="scopes",
    )
