"""What the dashboard's forms send, checked at the edge."""

from typing import Any

from django import forms

from contacthub.exports.queries import ExportOptions
from contacthub.jobs.encoders import FORMATS

# More rows than any feed can hold; keeps a typed number within what the database can store.
MOST_ROWS = 10**15


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
        if text and not (text.isascii() and text.isdigit()):
            raise forms.ValidationError("Enter a whole number.", code="invalid")
        return super().to_python(text)


class ExportForm(forms.Form):
    """The checkout: which rows, which fields, which file."""

    require_contact_id = forms.BooleanField(required=False)
    get_pii = forms.BooleanField(required=False)
    include_business_info = forms.BooleanField(required=False)
    max_rows = WholeNumber(
        required=False,
        min_value=1,
        max_value=MOST_ROWS,
        error_messages={"min_value": "Enter 1 or more, or leave it empty for all rows."},
    )
    format = forms.ChoiceField(
        choices=[(f.name, f.label) for f in FORMATS.values()], required=False
    )
    name = forms.CharField(max_length=200, required=False)
    purpose = forms.CharField(max_length=300, required=False)
    quoted_rows = forms.IntegerField(required=False, min_value=0)
    request_key = forms.UUIDField(required=False)

    def options(self) -> ExportOptions:
        """Return the chosen options; one that cannot be read counts as not chosen, and its error is shown."""
        data = self.cleaned_data
        return ExportOptions(
            get_pii=bool(data.get("get_pii")),
            include_business_info=bool(data.get("include_business_info")),
            require_contact_id=bool(data.get("require_contact_id")),
            max_rows=data.get("max_rows"),
        )
