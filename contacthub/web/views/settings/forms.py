"""What the settings' forms send, checked at the edge."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from contacthub.core import clock
from contacthub.core.emails import plain_email
from contacthub.core.errors import ContactHubError, Invalid
from contacthub.credentials.addresses import clean_networks
from contacthub.credentials.models import DEFAULT_RATE, ApiKey
from contacthub.credentials.scopes import SCOPES
from contacthub.feeds.actions import MOST_LOOKBACK_DAYS
from contacthub.feeds.models import FeedGrant
from contacthub.organizations.models import ActorKind, Membership, User
from contacthub.web.forms import MOST_ROWS, DayField, WholeNumber

KEY_LIFE = dt.timedelta(days=365)


def number_input(**attrs: Any) -> forms.TextInput:
    """Return a text input for a count: a number input would refuse its thousands separators."""
    return forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", **attrs})


def range_messages(text: str) -> dict[str, str]:
    """Return the same words for a number that is too small and for one that is too large."""
    return {"min_value": text, "max_value": text}


class ProfileForm(forms.Form):
    """One's own name and theme."""

    name = forms.CharField(
        max_length=120, help_text="Colleagues and the audit log use it from now on."
    )
    theme = forms.ChoiceField(choices=User.Theme.choices)


class PlainEmail(forms.EmailField):
    """An address in the one form in which log-ins are kept."""

    def to_python(self, value: Any) -> str:
        """Return the address before it is judged, since Django's own rule accepts fewer forms."""
        return plain_email(str(super().to_python(value) or ""))


class InviteForm(forms.Form):
    """Who is invited, as what."""

    email = PlainEmail(
        max_length=254,
        label="E-mail",
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={"invalid": "Enter an e-mail address such as name@example.com."},
    )
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.MEMBER)
    # The open invitation that the form said it replaces; empty if it said none.
    replaces = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )


