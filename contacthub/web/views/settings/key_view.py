"""How API keys are shown: a state as a shape and words, the terms in one line, and the dialog that makes one."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote

from contacthub.credentials.models import DEFAULT_RATE, ApiKey
from contacthub.credentials.protocols import PROTOCOLS
from contacthub.credentials.scopes import READ, WRITE
from contacthub.web.templatetags.states import State
from contacthub.web.views.settings.shown_once import ShownOnce

# A key that ends within two weeks, or was not used for three months, is worth a look.
ENDING = dt.timedelta(days=14)
UNUSED = dt.timedelta(days=90)


@dataclass(frozen=True)
class KeyRow:
    """A key as the list shows it."""

    public_id: str
    name: str
    hint: str
    last_four: str
    scopes: tuple[str, ...]
    # The rate and the addresses where they are not the usual ones; all addresses on hover.
    terms: str
    addresses: str
    last_used_at: dt.datetime | None
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    state: State
    is_new: bool
    is_replaceable: bool
    is_revocable: bool


@dataclass(frozen=True)
class ScopeCell:
    """What a key may do on one protocol with one verb."""

    scope: str
    verb: str
    words: str
    is_chosen: bool


@dataclass(frozen=True)
class ScopeRow:
    """A protocol with what a key may do on it."""

    name: str
    cells: tuple[ScopeCell, ...]


@dataclass(frozen=True)
class KeyDialog:
    """The words of the dialog that makes a key; `query` is kept in the address while it is filled in."""

    title: str
    note: str
    query: str


def make_key_row(key: ApiKey, now: dt.datetime, *, created: ApiKey | None) -> KeyRow:
    """Return a key as it is shown at a time. `created` is the one that was just made."""
    is_revoked = key.revoked_at is not None
    return KeyRow(
        public_id=key.public_id,
        name=key.name,
        hint=key.hint,
        last_four=key.last_four,
        scopes=tuple(key.scope_words),
        terms=_describe_terms(key),
        addresses=", ".join(key.allowed_addresses),
        last_used_at=key.last_used_at,
        created_by=key.created_by_name,
        created_at=key.created_at,
        expires_at=key.expires_at,
        state=state_of(key, now),
        is_new=created is not None and key.pk == created.pk,
        is_replaceable=not is_revoked,
        is_revocable=not is_revoked and not key.is_expired(now),
    )


def _describe_terms(key: ApiKey) -> str:
    terms = []
    if key.rate_per_minute != DEFAULT_RATE:
        terms.append(f"{key.rate_per_minute:,} a minute")
    if key.allowed_addresses:
        first, *others = key.allowed_addresses
        terms.append(f"from {first}{f' and {len(others)} more' if others else ''}")
    return ", ".join(terms)


def state_of(key: ApiKey, now: dt.datetime) -> State:
    """Return a key's state as it is shown; in the note, who revoked it."""
    if key.revoked_at is not None:
        return State("blocked", "Revoked", f"by {key.revoked_by_name}")
    if key.is_expired(now):
        return State("null", "Expired")
    if key.expires_at is not None and key.expires_at - now <= ENDING:
        days = (key.expires_at - now).days
        return State(
            "warn", f"Ends in {days} day{'s' if days != 1 else ''}" if days else "Ends today"
        )
    if key.last_used_at is None:
        return State("none", "Not used yet")
    if now - key.last_used_at >= UNUSED:
        return State("warn", f"Unused for {(now - key.last_used_at).days} days")
    return State("ok", "Active")


def list_scopes(chosen: Collection[str]) -> list[ScopeRow]:
    """Return what a key may do on each protocol, with what is chosen."""
    return [
        ScopeRow(
            entry.label,
            tuple(
                ScopeCell(f"{name}:{verb}", verb, words, f"{name}:{verb}" in chosen)
                for verb, words in ((READ, entry.reads), (WRITE, entry.writes))
            ),
        )
        for name, entry in PROTOCOLS.items()
    ]


def describe_dialog(replaces: str) -> KeyDialog:
    """Return the words of the dialog; `replaces` is the public id of the key whose terms it begins with."""
    if replaces:
        note = "The old key works until you revoke it."
        return KeyDialog("Replace key", note, f"?like={quote(replaces)}")
    return KeyDialog("Create key", "The key is shown once, on the next page.", "")


def show_key(key: ApiKey, text: str) -> ShownOnce:
    """Return the text of a new key."""
    return ShownOnce(
        icon="key",
        lead=f"“{key.name}” was created.",
        words="Copy the key now. It is shown only this once and stored only as a hash.",
        text=text,
        text_id="key-text",
        label="Copy key",
    )
