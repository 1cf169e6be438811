"""What the dashboard's forms send, checked at the edge."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms

from contacthub.exports.options import ExportOptions
from contacthub.formats import FORMATS
from contacthub.web import scalars

# More rows than any feed can hold; keeps a typed number within what the database can store.
MOST_ROWS = 10**15
# Leading zeros included; longer text is not a sensible number.
MOST_DIGITS = 50


@dataclass(frozen=True)
class RadioChoice:
    """A choice as a card: what is sent, what it is called, a line below, and whether it is taken."""

    value: str
    label: str
    words: str
    is_chosen: bool


def list_choices(
    field: forms.BoundField, choices: Iterable[tuple[str, str, str]]
) -> list[RadioChoice]:
    """Return the choices of a field as cards; each is given by its value, its name and the line below."""
    chosen = field.value()
    return [RadioChoice(value, label, words, value == chosen) for value, label, words in choices]


class WholeNumber(forms.IntegerField):
    """A count typed by a person: 25,000 and 25000 are the same."""

    def to_python(self, value: Any) -> int | None:
        """Drop thousands separators."""
        text = (
            str(value if value is not None else "")
            .replace(",", "")
            .replace(" ", "")
            .replace("\u00a0", "")
        )
        if text and scalars.parse_whole(text, most_digits=MOST_DIGITS) is None:
            raise forms.ValidationError("Enter a whole number.", code="invalid")
        return super().to_python(text)


class DayInput(forms.DateInput):
    """A day, in the browser's own picker; it is sent and kept as 2026-11-20."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DayField(forms.Field):
    """A UTC day, up to 30 December 9999."""

    widget = DayInput

    def to_python(self, value: Any) -> dt.date | None:
        """Read the one form in which days are sent."""
        if value in self.empty_values:
            return None
        if isinstance(value, dt.date):
            return value
        try:
            return scalars.read_day(str(value).strip())
        except scalars.Refused as refused:
            raise forms.ValidationError(
                "Enter a day such as 2026-11-20.", code="invalid"
            ) from refused


class FileForm(forms.Form):
    """What every export asks of its file: the format, a name and what personal data is for."""

    format = forms.ChoiceField(
        choices=[(f.name, f.label) for f in FORMATS.values()], required=False
    )
    name = forms.CharField(max_length=200, required=False)
    purpose = forms.CharField(max_length=300, required=False)
    request_key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    get_pii = forms.BooleanField(required=False)


class CatalogExportForm(FileForm):
    """The checkout of contacts or companies: which fields, which file, and the number of rows that was shown."""

    with_provenance = forms.BooleanField(required=False)
    shown_rows = forms.IntegerField(required=False, min_value=0, max_value=MOST_ROWS)

    def options(self) -> ExportOptions:
        """Return the chosen options; one that cannot be read counts as not chosen."""
        return ExportOptions(get_pii=bool(self.cleaned_data.get("get_pii")))


class ExportForm(FileForm):
    """The checkout of a search: which rows, which fields, which file."""

    require_contact_id = forms.BooleanField(required=False)
    include_business_info = forms.BooleanField(required=False)
    max_rows = WholeNumber(
        label="At most",
        required=False,
        min_value=1,
        max_value=MOST_ROWS,
        error_messages={"min_value": "Enter 1 or more, or leave it empty for all rows."},
    )
    quoted_rows = forms.IntegerField(required=False, min_value=0)

    def options(self) -> ExportOptions:
        """Return the chosen options; one that cannot be read counts as not chosen, and its error is shown."""
        data = self.cleaned_data
        return ExportOptions(
            get_pii=bool(data.get("get_pii")),
            include_business_info=bool(data.get("include_business_info")),
            require_contact_id=bool(data.get("require_contact_id")),
            max_rows=data.get("max_rows"),
        )
