"""Forms of the import screen."""

from typing import Any

from django import forms

from commerce.sellers import queries as sellers

from .models import ImportJob
from .reading import MAX_BYTES


class ImportForm(forms.Form):
    """A file, whose it is, and what is to be done with it."""

    seller = forms.TypedChoiceField(
        coerce=int, help_text="Products are added to this seller's catalog."
    )
    file = forms.FileField(
        label="CSV file",
        help_text="In Shopify's format, encoded in UTF-8; at most 20 MB and 10,000 rows.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    dry_run = forms.TypedChoiceField(
        label="What to do",
        coerce=lambda value: value == "check",
        choices=[("check", "Check the file and change nothing"), ("import", "Import the file")],
        initial="check",
        widget=forms.RadioSelect,
    )
    ending = forms.ChoiceField(label="Complete products", widget=forms.RadioSelect)
    fetch_images = forms.BooleanField(
        label="Fetch pictures from web addresses",
        required=False,
        help_text="Pictures named without an address are taken from your uploaded pictures.",
    )

    def __init__(self, *args: Any, seller_id: int | None, may_publish: bool, **kwargs: Any) -> None:
        """Ask for the seller only when none is given."""
        super().__init__(*args, **kwargs)
        endings = ImportJob.Ending
        offered = [endings.DRAFT, endings.PUBLISH if may_publish else endings.SUBMIT]
        ending_field: Any = self.fields["ending"]
        ending_field.choices = [(ending.value, ending.label) for ending in offered]
        ending_field.initial = offered[-1].value
        if seller_id is None:
            seller_field: Any = self.fields["seller"]
            seller_field.choices = [("", "Choose a seller")] + [
                (seller.id, seller.name) for seller in sellers.all_sellers()
            ]
        else:
            del self.fields["seller"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                "The file is larger than 20 MB. Split it into several files."
            )
        return file
