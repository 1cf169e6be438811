"""What the forms of connections send: credentials in the vendor's own terms."""

from collections.abc import Mapping
from typing import Any

from django import forms

from contacthub.connectors.base import Connector, Term
from contacthub.credentials.connections.cleaning import MOST_CREDENTIAL, NAME_LENGTH


class CredentialsForm(forms.Form):
    """Credentials in the vendor's own terms. A secret that was sent is never shown again, not even to correct it."""

    def __init__(self, connector: type[Connector], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.terms = connector.terms
        for term in connector.terms:
            self.fields[term.name] = _make_field(term)

    @property
    def credentials(self) -> dict[str, str]:
        """Return what was entered, by term."""
        return {term.name: self.cleaned_data[term.name] for term in self.terms}

    @property
    def term_fields(self) -> list[forms.BoundField]:
        """Return the fields of the terms, in their order."""
        return [self[term.name] for term in self.terms]


class BaseUrlForm(CredentialsForm):
    """Credentials with the address that they are sent to."""

    base_url = forms.CharField(
        max_length=2048,
        label="Base URL",
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text="The vendor's own, or another that gets every call, and the credentials with it.",
    )


class EditForm(BaseUrlForm):
    """A connection as it is to be; a credential that is left empty is kept."""

    name = forms.CharField(
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text="How colleagues see it beside feeds and values.",
    )

    def __init__(
        self, connector: type[Connector], *args: Any, hints: Mapping[str, str], **options: Any
    ) -> None:
        super().__init__(connector, *args, **options)
        for term in connector.terms:
            field, hint = self.fields[term.name], hints.get(term.name, "")
            field.required = False
            field.help_text = (
                f"Leave empty to keep the current one{f', which ends in {hint[1:]}' if len(hint) > 1 else ''}."
                if term.is_secret
                else f"Leave empty to keep {hint}."
            )


class ConnectionForm(BaseUrlForm):
    """A new connection."""

    name = forms.CharField(
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text="How colleagues see it beside feeds and values.",
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)


def _make_field(term: Term) -> forms.CharField:
    hidden = {"autocomplete": "new-password", "spellcheck": "false"}
    plain = {"autocomplete": "off", "spellcheck": "false"}
    widget = forms.PasswordInput(attrs=hidden) if term.is_secret else forms.TextInput(attrs=plain)
    return forms.CharField(
        max_length=MOST_CREDENTIAL,
        label=term.label,
        help_text=term.help_text,
        widget=widget,
    )
