"""What a future seller is asked."""

from django import forms

from commerce.accounts.queries import countries_by_name


class ApplicationForm(forms.Form):
    """Enough to decide whether somebody may sell."""

    shop_name = forms.CharField(max_length=80, help_text="Shoppers will see this name.")
    legal_name = forms.CharField(max_length=120, label="Registered name of your business")
    email = forms.EmailField(label="Contact email")
    country = forms.ChoiceField(label="Country you sell from", choices=countries_by_name)
    about = forms.CharField(
        max_length=2000,
        label="What will you sell?",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="A few sentences: your goods, where they come from, how you ship.",
    )
