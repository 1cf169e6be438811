"""A stored secret opens with its key, for its row, and for nothing else."""

from typing import Any

import pytest
from cryptography.fernet import Fernet

from contacthub.core import secrets
from contacthub.core.secrets import SecretUnreadable

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def test_secret_opens_for_its_owner_only() -> None:
    sealed = secrets.seal("whsec_x", owner="webhook:1")
    assert b"whsec_x" not in sealed
    assert secrets.unseal(sealed, owner="webhook:1") == "whsec_x"
    with pytest.raises(SecretUnreadable, match="something else"):
        secrets.unseal(sealed, owner="webhook:2")


def test_tampered_secret_does_not_open() -> None:
    sealed = bytearray(secrets.seal("whsec_x", owner="webhook:1"))
    sealed[40] ^= 1
    with pytest.raises(SecretUnreadable):
        secrets.unseal(bytes(sealed), owner="webhook:1")


def test_key_rotates_without_losing_a_secret(settings: Any) -> None:
    settings.SECRETS_KEYS = [OLD]
    sealed = secrets.seal("whsec_x", owner="webhook:1")
    settings.SECRETS_KEYS = [NEW, OLD]
    resealed = secrets.reseal(sealed)
    settings.SECRETS_KEYS = [NEW]
    assert secrets.unseal(resealed, owner="webhook:1") == "whsec_x"
    with pytest.raises(SecretUnreadable):
        secrets.unseal(sealed, owner="webhook:1")
    with pytest.raises(SecretUnreadable):
        secrets.reseal(sealed)


def test_derived_key_follows_the_signing_key(settings: Any) -> None:
    settings.SECRET_KEY = "first"
    sealed = secrets.seal("whsec_x", owner="webhook:1")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "second", ["first"]
    assert secrets.unseal(sealed, owner="webhook:1") == "whsec_x"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(SecretUnreadable):
        secrets.unseal(sealed, owner="webhook:1")


def test_instance_that_gets_keys_later_reads_what_it_has(settings: Any) -> None:
    sealed = secrets.seal("whsec_x", owner="webhook:1")
    settings.SECRETS_KEYS = [NEW]
    assert secrets.unseal(sealed, owner="webhook:1") == "whsec_x"
