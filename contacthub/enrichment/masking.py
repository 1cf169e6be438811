"""How personal values look until someone reveals them: enough to distinguish two, too little to use.

Names are not masked: who may see a contact may see what it is called (organizations/rights.py).
"""


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
