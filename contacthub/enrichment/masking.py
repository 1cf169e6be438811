"""How personal values look until someone reveals them: enough to distinguish two, too little to use.

Names are not masked: who may see a contact may see what it is called (organizations/rights.py).
"""

from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.keys.forms import HASH_NAMES
from contacthub.enrichment.keys.row_keys import RowKeys


def mask_email(address: str) -> str:
    """Return i•••@example.com: the first letter and the domain, which is the company's."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}•••{at}{domain}" if at else mask_text(address)


def mask_phone(number: str) -> str:
    """Return +47 ••• 18: three characters in front, where the country stands, and the last two."""
    return f"{number[:3]} ••• {number[-2:]}" if len(number) > 7 else mask_text(number)


def mask_text(value: str) -> str:
    """Return I•••: the first character."""
    return f"{value[:1]}•••" if value else ""


def mask_keys(keys: RowKeys) -> str:
    """Return what a row is looked up by, addresses and numbers masked: "Anna Berg, a•••@firm.example"."""
    return ", ".join(text for _, text in list_keys(keys))


def list_keys(keys: RowKeys) -> list[tuple[str, str]]:
    """List the keys of a row by the name of each, addresses and numbers masked."""
    digest = keys.digest.hex() if keys.digest else ""
    masked = (
        ("Name", keys.full_name or ""),
        ("Contact id", "" if keys.contact_key is None else format_contact_id(keys.contact_key)),
        ("E-mail", mask_email(keys.email) if keys.email else ""),
        (
            HASH_NAMES.get(len(keys.digest or b""), ""),
            f"{digest[:6]}…{digest[-4:]}" if digest else "",
        ),
        ("LinkedIn", keys.link.partition("linkedin.com/")[2] if keys.link else ""),
        ("Phone", mask_phone(keys.phone) if keys.phone else ""),
        ("Company", keys.company or ""),
        ("Domain", keys.domain or ""),
    )
    return [(name, text) for name, text in masked if text]
