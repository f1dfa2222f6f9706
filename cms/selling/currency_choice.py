"""Which currency the amounts of a form are in: asked only where there is a choice."""

from django import forms

from commerce.kernel import currencies


def ask_currency(form: forms.BaseForm) -> bool:
    """Offer what is sold in, or drop `currency` where that is one; says whether the form asks."""
    if not currencies.further():
        del form.fields["currency"]
        return False
    form.fields["currency"].choices = [  # type: ignore[attr-defined]
        (each, each) for each in currencies.sold_in()
    ]
    return True
