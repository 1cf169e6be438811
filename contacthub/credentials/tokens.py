"""Short-lived tokens that stand for a key on one protocol, for the vendors whose clients exchange one for the other.

A token is signed, not stored; revoking its key ends it at once, because the key is looked up each time.
"""

from dataclasses import dataclass

from django.core import signing

from contacthub.core.errors import KeyRefused

PREFIX = "chub_token_"
SALT = "contacthub.credentials.token"


@dataclass(frozen=True)
class Token:
    """What a token says: which key, on which protocol."""

    public_id: str
    protocol: str


def is_token(text: str) -> bool:
    """Return whether this is a token rather than a key."""
    return text.startswith(PREFIX)


def make_token(*, public_id: str, protocol: str, expires_at: float) -> str:
    """Return a token for a key. `expires_at` is in seconds since 1970."""
    value = {"k": public_id, "p": protocol, "x": int(expires_at)}
    return PREFIX + signing.dumps(value, salt=SALT, compress=False)


def read_token(text: str, *, now: float) -> Token:
    """Return what a token says. Raises `KeyRefused` if it was tampered with or has expired."""
    try:
        value = signing.loads(text.removeprefix(PREFIX), salt=SALT)
    except signing.BadSignature as error:
        raise KeyRefused("malformed") from error
    if value["x"] <= now:
        raise KeyRefused("expired")
    return Token(value["k"], value["p"])
