"""Secrets that must be readable again (to sign, to log in elsewhere): encrypted at rest, bound to the row they are in.

Fernet says nothing about whose a ciphertext is: one copied into another organization's row would open there. So the
owner is part of the plaintext and checked. The keys come from SECRETS_KEYS, the newest first; without it one is derived
from SECRET_KEY, which is enough for one machine but ties the two together.
"""

import base64
from functools import lru_cache

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from contacthub.core.errors import ContactHubError

KEY_BYTES = 32
PURPOSE = b"contacthub.core.secrets"


class SecretUnreadable(ContactHubError):
    """A stored secret does not open: its key is gone, or it was not made for this row."""

    code = "secret_unreadable"


def seal(secret: str, *, owner: str) -> bytes:
    """Return a secret encrypted for `owner`, a text that names its row: "webhook:<organization id>", say."""
    return _box().encrypt(orjson.dumps([owner, secret]))


def unseal(sealed: bytes, *, owner: str) -> str:
    """Return the secret inside. Raises `SecretUnreadable` if it does not open, or was sealed for another owner."""
    try:
        said, secret = orjson.loads(_box().decrypt(sealed))
    except InvalidToken as error:
        raise SecretUnreadable("A stored secret cannot be read with the current keys.") from error
    if said != owner:
        raise SecretUnreadable("A stored secret belongs to something else.")
    return str(secret)


def reseal(sealed: bytes) -> bytes:
    """Return the same secret encrypted with the newest key. Raises `SecretUnreadable`."""
    try:
        return _box().rotate(sealed)
    except InvalidToken as error:
        raise SecretUnreadable("A stored secret cannot be read with the current keys.") from error


def is_newest(sealed: bytes) -> bool:
    """Return whether a secret is encrypted with the newest key."""
    newest = settings.SECRETS_KEYS[:1]
    box = Fernet(newest[0]) if newest else _derive(str(settings.SECRET_KEY))
    try:
        box.decrypt(sealed)
    except InvalidToken:
        return False
    return True


def _box() -> MultiFernet:
    derived = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return _make_box(tuple(settings.SECRETS_KEYS), tuple(str(key) for key in derived))


@lru_cache(maxsize=4)
def _make_box(keys: tuple[str, ...], signing_keys: tuple[str, ...]) -> MultiFernet:
    """Return a box that closes with the first key and opens with any.

    The derived ones stay readable behind SECRETS_KEYS, so that an instance can begin without them.
    """
    return MultiFernet([*map(Fernet, keys), *map(_derive, signing_keys)])


def _derive(signing_key: str) -> Fernet:
    kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=PURPOSE)
    return Fernet(base64.urlsafe_b64encode(kdf.derive(signing_key.encode())))
