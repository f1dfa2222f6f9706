"""What a seller's owner types about the team."""

from django import forms

from commerce.sellers.models import Member

WORK = {
    "owner": "Everything, with money, bank and team",
    "editor": "Products, prices, stock and pages",
    "packer": "Orders and parcels",
}


class InviteForm(forms.Form):
    """An address and a role; nothing tells whether the address has an account."""

    email = forms.EmailField(max_length=254, label="Email address")
    role = forms.ChoiceField(
        choices=Member.Role.choices,
        initial=Member.Role.EDITOR,
        help_text=" ".join(
            f"{label}: {WORK[str(value)].lower()}." for value, label in Member.Role.choices
        ),
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Member.Role.choices)
