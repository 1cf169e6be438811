"""API keys as text: how one is made, and how a mistyped one is distinguished from a real one without the database.

    chub_live_ 7Qm2vX9dTe _ <30 digits> <6 digits>
    prefix     public id    secret      checksum

All digits are base62 (`0-9A-Za-z`), the whole text is 57 characters. The prefix lets secret scanners find a key that
leaked. The public id is not a secret: it names the key in lists and commands and is the client id at token endpoints.
The secret has 178 random bits. The checksum is the CRC-32 of everything before it (zlib's polynomial), written in
base62, most significant digit first, padded with zeros to six digits. Source of the idea: GitHub, "Behind GitHub's
new authentication token formats".
"""

import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

from contacthub.core.errors import KeyRefused
from contacthub.core.tokens import hash_token

PREFIX = "chub_live_"
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
PUBLIC_ID_LENGTH = 10
SECRET_LENGTH = 30
CHECKSUM_LENGTH = 6
SHAPE = re.compile(
    rf"{PREFIX}([0-9A-Za-z]{{{PUBLIC_ID_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH}}}"
    rf"([0-9A-Za-z]{{{CHECKSUM_LENGTH}}})",
    re.ASCII,
)
# A public id alone, or with what stands around it in a key.
PUBLIC_ID = re.compile(
    rf"(?:{PREFIX})?([0-9A-Za-z]{{{PUBLIC_ID_LENGTH}}})(?:_[0-9A-Za-z]*)?", re.ASCII
)


@dataclass(frozen=True)
class Key:
    """A well-formed key. Its text stays out of `repr`, and so out of logs and tracebacks."""

    text: str = field(repr=False)
    public_id: str

    @property
    def last_four(self) -> str:
        """Return the last four characters, by which a person recognizes a key."""
        return self.text[-4:]

    @property
    def hash(self) -> bytes:
        """Return what is kept of the key: the SHA-256 of its text, 32 bytes."""
        return hash_token(self.text)


def make_key() -> Key:
    """Return a new random key."""
    public_id = _random_digits(PUBLIC_ID_LENGTH)
    body = f"{PREFIX}{public_id}_{_random_digits(SECRET_LENGTH)}"
    return Key(text=body + _checksum(body), public_id=public_id)


def parse_key(text: str) -> Key:
    """Return the key that `text` holds. Raises `KeyRefused` for a wrong shape or checksum."""
    match = SHAPE.fullmatch(text)
    if match is None or match[2] != _checksum(text[:-CHECKSUM_LENGTH]):
        raise KeyRefused("malformed")
    return Key(text=text, public_id=match[1])


def find_public_id(text: str) -> str | None:
    """Return the public id that a text is, or that the key in it has; None if it is neither.

    The secret need not be whole: a key that leaked into a log may have lost its end.
    """
    match = PUBLIC_ID.fullmatch(text.strip())
    return match[1] if match else None


def _random_digits(count: int) -> str:
    return "".join(secrets.choice(DIGITS) for _ in range(count))


def _checksum(body: str) -> str:
    rest = zlib.crc32(body.encode())
    digits = ""
    for _ in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits
