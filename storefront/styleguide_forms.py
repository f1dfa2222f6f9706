"""The form the style guide shows its fields with."""

from django import forms


class SampleForm(forms.Form):
    email = forms.EmailField(label="Email", help_text="For the receipt and the tracking link.")
    name = forms.CharField(label="Full name", max_length=80)
    company = forms.CharField(label="Company", required=False)
    country = forms.ChoiceField(
        label="Country", choices=[("DK", "Denmark"), ("US", "United States")]
    )
    wrap = forms.ChoiceField(
        label="Wrapping",
        choices=[("plain", "Plain paper"), ("gift", "Gift paper")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label="Note to the seller", required=False, widget=forms.Textarea)
    agree = forms.BooleanField(label="Remember this address for next time", required=False)
