"""What is shown once: a link, a key, a secret."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ShownOnce:
    """A text to be copied now, with a sentence in bold and what follows it. `text_id` is its element's id."""

    icon: str
    lead: str
    words: str
    text: str
    text_id: str
    label: str