class KeyForm(forms.Form):
    """A new key: what it may do, how long, from where and how often."""

    name = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text="The program that will use it.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        error_messages={"required": "Choose at least one thing the key may do."},
    )
    expires_at = DayField(
        required=False,
        label="Expires",
        help_text="The end of this day in UTC. Empty: no end date.",
    )
    rate_per_minute = WholeNumber(
        label="Requests a minute",
        initial=DEFAULT_RATE,
        min_value=1,
        max_value=settings.KEY_RATE_CEILING,
        widget=number_input(),
        error_messages=range_messages(
            f"Requests a minute must be between 1 and {settings.KEY_RATE_CEILING:,}."
        ),
    )
    allowed_addresses = forms.CharField(
        required=False,
        max_length=4000,
        label="Allowed addresses",
        widget=forms.Textarea(
            attrs={"rows": 2, "spellcheck": "false", "placeholder": "10.20.0.0/16"}
        ),
        help_text="Networks or single addresses, one per line. Empty: from anywhere.",
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def clean_expires_at(self) -> dt.datetime | None:
        """Return the end of the day. Today is the first one that a key can still work on."""
        day: dt.date | None = self.cleaned_data["expires_at"]
        if day is None:
            return None
        if day < clock.today():
            raise forms.ValidationError("This day is over.")
        return dt.datetime.combine(day, dt.time.max, dt.UTC)

    def clean_allowed_addresses(self) -> list[str]:
        """Return the networks, one of each."""
        text: str = self.cleaned_data["allowed_addresses"]
        try:
            return clean_networks(text.replace(",", "\n").splitlines())
        except Invalid as error:
            raise forms.ValidationError(str(error)) from error


def first_terms(like: ApiKey | None) -> dict[str, Any]:
    """Return what the form of a new key begins with: the terms of the key it replaces, or a year."""
    terms: dict[str, Any] = {"expires_at": clock.today() + KEY_LIFE}
    if like is not None:
        terms |= {
            "name": like.name,
            "scopes": like.scopes,
            "rate_per_minute": like.rate_per_minute,
            "allowed_addresses": "\n".join(like.allowed_addresses),
        }
    return terms


class LimitsForm(forms.Form):
    """What the organization may do with one feed."""

    lookback_days = WholeNumber(
        label="Look-back in days",
        min_value=1,
        max_value=MOST_LOOKBACK_DAYS,
        widget=number_input(autofocus=True),
        help_text="Today included. Searches that exist stay as they are.",
        error_messages=range_messages(
            f"Look-back must be between 1 and {MOST_LOOKBACK_DAYS:,} days."
        ),
    )
    pii = forms.BooleanField(required=False)
    business_info = forms.BooleanField(required=False)
    has_row_limit = forms.BooleanField(required=False)
    export_row_limit = WholeNumber(
        required=False,
        min_value=0,
        max_value=MOST_ROWS,
        error_messages=range_messages(f"Row limit must be between 0 and {MOST_ROWS:,}."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the number where there is a limit, and forget it if there is none."""
        data = self.cleaned_data
        if not data.get("has_row_limit"):
            data["export_row_limit"] = None
            self.errors.pop("export_row_limit", None)
        elif data.get("export_row_limit") is None and "export_row_limit" not in self.errors:
            self.add_error("export_row_limit", "Enter the limit, or switch it off.")
        return data

    @property
    def row_limit_text(self) -> str:
        """Return what stands in the field of the limit: as it was typed, or with thousands separators."""
        value = self["export_row_limit"].value()
        if value is None:
            return ""
        return str(value) if self.is_bound else f"{value:,}"

    def limits(self) -> dict[str, Any]:
        """Return the limits as `change_grant` takes them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "has_row_limit"}


def current_limits(grant: FeedGrant) -> dict[str, Any]:
    """Return what the form of a grant's limits begins with."""
    return {
        "lookback_days": grant.lookback_days,
        "pii": grant.is_pii_enabled,
        "business_info": grant.is_business_info_enabled,
        "has_row_limit": grant.export_row_limit is not None,
        "export_row_limit": grant.export_row_limit,
    }


class ActorField(forms.CharField):
    """Someone in the audit log, as `kind:ref`. Becomes both parts, or None if no one is chosen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=80, **options)

    def to_python(self, value: Any) -> Any:
        """Return kind and ref. Raises `ValidationError` for anything else."""
        text = super().to_python(value)
        if not text:
            return None
        kind, _, ref = text.partition(":")
        if kind not in ActorKind.values or not ref:
            raise ValidationError("Choose someone from the list.")
        return kind, ref


class AuditFilter(forms.Form):
    """Which lines of the audit log to show; sent in the address."""

    q = forms.CharField(required=False, max_length=100, label="Text")
    actor = ActorField(label="Who")
    action = forms.CharField(required=False, max_length=60)
    since = DayField(required=False, label="From")
    until = DayField(required=False, label="To")
    personal = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order."""
        data = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", "This day is before the first one.")
        return data

    def conditions(self) -> dict[str, Any]:
        """Return the filters as `list_events` takes them."""
        data = dict(self.cleaned_data)
        return {"text": data.pop("q"), "personal_only": data.pop("personal"), **data}

    @property
    def words(self) -> str:
        """Return the filters that are set, in words, for the record of a download."""
        names = {"q": "text", "personal": "personal data"}
        return ", ".join(
            f"{names.get(name, name)} {_in_words(value)}"
            for name, value in self.cleaned_data.items()
            if value
        )


def _in_words(value: object) -> str:
    if value is True:
        return "only"
    return ":".join(value) if isinstance(value, tuple) else str(value)


def add_refusal(form: forms.Form, error: ContactHubError) -> None:
    """Show what the house refused beside the field it is about, or above the form."""
    field = error.field if isinstance(error, Invalid) else None
    form.add_error(field if field in form.fields else None, str(error))
