"""Random tokens: given out once, kept as a hash."""

import hashlib


def hash_token(token: str) -> bytes:
    """Return what is kept of a random token: its SHA-256 (32 bytes).

    A fast hash is right here: the token itself has far more random bits than anyone can try.
    """
    return hashlib.sha256(token.encode()).digest()
