"""What a connection's form sends, checked: name, address, credentials."""

from contacthub.core import outbound
from contacthub.core.errors import Invalid

NAME_LENGTH = 100
MOST_CREDENTIAL = 4096


def clean_credential(name: str, label: str, text: str) -> str:
    """Return a credential as it is kept, up to 4096 characters. Raises `Invalid` with its name as the field."""
    text = text.strip()
    # It goes into a header: what cannot stand there was not copied whole.
    if not text or len(text) > MOST_CREDENTIAL or not (text.isascii() and text.isprintable()):
        raise Invalid(f"Enter the {label} as the vendor shows it.", field=name)
    return text


def clean_name(name: str) -> str:
    """Return the name of a connection, up to 100 characters. Raises `Invalid`."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise Invalid(f"Enter a name of up to {NAME_LENGTH} characters.", field="name")
    return name


def clean_base_url(url: str) -> str:
    """Return an address that may be called, without a slash at its end. Raises `Invalid`."""
    try:
        clean = outbound.check_url(url.strip())
    except Invalid as error:
        raise Invalid(str(error), field="base_url") from error
    if "?" in clean:
        raise Invalid("A base URL has no ? part.", field="base_url")
    return clean.rstrip("/")
