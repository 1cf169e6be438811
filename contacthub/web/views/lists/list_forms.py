"""What the forms of lists send."""

from django import forms

from contacthub.lists.actions import LONGEST_DESCRIPTION, LONGEST_NAME

KINDS = (("contacts", "People"), ("companies", "Companies"))
PRIVATE, SHARED = "private", "shared"
VISIBILITIES = ((PRIVATE, "Private"), (SHARED, "Shared"))
VISIBILITY_CARDS = (
    (PRIVATE, "Private", "Only you see it."),
    (
        SHARED,
        "Shared",
        "Your organization sees it; members can add and remove.",
    ),
)
KIND_CARDS = (
    ("contacts", "People", "A filter on Contacts."),
    ("companies", "Companies", "A filter on Companies, and on the people who work there."),
)


class EditListForm(forms.Form):
    """Name, description and visibility of a list."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={"required": "Enter a name."},
    )
    description = forms.CharField(max_length=LONGEST_DESCRIPTION, required=False)
    visibility = forms.ChoiceField(choices=VISIBILITIES, initial=PRIVATE)

    @property
    def is_shared(self) -> bool:
        """Return whether the organization shall see it."""
        return bool(self.cleaned_data["visibility"] == SHARED)


class NewListForm(EditListForm):
    """A new list of one kind."""

    kind = forms.ChoiceField(choices=KINDS, initial="contacts")

    @property
    def of_companies(self) -> bool:
        """Return whether it holds companies."""
        return bool(self.cleaned_data["kind"] == "companies")


class PartForm(EditListForm):
    """A new list of some parts of others, whose members were counted and shown."""

    shown = forms.IntegerField(min_value=1, max_value=2**53, widget=forms.HiddenInput)
