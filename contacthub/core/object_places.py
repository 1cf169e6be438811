"""Where one instance keeps its objects: a bucket and a folder in it, as a setting names them."""

import re
from dataclasses import dataclass

ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([\w./-]*))?", re.ASCII)


@dataclass(frozen=True)
class Place:
    """A bucket, and the folder in it: empty, or ending with a slash."""

    bucket: str
    folder: str = ""

    @classmethod
    def of(cls, address: str) -> "Place":
        """Return the place that is named as s3://bucket/folder. Raises `ValueError`."""
        match = ADDRESS.fullmatch(address)
        if match is None:
            raise ValueError(f"{address!r} is not an address such as s3://bucket/folder.")
        folder = (match[2] or "").strip("/")
        return cls(match[1], f"{folder}/" if folder else "")

    def address_of(self, key: str) -> str:
        """Return the whole address of an object of this bucket."""
        return f"s3://{self.bucket}/{key}"

    def holds(self, address: str) -> bool:
        """Return whether an object is in this place."""
        return address.startswith(self.address_of(self.folder))

    def key_of(self, address: str) -> str:
        """Return the key of an object of this bucket."""
        return address.removeprefix(self.address_of(""))
